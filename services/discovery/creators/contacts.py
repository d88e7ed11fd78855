"""Contact routes that creators published on their profiles. Pure: nothing is looked up and nothing guessed."""

import re
from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

from shared.schemas.creators import Contactable, ContactKind, ContactRoute

MOST = 20
_MAIL = re.compile(r"(?<![\w.+@/-])[\w.+-]{1,64}@(?:[A-Za-z0-9-]{1,63}\.){1,5}[A-Za-z]{2,24}(?![\w@-])")
# "hello (at) example (dot) com", as people write it against harvesters: published to be read by people.
_SPELLED = re.compile(
    r"\b([\w.+-]{1,64}) ?[\[({] ?at ?[\])}] ?([\w-]{1,63}(?:(?: ?[\[({] ?dot ?[\])}] ?|\.)[\w-]{2,24}){1,3})\b",
    re.IGNORECASE,
)  # fmt: skip
_DOT = re.compile(r" ?[\[({] ?dot ?[\])}] ?", re.IGNORECASE)
_DM = re.compile(
    r"\b(?:dms?|pms?|direct messages?) (?:are |is )?(?:always )?(?:open|welcome)\b|\b(?:dm|pm) (?:me )?for\b",
    re.IGNORECASE,
)
_CLOSED = re.compile(r"\b(?:no|closed) dms?\b|\bdms? (?:are |is )?closed\b", re.IGNORECASE)


def routes_of(
    *, bio: str | None, website: str | None, links: Iterable[Mapping[str, Any]] | None, source: str, url: str | None,
    observed_at: datetime, takes_messages: bool | None = None,
) -> tuple[ContactRoute, ...]:  # fmt: skip
    """Every route once, the direct ones first. `source` and `url` say where it was read, `observed_at` when.

    `takes_messages`: whether the platform lets anybody write to the account; that counts more than what the text says.
    """
    found: dict[tuple[ContactKind, str], None] = {}
    text = bio or ""
    for mail in (*_MAIL.findall(text), *(f"{name}@{_DOT.sub('.', host)}" for name, host in _SPELLED.findall(text))):
        found[ContactKind.EMAIL, mail.rstrip(".")] = None
    for address in [website, *(link.get("url") for link in links or ())]:
        if not isinstance(address, str) or not address.strip():
            continue
        kind, value = _kind(address.strip())
        found[kind, value] = None
    if takes_messages:
        found[ContactKind.DM, "by message on the platform, which the account takes from anybody"] = None
    elif takes_messages is None and _DM.search(text) and not _CLOSED.search(text):
        found[ContactKind.DM, "by message on the platform, as the profile says"] = None
    order = (ContactKind.EMAIL, ContactKind.PHONE, ContactKind.WEBSITE, ContactKind.DM)
    page = url if url and url.lower().startswith(("http://", "https://")) and len(url) <= 2_048 else None
    return tuple(
        ContactRoute.model_validate({
            "kind": kind, "value": value[:1_000], "source": f"{source}: profile", "observed_at": observed_at,
            "source_url": page if page and not re.search(r"[\x00-\x20\x7f]", page) else None,
        })
        for kind, value in sorted(found, key=lambda route: order.index(route[0]))[:MOST]
    )  # fmt: skip


def contactable_by(routes: Iterable[ContactRoute]) -> Contactable:
    """`yes` with a way outside the platform, `dm_only` where only messages on it are offered."""
    kinds = {route.kind for route in routes}
    if kinds - {ContactKind.DM}:
        return Contactable.YES
    return Contactable.DM_ONLY if kinds else Contactable.UNKNOWN


def _kind(address: str) -> tuple[ContactKind, str]:
    scheme, _, rest = address.partition(":")
    if scheme.lower() == "mailto":
        return ContactKind.EMAIL, rest.partition("?")[0]
    if scheme.lower() == "tel":
        return ContactKind.PHONE, rest
    return ContactKind.WEBSITE, address
