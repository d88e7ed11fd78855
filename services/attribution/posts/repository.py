"""Every SQL statement about tracked posts."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import and_, delete, or_, select, update
from sqlalchemy.dialects.postgresql import insert as upsert
from sqlalchemy.ext.asyncio import AsyncSession

from services.attribution.tables.posts import TrackedPostRow as TrackedPostRow
from shared.kit.pages import PageRequest


async def add(session: AsyncSession, *, values: Mapping[str, Any]) -> TrackedPostRow | None:
    """None when the partnership has this post."""
    statement = (
        upsert(TrackedPostRow)
        .values(**values)
        .on_conflict_do_nothing(index_elements=["workspace_id", "partnership_id", "url"])
        .returning(TrackedPostRow)
    )
    return (await session.execute(statement)).scalar_one_or_none()


async def by_url(session: AsyncSession, *, partnership_id: UUID, url: str) -> TrackedPostRow | None:
    """Locked, to be changed."""
    query = select(TrackedPostRow).where(TrackedPostRow.partnership_id == partnership_id, TrackedPostRow.url == url)
    return (await session.execute(query.with_for_update())).scalar_one_or_none()


async def post(session: AsyncSession, *, post_id: UUID) -> TrackedPostRow | None:
    return (await session.execute(select(TrackedPostRow).where(TrackedPostRow.id == post_id))).scalar_one_or_none()


async def posts(
    session: AsyncSession, *, campaign_id: UUID | None, partnership_id: UUID | None, page: PageRequest
) -> Sequence[TrackedPostRow]:
    """Newest arrivals first."""
    query = select(TrackedPostRow).order_by(TrackedPostRow.id.desc())
    if campaign_id is not None:
        query = query.where(TrackedPostRow.campaign_id == campaign_id)
    if partnership_id is not None:
        query = query.where(TrackedPostRow.partnership_id == partnership_id)
    if page.after:
        query = query.where(TrackedPostRow.id < page.after[0])
    return (await session.scalars(query.limit(page.limit + 1))).all()


async def by_address(
    session: AsyncSession, *, partnership_id: UUID, urls: Iterable[str], platform: str, platform_id: str
) -> TrackedPostRow | None:
    """A post under one of these addresses, or by its platform's identifier; locked, to be changed."""
    row = TrackedPostRow
    query = (
        select(row)
        .where(
            row.partnership_id == partnership_id,
            or_(row.url.in_(list(urls)), and_(row.platform == platform, row.platform_id == platform_id)),
        )
        .order_by(row.id)
        .limit(1)
    )
    return (await session.execute(query.with_for_update())).scalar_one_or_none()


async def set_gone(session: AsyncSession, *, platform: str, platform_id: str, at: datetime) -> None:
    row = TrackedPostRow
    await session.execute(
        update(row)
        .where(row.platform == platform, row.platform_id == platform_id)
        .values(still_live=False, updated_at=at)
    )


async def delete_of_accounts(session: AsyncSession, *, account_ids: Iterable[UUID]) -> None:
    await session.execute(delete(TrackedPostRow).where(TrackedPostRow.account_id.in_(list(account_ids))))
