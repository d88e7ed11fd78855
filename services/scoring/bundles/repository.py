"""Every SQL statement about stored bundles."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import delete, func, select, tuple_, union, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from services.scoring.tables.bundles import BundleRow, EventCursorRow


async def add(session: AsyncSession, *, rows: Sequence[dict[str, Any]]) -> None:
    """Insert bundles whose content is not stored yet; equal content is left as it is."""
    await session.execute(insert(BundleRow).on_conflict_do_nothing(index_elements=["workspace_id", "hash"]), list(rows))


async def ids_by_hash(session: AsyncSession, *, hashes: Sequence[str]) -> dict[str, UUID]:
    found = await session.execute(select(BundleRow.hash, BundleRow.id).where(BundleRow.hash.in_(hashes)))
    return {row.hash: row.id for row in found}


async def bundle(session: AsyncSession, *, bundle_id: UUID) -> BundleRow | None:
    return (await session.execute(select(BundleRow).where(BundleRow.id == bundle_id))).scalar_one_or_none()


async def contents(
    session: AsyncSession, *, bundle_ids: Sequence[UUID], now: datetime
) -> dict[UUID, tuple[str, bytes]]:
    """Hash and compressed content of the bundles that may still be read."""
    found = await session.execute(
        select(BundleRow.id, BundleRow.hash, BundleRow.content).where(
            BundleRow.id.in_(bundle_ids), BundleRow.content.is_not(None), BundleRow.expires_at > now
        )
    )
    return {row.id: (row.hash, row.content) for row in found}


async def expire(session: AsyncSession, *, now: datetime, limit: int) -> Sequence[tuple[UUID, UUID]]:
    """As owner: drop the content of bundles whose time is over; their (workspace, id) pairs."""
    key = tuple_(BundleRow.workspace_id, BundleRow.id)
    over = (
        select(BundleRow.workspace_id, BundleRow.id)
        .where(BundleRow.expires_at <= now, BundleRow.content.is_not(None))
        .order_by(BundleRow.expires_at)
        .limit(limit)
        .with_for_update(skip_locked=True)
    )
    done = await session.execute(
        update(BundleRow)
        .where(key.in_(over))
        .values(content=None)
        .returning(BundleRow.workspace_id, BundleRow.id)
        .execution_options(synchronize_session=False)
    )
    return [(row.workspace_id, row.id) for row in done]


async def hold(session: AsyncSession, *, bundle_ids: Sequence[UUID]) -> set[UUID]:
    """Which of these bundles are still there; they are until the transaction ends."""
    found = await session.scalars(
        select(BundleRow.id)
        .where(BundleRow.id.in_(bundle_ids), BundleRow.content.is_not(None))
        .order_by(BundleRow.id)
        .with_for_update(read=True)
    )
    return set(found)


async def remove_creators(session: AsyncSession, *, creators: Sequence[UUID]) -> None:
    """Delete every bundle of these creators."""
    await session.execute(delete(BundleRow).where(BundleRow.creator_id.in_(creators)))


async def withdraw(session: AsyncSession, *, creator_id: UUID, before: datetime) -> Sequence[tuple[UUID, UUID]]:
    """Delete the bundles of a creator from before a time; their (workspace, id) pairs."""
    # as rows: a bundle that never held what is gone may be gathered again with the same hash
    done = await session.execute(
        delete(BundleRow)
        .where(BundleRow.creator_id == creator_id, BundleRow.created_at < before)
        .returning(BundleRow.workspace_id, BundleRow.id)
        .execution_options(synchronize_session=False)
    )
    return [(row.workspace_id, row.id) for row in done]


async def workspaces_with_bundles(session: AsyncSession, *, after: UUID | None, limit: int) -> Sequence[UUID]:
    """As owner: workspaces that hold evidence, or held some that went since, in order."""
    # scores outlive their evidence, and a workspace once followed has a cursor
    known = union(select(BundleRow.workspace_id), select(EventCursorRow.workspace_id)).subquery()
    query = select(known.c.workspace_id).order_by(known.c.workspace_id).limit(limit)
    if after is not None:
        query = query.where(known.c.workspace_id > after)
    return (await session.scalars(query)).all()


async def event_cursor(session: AsyncSession) -> str | None:
    return (await session.execute(select(EventCursorRow.cursor))).scalar_one_or_none()


async def set_event_cursor(session: AsyncSession, *, workspace_id: UUID, cursor: str | None) -> None:
    statement = insert(EventCursorRow).values(workspace_id=workspace_id, cursor=cursor)
    await session.execute(
        statement.on_conflict_do_update(
            index_elements=["workspace_id"], set_={"cursor": statement.excluded.cursor, "pulled_at": func.now()}
        )
    )


async def stored(
    session: AsyncSession, *, workspace_id: UUID, after: UUID | None, limit: int
) -> Sequence[tuple[UUID, bytes]]:
    """Identifier and compressed content of the workspace's bundles, in order."""
    query = select(BundleRow.id, BundleRow.content).where(
        BundleRow.workspace_id == workspace_id, BundleRow.content.is_not(None)
    )
    if after is not None:
        query = query.where(BundleRow.id > after)
    found = await session.execute(query.order_by(BundleRow.id).limit(limit))
    return [(row.id, row.content) for row in found if row.content is not None]


async def drop_content(session: AsyncSession, *, workspace_id: UUID, ids: Sequence[UUID]) -> None:
    """Forget what bundles held."""
    await session.execute(
        update(BundleRow).where(BundleRow.workspace_id == workspace_id, BundleRow.id.in_(ids)).values(content=None)
    )
