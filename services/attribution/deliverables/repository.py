"""Every SQL statement about promised pieces on their own; those of one partnership are read with it."""

from collections.abc import Sequence
from typing import NamedTuple
from uuid import UUID

from sqlalchemy import select, text
from sqlalchemy.ext.asyncio import AsyncSession

from services.attribution.tables.partnerships import DeliverableRow as DeliverableRow
from services.attribution.tables.partnerships import PartnershipRow
from shared.kit.pages import PageRequest


class Late(NamedTuple):
    """A piece that is open behind its last day in the campaign's zone."""

    workspace_id: UUID
    id: UUID


async def deliverable(session: AsyncSession, *, deliverable_id: UUID, lock: bool = False) -> DeliverableRow | None:
    query = select(DeliverableRow).where(DeliverableRow.id == deliverable_id)
    return (await session.execute(query.with_for_update() if lock else query)).scalar_one_or_none()


async def deliverables(
    session: AsyncSession, *, partnership_id: UUID | None, campaign_id: UUID | None, state: str | None,
    page: PageRequest,
) -> Sequence[DeliverableRow]:  # fmt: skip
    """In the order in which they were promised."""
    query = select(DeliverableRow).order_by(DeliverableRow.id)
    if partnership_id is not None:
        query = query.where(DeliverableRow.partnership_id == partnership_id)
    if campaign_id is not None:
        of_campaign = select(PartnershipRow.id).where(PartnershipRow.campaign_id == campaign_id)
        query = query.where(DeliverableRow.partnership_id.in_(of_campaign))
    if state is not None:
        query = query.where(DeliverableRow.state == state)
    if page.after:
        query = query.where(DeliverableRow.id > page.after[0])
    return (await session.scalars(query.limit(page.limit + 1))).all()


async def late(session: AsyncSession, *, limit: int) -> list[Late]:
    """As owner: pieces of every workspace whose last day is over, of partnerships that agreed to deliver them."""
    rows = await session.execute(
        text(
            """SELECT d.workspace_id, d.id FROM attribution.deliverables d
            JOIN attribution.partnerships p ON p.workspace_id = d.workspace_id AND p.id = d.partnership_id
            JOIN attribution.campaigns c ON c.workspace_id = p.workspace_id AND c.id = p.campaign_id
            WHERE d.state = 'open' AND d.due_to < (now() AT TIME ZONE c.timezone)::date
              AND p.state IN ('agreed', 'active', 'completed')
            ORDER BY d.workspace_id, d.due_to, d.id LIMIT :limit"""
        ),
        {"limit": limit},
    )
    return [Late(*row) for row in rows]
