"""What can go wrong with the embedded PostgreSQL, one class per case, each a single clear line.

EmbeddedPostgresError
├── BinariesMissing         no PostgreSQL that is new enough, in the environment or on the machine
├── PortTaken               something else listens on the port
├── DiskFull                no room where the data lies
├── OtherMajorVersion       the data folder was made by another PostgreSQL major version
├── DataFolderUnusable      not readable, not ours, or with a password that is not ours
└── StartFailed             anything else; carries the server's own last line
"""

from pathlib import Path

# the last is PostgreSQL's hint when a write was cut short instead of refused
_DISK_FULL = ("No space left on device", "Disk quota exceeded", "Check free disk space")


class EmbeddedPostgresError(Exception):
    """Base of all; `str()` is one line for people, `exit_code` is for the command line."""

    exit_code = 20


class BinariesMissing(EmbeddedPostgresError):  # noqa: N818  # named after the case, as the tree above reads
    exit_code = 21


class PortTaken(EmbeddedPostgresError):  # noqa: N818
    exit_code = 22

    def __init__(self, port: int) -> None:
        super().__init__(f"Port {port} on 127.0.0.1 is taken by another program; PostgreSQL cannot listen there.")
        self.port = port


class DiskFull(EmbeddedPostgresError):  # noqa: N818
    exit_code = 23

    def __init__(self, folder: Path) -> None:
        super().__init__(f"The disk is full: PostgreSQL has no room to write in {folder}.")


class OtherMajorVersion(EmbeddedPostgresError):  # noqa: N818
    exit_code = 24

    def __init__(self, folder: Path, *, found: str, expected: int) -> None:
        super().__init__(
            f"The data folder {folder} was made by PostgreSQL {found}, but this is PostgreSQL {expected}: "
            f"dump it with version {found} and restore it into an empty data folder."
        )


class DataFolderUnusable(EmbeddedPostgresError):  # noqa: N818
    exit_code = 25


class StartFailed(EmbeddedPostgresError):  # noqa: N818
    exit_code = 26


def fault_in_output(text: str, *, folder: Path, port: int | None) -> EmbeddedPostgresError | None:
    """The known fault that PostgreSQL's (English) output speaks of, if any."""
    if any(words in text for words in _DISK_FULL):
        return DiskFull(folder)
    if port is not None and ("Address already in use" in text or "could not create any TCP/IP sockets" in text):
        return PortTaken(port)
    return None


def last_line(text: str) -> str:
    """The last line that says something; FATAL, PANIC and error lines win over hints after them."""
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    telling = [line for line in lines if "FATAL" in line or "PANIC" in line or "error:" in line]
    return (telling or lines or ["it said nothing"])[-1]
