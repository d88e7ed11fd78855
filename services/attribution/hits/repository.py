"""Every SQL statement about judged hits: reading and judging. Rollups are in rollups.py, the hot path's in store.py."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any, NamedTuple
from uuid import UUID

from sqlalchemy import and_, func, select, text
from sqlalchemy.dialects.postgresql import insert as upsert
from sqlalchemy.ext.asyncio import AsyncSession

from services.attribution.hits.ids import floor_of
from services.attribution.tables.hits import HitRollupRow
from services.attribution.tables.hits import HitRow as HitRow
from services.attribution.tables.hits import JudgingRow as JudgingRow
from services.attribution.tables.tracking import LinkRow
from shared.kit.db import driver_connection
from shared.kit.pages import PageRequest
from shared.schemas.hits import HitVerdict

BUCKET = timedelta(minutes=15)
# As many identifiers begin with the milliseconds of one quarter hour.
_BUCKET_IDS = BUCKET.seconds * 1000 << 80
LARGEST = UUID(int=(1 << 128) - 1)
COUNTED = tuple(verdict for verdict in HitVerdict if verdict is not HitVerdict.PENDING)


class Unjudged(NamedTuple):
    """A hit to be judged, in the order of verdicts.Evidence behind the first two."""

    workspace_id: UUID
    number: int
    id: UUID
    link_id: UUID
    at: datetime
    method: str
    outcome: str
    user_agent: str | None
    purpose: str | None
    visitor: bytes | None


class Verdict(NamedTuple):
    """What is written beside a hit."""

    workspace_id: UUID
    id: UUID
    link_id: UUID
    verdict: str
    reason: str
    in_app: str | None


class Bucket(NamedTuple):
    """A link's quarter hour."""

    workspace_id: UUID
    link_id: UUID
    bucket: datetime


class Mark(NamedTuple):
    """How far a follower has come."""

    xid: int
    rule_version: int
    after_workspace: UUID | None
    after_hit: UUID | None


async def hits(
    session: AsyncSession, *, link_id: UUID | None, partnership_id: UUID | None, campaign_id: UUID | None,
    verdict: HitVerdict | None, since: datetime | None, until: datetime | None, page: PageRequest,
) -> Sequence[tuple[HitRow, UUID, UUID]]:  # fmt: skip
    """Hits with their partnership and campaign, the newest first."""
    query = (
        select(HitRow, LinkRow.partnership_id, LinkRow.campaign_id)
        .join(LinkRow, and_(LinkRow.workspace_id == HitRow.workspace_id, LinkRow.id == HitRow.link_id))
        .order_by(HitRow.id.desc())
    )
    if link_id is not None:
        query = query.where(HitRow.link_id == link_id)
    if partnership_id is not None:
        query = query.where(LinkRow.partnership_id == partnership_id)
    if campaign_id is not None:
        query = query.where(LinkRow.campaign_id == campaign_id)
    if verdict is HitVerdict.PENDING:
        query = query.where(HitRow.verdict.is_(None))
    elif verdict is not None:
        query = query.where(HitRow.verdict == verdict)
    if since is not None:
        query = query.where(HitRow.id >= floor_of(since))
    if until is not None:
        query = query.where(HitRow.id < floor_of(until))
    if page.after:
        query = query.where(HitRow.id < page.after[0])
    return [(row[0], row[1], row[2]) for row in await session.execute(query.limit(page.limit + 1))]


async def hit(session: AsyncSession, *, hit_id: UUID) -> tuple[HitRow, UUID, UUID] | None:
    query = (
        select(HitRow, LinkRow.partnership_id, LinkRow.campaign_id)
        .join(LinkRow, and_(LinkRow.workspace_id == HitRow.workspace_id, LinkRow.id == HitRow.link_id))
        .where(HitRow.id == hit_id)
    )
    row = (await session.execute(query)).first()
    return (row[0], row[1], row[2]) if row else None


async def counts(
    session: AsyncSession, *, link_id: UUID, since: datetime | None, until: datetime | None
) -> dict[str, int]:
    """Hits of a link by verdict, from the rollups: whole quarter hours that begin in [since, until)."""
    columns = [func.coalesce(func.sum(getattr(HitRollupRow, name)), 0).label(name) for name in ("hits", *COUNTED)]
    query = select(*columns).where(HitRollupRow.link_id == link_id)
    if since is not None:
        query = query.where(HitRollupRow.bucket >= since)
    if until is not None:
        query = query.where(HitRollupRow.bucket < until)
    return {name: int(value) for name, value in (await session.execute(query)).mappings().one().items()}


async def oldest_running(session: AsyncSession) -> int:
    """The horizon: what transactions below this number wrote is committed, or never will be."""
    found = await session.execute(text("SELECT pg_snapshot_xmin(pg_current_snapshot())::text"))
    return int(found.scalar_one())


