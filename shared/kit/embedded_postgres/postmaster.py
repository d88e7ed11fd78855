"""The running server of a data folder: its pid file, whether that process is alive, starting and stopping it."""

import contextlib
import os
import platform
import signal
import subprocess
import threading
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from shared.kit.embedded_postgres.account import Account
from shared.kit.embedded_postgres.binaries import Binaries

# What the product needs. fsync, synchronous_commit and full_page_writes stay as PostgreSQL ships them: on.
_SETTINGS = {
    "listen_addresses": "127.0.0.1",
    "unix_socket_directories": "",  # a socket's path may be 107 bytes long, a data folder's longer
    "max_connections": "200",
    "password_encryption": "scram-sha-256",
    "timezone": "UTC",
    "log_timezone": "UTC",
    "log_line_prefix": "%m [%p] ",
    "lc_messages": "C",
    "idle_in_transaction_session_timeout": "10min",
}
_ON_LINUX = platform.system() == "Linux"
_SMALL_SHARED_MEMORY = 512 * 1024 * 1024  # bytes; containers have 64 MB by default


@dataclass(frozen=True)
class Postmaster:
    """What `postmaster.pid` says of a live server."""

    pid: int
    port: int


def find_postmaster(data: Path) -> Postmaster | None:
    """The live server of this folder, or None. A pid file left by a killed server is not believed."""
    try:
        lines = (data / "postmaster.pid").read_text().splitlines()
        pid, port = int(lines[0]), int(lines[3])
    except (OSError, ValueError, IndexError):
        return None
    return Postmaster(pid, port) if is_postmaster(pid, data) else None


def is_postmaster(pid: int, data: Path) -> bool:
    """Whether the process lives and serves this folder: a server's working directory is its data folder."""
    if _ON_LINUX:
        try:
            return Path(os.readlink(f"/proc/{pid}/cwd")) == data.resolve()
        except OSError:  # gone, a zombie, or somebody else's
            return False
    try:
        os.kill(pid, 0)
    except OSError:
        return False
    return True


def forget_dead_postmaster(data: Path) -> None:
    """Remove the pid file of a server that is gone, in case its pid now belongs to another of our processes."""
    if find_postmaster(data) is None and _is_complete(data / "postmaster.pid"):
        with contextlib.suppress(OSError):
            (data / "postmaster.pid").unlink()


def start_postmaster(
    *, binaries: Binaries, account: Account, data: Path, port: int, log: Path, settings: Mapping[str, str]
) -> subprocess.Popen[bytes]:
    """Start the server in a session of its own, so that it outlives this process. Does not wait until it is ready."""
    options = _SETTINGS | _shared_memory() | dict(settings)
    arguments = [binaries.program("postgres"), "-D", str(data), "-p", str(port)]
    for name, value in options.items():
        arguments += ["-c", f"{name}={value}"]
    # opened here, so that the server's account needs no way to the log's folder
    with open(os.open(log, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600), "ab") as output:
        process = subprocess.Popen(  # noqa: S603  # PostgreSQL with our own settings
            arguments, stdout=output, stderr=output, start_new_session=True, **account.popen_arguments()
        )
    # reaps it whenever it ends, so that a dead server is never a zombie that looks alive
    threading.Thread(target=process.wait, name=f"postgres-{process.pid}", daemon=True).start()
    return process


def stop_postmaster(data: Path, *, patience: float = 60.0) -> bool:
    """Stop the folder's server: connections end, data is flushed. Returns False when none was running.

    After `patience` seconds it is stopped at once instead; the next start then recovers from the log of writes.
    """
    running = find_postmaster(data)
    if running is None:
        return False
    for signal_number, wait in ((signal.SIGINT, patience), (signal.SIGQUIT, 10.0), (signal.SIGKILL, 5.0)):
        with contextlib.suppress(ProcessLookupError):
            os.kill(running.pid, signal_number)
        deadline = time.monotonic() + wait
        while time.monotonic() < deadline:
            if not is_postmaster(running.pid, data):
                return True
            time.sleep(0.02)
    return True


def _is_complete(pid_file: Path) -> bool:
    # a server that starts at this moment writes the file before its port line
    try:
        return len(pid_file.read_text().splitlines()) >= 4
    except OSError:
        return False


def _shared_memory() -> dict[str, str]:
    """Parallel queries share memory through /dev/shm; where that is tiny or missing, System V memory serves."""
    if not _ON_LINUX:
        return {}
    try:
        room = os.statvfs("/dev/shm")  # noqa: S108  # the kernel's, not a temporary file of ours
    except OSError:
        return {"dynamic_shared_memory_type": "sysv"}
    return {"dynamic_shared_memory_type": "sysv"} if room.f_blocks * room.f_frsize < _SMALL_SHARED_MEMORY else {}
