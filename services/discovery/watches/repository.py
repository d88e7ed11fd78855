"""Every SQL statement about watches, the accounts they follow and the numbers they brought."""

from collections.abc import Sequence
from datetime import date, datetime
from typing import Any
from uuid import UUID

import orjson
from sqlalchemy import delete, func, select, text, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from services.discovery.tables.watches import CreatorSnapshotRow, FollowedCreatorRow, WatchAccountRow
from services.discovery.tables.watches import WatchRow as WatchRow
from shared.kit.pages import PageRequest
from shared.schemas.base import JobStatus

AccountRow = WatchAccountRow
SnapshotRow = CreatorSnapshotRow


async def add(session: AsyncSession, row: WatchRow) -> None:
    session.add(row)
    await session.flush()


async def add_accounts(session: AsyncSession, rows: Sequence[dict[str, Any]]) -> None:
    """The accounts of a new watch."""
    if rows:
        await session.execute(insert(AccountRow), list(rows))


async def watch(session: AsyncSession, *, watch_id: UUID, lock: bool = False) -> WatchRow | None:
    statement = select(WatchRow).where(WatchRow.id == watch_id)
    if lock:
        statement = statement.with_for_update()
    return await session.scalar(statement.execution_options(populate_existing=True))


async def watches(session: AsyncSession, *, page: PageRequest, status: JobStatus | None) -> Sequence[WatchRow]:
    """The oldest first."""
    statement = select(WatchRow).order_by(WatchRow.id).limit(page.limit + 1)
    if status is not None:
        statement = statement.where(WatchRow.status == status)
    if page.after is not None:
        statement = statement.where(WatchRow.id > page.after[0])
    return (await session.scalars(statement)).all()


async def accounts(session: AsyncSession, *, watch_ids: Sequence[UUID]) -> Sequence[AccountRow]:
    """The accounts of some watches, in the order in which they were given."""
    statement = select(AccountRow).where(AccountRow.watch_id.in_(watch_ids))
    return (await session.scalars(statement.order_by(AccountRow.watch_id, AccountRow.number))).all()


async def remove(session: AsyncSession, *, row: WatchRow) -> None:
    await session.execute(delete(WatchRow).where(WatchRow.id == row.id))


async def due(session: AsyncSession, *, now: datetime, limit: int) -> Sequence[Any]:
    """Watches of all workspaces whose time has come, as owner of the schema."""
    return (
        await session.execute(
            select(WatchRow.workspace_id, WatchRow.id)
            .where(WatchRow.status == JobStatus.RUNNING, WatchRow.next_run_at <= now)
            .order_by(WatchRow.next_run_at)
            .limit(limit)
        )
    ).all()


async def due_accounts(session: AsyncSession, *, watch_id: UUID, now: datetime, limit: int) -> Sequence[AccountRow]:
    """Accounts of a watch whose time has come, platform by platform."""
    statement = select(AccountRow).where(AccountRow.watch_id == watch_id, AccountRow.next_run_at <= now)
    return (await session.scalars(statement.order_by(AccountRow.platform, AccountRow.number).limit(limit))).all()


async def set_account(session: AsyncSession, *, row: AccountRow, **values: Any) -> None:  # noqa: ANN401  # columns
    await session.execute(
        update(AccountRow).where(AccountRow.watch_id == row.watch_id, AccountRow.number == row.number).values(**values)
    )


async def wake_accounts(session: AsyncSession, *, watch_id: UUID, at: datetime) -> None:
    """Every account of the watch is due."""
    await session.execute(update(AccountRow).where(AccountRow.watch_id == watch_id).values(due_at=at, next_run_at=at))


async def next_account_at(session: AsyncSession, *, watch_id: UUID) -> datetime | None:
    return await session.scalar(select(func.min(AccountRow.next_run_at)).where(AccountRow.watch_id == watch_id))


async def account_error(session: AsyncSession, *, watch_id: UUID) -> str | None:
    """One account's trouble, with how many others have some."""
    errors = (
        await session.scalars(
            select(AccountRow.error)
            .where(AccountRow.watch_id == watch_id, AccountRow.error.is_not(None))
            .order_by(AccountRow.number)
        )
    ).all()
    if not errors:
        return None
    rest = f" (and {len(errors) - 1} more accounts)" if len(errors) > 1 else ""
    return f"{errors[0]}"[:900] + rest