async def mark(session: AsyncSession, *, name: str) -> Mark | None:
    found = await session.execute(
        text(
            "SELECT xid::text, rule_version, after_workspace, after_hit FROM attribution.hit_marks WHERE name = :name"
        ),
        {"name": name},
    )
    row = found.first()
    return Mark(int(row[0]), row[1], row[2], row[3]) if row else None


async def set_mark(session: AsyncSession, *, name: str, mark: Mark) -> None:
    await session.execute(
        text(
            """INSERT INTO attribution.hit_marks (name, xid, rule_version, after_workspace, after_hit)
            VALUES (:name, CAST(CAST(:xid AS text) AS xid8), :rule_version, :after_workspace, :after_hit)
            ON CONFLICT (name) DO UPDATE SET xid = excluded.xid, rule_version = excluded.rule_version,
                after_workspace = excluded.after_workspace, after_hit = excluded.after_hit"""
        ),
        {**mark._asdict(), "xid": str(mark.xid), "name": name},
    )


# The order is that of an index. The planner, taking what is asked for for rare, would sort everything instead.
_BY_XID = "SET LOCAL enable_sort = off; SET LOCAL enable_bitmapscan = off; SET LOCAL enable_seqscan = off"
_UNJUDGED = "workspace_id, xid::text::bigint AS number, id, link_id, at, method, outcome, user_agent, purpose, visitor"


async def unjudged(session: AsyncSession, *, from_xid: int, limit: int) -> list[Unjudged]:
    """Hits without a verdict that transactions from `from_xid` on wrote, in the order of transactions."""
    connection = await driver_connection(session)
    await connection.execute(_BY_XID)
    rows = await connection.fetch(
        f"SELECT {_UNJUDGED} FROM attribution.hits "  # noqa: S608  # our own names
        "WHERE verdict IS NULL AND xid >= $1::text::xid8 ORDER BY hits.xid, id LIMIT $2",
        str(from_xid),
        limit,
    )
    return [Unjudged(*row) for row in rows]


async def judged_by_older_rules(
    session: AsyncSession, *, workspace_id: UUID, after: UUID, rule_version: int, limit: int, until: UUID = LARGEST
) -> list[Unjudged]:
    """Hits of a workspace behind `after` and up to `until`, in order, whose verdict was given under older rules."""
    connection = await driver_connection(session)
    rows = await connection.fetch(
        f"SELECT {_UNJUDGED} FROM attribution.hits "  # noqa: S608  # our own names
        "WHERE workspace_id = $1 AND id > $2 AND id <= $5 AND rule_version < $3 ORDER BY id LIMIT $4",
        workspace_id,
        after,
        rule_version,
        limit,
        until,
    )
    return [Unjudged(*row) for row in rows]


async def judging(session: AsyncSession, *, lock: bool = False) -> JudgingRow | None:
    """The workspace's judging on request."""
    query = select(JudgingRow)
    return (await session.execute(query.with_for_update() if lock else query)).scalar_one_or_none()


async def put_judging(session: AsyncSession, *, workspace_id: UUID, until: UUID, key_id: UUID | None) -> JudgingRow:
    """Ask anew; what an earlier request had done is forgotten."""
    fresh = {
        "until_hit": until, "after_hit": None, "hits": 0, "rule_version": None, "requested_at": func.now(),
        "requested_by": key_id, "finished_at": None,
    }  # fmt: skip
    statement = (
        upsert(JudgingRow)
        .values(workspace_id=workspace_id, **fresh)
        .on_conflict_do_update(index_elements=["workspace_id"], set_=fresh)
        .returning(JudgingRow)
        .execution_options(populate_existing=True)
    )
    return (await session.execute(statement)).scalar_one()


async def open_judging(session: AsyncSession) -> JudgingRow | None:
    """As owner: the judging on request that waits longest, of any workspace; locked."""
    query = select(JudgingRow).where(JudgingRow.finished_at.is_(None)).order_by(JudgingRow.requested_at).limit(1)
    return (await session.execute(query.with_for_update())).scalar_one_or_none()


async def next_workspace(session: AsyncSession, *, after: UUID | None) -> UUID | None:
    """The next workspace that has links; None behind the last one."""
    query = select(LinkRow.workspace_id).order_by(LinkRow.workspace_id).limit(1)
    if after is not None:
        query = query.where(LinkRow.workspace_id > after)
    return (await session.execute(query)).scalar_one_or_none()


