"""Processes that read the chunks of a large import, so that the worker's own loop stays free and all cores work.

`python -m services.discovery.imports.children`: told on its standard input what to read, a line of JSON first and then
a chunk's number a line; answers each with a line. It ends when its input does, so none outlives a killed worker.
"""

import asyncio
import gc
import json
import os
import sys
from collections import deque
from collections.abc import Awaitable, Callable, Sequence
from contextlib import AsyncExitStack
from datetime import datetime
from uuid import UUID

from services.discovery.imports.reading import Mentioned
from shared.kit.db import Database

SMALL_IMPORT = 3
"""Up to so many chunks the worker reads them itself: a process of its own would take longer to start."""
CHILDREN = min(2, os.cpu_count() or 1)
_DONE = b"done\n"


async def read_in_children(
    database: Database, *, workspace_id: UUID, import_id: UUID, seen_at: datetime, numbers: Sequence[int],
    report: Callable[[], Awaitable[None]],
) -> None:  # fmt: skip
    """Have every chunk read, `report` after each. Raises RuntimeError when a child could not go on."""
    task = {
        "url": database.url,
        "statement_cache_size": database.statement_cache_size,
        "workspace_id": str(workspace_id),
        "import_id": str(import_id),
        "seen_at": seen_at.isoformat(),
    }
    waiting = deque(numbers)

    async def drive(child: asyncio.subprocess.Process) -> None:
        if child.stdin is None or child.stdout is None:
            raise RuntimeError("a child without pipes")
        child.stdin.write(json.dumps(task).encode() + b"\n")
        while waiting:
            child.stdin.write(f"{waiting.popleft()}\n".encode())
            await child.stdin.drain()
            if await child.stdout.readline() != _DONE:
                raise RuntimeError("a process that read this import ended; see its error in the log")
            await report()

    async with AsyncExitStack() as stack:
        children = []
        for _ in range(min(CHILDREN, len(numbers))):
            child = await asyncio.create_subprocess_exec(
                sys.executable, "-m", __name__, stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE
            )
            stack.push_async_callback(_end, child)
            children.append(child)
        async with asyncio.TaskGroup() as group:
            for child in children:
                group.create_task(drive(child))


async def _end(child: asyncio.subprocess.Process) -> None:
    if child.returncode is None:
        child.kill()
    await child.wait()


async def _serve() -> None:
    from services.discovery.imports.merging import read_one  # which starts this process

    gc.disable()  # rows form no cycles, and there are very many of them
    task = json.loads(sys.stdin.readline())
    database = Database(
        task["url"], schema="discovery", pool_size=1, statement_cache_size=task["statement_cache_size"],
        application="groundswell-discovery-import",
    )  # fmt: skip
    mentioned = Mentioned()
    while line := sys.stdin.readline():  # nothing else waits in this process
        await read_one(
            database, workspace_id=UUID(task["workspace_id"]), import_id=UUID(task["import_id"]), number=int(line),
            seen_at=datetime.fromisoformat(task["seen_at"]), mentioned=mentioned,
        )  # fmt: skip
        sys.stdout.buffer.write(_DONE)
        sys.stdout.buffer.flush()
    await database.dispose()


if __name__ == "__main__":
    asyncio.run(_serve())
