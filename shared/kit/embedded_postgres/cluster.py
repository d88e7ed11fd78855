"""The embedded PostgreSQL of a data folder: made, started, attached to when it already runs, stopped."""

import contextlib
import fcntl
import os
import re
import secrets
import shutil
import socket
import subprocess
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import asyncpg

from shared.kit.embedded_postgres.account import Account, choose_account
from shared.kit.embedded_postgres.binaries import Binaries, find_binaries
from shared.kit.embedded_postgres.errors import (
    DataFolderUnusable,
    EmbeddedPostgresError,
    OtherMajorVersion,
    PortTaken,
    StartFailed,
    fault_in_output,
    last_line,
)
from shared.kit.embedded_postgres.locate import locate_data, make_home, make_system_folder, remember_data
from shared.kit.embedded_postgres.postmaster import (
    find_postmaster,
    forget_dead_postmaster,
    start_postmaster,
    stop_postmaster,
)
from shared.kit.embedded_postgres.probe import run_in_thread, serves, with_connection

_NAME = re.compile(r"[a-z_][a-z0-9_]{0,62}")
_LOG_BYTES = 10_000_000
# a server killed a moment ago leaves children behind that still hold its memory; they notice and end by themselves
_PREDECESSOR_STILL_ENDING = ("pre-existing shared memory block", 'lock file "postmaster.pid" already exists')


@dataclass(frozen=True)
class Cluster:
    """A server that answered when this was made. One per data folder, shared by all processes."""

    home: Path
    data: Path
    port: int
    password: str

    def url(self, database: str, *, driver: str = "postgresql+asyncpg") -> str:
        """The superuser's URL, for SQLAlchemy; with `driver="postgresql"` for asyncpg and the PostgreSQL programs."""
        return f"{driver}://postgres:{self.password}@127.0.0.1:{self.port}/{database}"

    @property
    def binaries(self) -> Binaries:
        """The programs that serve it. Looked for, and tried, at each call."""
        return find_binaries(choose_account(self.data))

    @property
    def pid(self) -> int | None:
        running = find_postmaster(self.data)
        return running.pid if running else None

    def answers(self) -> bool:
        """Whether a real connection to this very server succeeds."""
        try:
            return serves(self.data, port=self.port, password=self.password)
        except asyncpg.PostgresError:
            return False

    def create_database(self, name: str, *, template: str | None = None) -> bool:
        """Make the database when it is missing, optionally as a copy of `template`. Returns whether it was missing."""
        _check_name(name)
        statement = f'create database "{name}"'
        if template is not None:
            _check_name(template)
            statement += f' template "{template}"'

        async def create(connection: asyncpg.Connection) -> bool:
            if await connection.fetchval("select true from pg_database where datname = $1", name):
                return False
            try:
                await connection.execute(statement)
            except (asyncpg.DuplicateDatabaseError, asyncpg.UniqueViolationError):  # another process was faster
                return False
            return True

        return run_in_thread(with_connection(create, port=self.port, password=self.password))

    def drop_database(self, name: str) -> None:
        """Drop the database when it exists, ending its connections."""
        _check_name(name)

        async def drop(connection: asyncpg.Connection) -> None:
            await connection.execute(f'drop database if exists "{name}" with (force)')

        run_in_thread(with_connection(drop, port=self.port, password=self.password))

    def stop(self) -> bool:
        """Stop the server for everybody. Returns False when it was not running."""
        return stop_cluster(self.home)


def ensure_cluster(
    home: Path, *, port: int | None = None, settings: Mapping[str, str] | None = None, timeout: float = 30.0
) -> Cluster:
    """The running server of `home`: attached to, or started, or made first. Many processes may call this at once.

    `port` must be free when given; without, the port of the last time is used again, or a free one. `settings` are
    added to the server's when this call starts it. `timeout`: seconds until it must answer; time in which it says that
    it is recovering does not count. Raises the classes of `errors`.
    """
    home = make_home(home)
    with _one_at_a_time(home):
        data = locate_data(home)
        account = choose_account(data)
        binaries = find_binaries(account)
        if not (data / "PG_VERSION").exists():
            _make_cluster(home, data=data, account=account, binaries=binaries)
        _check_version(data, binaries)
        password = _read_password(home)
        running = find_postmaster(data)
        if running is None:
            return _start(home, data, port, password, binaries, account, settings or {}, timeout)
        _await_answer(data, port=running.port, password=password, process=None, log=_log(home), timeout=timeout)
        return Cluster(home, data, running.port, password)


