"""Starts and stops the real Bluesky network of ../shared/bluesky_network for the tests, with a Redis of its own."""

import contextlib
import fcntl
import json
import os
import selectors
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

PROJECT = Path(__file__).resolve().parents[2]
FOLDER = PROJECT.parent / "shared" / "bluesky_network"
INSTALL = "deploy/ci/bluesky.sh"

FIRST_START_SECONDS = 1500.0
"""The first start installs about 470 npm packages and compiles one; measured at 150 seconds on two cores."""


class NetworkFailedError(RuntimeError):
    """The network did not become ready; the message says why and ends with what it printed."""


@dataclass(frozen=True)
class BlueskyNetwork:
    """Addresses of a running network, without a trailing slash, and the DID of every seeded account by its name."""

    plc: str
    pds: str
    appview: str
    did: Mapping[str, str]

    def handle(self, name: str) -> str:
        """The handle that the seed gave to an account."""
        return f"{name}.test"


def skip_reason() -> str | None:
    """Why the network cannot be had in this checkout at all, or None; missing programs are a failure, not a reason."""
    if not (FOLDER / "start.sh").is_file():
        return "skipped: the Bluesky network is not part of the project and ../shared/bluesky_network is not here"
    return None


def network_home() -> Path:
    """Where the network's npm packages live."""
    return Path(os.environ.get("BLUESKY_NETWORK_HOME") or Path.home() / ".cache" / "bluesky-network")


@contextlib.contextmanager
def running_network(
    spec: Mapping[str, Any], *, database_url: str, start_seconds: float = FIRST_START_SECONDS
) -> Iterator[BlueskyNetwork]:
    """Run a network seeded with `spec` (form: top of network.js) until the block ends.

    `database_url` names an existing PostgreSQL database whose user may create schemas and the extension pg_trgm; a
    SQLAlchemy driver suffix is dropped. Raises NetworkFailedError when a program is missing or the start fails.
    """
    environment = _environment()
    _require_programs(environment)
    with tempfile.TemporaryDirectory(prefix="bluesky-network-") as scratch_name, contextlib.ExitStack() as stack:
        scratch = Path(scratch_name)
        redis_port = stack.enter_context(_running_redis(scratch, environment))
        seed = scratch / "seed.json"
        seed.write_text(json.dumps(spec), encoding="utf-8")
        plc, pds, appview = free_ports(3)
        environment |= {
            "DB_POSTGRES_URL": _plain_url(database_url),
            "REDIS_HOST": f"127.0.0.1:{redis_port}",
            "PLC_PORT": str(plc),
            "PDS_PORT": str(pds),
            "APPVIEW_PORT": str(appview),
            "TMPDIR": scratch_name,  # the PDS leaves its blobs and repositories in the temporary folder
        }
        yield stack.enter_context(_started(seed, scratch, environment, start_seconds))


def free_ports(count: int) -> list[int]:
    """Loopback TCP ports that nobody listens on; all different, and not reserved."""
    with contextlib.ExitStack() as stack:
        sockets = [stack.enter_context(socket.socket()) for _ in range(count)]
        for one in sockets:
            one.bind(("127.0.0.1", 0))
        return [one.getsockname()[1] for one in sockets]


def _environment() -> dict[str, str]:
    environment = dict(os.environ)
    own_node = network_home() / "node"
    if (own_node / "bin" / "node").exists():
        environment["PATH"] = f"{own_node / 'bin'}{os.pathsep}{environment.get('PATH', '')}"
        environment["npm_config_nodedir"] = str(own_node)
    environment["BLUESKY_NETWORK_HOME"] = str(network_home())
    return environment


def _require_programs(environment: Mapping[str, str]) -> None:
    missing = [name for name in ("redis-server", "node", "npm") if not shutil.which(name, path=environment["PATH"])]
    if missing:
        raise NetworkFailedError(f"missing on PATH: {', '.join(missing)}; {INSTALL} installs what the network needs")


