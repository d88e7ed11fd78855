"""Every SQL statement about erasures, and what goes with an erased creator."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import select, text
from sqlalchemy.ext.asyncio import AsyncSession

from services.discovery.tables.erasures import ErasureRow as ErasureRow
from shared.schemas.base import JobStatus


async def add(session: AsyncSession, row: ErasureRow) -> None:
    session.add(row)
    await session.flush()


async def erasure(session: AsyncSession, *, erasure_id: UUID, lock: bool = False) -> ErasureRow | None:
    statement = select(ErasureRow).where(ErasureRow.id == erasure_id)
    return await session.scalar(statement.with_for_update() if lock else statement)


async def open_erasure(session: AsyncSession, *, creator_id: UUID) -> ErasureRow | None:
    """The erasure of a creator that is on its way."""
    return await session.scalar(
        select(ErasureRow).where(ErasureRow.creator_id == creator_id, ErasureRow.status != JobStatus.COMPLETED)
    )


@dataclass(frozen=True)
class Account:
    """What names an account."""

    platform: str
    platform_id: str
    handles: tuple[str, ...]


async def account(session: AsyncSession, *, creator_id: UUID) -> Account | None:
    """The account of a creator with every handle that it had, locked; also one that opted out."""
    found = await session.execute(
        text(
            """SELECT platform, platform_id, handle, handle_history FROM discovery.creators WHERE id = :id
            FOR UPDATE"""
        ),
        {"id": creator_id},
    )
    row = found.one_or_none()
    if row is None:
        return None
    handles = [row.handle, *(row.handle_history or ())]
    return Account(row.platform, row.platform_id, tuple(dict.fromkeys(one for one in handles if one)))


async def hide(session: AsyncSession, *, creator_id: UUID) -> None:
    """From now on nobody is shown the creator; the names stay until the other services forgot them."""
    await session.execute(text("UPDATE discovery.creators SET opted_out = true WHERE id = :id"), {"id": creator_id})


async def open_import(session: AsyncSession, *, workspace_id: UUID, before: datetime) -> bool:
    """Whether a body that came before is still kept to be merged."""
    return bool(
        await session.scalar(
            text(
                """SELECT EXISTS (SELECT FROM discovery.import_chunks
                WHERE workspace_id = :workspace_id AND received_at <= :before)"""
            ),
            {"workspace_id": workspace_id, "before": before},
        )
    )


# In this order: what hangs on the creator's posts, then the posts, then the creator.
_FORGET = (
    """DELETE FROM discovery.search_steps s WHERE s.workspace_id = :workspace_id AND s.source = :platform AND (
        s.target = :platform_id OR s.target IN (SELECT p.platform_id FROM discovery.posts p
            WHERE p.workspace_id = :workspace_id AND p.author_id = :creator_id))""",
    """UPDATE discovery.search_steps s SET payload = jsonb_set(s.payload, '{ids}',
            (s.payload -> 'ids') - CAST(:platform_id AS text))
        WHERE s.workspace_id = :workspace_id AND s.source = :platform
            AND s.payload -> 'ids' @> to_jsonb(CAST(:platform_id AS text))""",
    """DELETE FROM discovery.search_steps s WHERE s.workspace_id = :workspace_id AND s.source = :platform
        AND s.payload -> 'ids' = '[]'::jsonb""",
    """DELETE FROM discovery.comments c WHERE c.workspace_id = :workspace_id AND (c.author_id = :creator_id
        OR c.post_id IN (SELECT p.id FROM discovery.posts p
            WHERE p.workspace_id = :workspace_id AND p.author_id = :creator_id))""",
    "DELETE FROM discovery.posts p WHERE p.workspace_id = :workspace_id AND p.author_id = :creator_id",
    "DELETE FROM discovery.creators c WHERE c.workspace_id = :workspace_id AND c.id = :creator_id",
    """UPDATE discovery.searches s SET candidates = (SELECT count(*) FROM discovery.candidates k
            WHERE k.workspace_id = :workspace_id AND k.search_id = s.id) WHERE s.workspace_id = :workspace_id""",
)


async def forget(session: AsyncSession, *, workspace_id: UUID, creator_id: UUID, account: Account) -> None:
    """Delete a creator with everything that hangs on it: posts, comments on either side, steps, candidates."""
    parameters = {
        "workspace_id": workspace_id, "creator_id": creator_id, "platform": account.platform,
        "platform_id": account.platform_id,
    }  # fmt: skip
    for statement in _FORGET:
        await session.execute(text(statement), parameters)
