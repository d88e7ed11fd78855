"""ETag and If-Match (RFC 9110, 8.8.3 and 13.1.1): a change is refused when somebody else was faster."""

import re
from typing import Annotated

from fastapi import Header, Response

from shared.kit.errors import BadRequest, PreconditionFailed

_TAG = re.compile(r'\s*(?:W/)?"([\x21\x23-\x7e]*)"\s*')

IfMatch = Annotated[
    str | None,
    Header(
        alias="If-Match",
        min_length=1,
        max_length=1_000,
        pattern=r"^[\x20-\x7e]+$",
        description="the ETag that was read: answers 412 when the object changed since; leave out to change it anyway",
    ),
]


def etag(version: int) -> str:
    """The ETag of an object that counts its changes."""
    return f'"{version}"'


def set_etag(response: Response, version: int) -> None:
    response.headers["ETag"] = etag(version)


def require_match(if_match: str | None, *, version: int) -> None:
    """Nothing when no If-Match was sent, it is `*` or names `version`; PreconditionFailed otherwise.

    Weak tags never match, as the RFC has it. BadRequest for what is no list of tags.
    """
    if if_match is None or if_match.strip() == "*":
        return
    tags = if_match.split(",")
    if not all(_TAG.fullmatch(tag) for tag in tags):
        raise BadRequest('If-Match holds ETags in quotes, as in "3", or *')
    if etag(version) not in (tag.strip() for tag in tags):
        raise PreconditionFailed("it was changed since you read it; read it again and decide anew")
