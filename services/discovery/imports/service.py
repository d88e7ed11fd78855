"""Use cases of imports: take in a body while it streams, accept it, give it up."""

import asyncio
import hashlib
import zlib
from collections.abc import AsyncGenerator, AsyncIterator, Callable
from contextlib import aclosing, suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from services.discovery.imports import repository
from services.discovery.imports.lines import Chunk, LineCutter
from services.discovery.imports.repository import ImportRow
from services.discovery.imports.tables import csv_lines, parquet_lines
from services.discovery.mappings import service as mappings
from shared.kit.db import Database
from shared.kit.errors import BadRequest, NotFound, Unavailable
from shared.kit.identity.caller import Caller
from shared.kit.ids import new_id
from shared.kit.jobs import enqueue
from shared.schemas.base import JobStatus

SILENCE_SECONDS = 60
"""A sender that says nothing for so long is gone."""
KEEP_WARM_SECONDS = 60
"""A slow upload stores what it has at least so often, so that nobody takes it for abandoned."""
ABANDONED_AFTER = timedelta(minutes=10)


@dataclass(frozen=True)
class Received:
    """A body that arrived as a whole."""

    import_id: UUID
    size: int
    lines: int
    chunks: int
    sha256: bytes
    started_at: datetime


NDJSON, CSV, PARQUET = "application/x-ndjson", "text/csv", "application/vnd.apache.parquet"
Convert = Callable[[AsyncIterator[bytes]], AsyncGenerator[bytes, None]]


async def reader_of(database: Database, *, workspace_id: UUID, media_type: str, mapping: str | None) -> Convert | None:
    """What makes lines of a body of this form, None for lines. NotFound for a mapping that the workspace lacks."""
    if media_type == NDJSON:
        if mapping is not None:
            raise BadRequest("a mapping is for CSV and Parquet; lines of NDJSON name their fields themselves")
        return None
    wanted = None
    if mapping is not None:
        async with database.tenant_session(workspace_id) as session:
            wanted = await mappings.mapping_named(session, name=mapping)
    read = csv_lines if media_type == CSV else parquet_lines
    return lambda pieces: read(pieces, wanted)


async def receive(
    database: Database, *, workspace_id: UUID, import_id: UUID, pieces: AsyncIterator[bytes],
    convert: Convert | None = None,
) -> Received:  # fmt: skip
    """Store a body in chunks while it streams, each in a transaction of its own, holding one chunk in memory.

    `convert` makes lines of NDJSON of a body of another form.

    Whoever calls this drops the chunks (`forget_upload`) when it raises or when the request fails afterwards.
    """
    started, cutter, digest, number, size = datetime.now(UTC), LineCutter(), hashlib.sha256(), 0, 0
    loop = asyncio.get_running_loop()
    stored = loop.time()

    async def store(chunk: Chunk | None) -> None:
        nonlocal number, stored
        if chunk is None:
            return
        packed = await asyncio.to_thread(zlib.compress, chunk.body, 1)
        async with database.tenant_session(workspace_id) as session:
            await repository.add_chunk(
                session, workspace_id=workspace_id, import_id=import_id, number=number, first_line=chunk.first_line,
                lines=chunk.lines, overlong=list(chunk.overlong) or None, body=packed,
            )  # fmt: skip
        number, stored = number + 1, loop.time()

    async def arriving() -> AsyncGenerator[bytes, None]:
        nonlocal size
        async for piece in _until_silent(pieces):
            digest.update(piece)
            size += len(piece)
            yield piece

    async with aclosing(arriving() if convert is None else convert(arriving())) as lines:
        async for piece in lines:
            await store(cutter.feed(piece))
            if loop.time() - stored > KEEP_WARM_SECONDS:
                await store(cutter.flush())
    await store(cutter.finish())
    return Received(import_id, size, cutter.lines, number, digest.digest(), started)


async def _until_silent(pieces: AsyncIterator[bytes]) -> AsyncIterator[bytes]:
    """The pieces; BadRequest when none comes for SILENCE_SECONDS."""
    while True:
        try:
            # the stream itself ends with the request, so it may be cut here
            yield await asyncio.wait_for(anext(pieces), timeout=SILENCE_SECONDS)
        except StopAsyncIteration:
            return
        except TimeoutError:
            raise BadRequest(f"no part of the body came for {SILENCE_SECONDS} seconds; send it again") from None


async def forget_upload(database: Database, *, workspace_id: UUID, import_id: UUID) -> None:
    """Drop what came of a body, unless it became an import."""
    async with database.tenant_session(workspace_id) as session:
        await repository.lock_import(session, import_id=import_id)
        if await repository.get_import(session, import_id=import_id) is None:
            await repository.drop_chunks(session, workspace_id=workspace_id, import_id=import_id)


async def accept(session: AsyncSession, *, received: Received, caller: Caller) -> ImportRow:
    """Mark a body as received and have it merged. Unavailable when it came so slowly that a part was dropped."""
    await repository.lock_import(session, import_id=received.import_id)
    if await repository.chunk_count(session, import_id=received.import_id) != received.chunks:
        raise Unavailable("the body came too slowly and a part of it was given up; send it again")
    row = await repository.add_import(
        session, workspace_id=caller.workspace_id, id=received.import_id, status=JobStatus.QUEUED,
        bytes_received=received.size, lines_received=received.lines, lines_merged=0, lines_faulty=0, creators=0,
        posts=0, comments=0, chunks=received.chunks, created_at=received.started_at, received_at=datetime.now(UTC),
        created_by=caller.key_id,
    )  # fmt: skip
    payload = {"workspace_id": str(caller.workspace_id), "import_id": str(received.import_id)}
    await enqueue(session, "merge_import", payload, schema="discovery", dedupe_key=f"import:{received.import_id}")
    return row


def new_import_id() -> UUID:
    return new_id()


async def get_import(session: AsyncSession, *, import_id: UUID) -> ImportRow:
    row = await repository.get_import(session, import_id=import_id)
    if row is None:
        raise NotFound("no such import")
    return row


async def fail_import(database: Database, *, workspace_id: UUID, import_id: UUID, reason: str) -> None:
    """Give an import up; nothing of it stays but its row and the reason."""
    async with database.tenant_session(workspace_id) as session:
        await repository.set_status(
            session, import_id=import_id, status=JobStatus.FAILED, error=reason[:1_000], finished_at=datetime.now(UTC)
        )
        await repository.drop_staging(session, import_id=import_id)
        await repository.drop_chunks(session, workspace_id=workspace_id, import_id=import_id)


async def purge_abandoned(database: Database) -> bool:
    """Drop the chunks of uploads that were cut when the process that took them died. Whether there may be more."""
    async with database.system_session() as session:
        found = await repository.abandoned(session, before=datetime.now(UTC) - ABANDONED_AFTER)
    for workspace_id, import_id in found:
        with suppress(NotFound):
            await forget_upload(database, workspace_id=workspace_id, import_id=import_id)
    return len(found) >= 100
