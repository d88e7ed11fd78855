"""Work that repeats every few seconds in a worker, in one process at a time."""

import asyncio
import zlib
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any

import asyncpg
import structlog
from sqlalchemy.exc import SQLAlchemyError

from shared.kit.runtime import Runtime

_log = structlog.get_logger(__name__)


@dataclass(frozen=True)
class Loop:
    """`work(runtime)` runs every `seconds`, at once again when it says True (there is more to do).

    With `alone`, only the process that holds the loop's advisory lock runs it; another takes over when it dies.
    """

    name: str
    seconds: float
    work: Callable[[Any], Awaitable[bool]]
    alone: bool = True


async def run_loop(runtime: Runtime, loop: Loop, *, shutdown: asyncio.Event) -> None:
    """Run until `shutdown`. An error is logged and the loop goes on after its pause."""
    while not shutdown.is_set():
        try:
            if loop.alone:
                await _run_while_leader(runtime, loop, shutdown)
            else:
                await _repeat(runtime, loop, shutdown)
        except (OSError, SQLAlchemyError, asyncpg.PostgresError, asyncpg.InterfaceError, TimeoutError) as error:
            _log.warning("loop lost its database, trying again", loop=loop.name, error=repr(error))
            await _pause(shutdown, min(2.0, loop.seconds))


async def _run_while_leader(runtime: Runtime, loop: Loop, shutdown: asyncio.Event) -> None:
    """Holds a session-level advisory lock on a connection of its own; PostgreSQL frees it when this process dies.

    Not one of the pool's: a worker has more loops than a pool has connections, and each holds its lock for good.
    """
    number = zlib.crc32(f"{runtime.database.schema}:{loop.name}".encode()) - 2**31
    connection = await asyncpg.connect(
        runtime.database.url.replace("postgresql+asyncpg://", "postgresql://", 1),
        timeout=5,
        statement_cache_size=runtime.settings.statement_cache_size,
        server_settings={"application_name": f"groundswell-{runtime.settings.service}-lock"},
    )
    try:
        while not shutdown.is_set():
            if await connection.fetchval("SELECT pg_try_advisory_lock(7190, $1::int)", number, timeout=10):
                await _repeat(runtime, loop, shutdown, alive=connection)
                return
            await _pause(shutdown, 1.0)
    finally:
        connection.terminate()  # frees the lock in every case


async def _repeat(runtime: Runtime, loop: Loop, shutdown: asyncio.Event, alive: Any = None) -> None:  # noqa: ANN401  # a connection or None
    while not shutdown.is_set():
        more = False
        try:
            if alive is not None:
                await alive.execute("SELECT 1", timeout=10)  # the lock is gone when this connection is
            more = await loop.work(runtime)
        except (OSError, SQLAlchemyError, asyncpg.PostgresError, asyncpg.InterfaceError, TimeoutError):
            raise
        except Exception as error:  # noqa: BLE001  # one bad round must not end the loop; it is logged with its trace
            _log.error("loop round failed", loop=loop.name, exc_info=error)
        if not more:
            await _pause(shutdown, loop.seconds)


async def _pause(shutdown: asyncio.Event, seconds: float) -> None:
    try:
        await asyncio.wait_for(shutdown.wait(), timeout=seconds)
    except TimeoutError:
        return
