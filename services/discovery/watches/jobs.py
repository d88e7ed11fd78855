"""Background work of watches: the schedule, and one look after another."""

import zlib
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from uuid import UUID

from sqlalchemy import text

from services.discovery.watches import repository, service
from services.discovery.watches.accounts import Look
from services.discovery.watches.repeating import go_on
from shared.kit.jobs import JobContext, JobSet
from shared.kit.loops import Loop
from shared.kit.runtime import Runtime
from shared.schemas.base import JobStatus
from shared.schemas.watches import WatchKind

JOBS = JobSet()


@JOBS.job("run_watch", concurrency=4)
async def run_watch(context: JobContext[Runtime]) -> None:
    """Look once. Begun again after a crash it makes at most one call anew; what was told is not told twice."""
    runtime, watch_id = context.runtime, UUID(context.payload["watch_id"])
    async with _in_turn(runtime, context.workspace_id):
        now = datetime.now(UTC)
        async with runtime.database.tenant_session(context.workspace_id) as session:
            row = await repository.watch(session, watch_id=watch_id, lock=True)
            if row is None or row.status != JobStatus.RUNNING or row.next_run_at is None or row.next_run_at > now:
                return
            if row.until is not None and row.until <= now:
                row.status, row.next_run_at = JobStatus.COMPLETED, None
                return
            if row.kind == WatchKind.SEARCH:
                await go_on(session, row=row, now=now)
                return
            session.expunge(row)
        await Look(runtime, row, now).make()
        async with runtime.database.tenant_session(context.workspace_id) as session:
            changed = await repository.watch(session, watch_id=watch_id, lock=True)
            if changed is not None:
                changed.runs += 1
                changed.last_run_at = now
                changed.error = await repository.account_error(session, watch_id=watch_id)
                changed.next_run_at = await repository.next_account_at(session, watch_id=watch_id)


@asynccontextmanager
async def _in_turn(runtime: Runtime, workspace_id: UUID) -> AsyncIterator[None]:
    """One look at a time in a workspace, so that what two watches share is asked for once.

    PostgreSQL lets the next one go on when this worker dies.
    """
    number = zlib.crc32(workspace_id.bytes) - 2**31
    async with runtime.database.engine.connect() as connection:
        await connection.execution_options(isolation_level="AUTOCOMMIT")
        await connection.execute(text("SELECT pg_advisory_lock(7193, :number)"), {"number": number})
        try:
            yield
        finally:
            await connection.execute(text("SELECT pg_advisory_unlock(7193, :number)"), {"number": number})


LOOPS = (
    Loop("enqueue_watches", 2.0, service.enqueue_due),
    Loop("expire_snapshots", 600.0, service.expire),
)
