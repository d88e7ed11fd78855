"""`groundswell up --detach`: the same `up` in the background, waited for until it is ready."""

import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path

from services.console.errors import ProcessFailed
from services.console.logs import last_lines, log_folder, open_log, rotate
from services.console.screen import STEP_MARK, show_step
from services.console.state import hold_up_lock, read_state
from shared.kit.embedded_postgres.locate import make_home

UP = (sys.executable, "-m", "services.console.main", "up")


def detach(home: Path, *, argv: Sequence[str] = UP) -> int:
    """Start `up` in a session of its own and return its process id when everything is ready.

    Raises AlreadyRunning, and ProcessFailed with what it said when it ended instead.
    """
    make_home(home)
    with hold_up_lock(home):
        pass  # free: `up` below takes it, and says so itself in the rare case that another is faster
    log = log_folder(home) / "up.log"
    rotate(log)
    output = open_log(log)
    with open(output, "ab") as stream:
        since = log.stat().st_size
        process = subprocess.Popen(  # noqa: S603  # this very program
            list(argv), stdin=subprocess.DEVNULL, stdout=stream, stderr=stream, start_new_session=True
        )
    shown = 0
    while True:
        code = process.poll()
        steps = [line for line in _lines(log, since) if line.startswith(STEP_MARK)]
        for line in steps[shown:]:
            show_step(line.removeprefix(STEP_MARK))
        shown = len(steps)
        if code is not None:
            raise _failure(_lines(log, since), code, log)
        state = read_state(home)
        if state is not None and state.pid == process.pid and state.phase == "ready":
            process.returncode = 0  # it goes on without us; an unreaped handle is what we want
            return process.pid
        time.sleep(0.05)


def _lines(log: Path, since: int) -> list[str]:
    return last_lines(log, since=since, count=200)


def _failure(lines: list[str], code: int, log: Path) -> ProcessFailed:
    """Its own error line, and the log lines that it showed below it."""
    starts = [number for number, line in enumerate(lines) if line.startswith("Error: ")]
    if not starts:
        return _with_code(ProcessFailed(f"It ended with exit code {code} (log: {log}).", details=lines[-5:]), code)
    at = starts[-1]
    details = [line.strip().removeprefix("| ") for line in lines[at + 1 :] if line.startswith("  | ")]
    return _with_code(ProcessFailed(lines[at].removeprefix("Error: "), details=details), code)


def _with_code(failure: ProcessFailed, code: int) -> ProcessFailed:
    if code > 0:
        failure.exit_code = code
    return failure