def find_cluster(home: Path) -> Cluster | None:
    """The running server of `home`, if there is one; starts and makes nothing."""
    home = home.expanduser().absolute()
    if not (home / "postgres.password").exists():
        return None
    data = locate_data(home)
    running = find_postmaster(data)
    if running is None:
        return None
    return Cluster(home, data, running.port, _read_password(home))


def stop_cluster(home: Path) -> bool:
    """Stop the server of `home`, whoever started it. Returns False when none was running."""
    home = home.expanduser().absolute()
    if not home.is_dir():
        return False
    with _one_at_a_time(home):
        return stop_postmaster(locate_data(home))


def erase_cluster(home: Path) -> None:
    """Stop the server of `home` and delete everything it stored, wherever it lies. There is no way back."""
    home = home.expanduser().absolute()
    if not home.is_dir():
        return
    with _one_at_a_time(home):
        data = locate_data(home)
        stop_postmaster(data)
        for folder in (data, _unfinished(data)):
            if folder.exists():
                shutil.rmtree(folder)
        for name in ("postgres.path", "postgres.password", "postgres.port"):
            (home / name).unlink(missing_ok=True)
    (home / "postgres.lock").unlink(missing_ok=True)


def _start(
    home: Path,
    data: Path,
    port: int | None,
    password: str,
    binaries: Binaries,
    account: Account,
    settings: Mapping[str, str],
    timeout: float,
) -> Cluster:
    log = _log(home)
    give_up = time.monotonic() + timeout
    while True:
        forget_dead_postmaster(data)
        chosen = _choose_port(home, port)
        written_before = log.stat().st_size if log.exists() else 0
        process = start_postmaster(
            binaries=binaries, account=account, data=data, port=chosen, log=log, settings=settings
        )
        try:
            _await_answer(data, port=chosen, password=password, process=process, log=log, timeout=timeout)
        except EmbeddedPostgresError as error:
            said = _log_since(log, written_before)
            retry = any(words in said for words in _PREDECESSOR_STILL_ENDING)
            # a free port can be lost between asking for it and using it
            retry = retry or (port is None and isinstance(fault_in_output(said, folder=data, port=chosen), PortTaken))
            if retry and time.monotonic() < give_up:
                time.sleep(0.1)
                continue
            raise fault_in_output(said, folder=data, port=chosen) or error from None
        (home / "postgres.port").write_text(f"{chosen}\n")
        return Cluster(home, data, chosen, password)


def _make_cluster(home: Path, *, data: Path, account: Account, binaries: Binaries) -> None:
    """Run initdb beside the final place and move the whole into it, so that a cut leaves no half cluster."""
    if data.exists() and any(data.iterdir()):
        raise DataFolderUnusable(f"{data} is not empty and holds no PostgreSQL cluster; move it away.")
    unfinished = _unfinished(data)
    try:
        if data.parent != home:
            make_system_folder()
        if unfinished.exists():
            shutil.rmtree(unfinished)
        unfinished.mkdir(mode=0o700)
        account.own(unfinished)
    except OSError as error:
        raise _folder_fault(unfinished, error) from error
    password = secrets.token_urlsafe(24)
    # read over a pipe: a file would have to be readable for the server's account
    reading, writing = os.pipe()
    os.write(writing, password.encode() + b"\n")
    os.close(writing)
    if account.switches:
        os.fchown(reading, account.uid, account.gid)
    arguments = [
        *(binaries.program("initdb"), "-D", str(unfinished), "--username=postgres", "--encoding=UTF8"),
        *(
            "--locale-provider=builtin",
            "--builtin-locale=C.UTF-8",
            "--locale=C",
            "--data-checksums",
            "--no-instructions",
        ),
        *("--auth=scram-sha-256", f"--pwfile=/dev/fd/{reading}"),
    ]
    try:
        result = subprocess.run(  # noqa: S603  # initdb with our own arguments
            arguments,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            check=False,
            pass_fds=(reading,),
            start_new_session=True,  # a Ctrl-C meant for us must not leave half a cluster
            **account.popen_arguments(),
        )
    finally:
        os.close(reading)
    if result.returncode != 0:
        shutil.rmtree(unfinished, ignore_errors=True)
        raise fault_in_output(result.stdout, folder=data, port=None) or StartFailed(
            f"PostgreSQL could not make its data folder {data}: {last_line(result.stdout)}"
        )
    try:
        _write_secret(home / "postgres.password", password)
        remember_data(home, data)
        unfinished.rename(data)
    except OSError as error:
        raise _folder_fault(data, error) from error


