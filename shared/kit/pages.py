"""Keyset pages: opaque cursors that hold the last row's key, bound to one workspace and one list."""

import base64
import binascii
import hashlib
import hmac
import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, Any, TypeVar
from uuid import UUID

from fastapi import Query

from shared.kit.errors import Invalid, NotFound
from shared.kit.secrets import SecretBox
from shared.schemas.base import Fault

DEFAULT_LIMIT = 50
MAX_LIMIT = 500
_TAG_BYTES = 12

Row = TypeVar("Row")
Limit = Annotated[int, Query(ge=1, le=MAX_LIMIT, description="items a page")]
CursorText = Annotated[
    str | None, Query(max_length=2000, description="`next_cursor` of the page before; leave out for the first page")
]


@dataclass(frozen=True)
class PageRequest:
    """What a list route asks of a repository: at most `limit` rows behind `after` (the last row's sort key)."""

    limit: int
    after: tuple[Any, ...] | None
    seal: Callable[[Sequence[Any]], str]

    def cut(self, rows: Sequence[Row], key: Callable[[Row], Sequence[Any]]) -> tuple[list[Row], str | None]:
        """Split rows read with `limit + 1` into the page and the cursor of the next one (None on the last page)."""
        page = list(rows[: self.limit])
        return page, self.seal(key(page[-1])) if len(rows) > self.limit else None


def page_request(
    secrets: SecretBox, *, workspace_id: UUID, list_name: str, limit: int, cursor: str | None
) -> PageRequest:
    """Read `cursor`. A malformed one is Invalid; one of another workspace or another list is NotFound."""
    scope = f"{workspace_id}:{list_name}"
    key = secrets.key("cursor")

    def seal(values: Sequence[Any]) -> str:
        body = json.dumps([_plain(value) for value in values], separators=(",", ":")).encode()
        return base64.urlsafe_b64encode(_tag(key, scope, body) + body).decode().rstrip("=")

    after = None
    if cursor is not None:
        try:
            raw = base64.b64decode(cursor + "=" * (-len(cursor) % 4), altchars=b"-_", validate=True)
            tag, body = raw[:_TAG_BYTES], raw[_TAG_BYTES:]
            values = json.loads(body)
            if not isinstance(values, list):
                raise ValueError(values)
        except (ValueError, binascii.Error) as error:
            raise Invalid(errors=[Fault(pointer="query/cursor", detail="not a cursor that a list gave")]) from error
        if not hmac.compare_digest(tag, _tag(key, scope, body)):
            raise NotFound("this cursor belongs to another list")
        after = tuple(_rich(value) for value in values)
    return PageRequest(limit=limit, after=after, seal=seal)


def _tag(key: bytes, scope: str, body: bytes) -> bytes:
    return hmac.new(key, scope.encode() + b"\n" + body, hashlib.sha256).digest()[:_TAG_BYTES]


def _plain(value: object) -> object:
    if isinstance(value, datetime):
        return {"t": value.isoformat()}
    if isinstance(value, UUID):
        return {"u": str(value)}
    return value


def _rich(value: object) -> object:
    if isinstance(value, dict):
        return datetime.fromisoformat(value["t"]) if "t" in value else UUID(value["u"])
    return value
