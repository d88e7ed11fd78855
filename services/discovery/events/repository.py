"""Every SQL statement about events."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import delete, select, text
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from services.discovery.tables.events import EventRow
from shared.kit.ids import new_id


@dataclass(frozen=True, kw_only=True)
class NewEvent:
    """Something to tell: who it is about, and what the event's type needs."""

    type: str
    creator_id: UUID
    post_id: UUID | None = None
    search_id: UUID | None = None
    watch_ids: Sequence[UUID] = ()
    data: dict[str, Any] = field(default_factory=dict)


async def add(session: AsyncSession, *, workspace_id: UUID, found: Sequence[NewEvent], at: datetime) -> int:
    """Write events, in this order; a post that was published is told once. How many are new."""
    if not found:
        return 0
    values = [
        {
            "workspace_id": workspace_id, "id": new_id(), "type": str(one.type), "creator_id": one.creator_id,
            "post_id": one.post_id, "search_id": one.search_id, "watch_ids": list(one.watch_ids), "data": one.data,
            "at": at,
        }
        for one in found
    ]  # fmt: skip
    added = await session.execute(insert(EventRow).values(values).on_conflict_do_nothing().returning(EventRow.id))
    return len(added.all())


# Neither time nor identifiers are in the order of commits, so what a running transaction may still write is left for
# the next pull, and so is all that came behind it.
FEED = """
    SELECT e.id, e.type, e.creator_id, e.post_id, e.search_id, e.watch_ids, e.data, e.at, e.xid::text AS xid,
        c.platform, c.handle, c.opted_out,
        ARRAY(SELECT w.reference FROM discovery.watches w WHERE w.workspace_id = :workspace_id
            AND w.id = ANY(e.watch_ids) AND w.reference IS NOT NULL ORDER BY w.id) AS told_as
    FROM discovery.events e
    LEFT JOIN discovery.creators c ON c.workspace_id = :workspace_id AND c.id = e.creator_id
    WHERE e.workspace_id = :workspace_id AND e.xid < pg_snapshot_xmin(pg_current_snapshot())
        AND (e.xid, e.id) > (CAST(CAST(:xid AS text) AS xid8), CAST(:id AS uuid))
    ORDER BY e.workspace_id, e.xid, e.id LIMIT :limit"""


async def feed(
    session: AsyncSession, *, workspace_id: UUID, after: tuple[str, UUID] | None, limit: int
) -> Sequence[Any]:
    """Events in the order of transactions, behind one; each with what is known of its creator now."""
    xid, event_id = after or ("0", UUID(int=0))
    parameters = {"workspace_id": workspace_id, "xid": xid, "id": event_id, "limit": limit}
    return (await session.execute(text(FEED), parameters)).all()


async def forget_creator(session: AsyncSession, *, workspace_id: UUID, creator_id: UUID) -> None:
    """Delete what was told of a creator."""
    await session.execute(
        delete(EventRow).where(EventRow.workspace_id == workspace_id, EventRow.creator_id == creator_id)
    )


_PAIRS = "unnest(CAST(:workspaces AS uuid[]), CAST(:ids AS uuid[])) AS g(workspace_id, id)"
_FORGET = f"""
    DELETE FROM discovery.events e USING {_PAIRS}
    WHERE e.workspace_id = g.workspace_id AND e.creator_id = g.id AND e.type = ANY(:types)"""  # noqa: S608  # our own text
_TAKE_BACK = f"""
    DELETE FROM discovery.events e USING {_PAIRS}
    WHERE e.workspace_id = g.workspace_id AND e.post_id = g.id AND e.type = 'post.published'"""  # noqa: S608  # our own text


async def forget_of(session: AsyncSession, *, creators: Sequence[tuple[UUID, UUID]], types: Sequence[str]) -> None:
    """Delete events of some types about creators that are given with their workspaces; as owner of the schema."""
    await session.execute(text(_FORGET), {**_pairs(creators), "types": list(types)})


async def take_back(session: AsyncSession, *, posts: Sequence[tuple[UUID, UUID]]) -> None:
    """Delete that posts, given with their workspaces, were published; as owner of the schema."""
    await session.execute(text(_TAKE_BACK), _pairs(posts))


def _pairs(given: Sequence[tuple[UUID, UUID]]) -> dict[str, Any]:
    return {"workspaces": [one for one, _ in given], "ids": [one for _, one in given]}


async def told_deleted(session: AsyncSession, *, workspace_id: UUID, creator_id: UUID) -> Sequence[UUID]:
    """Posts of a creator of which it was told that they are deleted."""
    found = await session.scalars(
        select(EventRow.post_id)
        .distinct()
        .where(
            EventRow.workspace_id == workspace_id,
            EventRow.creator_id == creator_id,
            EventRow.type == "post.deleted",
            EventRow.post_id.is_not(None),
        )
    )
    return [one for one in found if one is not None]


async def expire(session: AsyncSession, *, before: datetime) -> int:
    """Delete old events of all workspaces, some thousand at most, as owner of the schema; how many."""
    done: Any = await session.execute(
        text(
            """DELETE FROM discovery.events WHERE ctid = ANY(ARRAY(
                SELECT ctid FROM discovery.events WHERE at < :before LIMIT 5000))"""
        ),
        {"before": before},
    )
    return max(int(done.rowcount), 0)