def _await_answer(
    data: Path, *, port: int, password: str, process: subprocess.Popen[bytes] | None, log: Path, timeout: float
) -> None:
    """Return when a real connection answers. Raises StartFailed when the server ends or stays silent."""
    deadline = time.monotonic() + timeout
    while True:
        try:
            if serves(data, port=port, password=password):
                return
        except asyncpg.InvalidAuthorizationSpecificationError:
            raise DataFolderUnusable(
                f"PostgreSQL on port {port} refuses the password in {log.parent.parent / 'postgres.password'}."
            ) from None
        ended = process.returncode is not None if process else find_postmaster(data) is None
        if ended:
            raise StartFailed(f"PostgreSQL ended while it started: {last_line(_log_since(log, 0))} (log: {log})")
        if _is_recovering(data):
            deadline = time.monotonic() + timeout
        if time.monotonic() > deadline:
            raise StartFailed(f"PostgreSQL did not answer on port {port} within {timeout:.0f} seconds (log: {log}).")
        time.sleep(0.03)


def _is_recovering(data: Path) -> bool:
    try:
        return (data / "postmaster.pid").read_text().splitlines()[7].strip() == "starting"
    except (OSError, IndexError):
        return False


def _choose_port(home: Path, port: int | None) -> int:
    if port is not None:
        if not _is_free(port):
            raise PortTaken(port)
        return port
    with contextlib.suppress(OSError, ValueError):
        last = int((home / "postgres.port").read_text())
        if _is_free(last):
            return last
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _is_free(port: int) -> bool:
    with socket.socket() as probe:
        # as PostgreSQL does: connections that linger from the last server do not hold the port
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
    return True


def _check_version(data: Path, binaries: Binaries) -> None:
    try:
        found = (data / "PG_VERSION").read_text().strip()
    except OSError as error:
        raise _folder_fault(data, error) from error
    if found != str(binaries.major):
        raise OtherMajorVersion(data, found=found, expected=binaries.major)


def _read_password(home: Path) -> str:
    file = home / "postgres.password"
    try:
        return file.read_text().strip()
    except OSError as error:
        raise DataFolderUnusable(f"The password of the embedded PostgreSQL cannot be read: {error}.") from error


def _write_secret(file: Path, text: str) -> None:
    file.unlink(missing_ok=True)
    with open(os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as stream:
        stream.write(f"{text}\n")


def _folder_fault(folder: Path, error: OSError) -> EmbeddedPostgresError:
    return fault_in_output(str(error), folder=folder, port=None) or DataFolderUnusable(
        f"The PostgreSQL data folder {folder} cannot be used: {error.strerror}."
    )


def _log(home: Path) -> Path:
    folder = home / "logs"
    try:
        folder.mkdir(mode=0o700, exist_ok=True)
        log = folder / "postgres.log"
        if log.exists() and log.stat().st_size > _LOG_BYTES and find_postmaster(locate_data(home)) is None:
            log.replace(folder / "postgres.log.1")
    except OSError as error:
        raise _folder_fault(folder, error) from error
    return log


def _log_since(log: Path, offset: int) -> str:
    try:
        with log.open("rb") as stream:
            stream.seek(max(offset, log.stat().st_size - 20_000))
            return stream.read().decode(errors="replace")
    except OSError:
        return ""


def _unfinished(data: Path) -> Path:
    return data.with_name(f"{data.name}.new")


def _check_name(name: str) -> None:
    if not _NAME.fullmatch(name):
        raise ValueError(f"not a database name: {name!r}")


@contextlib.contextmanager
def _one_at_a_time(home: Path) -> Iterator[None]:
    """Hold the home's lock; the operating system releases it when this process ends, however it ends."""
    try:
        descriptor = os.open(home / "postgres.lock", os.O_RDWR | os.O_CREAT, 0o600)
    except OSError as error:
        raise _folder_fault(home, error) from error
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield
    finally:
        os.close(descriptor)