def _plain_url(database_url: str) -> str:
    scheme, separator, rest = database_url.partition("://")
    return f"{scheme.partition('+')[0]}{separator}{rest}"


@contextlib.contextmanager
def _running_redis(folder: Path, environment: Mapping[str, str]) -> Iterator[int]:
    (port,) = free_ports(1)
    command = ["redis-server", "--bind", "127.0.0.1", "--port", str(port), "--save", "", "--appendonly", "no"]
    with (
        (folder / "redis.log").open("wb") as log,
        subprocess.Popen(
            [*command, "--dir", str(folder)], stdout=log, stderr=log, env=environment, start_new_session=True
        ) as process,
    ):
        try:
            _wait_for_ping(port, process, folder / "redis.log")
            yield port
        finally:
            _stop(process, patience_seconds=5)


def _wait_for_ping(port: int, process: "subprocess.Popen[bytes]", log: Path) -> None:
    deadline = time.monotonic() + 20
    while time.monotonic() < deadline and process.poll() is None:
        with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), timeout=1) as connection:
            connection.sendall(b"PING\r\n")
            if connection.recv(16).startswith(b"+PONG"):
                return
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(timeout=0.05)
    raise NetworkFailedError(f"redis-server did not answer:\n{_tail(log)}")


@contextlib.contextmanager
def _started(
    seed: Path, folder: Path, environment: Mapping[str, str], start_seconds: float
) -> Iterator[BlueskyNetwork]:
    errors = folder / "network.log"
    with (
        contextlib.ExitStack() as installing,
        errors.open("wb") as log,
    ):
        installing.enter_context(_only_one_installs())
        process = subprocess.Popen(
            [str(FOLDER / "start.sh"), str(seed)],
            stdout=subprocess.PIPE,
            stderr=log,
            env=environment,
            cwd=folder,
            start_new_session=True,
        )
        assert process.stdout is not None
        try:
            ready = _read_ready(process.stdout, deadline=time.monotonic() + start_seconds)
            if ready is None:
                raise NetworkFailedError(f"the Bluesky network did not become ready:\n{_tail(errors)}")
            installing.close()
            yield BlueskyNetwork(**ready)
        finally:
            _stop(process, patience_seconds=20)
            process.stdout.close()


@contextlib.contextmanager
def _only_one_installs() -> Iterator[None]:
    """Hold the installation folder's lock, and make the scripts copied by an earlier start writable again.

    start.sh copies network.js over its own earlier, possibly read-only copy, which an ordinary user may not.
    """
    home = network_home()
    home.mkdir(parents=True, exist_ok=True)
    with (home / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        for name in ("network.js", "package.json"):
            with contextlib.suppress(FileNotFoundError):
                (home / name).chmod(0o644)
        yield


def _read_ready(stdout: IO[bytes], *, deadline: float) -> dict[str, Any] | None:
    """The JSON of the READY line, or None at the end of the output or at the deadline (monotonic seconds)."""
    buffer = b""
    with selectors.DefaultSelector() as selector:
        selector.register(stdout, selectors.EVENT_READ)
        while selector.select(timeout=max(0.0, deadline - time.monotonic())):
            chunk = os.read(stdout.fileno(), 65536)
            if not chunk:
                return None
            buffer += chunk
            *lines, buffer = buffer.split(b"\n")
            for line in lines:
                if line.startswith(b"READY "):
                    ready: dict[str, Any] = json.loads(line.removeprefix(b"READY "))
                    return ready
    return None


def _stop(process: "subprocess.Popen[bytes]", *, patience_seconds: float) -> None:
    """End a process that was started in a session of its own, with its children; killed when it does not listen."""
    if process.poll() is not None:
        return
    for number, seconds in ((signal.SIGTERM, patience_seconds), (signal.SIGKILL, 5.0)):
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, number)
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(timeout=seconds)
            return


def _tail(log: Path, lines: int = 30) -> str:
    return "\n".join(log.read_text(encoding="utf-8", errors="replace").splitlines()[-lines:])
