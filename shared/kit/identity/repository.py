"""Every SQL statement about workspaces and keys."""

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy import and_, delete, exists, func, select, tuple_, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from shared.kit.identity.tables import KeyRow, WorkspaceRow
from shared.kit.pages import PageRequest
from shared.kit.tables import idempotency_keys


async def key_by_hash(session: AsyncSession, *, hashed: bytes) -> KeyRow | None:
    """The live key with this hash, whose workspace is not deleted."""
    found = await session.execute(
        select(KeyRow)
        .join(WorkspaceRow, WorkspaceRow.workspace_id == KeyRow.workspace_id)
        .where(KeyRow.hash == hashed, KeyRow.revoked_at.is_(None), WorkspaceRow.deleted_at.is_(None))
    )
    return found.scalar_one_or_none()


async def add_workspace(
    session: AsyncSession, *, workspace_id: UUID, name: str, created_by: UUID | None
) -> WorkspaceRow:
    row = WorkspaceRow(workspace_id=workspace_id, name=name, created_by=created_by)
    session.add(row)
    await session.flush()
    await session.refresh(row)
    return row


async def workspace(session: AsyncSession, *, workspace_id: UUID) -> WorkspaceRow | None:
    found = await session.execute(
        select(WorkspaceRow).where(WorkspaceRow.workspace_id == workspace_id, WorkspaceRow.deleted_at.is_(None))
    )
    return found.scalar_one_or_none()


async def workspaces(session: AsyncSession, *, page: PageRequest) -> Sequence[WorkspaceRow]:
    query = select(WorkspaceRow).where(WorkspaceRow.deleted_at.is_(None)).order_by(WorkspaceRow.workspace_id)
    if page.after:
        query = query.where(WorkspaceRow.workspace_id > page.after[0])
    return (await session.scalars(query.limit(page.limit + 1))).all()


async def mark_workspace_deleted(session: AsyncSession, *, workspace_id: UUID) -> bool:
    """Keys of a deleted workspace stop working at once; False when there is no such workspace."""
    done = await session.execute(
        update(WorkspaceRow)
        .where(WorkspaceRow.workspace_id == workspace_id, WorkspaceRow.deleted_at.is_(None))
        .values(deleted_at=func.now())
        .returning(WorkspaceRow.workspace_id)
    )
    return done.first() is not None


async def ended_workspaces(session: AsyncSession) -> Sequence[UUID]:
    """Workspaces whose keys no longer work and whose rows are still to be deleted."""
    query = select(WorkspaceRow.workspace_id).where(WorkspaceRow.deleted_at.is_not(None))
    return (await session.scalars(query.order_by(WorkspaceRow.deleted_at))).all()


async def remove_workspace(session: AsyncSession, *, workspace_id: UUID) -> None:
    await session.execute(delete(idempotency_keys).where(idempotency_keys.c.workspace_id == workspace_id))
    await session.execute(delete(WorkspaceRow).where(WorkspaceRow.workspace_id == workspace_id))


async def add_key(
    session: AsyncSession, *, workspace_id: UUID, key_id: UUID, name: str, hashed: bytes, scopes: Sequence[str],
    created_by: UUID | None,
) -> KeyRow:  # fmt: skip
    row = KeyRow(
        workspace_id=workspace_id, key_id=key_id, name=name, hash=hashed, scopes=sorted(scopes), created_by=created_by
    )
    session.add(row)
    await session.flush()
    await session.refresh(row)
    return row


async def keys(session: AsyncSession, *, workspace_id: UUID | None, page: PageRequest) -> Sequence[KeyRow]:
    """Keys of one workspace, or of all; revoked ones too."""
    query = select(KeyRow).order_by(KeyRow.workspace_id, KeyRow.key_id)
    if workspace_id is not None:
        query = query.where(KeyRow.workspace_id == workspace_id)
    if page.after:
        query = query.where(tuple_(KeyRow.workspace_id, KeyRow.key_id) > page.after)
    return (await session.scalars(query.limit(page.limit + 1))).all()


async def revoke_key(session: AsyncSession, *, key_id: UUID) -> KeyRow | None:
    """Revoke once; a second time changes nothing. None when there is no such key."""
    await session.execute(
        update(KeyRow).where(and_(KeyRow.key_id == key_id, KeyRow.revoked_at.is_(None))).values(revoked_at=func.now())
    )
    return (await session.execute(select(KeyRow).where(KeyRow.key_id == key_id))).scalar_one_or_none()


async def ensure_bootstrap_key(
    session: AsyncSession, *, workspace_id: UUID, key_id: UUID, hashed: bytes, scopes: Sequence[str]
) -> None:
    """A workspace and an admin key for a new installation; nothing when the key is known already."""
    if (await session.execute(select(exists().where(KeyRow.hash == hashed)))).scalar_one():
        return
    first = (
        await session.execute(
            select(WorkspaceRow.workspace_id)
            .where(WorkspaceRow.deleted_at.is_(None))
            .order_by(WorkspaceRow.created_at)
            .limit(1)
        )
    ).scalar_one_or_none()
    if first is None:
        session.add(WorkspaceRow(workspace_id=workspace_id, name="default"))
        await session.flush()
        first = workspace_id
    await session.execute(
        insert(KeyRow)
        .values(workspace_id=first, key_id=key_id, name="bootstrap", hash=hashed, scopes=sorted(scopes))
        .on_conflict_do_nothing()
    )