async def known_creators(session: AsyncSession, *, workspace_id: UUID, accounts: Sequence[dict[str, Any]]) -> list[Any]:
    """Creators that accounts name, by identifier or by handle: number of the account, id of the creator."""
    found = await session.execute(
        text(
            """SELECT DISTINCT ON (a.number) a.number, c.id, c.platform_id, c.opted_out, c.gone_at
            FROM jsonb_to_recordset(CAST(:accounts AS jsonb)) AS a(number int, platform text, platform_id text,
                handle text)
            JOIN discovery.creators c ON c.workspace_id = :workspace_id AND c.platform = a.platform
                AND (c.platform_id = a.platform_id
                    OR a.platform_id IS NULL AND c.handle IN (a.handle, lower(a.handle)))
            ORDER BY a.number, c.observed_at DESC"""
        ),
        {"workspace_id": workspace_id, "accounts": orjson.dumps(accounts).decode()},
    )
    return list(found.all())


async def read_at(session: AsyncSession, *, creator_ids: Sequence[UUID]) -> dict[UUID, datetime]:
    """When watched creators were last read."""
    found = await session.execute(
        select(FollowedCreatorRow.creator_id, FollowedCreatorRow.read_at).where(
            FollowedCreatorRow.creator_id.in_(creator_ids)
        )
    )
    return {row.creator_id: row.read_at for row in found}


async def set_read(session: AsyncSession, *, workspace_id: UUID, creator_id: UUID, at: datetime) -> None:
    values = {"workspace_id": workspace_id, "creator_id": creator_id, "read_at": at}
    await session.execute(
        insert(FollowedCreatorRow)
        .values(**values)
        .on_conflict_do_update(index_elements=["workspace_id", "creator_id"], set_={"read_at": at})
    )


async def add_snapshot(
    session: AsyncSession, *, workspace_id: UUID, creator_id: UUID, day: date, counts: dict[str, Any],
    withheld: dict[str, Any], observed_at: datetime, expires_at: datetime | None,
) -> bool:  # fmt: skip
    """The first of a day stays; whether this is it."""
    added = await session.execute(
        insert(SnapshotRow)
        .values(
            workspace_id=workspace_id, creator_id=creator_id, day=day, counts=counts, withheld=withheld,
            observed_at=observed_at, expires_at=expires_at,
        )
        .on_conflict_do_nothing()
        .returning(SnapshotRow.day)
    )  # fmt: skip
    return added.first() is not None


async def snapshots(
    session: AsyncSession, *, creator_id: UUID, page: PageRequest, since: date | None, until: date | None
) -> Sequence[SnapshotRow]:
    """The numbers of a creator by day, the oldest first."""
    statement = select(SnapshotRow).where(SnapshotRow.creator_id == creator_id).order_by(SnapshotRow.day)
    if since is not None:
        statement = statement.where(SnapshotRow.day >= since)
    if until is not None:
        statement = statement.where(SnapshotRow.day < until)
    if page.after is not None:
        statement = statement.where(SnapshotRow.day > date.fromisoformat(page.after[0]))
    return (await session.scalars(statement.limit(page.limit + 1))).all()


async def expire_snapshots(session: AsyncSession) -> int:
    """Delete what may be kept no longer, of all workspaces, as owner of the schema."""
    done: Any = await session.execute(
        text(
            """DELETE FROM discovery.creator_snapshots WHERE ctid = ANY(ARRAY(
                SELECT ctid FROM discovery.creator_snapshots WHERE expires_at < now() LIMIT 5000))"""
        )
    )
    return max(int(done.rowcount), 0)


_WATCHES_OF = """
    SELECT w.id, w.created_at FROM discovery.watch_accounts a
    JOIN discovery.watches w ON w.workspace_id = :workspace_id AND w.id = a.watch_id AND w.status = 'running'
    WHERE a.workspace_id = :workspace_id AND a.creator_id = {creator}"""

# A post without a time counts as new when it was first seen behind the first look at its author.
NEW_POSTS = f"""
    SELECT p.id, p.author_id, x.watch_ids FROM discovery.posts p
    JOIN discovery.followed_creators f ON f.workspace_id = :workspace_id AND f.creator_id = p.author_id
    JOIN LATERAL (
        SELECT array_agg(w.id ORDER BY w.id) AS watch_ids FROM ({_WATCHES_OF.format(creator="p.author_id")}) w
        WHERE p.created_at >= w.created_at
            OR p.created_at IS NULL AND p.first_seen_at > f.read_at AND f.read_at > w.created_at) x
        ON x.watch_ids IS NOT NULL
    WHERE p.workspace_id = :workspace_id AND p.platform = :platform AND p.platform_id = ANY(:platform_ids)
        AND NOT p.stub
    ORDER BY p.created_at NULLS LAST, p.id"""  # noqa: S608  # our own text


async def new_posts(
    session: AsyncSession, *, workspace_id: UUID, platform: str, platform_ids: Sequence[str]
) -> Sequence[Any]:
    """Those of the posts that were published since a watch of their author began, with these watches."""
    parameters = {"workspace_id": workspace_id, "platform": platform, "platform_ids": list(platform_ids)}
    return (await session.execute(text(NEW_POSTS), parameters)).all()


