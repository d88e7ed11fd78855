"""Background jobs on PostgreSQL (pgqueuer): enqueued inside the writer's transaction, run at least once.

A handler must be idempotent. A killed worker's job is taken again once its heartbeat is old; starts are counted, so a
job that keeps killing its worker is held for a person after MAX_STARTS. A handler that raises is retried with back-off.
"""

import asyncio
import json
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any, Generic, TypeVar
from uuid import UUID

import asyncpg
import structlog
from pgqueuer import AsyncpgDriver, AsyncpgPoolDriver, PgQueuer, Queries, RetryRequested
from pgqueuer.adapters.persistence.qb import QueryBuilderEnvironment, QueryQueueBuilder, QuerySchedulerBuilder
from pgqueuer.domain.errors import PgqException
from pgqueuer.models import Job
from pgqueuer.ports.driver import NotifyCallback
from pgqueuer.types import QueueEntrypoint, QueueExecutionMode
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from shared.kit.db import driver_connection
from shared.kit.migrations import queue_settings
from shared.kit.runtime import Runtime

MAX_STARTS = 10
_BACKOFF_SECONDS = (1, 2, 5, 15, 60, 300)
_log = structlog.get_logger(__name__)

R = TypeVar("R", bound=Runtime)


class JobFailed(Exception):  # noqa: N818  # reads as what happened
    """Raised by a handler whose job can never succeed: it is held at once instead of being retried."""


async def _nothing() -> None:
    """For handlers that run outside a queue."""


@dataclass(frozen=True)
class JobContext(Generic[R]):
    """What a handler gets: the process's runtime, the job's payload and which start of it this is (1, 2, …).

    A long job calls `progressed` once it is further than the start before it came: earlier starts then count no more.
    """

    runtime: R
    payload: Mapping[str, Any]
    start: int
    progressed: Callable[[], Awaitable[None]] = _nothing

    @property
    def workspace_id(self) -> UUID:
        return UUID(self.payload["workspace_id"])


Handler = Callable[[JobContext[Any]], Awaitable[None]]


@dataclass
class JobSet:
    """The jobs of one noun; its `jobs.py` holds one and registers handlers with `@JOBS.job("name")`."""

    handlers: dict[str, tuple[Handler, int]] = field(default_factory=dict)

    def job(self, name: str, *, concurrency: int = 0) -> Callable[[Handler], Handler]:
        """Register a handler; `concurrency` caps how many run at once over all workers (0: no cap)."""

        def register(handler: Handler) -> Handler:
            if name in self.handlers:
                raise ValueError(f"two handlers for the job {name!r}")
            self.handlers[name] = (handler, concurrency)
            return handler

        return register


async def enqueue(
    session: AsyncSession, name: str, payload: Mapping[str, Any], *, schema: str, priority: int = 0,
    after: timedelta | None = None, dedupe_key: str | None = None,
) -> None:  # fmt: skip
    """Put a job into the queue of `schema` as part of the session's transaction: it exists if and only if that commits.

    With `dedupe_key`, nothing is added while an equal key is waiting or running.
    """
    queries = _queries(AsyncpgDriver(await driver_connection(session)), schema)
    body = json.dumps(payload, separators=(",", ":"), default=str).encode()
    await queries.enqueue(
        [name], [body], [priority], [after or timedelta(0)], dedupe_key=[dedupe_key], on_conflict="skip"
    )


def _queries(driver: AsyncpgDriver | AsyncpgPoolDriver, schema: str, *, kind: type[Queries] = Queries) -> Queries:
    settings = queue_settings(schema)
    return kind(
        driver,
        qbe=QueryBuilderEnvironment(settings),
        qbq=QueryQueueBuilder(settings),
        qbs=QuerySchedulerBuilder(settings),
    )


class _DueQueries(Queries):
    """Counts due jobs only, so that draining does not wait for those that are to be tried again in five minutes."""

    async def queued_work(self, entrypoints: list[QueueEntrypoint]) -> int:
        return int(await self.eligible_queued_work(entrypoints))


class _ListeningDriver(AsyncpgPoolDriver):
    """Tells when the connection that listens is gone: without it new jobs would only be seen by polling."""

    on_lost: Callable[[], None] | None = None

    async def add_listener(self, channel: str, callback: NotifyCallback) -> None:
        await super().add_listener(channel, callback)
        if self._listener_connection is not None:
            self._listener_connection.add_termination_listener(self._lost)

    def _lost(self, _: object) -> None:
        if self.on_lost is not None:
            self.on_lost()


async def run_jobs(runtime: Runtime, job_sets: list[JobSet], *, shutdown: asyncio.Event, slots: int = 20) -> None:
    """Run the service's jobs until `shutdown`; comes back by itself after PostgreSQL was away."""
    wait = 0.2
    while not shutdown.is_set():
        try:
            await _run_once(runtime, job_sets, shutdown=shutdown, slots=slots)
            wait = 0.2
        except (
            OSError,
            asyncpg.PostgresError,
            asyncpg.InterfaceError,
            TimeoutError,
            RuntimeError,
            PgqException,  # a probe of its listener that got lost, as when it was sent before anybody listened
            ExceptionGroup,
        ) as error:
            _log.warning("job queue lost, trying again", error=repr(error), seconds=wait)
            try:
                await asyncio.wait_for(shutdown.wait(), timeout=wait)
            except TimeoutError:
                wait = min(wait * 2, 5.0)


