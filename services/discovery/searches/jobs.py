"""Background work of searches: step after step until the budget or the frontier is used up, then the ranking."""

import zlib
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from uuid import UUID

import structlog
from sqlalchemy import text

from services.discovery.people import service as people
from services.discovery.searches import repository
from services.discovery.searches.progress import tell
from services.discovery.searches.ranking import rank
from services.discovery.searches.steps import ACTIVE, Walk, Went
from shared.kit.jobs import MAX_STARTS, JobContext, JobSet, enqueue
from shared.kit.runtime import Runtime
from shared.kit.webhooks.outbox import emit
from shared.schemas.base import JobStatus
from shared.schemas.ids import encode
from shared.schemas.webhooks import OutboundEvent

JOBS = JobSet()
_log = structlog.get_logger(__name__)

# Steps between two rankings on the way, for "the best so far".
RANK_EVERY = 50
LONGEST_PAUSE = timedelta(minutes=15)


@JOBS.job("run_search", concurrency=4)
async def run_search(context: JobContext[Runtime]) -> None:
    """Goes on from committed state, wherever an earlier start of it stopped."""
    runtime, search_id = context.runtime, UUID(context.payload["search_id"])
    async with _alone(runtime, search_id) as alone:
        if not alone:
            await _later(context, timedelta(seconds=2))
            return
        try:
            await _run(context, search_id)
        except Exception as error:
            if context.start < MAX_STARTS:
                raise
            await _finish(context, search_id, JobStatus.FAILED, error=f"{type(error).__name__}: it failed repeatedly")
            raise


async def _run(context: JobContext[Runtime], search_id: UUID) -> None:
    runtime, workspace_id = context.runtime, context.workspace_id
    walk = Walk(runtime, workspace_id, search_id)
    steps = 0
    while True:
        went, until = await walk.advance()
        if went is Went.ON:
            steps += 1
            if steps == 1 and context.start > 1:
                await context.progressed()
            if steps % RANK_EVERY == 0:
                await rank(runtime, workspace_id, search_id)
            continue
        if went is Went.STOPPED:
            # a paused or cancelled search shows what it found
            await rank(runtime, workspace_id, search_id)
            return
        await rank(runtime, workspace_id, search_id)
        if went is Went.OVER:
            await _finish(context, search_id, JobStatus.COMPLETED)
            return
        if until is not None:
            await _later(context, min(max(until - datetime.now(UTC), timedelta(seconds=1)), LONGEST_PAUSE))
        return


async def _finish(
    context: JobContext[Runtime], search_id: UUID, status: JobStatus, *, error: str | None = None
) -> None:
    async with context.runtime.database.tenant_session(context.workspace_id) as session:
        row = await repository.search(session, search_id=search_id, lock=True)
        if row is None or row.status not in ACTIVE:
            return
        if status is JobStatus.COMPLETED and row.steps_done and row.steps_done == row.steps_failed:
            status, error = JobStatus.FAILED, (row.warnings or ["every call failed"])[-1]
        row.status, row.error, row.finished_at, row.waiting_for = status, error, datetime.now(UTC), None
        await tell(session, row)
        if row.status == JobStatus.COMPLETED:
            data = {"search_id": encode("sch", row.id), "name": row.name, "candidates": row.candidates}
            await emit(session, OutboundEvent.SEARCH_COMPLETED, data, workspace_id=row.workspace_id)
            await people.request(session, workspace_id=row.workspace_id)
    _log.info("search ended", search=str(search_id), status=str(status))


async def _later(context: JobContext[Runtime], pause: timedelta) -> None:
    """Another job goes on after a pause; nobody waits in a worker's slot."""
    async with context.runtime.database.tenant_session(context.workspace_id) as session:
        row = await repository.search(session, search_id=UUID(context.payload["search_id"]))
        if row is not None and row.status in ACTIVE:
            await enqueue(session, "run_search", dict(context.payload), schema="discovery", after=pause)


@asynccontextmanager
async def _alone(runtime: Runtime, search_id: UUID) -> AsyncIterator[bool]:
    """Whether this worker is the only one on the search; PostgreSQL ends it when the worker dies."""
    number = zlib.crc32(search_id.bytes) - 2**31
    async with runtime.database.engine.connect() as connection:
        await connection.execution_options(isolation_level="AUTOCOMMIT")
        held = (await connection.execute(text("SELECT pg_try_advisory_lock(7192, :n)"), {"n": number})).scalar_one()
        try:
            yield bool(held)
        finally:
            if held:
                await connection.execute(text("SELECT pg_advisory_unlock(7192, :n)"), {"n": number})
