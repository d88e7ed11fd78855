"""Keeps a table of processes and the embedded PostgreSQL running, and stops them."""

import asyncio
import contextlib
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from services.console.backoff import Backoff
from services.console.child import Child, Surroundings
from services.console.errors import ProcessFailed
from services.console.logs import log_folder, rotate
from services.console.processes import ProcessSpec
from services.console.readiness import Answer, ask_ready
from services.console.state import ProcessState
from shared.kit.embedded_postgres.cluster import Cluster, ensure_cluster
from shared.kit.embedded_postgres.errors import EmbeddedPostgresError

READY_SECONDS = 120.0
_ASK_SECONDS = 0.15  # an answer costs a starting service work, so not more often
_SPEAK_SECONDS = 5.0
_STARTS_BEFORE_GIVING_UP = 4
# On two cores, importing everything six times at once keeps people waiting for the API, so workers start behind the web
# processes; not much later though, in case one of those needs its worker to be ready.
_HEAD_START_SECONDS = 6.0
_LOG_CHECK_SECONDS = 10.0
_POSTGRES_CHECK_SECONDS = 0.25


@dataclass
class Supervisor:
    """The processes of one `up`. `report` shows a line to people; `changed` is called when a process came or went."""

    home: Path
    specs: Sequence[ProcessSpec]
    surroundings: Surroundings
    report: Callable[[str], None]
    changed: Callable[[], None]
    cluster: Cluster | None = None
    children: list[Child] = field(init=False)
    _tasks: list[asyncio.Task[None]] = field(default_factory=list)
    _web_is_ready: asyncio.Event = field(default_factory=asyncio.Event)

    def __post_init__(self) -> None:
        self.children = [self._child(spec) for spec in self.specs]

    def states(self) -> list[ProcessState]:
        return [child.state for child in self.children]

    async def run_to_end(self, spec: ProcessSpec) -> None:
        """Run a process that is to end by itself, such as the migrations. Raises ProcessFailed when it fails."""
        child = self._child(spec)
        self.children.append(child)
        try:
            ended = await child.run_once()
        finally:
            await child.stop()
            self.children.remove(child)
        if not ended.endswith("exit code 0"):
            raise ProcessFailed(f"{spec.name} {ended} (log: {child.log}).", details=child.last_words())

    def start(self) -> None:
        """Start everything and keep it running; returns at once."""
        self._tasks = [asyncio.create_task(self._keep_running(child), name=child.spec.name) for child in self.children]
        self._tasks.append(asyncio.create_task(self._rotate_logs(), name="logs"))
        if self.cluster is not None:
            self._tasks.append(asyncio.create_task(self._keep_postgres(), name="postgres"))

    async def wait_until_ready(self, *, within: float = READY_SECONDS) -> None:
        """Return when every process with a `ready_url` answered 200 and the others live.

        Raises ProcessFailed when one keeps ending before it was ever ready, or after `within` seconds.
        """
        deadline, speak_at = time.monotonic() + within, time.monotonic() + _SPEAK_SECONDS
        waiting = {child.spec.name: child for child in self.children}
        while waiting:
            if not any(child.spec.ready_url for child in waiting.values()):
                self._web_is_ready.set()
            answers = await asyncio.gather(*(self._ask(child) for child in waiting.values()))
            for child, answer in zip(list(waiting.values()), answers, strict=True):
                if answer.ready:
                    child.ready_once = True
                    del waiting[child.spec.name]
                    if child.spec.ready_url:
                        self.report(f"{child.spec.name} is ready")
                elif child.failures_before_ready >= _STARTS_BEFORE_GIVING_UP:
                    raise ProcessFailed(
                        f"{child.spec.name} does not start (log: {child.log}).", details=child.last_words()
                    )
                elif time.monotonic() > deadline:
                    raise ProcessFailed(
                        f"{child.spec.name} was not ready within {within:.0f} seconds: {answer.reason} "
                        f"(log: {child.log}).",
                        details=child.last_words(),
                    )
                elif time.monotonic() > speak_at:
                    speak_at = time.monotonic() + _SPEAK_SECONDS
                    self.report(f"waiting for {child.spec.name}: {answer.reason}")
            if waiting:
                await asyncio.sleep(_ASK_SECONDS)

    async def stop(self) -> None:
        """Stop every child at once, within 5 seconds or so. PostgreSQL is left to the caller."""
        for child in self.children:
            child.ending = True
        for task in self._tasks:
            task.cancel()
        for result in await asyncio.gather(*self._tasks, return_exceptions=True):
            if isinstance(result, Exception):
                self.report(f"while stopping: {result!r}")
        await asyncio.gather(*(child.stop() for child in self.children))

    def _child(self, spec: ProcessSpec) -> Child:
        log = log_folder(self.home) / f"{spec.name}.log"
        return Child(spec, log, self.surroundings, self.report, self.changed)

    async def _keep_running(self, child: Child) -> None:
        if child.spec.ready_url is None:
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._web_is_ready.wait(), _HEAD_START_SECONDS)
        await child.keep_running()

    async def _ask(self, child: Child) -> Answer:
        # a killed predecessor's answer must not count, so the process itself has to live
        if child.process is None:
            return Answer(ready=False, reason="starts behind the others")
        if not child.is_alive:
            return Answer(ready=False, reason="does not run")
        if child.spec.ready_url is None:
            return Answer(ready=True)
        return await asyncio.to_thread(ask_ready, child.spec.ready_url)

    async def _rotate_logs(self) -> None:
        while True:
            for log in (self.home / "logs").glob("*.log"):
                with contextlib.suppress(OSError):
                    await asyncio.to_thread(rotate, log)
            await asyncio.sleep(_LOG_CHECK_SECONDS)

    async def _keep_postgres(self) -> None:
        """Start PostgreSQL again, on the same port, when it is gone."""
        assert self.cluster is not None  # noqa: S101  # only started with one
        backoff, started = Backoff(), time.monotonic()
        while True:
            await asyncio.sleep(_POSTGRES_CHECK_SECONDS)
            if self.cluster.pid is not None:
                continue
            self.report("PostgreSQL ended; it starts again")
            await asyncio.sleep(backoff.next_delay(ran_for=time.monotonic() - started))
            started = time.monotonic()
            try:
                # not cut short when we are told to stop: a server half started would be left behind
                self.cluster = await _unbroken(ensure_cluster, self.home, self.cluster.port)
            except EmbeddedPostgresError as error:
                self.report(str(error))
            else:
                self.report("PostgreSQL answers again")
            self.changed()


async def _unbroken(start: Callable[..., Cluster], home: Path, port: int) -> Cluster:
    """Run in a thread; when cancelled meanwhile, wait for its end first."""
    work = asyncio.ensure_future(asyncio.to_thread(start, home, port=port))
    try:
        return await asyncio.shield(work)
    except asyncio.CancelledError:
        await asyncio.wait([work])
        raise
