"""The SQL of the hot path, on asyncpg itself: writing hits, their partitions, the salts of visitors.

Beside repository.py, because it runs as owner on connections of its own, and COPY knows no session.
"""

from collections.abc import Iterable, Sequence
from datetime import UTC, date, datetime, timedelta
from typing import Any

import asyncpg

from services.attribution.hits.partitions import Month, is_due, months_around
from services.attribution.hits.record import HitRecord
from shared.kit.db import owner_role
from shared.kit.runtime import Runtime

SCHEMA = "attribution"
CONNECT_SECONDS = 3
# A batch that is not stored by then goes to the spool; its commit may still happen, and draining notices.
WRITE_SECONDS = 4
# What asyncpg and the system raise when a connection breaks, in whichever state that finds it.
LOST = (OSError, asyncpg.PostgresError, asyncpg.InterfaceError, asyncpg.InternalClientError, TimeoutError)
_COLUMNS = HitRecord._fields
_PARTITIONS_LOCK = 4_811_202_611  # an advisory lock's number, the same in every process

_INSERT = f"""
    INSERT INTO {SCHEMA}.hits ({", ".join(_COLUMNS)})
    SELECT * FROM unnest($1::uuid[], $2::uuid[], $3::uuid[], $4::timestamptz[], $5::text[], $6::text[], $7::text[],
                         $8::text[], $9::text[], $10::bytea[])
    ON CONFLICT (workspace_id, id) DO NOTHING"""  # noqa: S608  # our own names


async def connect(runtime: Runtime, *, name: str) -> asyncpg.Connection:
    """A connection of one's own as owner of the schema, whose commits are on disk when they are answered."""
    connection = await asyncpg.connect(
        runtime.database.url.replace("postgresql+asyncpg://", "postgresql://", 1),
        timeout=CONNECT_SECONDS,
        statement_cache_size=runtime.settings.statement_cache_size,
        server_settings={"application_name": f"groundswell-attribution-{name}"},
    )
    try:
        await connection.execute(f"SET ROLE {owner_role(SCHEMA)}; SET synchronous_commit TO on")
    except BaseException:
        connection.terminate()
        raise
    return connection


async def branded_hosts(connection: asyncpg.Connection) -> frozenset[str]:
    """Hosts that a workspace proved to be its own."""
    rows = await connection.fetch(f"SELECT host FROM {SCHEMA}.hosts", timeout=3)  # noqa: S608  # our own name
    return frozenset(row[0] for row in rows)


async def copy_hits(connection: asyncpg.Connection, records: Sequence[HitRecord]) -> None:
    """Store new hits; returns when their commit is on disk. Any error may leave the commit unknown."""
    await connection.copy_records_to_table(
        "hits", schema_name=SCHEMA, columns=_COLUMNS, records=records, timeout=WRITE_SECONDS
    )


async def insert_hits(connection: asyncpg.Connection, records: Iterable[HitRecord]) -> None:
    """Store hits that may be stored already: each is stored once."""
    columns = list(zip(*records, strict=True))
    if columns:
        await connection.execute(_INSERT, *map(list, columns), timeout=60)


async def ensure_partitions(connection: asyncpg.Connection, *, at: datetime) -> list[Month]:
    """Make the months around `at` that are missing. Returns all of them.

    Hits that fell into the default partition meanwhile are moved into the new one.
    """
    months = months_around(at)
    known = await _partitions(connection)
    if all(month.partition in known for month in months):
        return months
    async with connection.transaction():
        await connection.execute(f"SELECT pg_advisory_xact_lock({_PARTITIONS_LOCK})")
        known = await _partitions(connection)
        for month in months:
            if month.partition not in known:
                await _make_partition(connection, month)
    return months


async def drop_due_partitions(connection: asyncpg.Connection, *, at: datetime, keep_months: int) -> list[str]:
    """Drop the months that retention no longer allows. Returns their names."""
    due = sorted(name for name in await _partitions(connection) if is_due(name, at=at, keep_months=keep_months))
    for name in due:
        await connection.execute(f"DROP TABLE IF EXISTS {SCHEMA}.{name}")
    return due


async def in_default_partition(connection: asyncpg.Connection) -> int:
    """How many hits lie outside every month; 0 unless partitions were not made in time."""
    return int(await connection.fetchval(f"SELECT count(*) FROM {SCHEMA}.hits_default"))  # noqa: S608  # our own names


async def salts(connection: asyncpg.Connection, *, at: datetime, fresh: bytes) -> dict[date, bytes]:
    """The keys of today's visitor hashes and, in the last hour of a day, of tomorrow's; made by whoever comes first.

    A salt is deleted 48 hours after it was made: from then on nobody can tell whose the hashes were.
    """
    today = at.astimezone(UTC).date()
    days = {today, (at.astimezone(UTC) + timedelta(hours=1)).date()}
    await connection.execute(
        f"DELETE FROM {SCHEMA}.visitor_salts WHERE created_at < $1",  # noqa: S608  # our own names
        at - timedelta(hours=48),
    )
    for day in days:
        await connection.execute(
            f"INSERT INTO {SCHEMA}.visitor_salts (day, salt, created_at) VALUES ($1, $2, $3) ON CONFLICT DO NOTHING",  # noqa: S608  # our own names
            day,
            fresh if day == today else bytes(reversed(fresh)),
            at,
        )
    rows = await connection.fetch(
        f"SELECT day, salt FROM {SCHEMA}.visitor_salts WHERE day = ANY($1)",  # noqa: S608  # our own names
        list(days),
    )
    return {row["day"]: row["salt"] for row in rows}


async def _partitions(connection: asyncpg.Connection) -> set[str]:
    rows: list[Any] = await connection.fetch(
        "SELECT c.relname FROM pg_inherits i JOIN pg_class c ON c.oid = i.inhrelid WHERE i.inhparent = $1::regclass",
        f"{SCHEMA}.hits",
    )
    return {row["relname"] for row in rows}


async def _make_partition(connection: asyncpg.Connection, month: Month) -> None:
    name = f"{SCHEMA}.{month.partition}"
    low, high = month.bounds
    # Each row is written once and updated once, by its verdict: with room left in the page, no index is touched.
    await connection.execute(
        f"CREATE TABLE {name} (LIKE {SCHEMA}.hits INCLUDING DEFAULTS INCLUDING CONSTRAINTS) WITH (fillfactor = 47)"
    )
    await connection.execute(f"ALTER TABLE {name} ENABLE ROW LEVEL SECURITY")
    await connection.execute(
        f"WITH moved AS (DELETE FROM {SCHEMA}.hits_default WHERE id >= $1 AND id < $2 RETURNING *) "  # noqa: S608  # our own names
        f"INSERT INTO {name} SELECT * FROM moved",
        low,
        high,
    )
    await connection.execute(
        f"ALTER TABLE {SCHEMA}.hits ATTACH PARTITION {name} FOR VALUES FROM ('{low}') TO ('{high}')"
    )
