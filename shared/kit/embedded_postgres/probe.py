"""Talks to a PostgreSQL server that may not stand yet, from code that is not asynchronous."""

import asyncio
import threading
from collections.abc import Awaitable, Callable, Coroutine
from pathlib import Path
from typing import Any, TypeVar

import asyncpg

T = TypeVar("T")

# what a server says, or the network instead of it, while it is not yet, or no longer, taking connections
NOT_ANSWERING = (
    OSError,
    TimeoutError,
    asyncpg.CannotConnectNowError,
    asyncpg.ConnectionDoesNotExistError,
    asyncpg.AdminShutdownError,
    asyncpg.CrashShutdownError,
    asyncpg.InterfaceError,
)


def run_in_thread(coroutine: Coroutine[Any, Any, T]) -> T:
    """Run a coroutine to its end on a loop of its own, also when the caller's thread already runs one."""
    results: list[T] = []
    faults: list[BaseException] = []

    def target() -> None:
        try:
            results.append(asyncio.run(coroutine))
        except BaseException as error:  # noqa: BLE001  # handed to the caller's thread below
            faults.append(error)

    thread = threading.Thread(target=target, name="postgres-probe")
    thread.start()
    thread.join()
    if faults:
        raise faults[0]
    return results[0]


async def connect(*, port: int, password: str, database: str = "postgres") -> asyncpg.Connection:
    """A connection as superuser over loopback."""
    return await asyncpg.connect(
        host="127.0.0.1",
        port=port,
        user="postgres",
        password=password,
        database=database,
        timeout=5,
        ssl=False,  # loopback; also keeps asyncpg from reading certificates in somebody's home
    )


async def with_connection(
    work: Callable[[asyncpg.Connection], Awaitable[T]], *, port: int, password: str, database: str = "postgres"
) -> T:
    """Open a connection, do the work, close it."""
    connection = await connect(port=port, password=password, database=database)
    try:
        return await work(connection)
    finally:
        await connection.close(timeout=5)


def serves(data: Path, *, port: int, password: str) -> bool:
    """Whether a server answers there and it is the one of this data folder.

    Raises asyncpg.InvalidPasswordError when it refuses the password.
    """

    async def folder(connection: asyncpg.Connection) -> str:
        return str(await connection.fetchval("show data_directory"))

    try:
        answered = run_in_thread(with_connection(folder, port=port, password=password))
    except NOT_ANSWERING:
        return False
    return Path(answered).resolve() == data.resolve()
