"""Every SQL statement about exchange rates."""

from collections.abc import Collection, Sequence
from datetime import date
from typing import Any
from uuid import UUID

from sqlalchemy import delete, select, tuple_
from sqlalchemy.dialects.postgresql import insert as upsert
from sqlalchemy.ext.asyncio import AsyncSession

from services.attribution.tables.rates import ExchangeRateRow as ExchangeRateRow
from shared.kit.pages import PageRequest


async def put(session: AsyncSession, *, values: dict[str, Any]) -> ExchangeRateRow:
    """Record a rate in place of the one of the same currencies and day, which keeps its id."""
    statement = upsert(ExchangeRateRow).values(**values)
    statement = statement.on_conflict_do_update(
        index_elements=["workspace_id", "base", "quote", "day"],
        set_={name: statement.excluded[name] for name in ("rate", "source", "recorded_at", "recorded_by")},
    )
    found = await session.scalars(statement.returning(ExchangeRateRow), execution_options={"populate_existing": True})
    return found.one()


async def remove(session: AsyncSession, *, rate_id: UUID) -> bool:
    done = await session.execute(
        delete(ExchangeRateRow).where(ExchangeRateRow.id == rate_id).returning(ExchangeRateRow.id)
    )
    return done.first() is not None


async def rates(
    session: AsyncSession, *, base: str | None, quote: str | None, day_from: date | None, day_to: date | None,
    page: PageRequest,
) -> Sequence[ExchangeRateRow]:  # fmt: skip
    """By base, quote and day."""
    row = ExchangeRateRow
    query = select(row)
    if base is not None:
        query = query.where(row.base == base)
    if quote is not None:
        query = query.where(row.quote == quote)
    if day_from is not None:
        query = query.where(row.day >= day_from)
    if day_to is not None:
        query = query.where(row.day <= day_to)
    if page.after:
        *currencies, day = page.after
        query = query.where(tuple_(row.base, row.quote, row.day) > (*currencies, date.fromisoformat(day)))
    return (await session.scalars(query.order_by(row.base, row.quote, row.day).limit(page.limit + 1))).all()


async def into(
    session: AsyncSession, *, quote: str, bases: Collection[str], first: date, last: date, days_before: int
) -> Sequence[ExchangeRateRow]:
    """Rates into `quote` of the days from `days_before` days before `first` to `last`."""
    row = ExchangeRateRow
    earliest = date.fromordinal(max(first.toordinal() - days_before, 1))
    query = select(row).where(row.quote == quote, row.base.in_(bases), row.day >= earliest, row.day <= last)
    return (await session.scalars(query.order_by(row.base, row.day))).all()
