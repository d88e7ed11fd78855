"""Exchange rates that a workspace gives by day, and which of them holds for a day."""

from bisect import bisect_right
from collections.abc import Collection, Iterable
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import NamedTuple
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from services.attribution.rates import repository
from services.attribution.rates.repository import ExchangeRateRow
from shared.kit.errors import NotFound
from shared.kit.identity.caller import Caller
from shared.kit.ids import new_id
from shared.schemas.rates import ExchangeRatePut

# How many days a rate holds after its own where no newer one was given: over weekends and holidays, not over months.
DAYS_HELD = 7


class GivenRate(NamedTuple):
    """What one major unit of `base` cost on `day`."""

    base: str
    day: date
    rate: Decimal
    source: str


class Rates:
    """Rates into one currency. A day's rate is the latest one given for it or for the days before, within DAYS_HELD."""

    def __init__(self, given: Iterable[GivenRate]) -> None:
        self._by_base: dict[str, list[GivenRate]] = {}
        for one in sorted(given, key=lambda one: (one.base, one.day)):
            self._by_base.setdefault(one.base, []).append(one)

    def at(self, *, base: str, day: date) -> GivenRate | None:
        known = self._by_base.get(base, [])
        place = bisect_right(known, day, key=lambda one: one.day)
        if not place or (day - known[place - 1].day).days > DAYS_HELD:
            return None
        return known[place - 1]


async def put_rate(session: AsyncSession, *, body: ExchangeRatePut, caller: Caller) -> ExchangeRateRow:
    return await repository.put(
        session,
        values={
            "workspace_id": caller.workspace_id, "id": new_id(), "base": body.base, "quote": body.quote,
            "day": body.day, "rate": Decimal(body.rate), "source": body.source, "recorded_at": datetime.now(UTC),
            "recorded_by": caller.key_id,
        },
    )  # fmt: skip


async def remove_rate(session: AsyncSession, *, rate_id: UUID) -> None:
    """Raises NotFound, also for another workspace's rate."""
    if not await repository.remove(session, rate_id=rate_id):
        raise NotFound("no such exchange rate")


async def rates_into(session: AsyncSession, *, quote: str, bases: Collection[str], first: date, last: date) -> Rates:
    """What holds on the days from `first` to `last`."""
    rows = await repository.into(session, quote=quote, bases=bases, first=first, last=last, days_before=DAYS_HELD)
    return Rates(GivenRate(row.base, row.day, row.rate, row.source) for row in rows)
