"""The lifeline of a child process: it stops when the process that started it is gone, however that one ended."""

import asyncio
import os
import select
import threading
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress

# A child whose starter is gone and that has not ended after this many seconds ends itself.
HARD_STOP_SECONDS = 4.5


@asynccontextmanager
async def watch(stop: Callable[[], None], descriptor: int | None) -> AsyncIterator[None]:
    """Call `stop` in this event loop once the pipe behind `descriptor` closes, and end the process 4.5 s later.

    The pipe's write end is held by `groundswell up` alone, so the kernel closes it even after kill -9. None: no watch.
    A thread watches, not the event loop: a loop that is busy computing would notice too late.
    """
    if descriptor is None:
        yield
        return
    loop = asyncio.get_running_loop()
    woken, wake = os.pipe()

    def wait_for_the_end() -> None:
        readable, _, _ = select.select([descriptor, woken], [], [])
        if woken in readable:
            return
        timer = threading.Timer(HARD_STOP_SECONDS, os._exit, args=(1,))
        timer.daemon = True
        timer.start()
        with suppress(RuntimeError):  # the loop closed at this very moment; the timer still ends us
            loop.call_soon_threadsafe(stop)

    thread = threading.Thread(target=wait_for_the_end, name="lifeline", daemon=True)
    thread.start()
    try:
        yield
    finally:
        os.write(wake, b"x")
        thread.join()
        os.close(wake)
        os.close(woken)