async def watches_of(session: AsyncSession, *, workspace_id: UUID, creator_id: UUID) -> list[Any]:
    """The running watches that follow a creator, with when they began."""
    statement = text(_WATCHES_OF.format(creator=":creator_id") + " ORDER BY w.id")
    return list((await session.execute(statement, {"workspace_id": workspace_id, "creator_id": creator_id})).all())


_GIVEN = "unnest(CAST(:workspaces AS uuid[]), CAST(:ids AS uuid[])) AS g(workspace_id, creator_id)"
# A watch that is paused or over told of posts as well, so whoever followed one is to know what became of them.
FOLLOWED = f"""
    SELECT g.workspace_id, g.creator_id, ARRAY(
        SELECT w.id FROM discovery.watch_accounts a
        JOIN discovery.watches w ON w.workspace_id = a.workspace_id AND w.id = a.watch_id AND w.status = 'running'
        WHERE a.workspace_id = g.workspace_id AND a.creator_id = g.creator_id ORDER BY w.id) AS watch_ids
    FROM {_GIVEN}
    WHERE EXISTS (SELECT FROM discovery.watch_accounts a
            WHERE a.workspace_id = g.workspace_id AND a.creator_id = g.creator_id)
        OR EXISTS (SELECT FROM discovery.followed_creators f
            WHERE f.workspace_id = g.workspace_id AND f.creator_id = g.creator_id)"""  # noqa: S608  # our own text
FORGET_NUMBERS = f"""
    DELETE FROM discovery.creator_snapshots s USING {_GIVEN}
    WHERE s.workspace_id = g.workspace_id AND s.creator_id = g.creator_id"""  # noqa: S608  # our own text


async def followed(session: AsyncSession, *, creators: Sequence[tuple[UUID, UUID]]) -> Sequence[Any]:
    """Those of the creators, given with their workspaces, that a watch follows or followed, with its running ones."""
    return (await session.execute(text(FOLLOWED), _pairs(creators))).all()


async def forget_numbers(session: AsyncSession, *, creators: Sequence[tuple[UUID, UUID]]) -> None:
    """Delete the daily numbers of creators that are given with their workspaces."""
    await session.execute(text(FORGET_NUMBERS), _pairs(creators))


def _pairs(creators: Sequence[tuple[UUID, UUID]]) -> dict[str, list[UUID]]:
    return {"workspaces": [one for one, _ in creators], "ids": [one for _, one in creators]}


FINDS = """
    INSERT INTO discovery.watch_finds (workspace_id, watch_id, creator_id, is_news, found_at)
    SELECT c.workspace_id, :watch_id, c.creator_id, :is_news, :now FROM discovery.candidates c
    JOIN discovery.creators o ON o.workspace_id = c.workspace_id AND o.id = c.creator_id AND NOT o.opted_out
    WHERE c.workspace_id = :workspace_id AND c.search_id = :search_id AND (:with_unknown OR NOT c.has_unknown)
    ON CONFLICT DO NOTHING RETURNING creator_id"""
NEWS = """
    SELECT c.creator_id, c.rank, c.provenance -> 'path' AS path FROM discovery.candidates c
    WHERE c.workspace_id = :workspace_id AND c.search_id = :search_id AND c.creator_id = ANY(:ids) ORDER BY c.rank"""


async def take_finds(
    session: AsyncSession, *, row: WatchRow, is_news: bool, with_unknown: bool, now: datetime
) -> Sequence[Any]:
    """Note the search's candidates as known to the watch; those that were not, the best first."""
    search = {"workspace_id": row.workspace_id, "search_id": row.search_id}
    added = await session.execute(
        text(FINDS), {**search, "watch_id": row.id, "is_news": is_news, "with_unknown": with_unknown, "now": now}
    )
    ids = list(added.scalars())
    if not ids:
        return []
    return (await session.execute(text(NEWS), {**search, "ids": ids})).all()


async def forget_creator(
    session: AsyncSession, *, workspace_id: UUID, creator_id: UUID, platform: str, names: Sequence[str]
) -> None:
    """Take an account out of every watch, by its identifier and by the names that it had."""
    await session.execute(
        text(
            """DELETE FROM discovery.watch_accounts WHERE workspace_id = :workspace_id AND (creator_id = :creator_id
                OR platform = :platform AND (platform_id = ANY(:names) OR lower(handle) = ANY(:lowered)))"""
        ),
        {
            "workspace_id": workspace_id, "creator_id": creator_id, "platform": platform, "names": list(names),
            "lowered": [name.lower() for name in names],
        },
    )  # fmt: skip
