"""Log files of the processes: appended to by the processes themselves, rotated by size by `up`."""

import os
import shutil
from pathlib import Path

ROTATE_BYTES = 10_000_000
KEEP = 3


def log_folder(home: Path) -> Path:
    folder = home / "logs"
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    return folder


def open_log(log: Path) -> int:
    """A descriptor for appending, readable by the owner only. Appending is what makes truncation by others safe."""
    return os.open(log, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)


def rotate(log: Path, *, limit: int = ROTATE_BYTES, keep: int = KEEP) -> bool:
    """When the log is longer than `limit` bytes, move its content to `.1` (and `.1` to `.2`, ...) and empty it.

    The file itself stays, because the running process holds it open.
    """
    if not log.exists() or log.stat().st_size <= limit:
        return False
    for number in range(keep - 1, 0, -1):
        older = log.with_name(f"{log.name}.{number}")
        if older.exists():
            older.replace(log.with_name(f"{log.name}.{number + 1}"))
    shutil.copy(log, log.with_name(f"{log.name}.1"))
    os.truncate(log, 0)
    return True


def last_lines(log: Path, *, count: int = 12, since: int = 0) -> list[str]:
    """The last lines written after byte `since`; empty when there is no such log."""
    try:
        size = log.stat().st_size
        with log.open("rb") as stream:
            stream.seek(max(since if since <= size else 0, size - 64_000))
            text = stream.read().decode(errors="replace")
    except OSError:
        return []
    return [line.rstrip() for line in text.splitlines() if line.strip()][-count:]
