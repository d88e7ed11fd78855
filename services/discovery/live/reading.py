"""Reading a platform's live stream: by one worker at a time, in batches that are written together with the cursor."""

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import aclosing, asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from uuid import UUID

import structlog

from services.discovery.connector import Connector, ConnectorError, ForeignCursor, RateLimited
from services.discovery.live import repository, service
from services.discovery.live.applying import apply, prepare
from services.discovery.live.repository import Lease
from services.discovery.live.service import Wanted
from services.discovery.records import LiveEvent
from services.discovery.searches import service as searches
from shared.kit.ids import new_id
from shared.kit.runtime import Runtime

MOST_EVENTS = 500
"""Of one batch."""
_STOP_SECONDS = 2.0
_log = structlog.get_logger(__name__)


@dataclass(frozen=True)
class Pace:
    """Seconds: how long a lease lasts, how long events are collected, how often what is wanted is looked up again
    (while reading, and while nothing is), and the pauses behind errors, each twice the one before."""

    lease: float = 30.0
    batch: float = 1.0
    refresh: float = 60.0
    pause: float = 5.0
    longest_pause: float = 300.0


class LeaseLost(Exception):  # noqa: N818  # reads as what happened
    """Another worker reads now: what was not written yet is its to read."""


@dataclass
class Reader:
    """One worker on one platform's stream."""

    runtime: Runtime
    platform: str
    shutdown: asyncio.Event
    pace: Pace = Pace()
    holder: UUID = field(default_factory=new_id)
    _failures: int = 0

    async def turn(self) -> float:
        """Read until the shutdown, an error, or until something else is wanted; seconds until the next turn.

        Raises what the database raises; the lease then ends by itself.
        """
        async with self.runtime.database.system_session() as session:
            wanted = await service.wanted(session, platform=self.platform)
            if wanted is None:
                return self.pace.refresh
            row = await repository.take(session, lease=self._lease())
            if row is None:
                return self.pace.lease / 3
            cursor = row.cursor
        try:
            await self._read(wanted, cursor)
        except LeaseLost:
            return self.pace.lease / 3
        except (ConnectorError, ForeignCursor) as error:
            return await self.failed(error)
        async with self.runtime.database.system_session() as session:
            await repository.release(session, lease=self._lease())
        return self.pace.batch

    def _lease(self, seconds: float | None = None) -> Lease:
        return Lease(self.platform, self.holder, self.pace.lease if seconds is None else seconds)

    async def _read(self, wanted: Wanted, cursor: str | None) -> None:
        connector = searches.connect_unmetered(self.runtime, self.platform)
        clock = asyncio.get_running_loop().time
        renewed = refreshed = clock()
        async with _pumped(connector.live(sorted(wanted.tags), cursor=cursor)) as stream:
            while not self.shutdown.is_set():
                events = await stream.collect(self.pace.batch)
                if events:
                    await self._write(connector, events, wanted)
                    renewed = clock()
                elif stream.is_over:
                    await stream.ended()
                    return
                elif clock() - renewed > self.pace.lease / 3:
                    await self._renew()
                    renewed = clock()
                if clock() - refreshed > self.pace.refresh:
                    now_wanted = await self._look()
                    if now_wanted is None or now_wanted.tags.keys() != wanted.tags.keys():
                        return
                    wanted, refreshed = now_wanted, clock()

    async def _look(self) -> Wanted | None:
        async with self.runtime.database.system_session() as session:
            return await service.wanted(session, platform=self.platform)

    async def _renew(self) -> None:
        async with self.runtime.database.system_session() as session:
            if not await repository.renew(session, lease=self._lease()):
                raise LeaseLost

    async def _write(self, connector: Connector, events: list[LiveEvent], wanted: Wanted) -> None:
        """What the events change and the cursor behind them, in one transaction, if the reading is still ours."""
        batch = await prepare(events, wanted)
        async with self.runtime.database.system_session() as session:
            is_ours = await repository.move(
                session, lease=self._lease(), cursor=batch.cursor, gap=batch.gap,
                last_event_at=connector.live_time(batch.cursor),
            )  # fmt: skip
            if not is_ours:
                raise LeaseLost
            await apply(session, connector=connector, batch=batch)
        self._failures = 0
        if batch.gap is not None:
            _log.warning("gap in a live stream", platform=self.platform, since=batch.gap[0], until=batch.gap[1])

    async def failed(self, error: Exception) -> float:
        """Note what went wrong, for operators; seconds until the next turn.

        The lease is kept through the pause, so that no other worker asks sooner. A foreign cursor is given up. Raises
        what the database raises.
        """
        self._failures += 1
        seconds = min(self.pace.pause * 2.0 ** (self._failures - 1), self.pace.longest_pause)
        if isinstance(error, RateLimited):
            seconds = max(seconds, (error.retry_at - datetime.now(UTC)).total_seconds())
        # other errors may speak of what people wrote
        of_platform = isinstance(error, ConnectorError | ForeignCursor)
        told = str(error) if of_platform else f"what came could not be taken in ({type(error).__name__})"
        _log.warning("live stream not read", platform=self.platform, error=told, seconds=seconds)
        async with self.runtime.database.system_session() as session:
            await repository.fail(
                session, lease=self._lease(seconds), error=told[:1_000],
                begins_anew=isinstance(error, ForeignCursor),
            )  # fmt: skip
        return seconds


class _Stream:
    """Events as a task reads them, so that waiting for them can be given up without ending the reading."""

    def __init__(self, events: AsyncGenerator[LiveEvent, None]) -> None:
        self._queue: asyncio.Queue[LiveEvent] = asyncio.Queue(maxsize=MOST_EVENTS)
        self.task = asyncio.create_task(self._pump(events))

    async def _pump(self, events: AsyncGenerator[LiveEvent, None]) -> None:
        async with aclosing(events):
            async for event in events:
                await self._queue.put(event)

    @property
    def is_over(self) -> bool:
        return self.task.done() and self._queue.empty()

    async def ended(self) -> None:
        """Raises what ended it: ConnectorError, ForeignCursor, and what else may come."""
        await self.task

    async def collect(self, seconds: float) -> list[LiveEvent]:
        """The next events, as many as come in so many seconds and fit into a batch."""
        found: list[LiveEvent] = []
        clock = asyncio.get_running_loop().time
        until = clock() + seconds
        while len(found) < MOST_EVENTS and (left := until - clock()) > 0:
            if self.is_over:
                break
            waiting = asyncio.create_task(self._queue.get())
            await asyncio.wait({waiting, self.task}, timeout=left, return_when=asyncio.FIRST_COMPLETED)
            if not waiting.done():
                waiting.cancel()
                continue
            found.append(waiting.result())
            while len(found) < MOST_EVENTS and not self._queue.empty():
                found.append(self._queue.get_nowait())
        return found


@asynccontextmanager
async def _pumped(events: AsyncGenerator[LiveEvent, None]) -> AsyncIterator[_Stream]:
    stream = _Stream(events)
    try:
        yield stream
    finally:
        stream.task.cancel()
        await asyncio.wait({stream.task}, timeout=_STOP_SECONDS)
