"""When a platform's quota is free again, by that platform's own rule."""

from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo


@dataclass(frozen=True, slots=True)
class Use:
    """One use of a quota. `key` matters to quotas of different keys; `empty` says that the answer held nothing."""

    at: datetime
    units: int = 1
    key: str | None = None
    empty: bool = False


class ResetRule(ABC):
    """How a quota becomes free again. Pure: the uses go in, the earliest moment for `units` more comes out."""

    @abstractmethod
    def free_at(
        self, uses: Sequence[Use], *, limit: int, now: datetime, units: int = 1, key: str | None = None
    ) -> datetime | None:
        """The earliest moment at or after `now` (aware UTC), None when waiting does not help."""


@dataclass(frozen=True, slots=True)
class Rolling(ResetRule):
    """So many units in any span; where `free_when_empty`, answers without a result do not count (Threads)."""

    span: timedelta
    free_when_empty: bool = False

    def free_at(
        self, uses: Sequence[Use], *, limit: int, now: datetime, units: int = 1, key: str | None = None
    ) -> datetime | None:
        if units > limit:
            return None
        counted = sorted(
            (use for use in uses if use.at + self.span > now and not (self.free_when_empty and use.empty)),
            key=lambda use: use.at,
        )
        spent = sum(use.units for use in counted)
        free = now
        for use in counted:
            if spent + units <= limit:
                break
            spent -= use.units
            free = use.at + self.span
        return free


@dataclass(frozen=True, slots=True)
class RollingKeys(ResetRule):
    """So many different keys in any span of `span`; a key in use is free again (Instagram's hashtags: 30 in 7 days).

    A key counts from its first use in a span, and asking it again does not prolong that.
    """

    span: timedelta

    def free_at(
        self, uses: Sequence[Use], *, limit: int, now: datetime, units: int = 1, key: str | None = None
    ) -> datetime | None:
        if limit < 1:
            return None
        since: dict[str | None, datetime] = {}
        for use in sorted(uses, key=lambda use: use.at):
            if use.key not in since or use.at >= since[use.key] + self.span:
                since[use.key] = use.at
        ends = sorted(at + self.span for at in since.values() if at + self.span > now)
        if key in since and since[key] + self.span > now:
            return now
        return now if len(ends) < limit else ends[len(ends) - limit]


@dataclass(frozen=True, slots=True)
class DayBoundary(ResetRule):
    """So many units a day that begins at midnight in `timezone` (YouTube: America/Los_Angeles, TikTok: UTC)."""

    timezone: str = "UTC"

    def free_at(
        self, uses: Sequence[Use], *, limit: int, now: datetime, units: int = 1, key: str | None = None
    ) -> datetime | None:
        if units > limit:
            return None
        start, end = self.day_of(now)
        spent = sum(use.units for use in uses if start <= use.at < end)
        return now if spent + units <= limit else end

    def day_of(self, now: datetime) -> tuple[datetime, datetime]:
        """The first moment of the day that `now` lies in and that of the next one, in UTC; 23 to 25 hours apart."""
        zone = ZoneInfo(self.timezone)
        today = now.astimezone(zone).date()
        bounds = (datetime.combine(day, time(), zone) for day in (today, today + timedelta(days=1)))
        start, end = (bound.astimezone(UTC) for bound in bounds)
        return start, end


@dataclass(frozen=True, slots=True)
class Budget(ResetRule):
    """Money: units are minor units of a currency and do not come back by waiting (X)."""

    currency: str

    def free_at(
        self, uses: Sequence[Use], *, limit: int, now: datetime, units: int = 1, key: str | None = None
    ) -> datetime | None:
        return now if sum(use.units for use in uses) + units <= limit else None
