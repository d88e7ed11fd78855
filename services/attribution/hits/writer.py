"""The hit writer: many requests, one commit; to the spool while PostgreSQL is away; drained when it is back.

A hit is answered after it is on disk, in the one place or the other. A batch whose commit is unknown, because the
connection broke under it, goes to the spool as well and is stored by INSERT … ON CONFLICT DO NOTHING.
"""

import asyncio
import contextlib
import secrets
import time
from collections import deque
from datetime import UTC, datetime
from itertools import islice

import asyncpg
import structlog
from prometheus_client import Counter, Gauge

from services.attribution.hits import store
from services.attribution.hits.record import HitRecord
from services.attribution.hits.salts import Salts
from services.attribution.hits.spool import Spool, SpoolFile
from shared.kit.runtime import Runtime

_log = structlog.get_logger(__name__)
_STORED = Counter("groundswell_hits_stored_total", "hits on disk before they were answered", ["place"])
_REFUSED = Counter("groundswell_hits_refused_total", "hits answered 503 because nothing could be written")
_AWAY = Gauge("groundswell_hits_database_away", "1 while hits go to the spool")
_IN_DATABASE, _IN_SPOOL = _STORED.labels("database"), _STORED.labels("spool")

MAX_WAITING = 50_000
MAX_BATCH = 5_000
WRITERS = 2
"""Connections that store batches: while the disk confirms one, the next is on its way."""
_DRAIN_BATCH = 1_000
_RETRY_SECONDS = 0.2
_LOOK_SECONDS = 5
_SALT_SECONDS = 300


Waiting = tuple[HitRecord, "asyncio.Future[None]"]


class NotStored(Exception):  # noqa: N818  # reads as what happened
    """Neither the database nor the spool took the hit."""


