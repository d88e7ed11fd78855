"""What runs for a data folder: the lock that allows one `up`, its state file, and processes that outlived it."""

import contextlib
import fcntl
import os
import platform
import signal
import subprocess
import time
from collections.abc import Iterator
from dataclasses import asdict, dataclass, field
from pathlib import Path

from services.console.errors import AlreadyRunning, ConsoleError
from services.console.files import read_json, write_json

LOCK = "up.lock"
CHILDREN_LOCK = "children.lock"
STATE = "up.json"

# children end within 5 seconds of the death of `up`; then they are ended
LEFTOVER_SECONDS = 5.5


@dataclass
class ProcessState:
    """A process as `up` last saw it. `started` tells it from a later process with the same pid."""

    name: str
    pid: int | None = None
    started: str | None = None
    restarts: int = 0
    ready_url: str | None = None


@dataclass
class UpState:
    """Written by `up` at every change, read by `status`, `down` and the parent of a detached `up`."""

    pid: int
    phase: str = "starting"  # starting, ready, stopping
    message: str = ""
    addresses: dict[str, str] = field(default_factory=dict)
    postgres: dict[str, str | int] | None = None
    processes: list[ProcessState] = field(default_factory=list)


def write_state(home: Path, state: UpState) -> None:
    write_json(home / STATE, asdict(state))


def read_state(home: Path) -> UpState | None:
    """What the last `up` wrote, or None."""
    try:
        content = read_json(home / STATE)
        if content is None:
            return None
        processes = [ProcessState(**process) for process in content.pop("processes", [])]
        return UpState(**content, processes=processes)
    except (ValueError, TypeError, AttributeError):  # of another release, or not ours
        return None


@contextlib.contextmanager
def hold_up_lock(home: Path) -> Iterator[None]:
    """Be the one `up` of this data folder. Raises AlreadyRunning. The operating system frees it however we end."""
    descriptor = os.open(home / LOCK, os.O_RDWR | os.O_CREAT, 0o600)
    try:
        if not _lock(descriptor):
            raise AlreadyRunning(
                f"Groundswell already runs for {home} (process {running_up(home)}); see `groundswell status`, stop it "
                "with `groundswell down`."
            )
        os.truncate(descriptor, 0)
        os.write(descriptor, f"{os.getpid()}\n".encode())
        yield
    finally:
        os.close(descriptor)


def running_up(home: Path) -> int | None:
    """The process id of the `up` that holds this data folder, or None."""
    for _ in range(50):
        if not _is_held(home / LOCK):
            return None
        with contextlib.suppress(OSError, ValueError):
            return int((home / LOCK).read_text())
        time.sleep(0.02)  # between its locking and its writing
    raise ConsoleError(f"{home / LOCK} is held by a process that does not say which it is.")


@contextlib.contextmanager
def children_lock(home: Path) -> Iterator[int]:
    """A locked descriptor for the children to inherit: it stays locked until the last of them is gone."""
    descriptor = os.open(home / CHILDREN_LOCK, os.O_RDWR | os.O_CREAT, 0o600)
    try:
        if not _lock(descriptor):
            raise ConsoleError(f"Processes of an earlier start still hold {home / CHILDREN_LOCK}.")
        yield descriptor
    finally:
        os.close(descriptor)


def end_leftovers(home: Path, *, patience: float = LEFTOVER_SECONDS) -> bool:
    """Wait until no child of an `up` that was killed is left; after `patience` seconds, kill them.

    Returns whether there were any. Raises ConsoleError when some cannot be ended.
    """
    if not _is_held(home / CHILDREN_LOCK):
        return False
    state = read_state(home)
    if _becomes_free(home / CHILDREN_LOCK, patience):
        return True
    for process in state.processes if state else []:
        if process.pid and process.started and process_started(process.pid) == process.started:
            with contextlib.suppress(ProcessLookupError, PermissionError):
                os.killpg(process.pid, signal.SIGKILL)
    if _becomes_free(home / CHILDREN_LOCK, 5.0):
        return True
    raise ConsoleError(f"Processes of an earlier start still hold {home / CHILDREN_LOCK} and could not be ended.")


def process_started(pid: int) -> str | None:
    """When the process started, as an opaque text that no later process with this pid has. None when it is gone."""
    if platform.system() == "Linux":
        try:
            fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
        except OSError:
            return None
        return None if fields[0] == "Z" else fields[19]
    found = subprocess.run(  # noqa: S603  # a fixed program and a number
        ["/bin/ps", "-o", "lstart=", "-p", str(pid)], capture_output=True, text=True, check=False
    )
    return found.stdout.strip() or None


def _lock(descriptor: int) -> bool:
    """Lock without waiting; the few tries outlast somebody who only looks whether it is locked."""
    for _ in range(10):
        with contextlib.suppress(BlockingIOError):
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            return True
        time.sleep(0.02)
    return False


def _is_held(lock: Path) -> bool:
    try:
        descriptor = os.open(lock, os.O_RDWR)
    except FileNotFoundError:
        return False
    try:
        fcntl.flock(descriptor, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    finally:
        os.close(descriptor)
    return False


def _becomes_free(lock: Path, seconds: float) -> bool:
    deadline = time.monotonic() + seconds
    while _is_held(lock):
        if time.monotonic() > deadline:
            return False
        time.sleep(0.05)
    return True
