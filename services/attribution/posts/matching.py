"""What a post belongs to, pure: its hashtags, the codes in its text, its disclosure, the promise that it keeps."""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from uuid import UUID

from shared.rules.hashtags import extract

# Where the account's platform is not known, hashtags are read as most platforms read them.
_ANY_PLATFORM = "instagram"


def hashtag_keys(text: str | None, *, platform: str | None) -> frozenset[str]:
    """The keys of the hashtags in a post's text."""
    return frozenset(tag.key for tag in extract(text or "", platform=platform or _ANY_PLATFORM))


def codes_in(text: str | None, codes: Iterable[str]) -> list[str]:
    """The codes that stand in the text as words of their own, in any case and with or without dashes."""
    found = []
    for code in codes:
        letters = r"[-_]?".join(re.escape(letter) for letter in re.sub(r"[-_]", "", code))
        if re.search(rf"(?<![0-9A-Za-z]){letters}(?![0-9A-Za-z])", text or "", re.IGNORECASE):
            found.append(code)
    return sorted(found)


def shows_disclosure(text: str | None, wording: str) -> bool | None:
    """True when the agreed wording stands in the text; None otherwise, since a platform's own label is not in it."""
    words = " ".join(wording.lower().split())
    return True if words and words in " ".join((text or "").lower().split()) else None


@dataclass(frozen=True)
class Promise:
    """A piece that was promised and is not delivered yet."""

    id: UUID
    kind: str
    account_id: UUID | None
    platform: str | None
    due_from: date | None
    due_to: date | None


def kept_promise(
    promises: Sequence[Promise], *, kind: str, account_id: UUID | None, platform: str | None, day: date
) -> Promise | None:
    """The promise that a post of this day keeps: of its kind, account and platform, not before its time.

    One that is still in time goes before one that is late, then the one that is due first.
    """
    fitting = [
        one
        for one in promises
        if one.kind == kind
        and (one.account_id is None or account_id is None or one.account_id == account_id)
        and (one.platform is None or platform is None or one.platform == platform)
        and (one.due_from is None or day >= one.due_from)
    ]
    return min(
        fitting,
        key=lambda one: (one.due_to is not None and day > one.due_to, one.due_to or date.max, one.id.int),
        default=None,
    )