class HitWriter:
    """One per web process. `write` returns when the hit is on disk."""

    def __init__(self, runtime: Runtime, spool: Spool, salts: Salts) -> None:
        self._runtime = runtime
        self._spool = spool
        self._salts = salts
        self._waiting: list[Waiting] = []
        self._batches: dict[asyncio.Task[None], int] = {}
        self._is_due = False
        self._lost = asyncio.Event()
        self._connections: set[asyncpg.Connection] = set()
        # in turn, so that none is idle for long and its loss goes unnoticed
        self._free: deque[asyncpg.Connection] = deque()
        self._partitioned_until = 0.0
        self._salts_until = 0.0
        self._connecting: asyncio.Task[None] | None = None

    @property
    def is_connected(self) -> bool:
        return bool(self._connections)

    async def start(self) -> None:
        """Connect if PostgreSQL answers now; else hits go to the spool until it does."""
        with contextlib.suppress(*store.LOST):
            await self._connect()
        self._connecting = asyncio.create_task(self._stay_connected())

    async def stop(self) -> None:
        """Write what waits, then let go."""
        while self._waiting or self._batches:  # noqa: ASYNC110  # once per process, at its end
            await asyncio.sleep(0.005)
        if self._connecting is not None:
            self._connecting.cancel()
            await asyncio.gather(self._connecting, return_exceptions=True)
        for connection in self._connections:
            connection.terminate()
        self._connections.clear()
        self._free.clear()
        await asyncio.to_thread(self._spool.close)

    def write(self, record: HitRecord) -> "asyncio.Future[None]":
        """A future that is done when the hit is on disk; NotStored when it cannot be."""
        loop = asyncio.get_running_loop()
        future: asyncio.Future[None] = loop.create_future()
        if len(self._waiting) >= MAX_WAITING:
            future.set_exception(NotStored("too many hits wait for the disk"))
            return future
        self._waiting.append((record, future))
        if not self._is_due:
            # after the other requests that have come by now, which belong into the same batch
            self._is_due = True
            loop.call_soon(self._begin)
        return future

    def _begin(self) -> None:
        """Send what waits on its way, unless it does better to wait.

        While a batch is on its way, only one as large is worth a commit of its own: with less at hand, the work of
        two commits would be done for the hits of one.
        """
        self._is_due = False
        while self._waiting:
            if self._batches and (
                len(self._batches) >= len(self._connections) or len(self._waiting) < max(self._batches.values())
            ):
                return
            batch, self._waiting = self._waiting[:MAX_BATCH], self._waiting[MAX_BATCH:]
            task = asyncio.create_task(self._write_batch(batch))
            self._batches[task] = len(batch)
            task.add_done_callback(self._end)

    def _end(self, task: asyncio.Task[None]) -> None:
        del self._batches[task]
        self._begin()

    async def _write_batch(self, batch: list[Waiting]) -> None:
        error: Exception | None = None
        try:
            await self._store([record for record, _ in batch])
        except Exception as cause:  # noqa: BLE001  # whatever it was, these hits are not on disk and must be told so
            _log.error("hits were not stored", hits=len(batch), error=repr(cause))
            _REFUSED.inc(len(batch))
            error = NotStored(str(cause))
        for _, future in batch:
            if not future.done():
                if error is None:
                    future.set_result(None)
                else:
                    future.set_exception(error)

    async def _store(self, records: list[HitRecord]) -> None:
        if self._free:
            connection = self._free.popleft()
            try:
                if time.time() >= self._partitioned_until:
                    await self._make_partitions(connection)
                await store.copy_hits(connection, records)
            except store.LOST as error:
                _log.warning("hits go to the spool", hits=len(records), error=repr(error))
                self._let_go(connection)
            except BaseException:
                self._let_go(connection)
                raise
            else:
                self._free.append(connection)
                _IN_DATABASE.inc(len(records))
                return
        await asyncio.to_thread(self._spool.append, records)
        _IN_SPOOL.inc(len(records))

    async def _make_partitions(self, connection: asyncpg.Connection) -> None:
        now = datetime.now(UTC)
        months = await store.ensure_partitions(connection, at=now)
        # the month before the last one made: there is time to make more
        self._partitioned_until = months[-1].begins.timestamp()

    async def _connect(self) -> None:
        connection = await store.connect(self._runtime, name="hits")
        try:
            await self._make_partitions(connection)
            await self._learn_salts(connection)
        except BaseException:
            connection.terminate()
            raise
        self._connections.add(connection)
        self._free.append(connection)
        _AWAY.set(0)

    async def _learn_salts(self, connection: asyncpg.Connection) -> None:
        now = datetime.now(UTC)
        self._salts.learn(await store.salts(connection, at=now, fresh=secrets.token_bytes(32)))
        self._salts_until = now.timestamp() + _SALT_SECONDS

    def _let_go(self, connection: asyncpg.Connection) -> None:
        connection.terminate()
        self._connections.discard(connection)
        if not self._connections:
            _AWAY.set(1)
        self._lost.set()

    async def _stay_connected(self) -> None:
        """Connect again when a connection is lost; then drain, and look every few seconds for files of the dead."""
        while True:
            self._lost.clear()
            try:
                if not self._connections:
                    await self._connect()
                await self._maintain()
                while len(self._connections) < WRITERS:
                    await self._connect()
            except store.LOST as error:
                _log.info("PostgreSQL is away", error=repr(error))
                await asyncio.sleep(_RETRY_SECONDS)
                continue
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._lost.wait(), timeout=_LOOK_SECONDS)

    async def _maintain(self) -> None:
        """Store what lies in spool files, on a connection of its own, so that new hits do not wait; the day's salt."""
        files = await asyncio.to_thread(self._spool.take)
        if not files and datetime.now(UTC).timestamp() < self._salts_until:
            return
        try:
            connection = await store.connect(self._runtime, name="spool")
            try:
                await self._learn_salts(connection)
                while files:
                    await _drain(connection, files[0])
                    await asyncio.to_thread(files.pop(0).remove)
            finally:
                connection.terminate()
        finally:
            for file in files:
                file.release()


async def _drain(connection: asyncpg.Connection, file: SpoolFile) -> None:
    records, stored = file.records(), 0
    while batch := await asyncio.to_thread(lambda: list(islice(records, _DRAIN_BATCH))):
        try:
            await store.insert_hits(connection, batch)
        except asyncpg.DataError:
            # one bad hit must not keep the others out: each by itself, and the bad one aside
            for record in batch:
                try:
                    await store.insert_hits(connection, [record])
                except asyncpg.DataError as error:
                    _log.error("a hit that PostgreSQL refuses was put aside", file=file.path.name, error=repr(error))
                    await asyncio.to_thread(file.put_aside, record)
        stored += len(batch)
    _log.info("spool file drained", file=file.path.name, hits=stored)
