"""The candidate rule: rejects only what is known to fail, marks what is not known."""

from collections.abc import Collection
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from uuid import UUID

from shared.schemas.brief import Brief
from shared.schemas.creators import AccountKind, Contactable
from shared.schemas.searches import Mark, SearchFilters

LEAST_POSTS = 3
DAYS = 90
UNKNOWN_MARKS = frozenset({Mark.UNKNOWN_ACTIVITY, Mark.UNKNOWN_TOPIC, Mark.UNKNOWN_COUNTS})


@dataclass(frozen=True)
class Account:
    """What is known of one account that a search saw; `recent` counts the own posts of 90 days that were read."""

    id: UUID
    platform: str
    hop: int
    is_seed: bool
    handle: str | None
    followers: int | None
    posts_count: int | None
    recent: int
    feed_complete: bool
    last_at: datetime | None
    kind: str | None = None
    status: str | None = None
    is_bot: bool | None = None
    language: str | None = None
    spoken: frozenset[str] = frozenset()  # first parts of its own posts' languages, once enough of them were read
    country: str | None = None
    contactable: Contactable = Contactable.UNKNOWN
    is_minor: bool = False  # by its own words
    found_at: datetime | None = None

    @property
    def active(self) -> bool | None:
        """Three own posts in 90 days; None while nobody read all of them."""
        if self.recent >= LEAST_POSTS:
            return True
        if self.feed_complete or (self.posts_count is not None and self.posts_count < LEAST_POSTS):
            return False
        return None

    @property
    def posts_in_90_days(self) -> int | None:
        return self.recent if self.feed_complete or self.recent >= LEAST_POSTS else None


class Reason(StrEnum):
    """Why an account that was found is no candidate; of several the first."""

    EXCLUDED = "excluded"
    KNOWN = "known"
    MINOR = "minor"
    GONE = "gone"
    BOT = "bot"
    OUT_OF_BAND = "out_of_band"
    INACTIVE = "inactive"
    ACCOUNT_KIND = "account_kind"
    LANGUAGE = "language"
    COUNTRY = "country"
    PLATFORM = "platform"
    FAR_FROM_TOPIC = "far_from_topic"
    OUTRANKED = "outranked"


def fails(
    one: Account, *, brief: Brief, filters: SearchFilters, never: AbstractSet[UUID], known: AbstractSet[UUID],
    now: datetime,
) -> Reason | None:  # fmt: skip
    """What is known of the account that fails the rule, None when nothing does; the last two reasons are the ranking's.

    Opted-out accounts do not come this far.
    """
    against = {
        Reason.EXCLUDED: one.id in never,
        Reason.KNOWN: one.id in known,
        Reason.MINOR: one.is_minor,
        Reason.GONE: one.status in ("suspended", "deleted", "moved"),
        Reason.BOT: one.is_bot is True,
        Reason.OUT_OF_BAND: brief.follower_band.holds(one.followers) is False,
        Reason.INACTIVE: one.active is False or _silent(one, brief, now),
        Reason.ACCOUNT_KIND: one.kind == AccountKind.GROUP or _other(one.kind, filters.account_kinds),
        Reason.LANGUAGE: _speaks_others(one, filters),
        Reason.COUNTRY: _other(one.country, filters.countries),
        Reason.PLATFORM: bool(brief.platforms) and one.platform not in brief.platforms,
    }
    return next((reason for reason, holds in against.items() if holds), None)


def _silent(one: Account, brief: Brief, now: datetime) -> bool:
    days = brief.active_within_days
    if days is None or not one.feed_complete:
        return False
    return one.last_at is None or one.last_at < now - timedelta(days=days)


def _speaks_others(one: Account, filters: SearchFilters) -> bool:
    """By the profile, or where that tells none by every language of its posts; compared by their first parts."""
    spoken = {_head(one.language)} if one.language else one.spoken
    return bool(filters.languages and spoken) and spoken.isdisjoint(_head(wanted) for wanted in filters.languages)


def _head(language: str) -> str:
    return language.partition("-")[0].lower()


def _other(value: str | None, wanted: Collection[str]) -> bool:
    """Known, and none of those wanted."""
    return bool(value and wanted) and value != "unknown" and value not in wanted


def marks_of(one: Account, *, relevance_known: bool) -> list[Mark]:
    """What is not known of the account."""
    found = []
    if one.active is None:
        found.append(Mark.UNKNOWN_ACTIVITY)
    if not relevance_known:
        found.append(Mark.UNKNOWN_TOPIC)
    if one.followers is None:
        found.append(Mark.UNKNOWN_COUNTS)
    if one.kind in (None, "unknown"):
        found.append(Mark.UNKNOWN_KIND)
    return found
