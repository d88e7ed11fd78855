"""Merging an accepted import: read its chunks in any order and number of processes, then show it as a whole."""

import asyncio
import zlib
from datetime import UTC, datetime, timedelta
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from services.discovery.creators import service as creators
from services.discovery.imports import repository
from services.discovery.imports.children import SMALL_IMPORT, read_in_children
from services.discovery.imports.lines import Chunk
from services.discovery.imports.reading import Batch, Mentioned, read_chunk
from services.discovery.people import service as people
from shared.kit.db import Database
from shared.kit.errors import Unavailable
from shared.kit.webhooks.outbox import emit
from shared.schemas.base import JobStatus
from shared.schemas.ids import encode
from shared.schemas.webhooks import OutboundEvent

_OPEN = (JobStatus.QUEUED, JobStatus.RUNNING)
EVIDENCE_DAYS = 30
_MANY_LINES = 5_000
_TOGETHER = 10
"""Chunks that are merged by one statement: it reads the creators and posts to join with once for all of them."""


async def merge_import(
    database: Database, *, workspace_id: UUID, import_id: UUID, evidence_days: int = EVIDENCE_DAYS
) -> None:
    """Read what is not read yet, then make it all visible in one transaction.

    Every chunk is read and counted once however often this is begun again or done twice at once, and so is the whole.
    """
    async with database.tenant_session(workspace_id) as session:
        row = await repository.get_import(session, import_id=import_id)
        if row is None or row.status not in _OPEN:
            return
        done = await repository.chunks_read(session, import_id=import_id)
        if not done:
            # the first time, or a crash of PostgreSQL emptied the staging, which is not logged
            await repository.forget_faults(session, import_id=import_id)
        seen_at = row.received_at or row.created_at
    left = [number for number in range(row.chunks) if number not in done]

    async def report() -> None:
        async with database.tenant_session(workspace_id) as session:
            await repository.report(session, import_id=import_id)

    if len(left) > SMALL_IMPORT:
        await read_in_children(
            database, workspace_id=workspace_id, import_id=import_id, seen_at=seen_at, numbers=left, report=report
        )
    else:
        mentioned = Mentioned()
        for number in left:
            await read_one(
                database, workspace_id=workspace_id, import_id=import_id, number=number, seen_at=seen_at,
                mentioned=mentioned,
            )  # fmt: skip
            await report()
    await _publish(
        database, workspace_id=workspace_id, import_id=import_id, chunks=row.chunks,
        comments_expire_at=seen_at + timedelta(days=evidence_days),
    )  # fmt: skip


async def read_one(
    database: Database, *, workspace_id: UUID, import_id: UUID, number: int, seen_at: datetime, mentioned: Mentioned
) -> None:  # fmt: skip
    """Read one chunk into staging; nothing where that is done. Chunks with one `mentioned` come in their order."""
    async with database.tenant_session(workspace_id) as session:
        row = await repository.chunk(session, import_id=import_id, number=number)
    if row is None:
        return
    batch = await asyncio.to_thread(_read, row, seen_at, mentioned)
    async with database.system_session() as session:
        status = await repository.share_import(session, workspace_id=workspace_id, import_id=import_id)
        if status not in _OPEN:
            return
        is_new = await repository.claim_chunk(
            session, workspace_id=workspace_id, import_id=import_id, chunk=number, lines_good=batch.lines_good,
            lines_faulty=len(batch.faults), creators=batch.creator_lines, posts=batch.post_lines,
            comments=batch.comment_lines,
        )  # fmt: skip
        if is_new:
            await repository.stage(
                session, workspace_id=workspace_id, import_id=import_id, number=number,
                rows={
                    "import_creators": batch.creators.values(), "import_posts": batch.posts.values(),
                    "import_comments": batch.comments.values(),
                },
                faults=batch.faults,
            )  # fmt: skip


