"""How a web process and a worker process of a service run: signals, the lifeline to `up`, a bounded stop."""

import asyncio
import gc
import signal
import socket
from collections.abc import Callable, Coroutine, Sequence
from typing import Any

import structlog
import uvicorn
from starlette.types import ASGIApp

from shared.kit.jobs import JobSet, run_jobs
from shared.kit.lifeline import watch
from shared.kit.loops import Loop, run_loop
from shared.kit.runtime import Runtime
from shared.kit.settings import Settings
from shared.kit.telemetry import configure_logging, configure_tracing

_log = structlog.get_logger(__name__)

# Work of its own rhythm: runs until the event is set and comes back by itself after PostgreSQL was away.
Background = Callable[[Runtime, asyncio.Event], Coroutine[Any, Any, None]]


class _Server(uvicorn.Server):
    """Tells the runtime of the end before it waits for the requests under way."""

    def __init__(self, config: uvicorn.Config, runtime: Runtime) -> None:
        super().__init__(config)
        self._runtime = runtime

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        self._runtime.stopping = True
        await super().shutdown(sockets)


def serve(app: ASGIApp, settings: Settings, *, runtime: Runtime) -> None:
    """Serve a service's app until SIGTERM, SIGINT or the end of the lifeline."""
    configure_logging(settings.service, settings.log_level)
    config = uvicorn.Config(
        app,
        host=settings.host,
        port=settings.port_of(settings.service),
        log_config=None,
        access_log=False,
        server_header=False,
        proxy_headers=False,
        timeout_graceful_shutdown=3,
    )
    server = _Server(config, runtime)

    async def run() -> None:
        def stop() -> None:
            server.should_exit = True

        async with watch(stop, settings.groundswell_lifeline_fd):
            await server.serve()

    # uvicorn's own choice of event loop (uvloop where there is one), which `asyncio.run` would pass over
    with asyncio.Runner(loop_factory=config.get_loop_factory()) as runner:
        runner.run(run())


def work(
    runtime: Runtime, *, job_sets: Sequence[JobSet], loops: Sequence[Loop] = (), background: Sequence[Background] = ()
) -> None:
    """Run a service's jobs, loops and background work until SIGTERM, SIGINT or the end of the lifeline."""
    configure_logging(f"{runtime.service}-worker", runtime.settings.log_level)
    configure_tracing(f"{runtime.service}-worker")
    # What is here by now stays: the garbage collector need not walk through it at every full round.
    gc.collect()
    gc.freeze()
    asyncio.run(_work(runtime, list(job_sets), list(loops), list(background)))


async def _work(runtime: Runtime, job_sets: list[JobSet], loops: list[Loop], background: list[Background]) -> None:
    shutdown = asyncio.Event()
    running_loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        running_loop.add_signal_handler(number, shutdown.set)
    async with watch(shutdown.set, runtime.settings.groundswell_lifeline_fd):
        tasks = [asyncio.create_task(run_loop(runtime, loop, shutdown=shutdown)) for loop in loops]
        tasks.append(asyncio.create_task(run_jobs(runtime, job_sets, shutdown=shutdown)))
        tasks.extend(asyncio.create_task(part(runtime, shutdown)) for part in background)
        _log.info("worker started", jobs=sum(len(job_set.handlers) for job_set in job_sets), loops=len(loops))
        try:
            await asyncio.gather(*tasks)
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
            await runtime.close()
