"""Background work of live readings: every platform's stream is read for as long as the worker runs."""

import asyncio

import asyncpg
import structlog
from sqlalchemy.exc import SQLAlchemyError

from services.discovery.live import service
from services.discovery.live.reading import Pace, Reader
from services.discovery.searches import service as searches
from shared.kit.runtime import Runtime

_AGAIN_SECONDS = 2.0
_OF_DATABASE = (OSError, SQLAlchemyError, asyncpg.PostgresError, asyncpg.InterfaceError, TimeoutError)
_log = structlog.get_logger(__name__)


async def follow(runtime: Runtime, shutdown: asyncio.Event, *, pace: Pace | None = None) -> None:
    """Read every stream that is to be had here until the shutdown; the loss of one does not touch another."""
    readers = [
        Reader(runtime, platform, shutdown, pace or Pace())
        for platform in service.streaming()
        if _can_be_read(runtime, platform)
    ]
    await asyncio.gather(*(_keep_reading(reader) for reader in readers))


def _can_be_read(runtime: Runtime, platform: str) -> bool:
    try:
        return service.can_be_read(searches.connect_unmetered(runtime, platform))
    except ValueError as error:
        _log.error("live stream not read", platform=platform, error=str(error))
        return False


async def _keep_reading(reader: Reader) -> None:
    while not reader.shutdown.is_set():
        try:
            seconds = await reader.turn()
        except Exception as error:  # noqa: BLE001  # one bad batch must not end the reading; it is logged with its trace
            _log.error("live stream failed", platform=reader.platform, exc_info=error)
            seconds = await _pause_behind(reader, error)
        try:
            await asyncio.wait_for(reader.shutdown.wait(), timeout=seconds)
        except TimeoutError:
            continue


async def _pause_behind(reader: Reader, error: Exception) -> float:
    """Seconds. Operators are to see the error, unless it is the database that is away."""
    try:
        return await reader.failed(error)
    except _OF_DATABASE as other:
        _log.warning("live stream lost its database, trying again", platform=reader.platform, error=repr(other))
        return _AGAIN_SECONDS
