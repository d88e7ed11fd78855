"""The candidate rule: rejects only what is known to fail, marks what is not known."""

from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
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


def may_be_candidate(
    one: Account, *, brief: Brief, filters: SearchFilters, never: AbstractSet[UUID], now: datetime
) -> bool:
    """Whether nothing known of the account fails the rule; opted-out accounts do not come this far."""
    fails = (
        one.id in never
        or brief.follower_band.holds(one.followers) is False
        or one.active is False
        or one.is_bot is True
        or one.is_minor
        or one.kind == AccountKind.GROUP
        or one.status in ("suspended", "deleted", "moved")
        or _other(one.kind, filters.account_kinds)
        or _other(one.language, filters.languages, head=True)
        or _other(one.country, filters.countries)
        or (bool(brief.platforms) and one.platform not in brief.platforms)
    )
    days = brief.active_within_days
    silent = (
        days is not None and one.feed_complete and (one.last_at is None or one.last_at < now - timedelta(days=days))
    )
    return not fails and not silent


def _other(value: str | None, wanted: Any, *, head: bool = False) -> bool:  # noqa: ANN401  # tuples of several types
    """Known, and none of those wanted. Languages are compared by their first part."""
    if value is None or not wanted or value == "unknown":
        return False
    if head:
        return value.partition("-")[0] not in {one.partition("-")[0] for one in wanted}
    return value not in wanted


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
