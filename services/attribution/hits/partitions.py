"""The monthly partitions of hits, by the time that their identifiers begin with."""

from datetime import UTC, datetime
from typing import NamedTuple
from uuid import UUID

from services.attribution.hits.ids import floor_of

AHEAD = 3
BEHIND = 1


class Month(NamedTuple):
    """A calendar month of UTC."""

    year: int
    month: int

    @property
    def partition(self) -> str:
        return f"hits_p{self.year:04d}{self.month:02d}"

    @property
    def begins(self) -> datetime:
        return datetime(self.year, self.month, 1, tzinfo=UTC)

    @property
    def bounds(self) -> tuple[UUID, UUID]:
        """The smallest identifier in the month, and the smallest behind it."""
        return floor_of(self.begins), floor_of(self.plus(1).begins)

    def plus(self, months: int) -> "Month":
        number = self.year * 12 + self.month - 1 + months
        return Month(number // 12, number % 12 + 1)


def month_of(at: datetime) -> Month:
    utc = at.astimezone(UTC)
    return Month(utc.year, utc.month)


def months_around(at: datetime) -> list[Month]:
    """The months whose partitions exist at `at`: one behind, for what arrives late, and three ahead."""
    now = month_of(at)
    return [now.plus(offset) for offset in range(-BEHIND, AHEAD + 1)]


def is_due(partition: str, *, at: datetime, keep_months: int) -> bool:
    """Whether a partition holds only hits older than retention allows. Other tables' names are never due."""
    digits = partition.removeprefix("hits_p")
    if digits == partition or len(digits) != 6 or not digits.isdigit():
        return False
    return Month(int(digits[:4]), int(digits[4:])) < month_of(at).plus(-keep_months)