async def drain(runtime: Runtime, job_sets: list[JobSet]) -> None:
    """Run what is due now and what that enqueues, then come back: for commands and tests. What is due later stays."""
    if not await _anything_due(runtime):
        return
    await _run_once(runtime, job_sets, shutdown=asyncio.Event(), slots=20, mode=QueueExecutionMode.drain)


async def _anything_due(runtime: Runtime) -> bool:
    """Whether a job is due or was left by a worker that died: asking is far cheaper than opening a queue."""
    schema = runtime.database.schema
    table = f"{schema}.{queue_settings(schema).queue_table}"
    query = f"SELECT 1 FROM {table} WHERE status = 'picked' OR (status = 'queued' AND execute_after <= now()) LIMIT 1"  # noqa: S608  # our names
    async with runtime.database.system_session() as session:
        return (await session.execute(text(query))).first() is not None


async def _run_once(
    runtime: Runtime, job_sets: list[JobSet], *, shutdown: asyncio.Event, slots: int,
    mode: QueueExecutionMode = QueueExecutionMode.continuous,
) -> None:  # fmt: skip
    schema = runtime.database.schema
    url = runtime.database.url.replace("postgresql+asyncpg://", "postgresql://", 1)
    pool = await asyncpg.create_pool(
        url,
        min_size=2,
        max_size=4,
        statement_cache_size=runtime.settings.statement_cache_size,
        server_settings={"application_name": f"groundswell-{schema}-jobs", "search_path": schema},
    )
    try:
        driver = _ListeningDriver(pool)
        queue = PgQueuer(driver, channel=queue_settings(schema).channel)
        driver.on_lost = queue.shutdown.set
        queue.queries = _queries(driver, schema, kind=_DueQueries if mode is QueueExecutionMode.drain else Queries)
        queue.qm.queries = queue.queries
        queue.sm.queries = queue.queries
        for job_set in job_sets:
            for name, (handler, concurrency) in job_set.handlers.items():
                queue.entrypoint(name, concurrency_limit=concurrency, accepts_context=False, on_failure="hold")(
                    _counted(runtime, pool, schema, name, handler)
                )
        stopper = asyncio.create_task(_stop_with(shutdown, queue))
        try:
            await queue.run(
                # A drain has to look itself whether its last job is over: nothing is notified of that.
                dequeue_timeout=timedelta(seconds=0.05 if mode is QueueExecutionMode.drain else 5),
                batch_size=min(10, slots // 2),
                max_concurrent_tasks=slots,
                # Its probe is sent before LISTEN and so gets lost at a slow start; the driver tells a lost connection.
                shutdown_on_listener_failure=False,
                heartbeat_timeout=timedelta(seconds=runtime.settings.job_heartbeat_seconds),
                mode=mode,
            )
        finally:
            stopper.cancel()
    finally:
        try:
            await asyncio.wait_for(pool.close(), timeout=3)
        except TimeoutError:
            pool.terminate()


async def _stop_with(shutdown: asyncio.Event, queue: PgQueuer) -> None:
    await shutdown.wait()
    queue.shutdown.set()


def _counted(
    runtime: Runtime, pool: asyncpg.Pool, schema: str, name: str, handler: Handler
) -> Callable[[Job], Awaitable[None]]:
    """Wrap a handler: count the start before it runs, stop after MAX_STARTS, retry with back-off when it raises."""
    count = (
        f"INSERT INTO {schema}.job_starts AS js (job_id, starts) VALUES ($1, 1) "  # noqa: S608  # our schema's name
        "ON CONFLICT (job_id) DO UPDATE SET starts = js.starts + 1, started_at = now() RETURNING starts"
    )

    async def run(job: Job) -> None:
        start = await pool.fetchval(count, int(job.id))
        log = _log.bind(job=name, job_id=int(job.id), start=start)
        if start > MAX_STARTS:
            log.error("job held: started too often without finishing")
            raise JobFailed(f"{name}: started {start - 1} times without finishing")
        payload = json.loads(job.payload or b"{}")

        async def progressed() -> None:
            await pool.execute(f"UPDATE {schema}.job_starts SET starts = 1 WHERE job_id = $1", int(job.id))  # noqa: S608  # our schema's name

        try:
            await handler(JobContext(runtime=runtime, payload=payload, start=start, progressed=progressed))
        except JobFailed:
            raise
        except Exception as error:
            if start >= MAX_STARTS:
                raise
            seconds = _BACKOFF_SECONDS[min(start - 1, len(_BACKOFF_SECONDS) - 1)]
            log.warning("job failed, will retry", error=repr(error), seconds=seconds, exc_info=error)
            raise RetryRequested(delay=timedelta(seconds=seconds), reason=repr(error)) from error
        await pool.execute(f"DELETE FROM {schema}.job_starts WHERE job_id = $1", int(job.id))  # noqa: S608  # our schema's name

    return run
