"""One process that is kept running: started in a session of its own, restarted with back-off, stopped in time."""

import asyncio
import contextlib
import os
import signal
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from services.console.backoff import Backoff
from services.console.logs import last_lines, open_log
from services.console.processes import ProcessSpec
from services.console.state import ProcessState, process_started

# the kit's processes end by themselves 4.5 seconds after they were told
STOP_SECONDS = 5.0


@dataclass(frozen=True)
class Surroundings:
    """What every child is given: the environment (asked anew at each start) and descriptors to inherit.

    `lifeline` is the read end of a pipe whose write end only `up` holds; `lock` stays locked while any child lives.
    """

    environment: Callable[[], Mapping[str, str]]
    lifeline: int
    lock: int


@dataclass
class Child:
    """A spec, its running process and its history."""

    spec: ProcessSpec
    log: Path
    surroundings: Surroundings
    report: Callable[[str], None]
    changed: Callable[[], None]
    backoff: Backoff = field(default_factory=Backoff)
    process: asyncio.subprocess.Process | None = None
    state: ProcessState = field(init=False)
    ready_once: bool = False
    failures_before_ready: int = 0
    ending: bool = False
    _log_offset: int = 0

    def __post_init__(self) -> None:
        self.state = ProcessState(self.spec.name, ready_url=self.spec.ready_url)

    @property
    def is_alive(self) -> bool:
        return self.process is not None and self.process.returncode is None

    async def keep_running(self) -> None:
        """Start the process and start it again whenever it ends, until cancelled or told to stop."""
        while True:
            started = time.monotonic()
            ended = await self.run_once()
            if self.ending:
                return
            if not self.ready_once:
                self.failures_before_ready += 1
            delay = self.backoff.next_delay(ran_for=time.monotonic() - started)
            self.report(f"{self.spec.name} {ended}; it starts again in {delay:.1f} s")
            await asyncio.sleep(delay)
            self.state.restarts += 1

    async def run_once(self) -> str:
        """Start the process and wait for its end; returns how it ended, in words."""
        try:
            await self.start()
        except OSError as error:
            return f"could not be started: {error.strerror}"
        code = await self.wait()
        return f"was ended by {signal.Signals(-code).name}" if code < 0 else f"ended with exit code {code}"

    async def start(self) -> None:
        """Start the process. Raises OSError when its program is missing."""
        output = open_log(self.log)
        try:
            self._log_offset = os.fstat(output).st_size
            lifeline, lock = self.surroundings.lifeline, self.surroundings.lock
            environment = {
                **self.surroundings.environment(),
                **self.spec.env,
                "GROUNDSWELL_LIFELINE_FD": str(lifeline),
                "PYTHONUNBUFFERED": "1",
            }
            self.process = await asyncio.create_subprocess_exec(
                *self.spec.argv,
                env=environment,
                stdin=asyncio.subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                start_new_session=True,
                pass_fds=(lifeline, lock),
            )
        finally:
            os.close(output)
        self.state.pid, self.state.started = self.process.pid, process_started(self.process.pid)
        self.changed()

    async def wait(self) -> int:
        """The exit code; negative for a signal."""
        assert self.process is not None  # noqa: S101  # only called after start
        code = await self.process.wait()
        self.state.pid = self.state.started = None
        self.changed()
        return code

    async def stop(self) -> None:
        """Ask the process to end; after 5 seconds kill it and whatever it started in its session."""
        self.ending = True
        if self.process is None:
            return
        if self.is_alive:
            self._signal(signal.SIGTERM)
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self.process.wait(), STOP_SECONDS)
        if self.is_alive:
            self.report(f"{self.spec.name} did not stop within {STOP_SECONDS:.0f} s and is killed")
            self._signal(signal.SIGKILL)
            await self.process.wait()

    def last_words(self) -> list[str]:
        """The last lines of its log since its last start."""
        return last_lines(self.log, since=self._log_offset)

    def _signal(self, number: signal.Signals) -> None:
        assert self.process is not None  # noqa: S101  # callers looked
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(self.process.pid, number)
