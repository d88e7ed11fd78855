"""Which operating-system account runs PostgreSQL, and what that account can reach."""

import os
import pwd
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from shared.kit.embedded_postgres.errors import DataFolderUnusable

# PostgreSQL refuses to run as root. These exist on most systems; none is ever created.
_UNPRIVILEGED = ("postgres", "nobody")


@dataclass(frozen=True)
class Account:
    """A user and group id; `switches` says that this process must change to it."""

    uid: int
    gid: int
    switches: bool

    def popen_arguments(self) -> dict[str, Any]:
        """Keyword arguments for `subprocess` that start a program as this account, with nothing readable by others."""
        arguments: dict[str, Any] = {"cwd": "/", "umask": 0o077, "stdin": subprocess.DEVNULL, "env": _environment()}
        if self.switches:
            arguments |= {"user": self.uid, "group": self.gid, "extra_groups": []}
        return arguments

    def can_run(self, script: str, *arguments: str) -> bool:
        """Whether the shell script succeeds as this account; the operating system answers, not our reading of modes."""
        result = subprocess.run(  # noqa: S603  # a fixed shell with our own script
            ["/bin/sh", "-c", script, "sh", *arguments],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            check=False,
            **self.popen_arguments(),
        )
        return result.returncode == 0

    def can_enter(self, folder: Path) -> bool:
        return self.can_run('cd "$1"', str(folder))

    def own(self, folder: Path) -> None:
        """Give an empty folder that was just made to this account, closed to everybody else."""
        folder.chmod(0o700)
        if self.switches:
            os.chown(folder, self.uid, self.gid)


def is_root() -> bool:
    return os.geteuid() == 0


def choose_account(data: Path | None = None) -> Account:
    """The account for a cluster: oneself; as root the owner of the existing folder, else an unprivileged account."""
    if not is_root():
        return Account(os.geteuid(), os.getegid(), switches=False)
    if data is not None and data.exists() and (owner := data.stat()).st_uid != 0:
        return Account(owner.st_uid, owner.st_gid, switches=True)
    for name in _UNPRIVILEGED:
        try:
            entry = pwd.getpwnam(name)
        except KeyError:
            continue
        return Account(entry.pw_uid, entry.pw_gid, switches=True)
    raise DataFolderUnusable(
        f"PostgreSQL does not run as root, and this machine has neither account {' nor '.join(_UNPRIVILEGED)}."
    )


def _environment() -> dict[str, str]:
    # messages must be English to be understood, and no PG* variable of the caller may steer the server
    return {"PATH": "/usr/local/bin:/usr/bin:/bin", "LC_ALL": "C", "TZ": "UTC", "HOME": "/"}
