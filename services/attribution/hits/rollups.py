"""Every SQL statement about the rollups of judged hits: which must be rebuilt, rebuilding them, and caps by them."""

from collections.abc import Iterable
from datetime import date, datetime, timedelta
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from services.attribution.hits.ids import floor_of
from services.attribution.hits.repository import BUCKET, COUNTED, Bucket
from shared.kit.db import driver_connection


async def take_dirty_buckets(session: AsyncSession, *, limit: int, only_capped: bool = False) -> list[Bucket]:
    """Take links' quarter hours whose rollups must be rebuilt, in this transaction; or of open links with a cap."""
    connection = await driver_connection(session)
    rows = await connection.fetch(
        """DELETE FROM attribution.dirty_buckets WHERE ctid = ANY(
            ARRAY(SELECT d.ctid FROM attribution.dirty_buckets AS d
                WHERE NOT $2 OR EXISTS (SELECT FROM attribution.links AS l
                    WHERE l.workspace_id = d.workspace_id AND l.id = d.link_id
                      AND l.click_cap IS NOT NULL AND l.capped_at IS NULL)
                ORDER BY d.bucket, d.workspace_id LIMIT $1
                FOR UPDATE OF d SKIP LOCKED))
        RETURNING workspace_id, link_id, bucket""",
        limit,
        only_capped,
    )
    return [Bucket(*row) for row in rows]


async def rebuild_rollups(
    session: AsyncSession, *, workspace_id: UUID, bucket: datetime, link_ids: Iterable[UUID]
) -> None:
    """Count one quarter hour of these links again, from their hits."""
    connection = await driver_connection(session)
    links = list(link_ids)
    await connection.execute(
        "DELETE FROM attribution.hit_rollups WHERE workspace_id = $1 AND bucket = $2 AND link_id = ANY($3)",
        workspace_id,
        bucket,
        links,
    )
    names = ", ".join(COUNTED)
    filters = ", ".join(f"count(*) FILTER (WHERE verdict = '{name}')" for name in COUNTED)
    await connection.execute(
        f"""INSERT INTO attribution.hit_rollups (workspace_id, link_id, bucket, hits, {names})
        SELECT $1::uuid, link_id, $2::timestamptz, count(*), {filters} FROM attribution.hits
        WHERE workspace_id = $1 AND id >= $4 AND id < $5 AND link_id = ANY($3) AND verdict IS NOT NULL
        GROUP BY link_id""",  # noqa: S608  # our own names
        workspace_id,
        bucket,
        links,
        floor_of(bucket),
        floor_of(bucket + BUCKET),
    )


async def take_dirty_days(session: AsyncSession) -> dict[tuple[UUID, date], list[UUID]]:
    """Take the days whose visitors must be counted again: links by workspace and UTC day."""
    connection = await driver_connection(session)
    rows = await connection.fetch(
        """DELETE FROM attribution.dirty_days WHERE ctid = ANY(
            ARRAY(SELECT ctid FROM attribution.dirty_days FOR UPDATE SKIP LOCKED))
        RETURNING workspace_id, day, link_id"""
    )
    found: dict[tuple[UUID, date], list[UUID]] = {}
    for workspace_id, day, link_id in rows:
        found.setdefault((workspace_id, day), []).append(link_id)
    return found


async def rebuild_visitors(
    session: AsyncSession, *, workspace_id: UUID, day: date, begins: datetime, link_ids: Iterable[UUID]
) -> None:
    """Count a UTC day's different visitors again, for the campaigns of these links and all that belongs to them."""
    connection = await driver_connection(session)
    await connection.execute(
        """INSERT INTO attribution.visitor_rollups AS v (workspace_id, scope_id, day, visitors, without_visitor)
        SELECT $1::uuid, coalesce(l.id, l.partnership_id, l.campaign_id), $2::date,
               count(DISTINCT h.visitor), count(*) FILTER (WHERE h.visitor IS NULL)
        FROM attribution.links AS l
        JOIN attribution.hits AS h ON h.workspace_id = l.workspace_id AND h.link_id = l.id
        WHERE l.workspace_id = $1 AND h.workspace_id = $1 AND h.id >= $3 AND h.id < $4 AND h.verdict = 'human'
          AND l.campaign_id IN (SELECT campaign_id FROM attribution.links WHERE workspace_id = $1 AND id = ANY($5))
        GROUP BY GROUPING SETS ((l.id), (l.partnership_id), (l.campaign_id))
        ON CONFLICT (workspace_id, scope_id, day)
            DO UPDATE SET visitors = excluded.visitors, without_visitor = excluded.without_visitor""",
        workspace_id,
        day,
        floor_of(begins),
        floor_of(begins + timedelta(days=1)),
        list(link_ids),
    )


async def cap_links(session: AsyncSession, *, at: datetime, channel: str) -> int:
    """Mark links whose clicks have reached their cap, and tell the web processes. Returns how many."""
    connection = await driver_connection(session)
    rows = await connection.fetch(
        """UPDATE attribution.links AS l SET capped_at = $1
        WHERE l.click_cap IS NOT NULL AND l.capped_at IS NULL AND l.click_cap <= (
            SELECT coalesce(sum(r.human), 0) FROM attribution.hit_rollups AS r
            WHERE r.workspace_id = l.workspace_id AND r.link_id = l.id)
        RETURNING l.host, lower(l.slug)""",
        at,
    )
    for host, slug in rows:
        await connection.execute("SELECT pg_notify($1, $2)", channel, f"{host}/{slug}")
    return len(rows)
