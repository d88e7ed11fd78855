"""The hit writer: many requests, one commit; to the spool while PostgreSQL is away; drained when it is back.

A hit is answered after it is on disk, in the one place or the other. A batch whose commit is unknown, because the
connection broke under it, goes to the spool as well and is stored by INSERT … ON CONFLICT DO NOTHING.
"""

import asyncio
import contextlib
import secrets
import time
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
_DRAIN_BATCH = 1_000
_RETRY_SECONDS = 0.2
_LOOK_SECONDS = 5
_SALT_SECONDS = 300


class NotStored(Exception):  # noqa: N818  # reads as what happened
    """Neither the database nor the spool took the hit."""


class HitWriter:
    """One per web process. `write` returns when the hit is on disk."""

    def __init__(self, runtime: Runtime, spool: Spool, salts: Salts) -> None:
        self._runtime = runtime
        self._spool = spool
        self._salts = salts
        self._waiting: list[tuple[HitRecord, asyncio.Future[None]]] = []
        self._wake = asyncio.Event()
        self._lost = asyncio.Event()
        self._connection: asyncpg.Connection | None = None
        self._partitioned_until = 0.0
        self._salts_until = 0.0
        self._storing = False
        self._tasks: list[asyncio.Task[None]] = []

    @property
    def is_connected(self) -> bool:
        return self._connection is not None

    async def start(self) -> None:
        """Connect if PostgreSQL answers now; else hits go to the spool until it does."""
        with contextlib.suppress(*store.LOST):
            await self._connect()
        self._tasks = [asyncio.create_task(self._write_batches()), asyncio.create_task(self._stay_connected())]

    async def stop(self) -> None:
        """Write what waits, then let go."""
        while self._waiting or self._storing:  # noqa: ASYNC110  # once per process, at its end
            await asyncio.sleep(0.005)
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        connection, self._connection = self._connection, None
        if connection is not None:
            connection.terminate()
        await asyncio.to_thread(self._spool.close)

    def write(self, record: HitRecord) -> "asyncio.Future[None]":
        """A future that is done when the hit is on disk; NotStored when it cannot be."""
        future: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        if len(self._waiting) >= MAX_WAITING:
            future.set_exception(NotStored("too many hits wait for the disk"))
            return future
        self._waiting.append((record, future))
        if not self._wake.is_set():
            self._wake.set()
        return future

    async def _write_batches(self) -> None:
        while True:
            await self._wake.wait()
            batch, self._waiting = self._waiting[:MAX_BATCH], self._waiting[MAX_BATCH:]
            if not self._waiting:
                self._wake.clear()
            error: Exception | None = None
            self._storing = True
            try:
                await self._store([record for record, _ in batch])
            except Exception as cause:  # noqa: BLE001  # whatever it was, these hits are not on disk and must be told so
                _log.error("hits were not stored", hits=len(batch), error=repr(cause))
                _REFUSED.inc(len(batch))
                error = NotStored(str(cause))
            self._storing = False
            for _, future in batch:
                if not future.done():
                    if error is None:
                        future.set_result(None)
                    else:
                        future.set_exception(error)

    async def _store(self, records: list[HitRecord]) -> None:
        connection = self._connection
        if connection is not None:
            try:
                if time.time() >= self._partitioned_until:
                    await self._make_partitions(connection)
                await store.copy_hits(connection, records)
            except store.LOST as error:
                _log.warning("hits go to the spool", hits=len(records), error=repr(error))
                self._let_go(connection)
            else:
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
        self._connection = connection
        self._lost.clear()
        _AWAY.set(0)

    async def _learn_salts(self, connection: asyncpg.Connection) -> None:
        now = datetime.now(UTC)
        self._salts.learn(await store.salts(connection, at=now, fresh=secrets.token_bytes(32)))
        self._salts_until = now.timestamp() + _SALT_SECONDS

    def _let_go(self, connection: asyncpg.Connection) -> None:
        connection.terminate()
        if self._connection is connection:
            self._connection = None
            _AWAY.set(1)
        self._lost.set()

    async def _stay_connected(self) -> None:
        """Connect again when the connection is lost; then drain, and look every few seconds for files of the dead."""
        while True:
            try:
                if self._connection is None:
                    await self._connect()
                await self._maintain()
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