def _read(row: repository.ChunkRow, seen_at: datetime, mentioned: Mentioned) -> Batch:
    chunk = Chunk(row.first_line, row.lines, tuple(row.overlong or ()), zlib.decompress(row.body))
    return read_chunk(chunk, seen_at=seen_at, mentioned=mentioned)


async def _publish(
    database: Database, *, workspace_id: UUID, import_id: UUID, chunks: int, comments_expire_at: datetime
) -> None:
    """Merge what was read into creators, posts and comments, chunk after chunk, in one transaction."""
    async with database.tenant_session(workspace_id) as session:
        lines = await repository.lines_read(session, import_id=import_id)
    many = lines > _MANY_LINES
    if many:
        await _analyze(database, "import_creators", "import_posts", "import_comments")
    async with database.tenant_session(workspace_id) as session:
        await repository.lock_merges(session, workspace_id=workspace_id)
        status = await repository.hold_import(session, import_id=import_id)
        if status not in _OPEN:
            return
        if len(await repository.chunks_read(session, import_id=import_id)) != chunks:
            raise Unavailable("a crash of the database emptied the staging; it is read again")
        await repository.report(session, import_id=import_id)
        await creators.drop_from_staging(session, workspace_id=workspace_id, import_id=import_id)
        await repository.prepare_merge(session)
        for table, merge in creators.MERGES:
            if many and table == "import_comments" and await _is_mostly_new(session, lines=lines):
                await repository.favour_hash_joins(session)
            for first, last in await _spans(session, table=table, import_id=import_id, chunks=chunks):
                sql, parameters = repository.staged(table, import_id=import_id, chunks=(first, last))
                await merge(
                    session, workspace_id=workspace_id, sql=sql, parameters=parameters, source="archive",
                    comments_expire_at=comments_expire_at,
                )  # fmt: skip
        sql, parameters = repository.staged("import_creators", import_id=import_id)
        await creators.finish_merge(session, workspace_id=workspace_id, sql=sql, parameters=parameters)
        await repository.drop_staging(session, import_id=import_id)
        await repository.drop_chunks(session, workspace_id=workspace_id, import_id=import_id)
        await repository.set_status(
            session, import_id=import_id, status=JobStatus.COMPLETED, finished_at=datetime.now(UTC)
        )
        await _announce(session, workspace_id=workspace_id, import_id=import_id)
        await people.request(session, workspace_id=workspace_id)
    if many:
        await _analyze(database, "creators", "posts", "post_hashtags", "comments")


async def _spans(session: AsyncSession, *, table: str, import_id: UUID, chunks: int) -> list[tuple[int, int]]:
    """First and last chunk of each statement: a row may be merged once in a statement, in one chunk it comes once."""
    spans: list[tuple[int, int]] = []
    for first in range(0, chunks, _TOGETHER):
        last = min(first + _TOGETHER, chunks) - 1
        if last > first and await repository.repeats(session, table=table, import_id=import_id, chunks=(first, last)):
            spans += [(number, number) for number in range(first, last + 1)]
        else:
            spans.append((first, last))
    return spans


async def _is_mostly_new(session: AsyncSession, *, lines: int) -> bool:
    """Whether the workspace knows few creators and posts for so many lines: then reading all of them once is cheap."""
    return await creators.count_known(session, up_to=4 * lines) < 4 * lines


async def _announce(session: AsyncSession, *, workspace_id: UUID, import_id: UUID) -> None:
    row = await repository.get_import(session, import_id=import_id)
    if row is not None:
        await session.refresh(row)
        data = {
            "import_id": encode("imp", row.id), "status": row.status, "lines_merged": row.lines_merged,
            "lines_faulty": row.lines_faulty, "creators": row.creators, "posts": row.posts, "comments": row.comments,
        }  # fmt: skip
        await emit(session, OutboundEvent.IMPORT_COMPLETED, data, workspace_id=workspace_id, event_id=row.id)


async def _analyze(database: Database, *tables: str) -> None:
    async with database.system_session() as session:
        await repository.analyze(session, *tables)
