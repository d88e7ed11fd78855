"""Spool files: where hits go while PostgreSQL is away, on disk before they are answered, drained when it is back.

A process writes its own file and holds a lock on it (flock) as long as it lives; a file that nobody holds belongs to
a process that died, and whoever gets its lock drains it. Every hit has its identifier already, so that draining twice
stores it once.
"""

import contextlib
import fcntl
import os
import threading
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from uuid import uuid4

import structlog

from services.attribution.hits.record import HitRecord, line_of, record_of

_log = structlog.get_logger(__name__)
_SUFFIX = ".spool"


@dataclass
class SpoolFile:
    """A file whose lock this process holds."""

    path: Path
    descriptor: int

    def records(self) -> Iterator[HitRecord]:
        """Its hits, oldest first. A line that was cut off by a crash was never answered and is left out."""
        with self.path.open("rb") as lines:
            for line in lines:
                record = record_of(line)
                if record is None:
                    _log.warning("cut line in a spool file", file=self.path.name, bytes=len(line))
                else:
                    yield record

    def put_aside(self, record: HitRecord) -> None:
        """Keep a hit that the database refuses for a person, in a file beside this one."""
        with self.path.with_suffix(".refused").open("ab") as file:
            file.write(line_of(record))
            file.flush()
            os.fsync(file.fileno())

    def remove(self) -> None:
        """Every hit in it is in the database."""
        self.path.unlink(missing_ok=True)
        os.close(self.descriptor)

    def release(self) -> None:
        """Leave it for somebody else."""
        os.close(self.descriptor)


class Spool:
    """The spool of one process. Methods block: call them in a thread; they may be called from several."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._lock = threading.Lock()
        self._current: SpoolFile | None = None
        self._size = 0

    def append(self, records: Iterable[HitRecord]) -> None:
        """Write hits and wait until they are on disk. Raises OSError when they are not: disk full, read-only."""
        block = b"".join(map(line_of, records))
        with self._lock:
            if self._current is None:
                self._current, self._size = self._create(), 0
            try:
                _write_all(self._current.descriptor, block)
                os.fsync(self._current.descriptor)
            except OSError:
                self._take_back()
                raise
            self._size += len(block)

    def is_empty(self) -> bool:
        """Whether this process has spooled nothing that is not drained."""
        return self._current is None

    def check_writable(self) -> None:
        """Raises OSError when nothing could be spooled now."""
        self.folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        probe = self.folder / f"{uuid4().hex}.probe"
        try:
            with probe.open("wb") as file:
                file.write(b"\0" * 4096)
                file.flush()
                os.fsync(file.fileno())
        finally:
            probe.unlink(missing_ok=True)

    def take(self) -> list[SpoolFile]:
        """What is to be drained now: this process's file, closed for new hits, and those of dead processes."""
        found: list[SpoolFile] = []
        with self._lock:
            if self._current is not None:
                found.append(self._current)
                self._current = None
        if self.folder.is_dir():
            ours = {file.path for file in found}
            for path in sorted(self.folder.glob(f"*{_SUFFIX}")):
                if path not in ours:
                    file = _lock(path)
                    if file is not None:
                        found.append(file)
        return found

    def close(self) -> None:
        with self._lock:
            if self._current is not None:
                self._current.release()
                self._current = None

    def _create(self) -> SpoolFile:
        self.folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        while True:
            path = self.folder / f"hits-{uuid4().hex}{_SUFFIX}"
            descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_APPEND, 0o600)
            fcntl.flock(descriptor, fcntl.LOCK_EX)
            # between open and flock another process may have taken it for a dead one's and removed it
            if _is_still_there(path, descriptor):
                break
            os.close(descriptor)
        folder = os.open(self.folder, os.O_RDONLY)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)
        return SpoolFile(path, descriptor)

    def _take_back(self) -> None:
        """After a failed write: cut what was half written, or leave the file to be drained if that fails too."""
        file = self._current
        if file is None:
            return
        try:
            os.ftruncate(file.descriptor, self._size)
            os.fsync(file.descriptor)
        except OSError:
            # its good lines are drained with the files of the dead
            file.release()
            self._current = None
        if self._size == 0 and self._current is not None:
            with contextlib.suppress(OSError):
                file.remove()
            self._current = None


def _write_all(descriptor: int, block: bytes) -> None:
    view = memoryview(block)
    while view:
        view = view[os.write(descriptor, view) :]


def _lock(path: Path) -> SpoolFile | None:
    """The file, locked, unless its process lives or somebody else has just taken it."""
    try:
        descriptor = os.open(path, os.O_RDONLY)
    except OSError:
        return None
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        os.close(descriptor)
        return None
    if not _is_still_there(path, descriptor):
        os.close(descriptor)
        return None
    return SpoolFile(path, descriptor)


def _is_still_there(path: Path, descriptor: int) -> bool:
    try:
        return os.stat(path).st_ino == os.fstat(descriptor).st_ino
    except OSError:
        return False
