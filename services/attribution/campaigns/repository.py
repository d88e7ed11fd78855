"""Every SQL statement about campaigns."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from services.attribution.tables.campaigns import CampaignRow as CampaignRow
from shared.kit.pages import PageRequest


async def add(session: AsyncSession, **values: Any) -> CampaignRow:  # noqa: ANN401  # the row's own columns
    row = CampaignRow(**values)
    session.add(row)
    await session.flush()
    return row


async def campaign(session: AsyncSession, *, campaign_id: UUID, lock: bool = False) -> CampaignRow | None:
    query = select(CampaignRow).where(CampaignRow.id == campaign_id)
    return (await session.execute(query.with_for_update() if lock else query)).scalar_one_or_none()


async def campaigns(session: AsyncSession, *, status: str | None, page: PageRequest) -> Sequence[CampaignRow]:
    query = select(CampaignRow).order_by(CampaignRow.id)
    if status is not None:
        query = query.where(CampaignRow.status == status)
    if page.after:
        query = query.where(CampaignRow.id > page.after[0])
    return (await session.scalars(query.limit(page.limit + 1))).all()


async def briefs(session: AsyncSession) -> Sequence[tuple[UUID, dict[str, Any]]]:
    """The stored briefs of the workspace's campaigns, each with its campaign."""
    found = await session.execute(select(CampaignRow.id, CampaignRow.brief).where(CampaignRow.brief.is_not(None)))
    return [(row.id, row.brief) for row in found]
