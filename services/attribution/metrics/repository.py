"""Every SQL statement about daily metrics."""

from collections.abc import Sequence
from datetime import date
from typing import Any
from uuid import UUID

from sqlalchemy import Boolean, literal_column, select, tuple_
from sqlalchemy.dialects.postgresql import insert as upsert
from sqlalchemy.ext.asyncio import AsyncSession

from services.attribution.tables.metrics import DailyMetricRow as DailyMetricRow
from shared.kit.pages import PageRequest

_KEY = ("workspace_id", "campaign_id", "metric", "platform", "account", "day")


async def put(
    session: AsyncSession, *, rows: Sequence[dict[str, Any]], only_over: str | None = None
) -> tuple[int, int]:
    """Keep values, a newer one in place of an older; how many were new and how many replaced another.

    With `only_over`, values of other sources are left as they are.
    """
    statement = upsert(DailyMetricRow).values(list(rows))
    statement = statement.on_conflict_do_update(
        index_elements=list(_KEY),
        set_={name: statement.excluded[name] for name in ("value", "source", "trust", "observed_at", "created_by")},
        where=DailyMetricRow.source == only_over if only_over is not None else None,
    )
    # xmax is 0 in a row that this statement inserted
    found = await session.execute(statement.returning(literal_column("xmax = 0", Boolean)))
    kept = [new for (new,) in found]
    added = sum(kept)
    return added, len(kept) - added


async def points(
    session: AsyncSession, *, campaign_id: UUID | None, metric: str | None, day_from: date | None, day_to: date | None,
    page: PageRequest,
) -> Sequence[DailyMetricRow]:  # fmt: skip
    """By campaign, metric, platform, account and day."""
    row = DailyMetricRow
    query = select(row)
    if campaign_id is not None:
        query = query.where(row.campaign_id == campaign_id)
    if metric is not None:
        query = query.where(row.metric == metric)
    if day_from is not None:
        query = query.where(row.day >= day_from)
    if day_to is not None:
        query = query.where(row.day <= day_to)
    if page.after:
        *series, day = page.after
        last = (*series, date.fromisoformat(day))
        query = query.where(tuple_(row.campaign_id, row.metric, row.platform, row.account, row.day) > last)
    query = query.order_by(row.campaign_id, row.metric, row.platform, row.account, row.day)
    return (await session.scalars(query.limit(page.limit + 1))).all()
