"""Every SQL statement about landing pages."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import and_, select
from sqlalchemy.ext.asyncio import AsyncSession

from services.attribution.tables.pages import PageRow as PageRow
from services.attribution.tables.tracking import SlugRow
from shared.kit.pages import PageRequest


async def add(session: AsyncSession, **values: Any) -> PageRow:  # noqa: ANN401  # the row's own columns
    row = PageRow(**values)
    session.add(row)
    await session.flush()
    return row


async def page(session: AsyncSession, *, page_id: UUID, lock: bool = False) -> PageRow | None:
    query = select(PageRow).where(PageRow.id == page_id)
    return (await session.execute(query.with_for_update() if lock else query)).scalar_one_or_none()


async def pages(
    session: AsyncSession, *, partnership_id: UUID | None, campaign_id: UUID | None, page: PageRequest
) -> Sequence[PageRow]:
    query = select(PageRow).order_by(PageRow.id)
    if partnership_id is not None:
        query = query.where(PageRow.partnership_id == partnership_id)
    if campaign_id is not None:
        query = query.where(PageRow.campaign_id == campaign_id)
    if page.after:
        query = query.where(PageRow.id > page.after[0])
    return (await session.scalars(query.limit(page.limit + 1))).all()


async def by_slug(session: AsyncSession, *, host: str, slug: str) -> PageRow | None:
    """As owner: the page behind a public path, of whichever workspace."""
    query = (
        select(PageRow)
        .join(SlugRow, and_(SlugRow.workspace_id == PageRow.workspace_id, SlugRow.target_id == PageRow.id))
        .where(SlugRow.host == host, SlugRow.slug == slug, SlugRow.kind == "page")
    )
    return (await session.execute(query)).scalar_one_or_none()
