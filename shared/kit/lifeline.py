"""The lifeline of a child process: it stops when the process that started it is gone, however that one ended."""

import asyncio
import os
import threading
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

# A child that was told to stop and has not after this many seconds ends itself.
HARD_STOP_SECONDS = 4.5


@asynccontextmanager
async def watch(stop: Callable[[], None], descriptor: int | None) -> AsyncIterator[None]:
    """Call `stop` in this event loop once the pipe behind `descriptor` closes, and end the process 4.5 s later.

    The pipe's write end is held by `groundswell up` alone, so the kernel closes it even after kill -9. None: no watch.
    """
    if descriptor is None:
        yield
        return
    loop = asyncio.get_running_loop()

    def closed() -> None:
        loop.remove_reader(descriptor)
        timer = threading.Timer(HARD_STOP_SECONDS, os._exit, args=(1,))
        timer.daemon = True
        timer.start()
        stop()

    os.set_blocking(descriptor, False)
    loop.add_reader(descriptor, closed)
    try:
        yield
    finally:
        loop.remove_reader(descriptor)