async def recent_clicks(
    session: AsyncSession, *, since: datetime, before: UUID = LARGEST, limit: int, workspace_id: UUID | None = None
) -> list[tuple[UUID, bytes, datetime, UUID]]:
    """Link, visitor, time and hit of the clicks since `since`, the oldest first, at most the newest `limit`."""
    connection = await driver_connection(session)
    rows = await connection.fetch(
        """SELECT h.link_id, h.visitor, h.at, h.id
        FROM (SELECT DISTINCT workspace_id FROM attribution.links WHERE $4::uuid IS NULL OR workspace_id = $4) AS w
        CROSS JOIN LATERAL (
            SELECT link_id, visitor, at, id FROM attribution.hits
            WHERE hits.workspace_id = w.workspace_id AND hits.id >= $1 AND hits.id < $2
              AND verdict = 'human' AND visitor IS NOT NULL
        ) AS h ORDER BY h.id DESC LIMIT $3""",
        floor_of(since),
        before,
        limit,
        workspace_id,
    )
    return [(row[0], row[1], row[2], row[3]) for row in reversed(rows)]


async def write_verdicts(session: AsyncSession, *, verdicts: Sequence[Verdict], rule_version: int) -> None:
    """Write verdicts beside their hits, and note which rollups they change."""
    connection = await driver_connection(session)
    ids = [verdict.id for verdict in verdicts]
    # There are few different judgements: each is sent once, and of a hit which it is.
    different: dict[tuple[UUID, str, str, str | None], int] = {}
    places = [
        different.setdefault((workspace_id, verdict, reason, in_app), len(different) + 1)
        for workspace_id, _, _, verdict, reason, in_app in verdicts
    ]
    workspaces, names, reasons, apps = zip(*different, strict=True)
    await connection.execute(
        """UPDATE attribution.hits AS h
        SET verdict = ($4::text[])[j.place], reason = ($5::text[])[j.place], in_app = ($6::text[])[j.place],
            rule_version = $7
        FROM unnest($1::uuid[], $2::int[]) AS j(id, place)
        WHERE h.workspace_id = ($3::uuid[])[j.place] AND h.id = j.id AND h.id >= $8 AND h.id <= $9""",
        ids,
        places,
        workspaces,
        names,
        reasons,
        apps,
        rule_version,
        min(ids),
        max(ids),
    )
    quarters = {(verdict.workspace_id, verdict.link_id, verdict.id.int // _BUCKET_IDS) for verdict in verdicts}
    begins = {number: datetime.fromtimestamp(number * BUCKET.seconds, UTC) for _, _, number in quarters}
    buckets = {Bucket(workspace_id, link_id, begins[number]) for workspace_id, link_id, number in quarters}
    days = {(bucket.workspace_id, bucket.link_id, bucket.bucket.date()) for bucket in buckets}
    # in one order, so that two writers never wait for each other
    for table, column, rows in (("dirty_buckets", "bucket", sorted(buckets)), ("dirty_days", "day", sorted(days))):
        kind = "timestamptz" if column == "bucket" else "date"
        await connection.execute(
            f"INSERT INTO attribution.{table} (workspace_id, link_id, {column}) "  # noqa: S608  # our own names
            f"SELECT * FROM unnest($1::uuid[], $2::uuid[], $3::{kind}[]) "
            # not DO NOTHING: a mark that is there stays locked, and is skipped, until the verdicts are committed
            f"ON CONFLICT (workspace_id, link_id, {column}) DO UPDATE SET {column} = excluded.{column}",
            *map(list, zip(*rows, strict=True)),
        )


async def clicks_between(
    session: AsyncSession, *, workspace_id: UUID, after: tuple[int, UUID], below: int, limit: int
) -> list[Any]:
    """As owner: human clicks of a workspace behind (transaction, hit) `after`, in the order of commit's horizon."""
    connection = await driver_connection(session)
    rows: list[Any] = await connection.fetch(
        """SELECT h.xid::text::bigint AS number, h.id, h.link_id, l.partnership_id, l.campaign_id, h.at,
            h.referrer_host, h.in_app
        FROM attribution.hits h JOIN attribution.links l ON l.workspace_id = h.workspace_id AND l.id = h.link_id
        WHERE h.workspace_id = $1 AND h.verdict = 'human' AND h.xid >= $2::text::xid8 AND h.xid < $4::text::xid8
          AND (h.xid > $2::text::xid8 OR h.id > $3)
        ORDER BY h.xid, h.id LIMIT $5""",
        workspace_id,
        str(after[0]),
        after[1],
        str(below),
        limit,
    )
    return rows


async def backlog(session: AsyncSession, *, from_xid: int) -> dict[str, Any]:
    """How many hits wait for a verdict, and since when the oldest does."""
    connection = await driver_connection(session)
    row = await connection.fetchrow(
        "SELECT count(*) AS hits, min(at) AS since FROM attribution.hits "
        "WHERE verdict IS NULL AND xid >= $1::text::xid8",
        str(from_xid),
    )
    return dict(row)
