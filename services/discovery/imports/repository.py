"""Every SQL statement about imports and their staging."""

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import delete, func, select, text, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from services.discovery.rows import CommentRow, CreatorRow, PostRow
from services.discovery.tables.imports import ImportChunkRow, ImportFaultRow
from services.discovery.tables.imports import ImportReadingRow as ReadRow
from services.discovery.tables.imports import ImportRow as ImportRow
from shared.kit.db import driver_connection
from shared.kit.pages import PageRequest

ChunkRow = ImportChunkRow
FaultRow = ImportFaultRow

MAX_FAULTS = 100_000
"""Faults kept of one import; `lines_faulty` counts all."""
_STAGING: dict[str, type[CreatorRow] | type[PostRow] | type[CommentRow]] = {
    "import_creators": CreatorRow,
    "import_posts": PostRow,
    "import_comments": CommentRow,
}
# Mentions are added where nothing is known, and not merged.
_MERGED = {
    "import_creators": "AND (NOT stub OR opted_out)",
    "import_posts": "AND NOT stub",
    "import_comments": "",
}


async def add_chunk(session: AsyncSession, **values: Any) -> None:  # noqa: ANN401  # the columns of a chunk
    await session.execute(insert(ChunkRow).values(received_at=func.now(), **values))


async def lock_import(session: AsyncSession, *, import_id: UUID) -> None:
    """Until the transaction ends, nobody else finishes, merges or purges this import."""
    await session.execute(text("SELECT pg_advisory_xact_lock(7201, :n)"), {"n": hash(import_id) % 2**31})


async def chunk_count(session: AsyncSession, *, import_id: UUID) -> int:
    found = await session.scalar(select(func.count()).select_from(ChunkRow).where(ChunkRow.import_id == import_id))
    return found or 0


async def drop_chunks(session: AsyncSession, *, workspace_id: UUID, import_id: UUID) -> None:
    await session.execute(
        delete(ChunkRow).where(ChunkRow.workspace_id == workspace_id, ChunkRow.import_id == import_id)
    )


async def add_import(session: AsyncSession, **values: Any) -> ImportRow:  # noqa: ANN401  # the columns of an import
    row = ImportRow(**values)
    session.add(row)
    await session.flush()
    return row


async def get_import(session: AsyncSession, *, import_id: UUID) -> ImportRow | None:
    return (await session.execute(select(ImportRow).where(ImportRow.id == import_id))).scalar_one_or_none()


async def imports(session: AsyncSession, *, page: PageRequest) -> Sequence[ImportRow]:
    """Newest first."""
    query = select(ImportRow).order_by(ImportRow.id.desc())
    if page.after:
        query = query.where(ImportRow.id < page.after[0])
    return (await session.scalars(query.limit(page.limit + 1))).all()


async def faults(
    session: AsyncSession, *, import_ids: Sequence[UUID], limit: int, after: int | None = None
) -> Sequence[FaultRow]:
    """The first faults of each of some imports, by line."""
    number = func.row_number().over(partition_by=FaultRow.import_id, order_by=FaultRow.line).label("number")
    query = select(FaultRow.import_id, FaultRow.line, number).where(FaultRow.import_id.in_(import_ids))
    if after is not None:
        query = query.where(FaultRow.line > after)
    first = query.subquery()
    found = await session.scalars(
        select(FaultRow)
        .join(first, (FaultRow.import_id == first.c.import_id) & (FaultRow.line == first.c.line))
        .where(first.c.number <= limit)
        .order_by(FaultRow.import_id, FaultRow.line)
    )
    return found.all()


async def set_status(session: AsyncSession, *, import_id: UUID, **values: Any) -> None:  # noqa: ANN401  # columns
    await session.execute(update(ImportRow).where(ImportRow.id == import_id).values(**values))


async def chunks_read(session: AsyncSession, *, import_id: UUID) -> set[int]:
    """The chunks that lie in staging. None before reading began, and again after a crash of PostgreSQL."""
    return set(await session.scalars(select(ReadRow.chunk).where(ReadRow.import_id == import_id)))


async def lines_read(session: AsyncSession, *, import_id: UUID) -> int:
    return int(
        await session.scalar(
            select(func.coalesce(func.sum(ReadRow.lines_good), 0)).where(ReadRow.import_id == import_id)
        )
        or 0
    )


async def forget_faults(session: AsyncSession, *, import_id: UUID) -> None:
    await session.execute(delete(ImportFaultRow).where(ImportFaultRow.import_id == import_id))


async def chunk(session: AsyncSession, *, import_id: UUID, number: int) -> ChunkRow | None:
    found = await session.execute(select(ChunkRow).where(ChunkRow.import_id == import_id, ChunkRow.number == number))
    return found.scalar_one_or_none()


async def share_import(session: AsyncSession, *, workspace_id: UUID, import_id: UUID) -> str | None:
    """The import's status, which stays open until this transaction ends; others may share it too."""
    found = await session.scalars(
        select(ImportRow.status)
        .where(ImportRow.workspace_id == workspace_id, ImportRow.id == import_id)
        .with_for_update(read=True, key_share=True)
    )
    return found.one_or_none()


async def hold_import(session: AsyncSession, *, import_id: UUID) -> str | None:
    """The import's status, once nobody shares it any more; nobody will until this transaction ends."""
    found = await session.scalars(select(ImportRow.status).where(ImportRow.id == import_id).with_for_update())
    return found.one_or_none()


async def claim_chunk(session: AsyncSession, **values: Any) -> bool:  # noqa: ANN401  # the columns of a reading
    """Write down that a chunk is read; False when it was already."""
    done = await session.execute(insert(ReadRow).values(**values).on_conflict_do_nothing().returning(ReadRow.chunk))
    return done.first() is not None


async def stage(
    session: AsyncSession, *, workspace_id: UUID, import_id: UUID, number: int,
    rows: dict[str, Collection[tuple[Any, ...]]], faults: Sequence[tuple[int, str]],
) -> None:  # fmt: skip
    """Copy a chunk's rows and faults, as owner of the schema: COPY is refused under row-level security."""
    connection = await driver_connection(session)
    for table, kind in _STAGING.items():
        if rows[table]:
            await connection.copy_records_to_table(
                table,
                schema_name="discovery",
                columns=("workspace_id", "import_id", "chunk", *kind._fields),
                records=[(workspace_id, import_id, number, *row) for row in rows[table]],
            )
    if not faults:
        return
    known = select(func.coalesce(func.sum(ReadRow.lines_faulty), 0)).where(
        ReadRow.workspace_id == workspace_id, ReadRow.import_id == import_id, ReadRow.chunk != number
    )
    room = max(0, MAX_FAULTS - int(await session.scalar(known) or 0))
    await connection.copy_records_to_table(
        "import_faults",
        schema_name="discovery",
        columns=("workspace_id", "import_id", "line", "reason"),
        records=[(workspace_id, import_id, line, reason) for line, reason in faults[:room]],
    )


async def report(session: AsyncSession, *, import_id: UUID) -> None:
    """Show on the import what was read."""

    def total(column: Any) -> Any:  # noqa: ANN401  # a column and its sum
        return select(func.coalesce(func.sum(column), 0)).where(ReadRow.import_id == import_id).scalar_subquery()

    await session.execute(
        update(ImportRow)
        .where(ImportRow.id == import_id)
        .values(
            status="running", lines_merged=total(ReadRow.lines_good), lines_faulty=total(ReadRow.lines_faulty),
            creators=total(ReadRow.creators), posts=total(ReadRow.posts), comments=total(ReadRow.comments),
        )
    )  # fmt: skip


def staged(
    table: str, *, import_id: UUID, chunks: tuple[int, int] | None = None
) -> tuple[str, dict[str, Any]]:  # fmt: skip
    """The relation of a staging table's rows, of chunks from first to last or of all, with its parameters."""
    place = "" if chunks is None else " AND s.chunk BETWEEN :first AND :last"
    where = f"s.workspace_id = :workspace_id AND s.import_id = :import_id{place}"
    parameters: dict[str, Any] = {"import_id": import_id}
    if chunks is not None:
        parameters |= {"first": chunks[0], "last": chunks[1]}
    return f"discovery.{table} s WHERE {where}", parameters


async def repeats(session: AsyncSession, *, table: str, import_id: UUID, chunks: tuple[int, int]) -> bool:
    """Whether several of these chunks hold a row of the same creator, post or comment; mentions may repeat."""
    found = await session.execute(
        text(
            f"""SELECT 1 FROM discovery.{table}
            WHERE import_id = :import_id AND chunk BETWEEN :first AND :last {_MERGED[table]}
            GROUP BY platform, platform_id HAVING count(*) > 1 LIMIT 1"""  # noqa: S608  # our own names
        ),
        {"import_id": import_id, "first": chunks[0], "last": chunks[1]},
    )
    return found.first() is not None


async def favour_hash_joins(session: AsyncSession) -> None:
    """For the rest of the transaction: the planner knows nothing yet of rows that this transaction wrote."""
    await session.execute(text("SET LOCAL enable_nestloop = off"))


async def prepare_merge(session: AsyncSession) -> None:
    """Settings for the one large transaction: plans for the rows of now, room to sort."""
    for setting in ("plan_cache_mode = 'force_custom_plan'", "jit = off", "work_mem = '32MB'"):
        await session.execute(text(f"SET LOCAL {setting}"))


async def lock_merges(session: AsyncSession, *, workspace_id: UUID) -> None:
    """One merge of a workspace at a time: two would meet on the same creators in different order."""
    await session.execute(text("SELECT pg_advisory_xact_lock(7202, :n)"), {"n": hash(workspace_id) % 2**31})


async def drop_staging(session: AsyncSession, *, import_id: UUID) -> None:
    for table in (*_STAGING, "import_readings"):
        await session.execute(
            text(f"DELETE FROM discovery.{table} WHERE import_id = :import_id"),  # noqa: S608  # our own names
            {"import_id": import_id},
        )


async def analyze(session: AsyncSession, *tables: str) -> None:
    """Fresh statistics, as owner, after many rows came at once."""
    await session.execute(text(f"ANALYZE {', '.join(f'discovery.{table}' for table in tables)}"))


async def abandoned(session: AsyncSession, *, before: datetime) -> Sequence[tuple[UUID, UUID]]:
    """Workspace and import of uploads that never came to their end and stored nothing since `before`."""
    found = await session.execute(
        select(ChunkRow.workspace_id, ChunkRow.import_id)
        .outerjoin(ImportRow, (ImportRow.workspace_id == ChunkRow.workspace_id) & (ImportRow.id == ChunkRow.import_id))
        .where(ImportRow.id.is_(None))
        .group_by(ChunkRow.workspace_id, ChunkRow.import_id)
        .having(func.max(ChunkRow.received_at) < before)
        .limit(100)
    )
    return [(row.workspace_id, row.import_id) for row in found]
