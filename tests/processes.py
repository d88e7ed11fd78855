"""Services as real processes of their own, for tests of what only processes show."""

import asyncio
import os
import socket
import subprocess
import sys
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from pathlib import Path

import httpx

from tests.house import TEST_SECRET

ROOT = Path(__file__).parents[1]
SERVICES = ("discovery", "scoring", "attribution")
_READY_SECONDS = 180


def free_port() -> int:
    with socket.socket() as opened:
        opened.bind(("127.0.0.1", 0))
        port: int = opened.getsockname()[1]
        return port


def environment(home: Path, ports: Mapping[str, int], databases: Mapping[str, str]) -> dict[str, str]:
    """What service processes of one installation have in common; nothing of ours leaks in from outside."""
    kept = {name: os.environ[name] for name in ("PATH", "LANG", "HOME") if name in os.environ}
    return {
        **kept,
        "PYTHONPATH": str(ROOT),
        "GROUNDSWELL_HOME": str(home),
        "GROUNDSWELL_SECRET": TEST_SECRET,
        "RATE_LIMIT_PER_KEY": "1000000/minute",
        "RATE_LIMIT_PER_ADDRESS": "1000000/minute",
        "LOG_LEVEL": "WARNING",
        "DISCOVERY_BLUESKY_JETSTREAM_URL": "off",
        **{f"{service.upper()}_PORT": str(port) for service, port in ports.items()},
        **databases,
    }


@asynccontextmanager
async def running(
    home: Path, *, databases: Mapping[str, str], services: tuple[str, ...] = SERVICES, workers: bool = False
) -> AsyncIterator[dict[str, str]]:
    """Start the web processes (and workers) of `services`; yields their addresses once all are ready."""
    ports = {service: free_port() for service in SERVICES}
    settings = environment(home, ports, databases)
    names = [f"services.{service}.app" for service in services]
    names += [f"services.{service}.worker" for service in services] if workers else []
    log = (home / f"processes-{os.getpid()}-{ports['discovery']}.log").open("wb")
    children = [
        subprocess.Popen([sys.executable, "-m", name], env=settings, cwd=ROOT, stdout=log, stderr=log) for name in names
    ]
    try:
        addresses = {service: f"http://127.0.0.1:{ports[service]}" for service in services}
        await asyncio.wait_for(_all_ready(addresses, children), _READY_SECONDS)
        yield addresses
    finally:
        for child in children:
            child.terminate()
        for child in children:
            try:
                child.wait(timeout=8)
            except subprocess.TimeoutExpired:
                child.kill()
                child.wait()
        log.close()


async def _all_ready(addresses: Mapping[str, str], children: list[subprocess.Popen[bytes]]) -> None:
    waiting = dict(addresses)
    async with httpx.AsyncClient() as client:
        while waiting:
            for child in children:
                if child.poll() is not None:
                    raise RuntimeError(f"{child.args!r} ended with {child.returncode}")
            for service, address in list(waiting.items()):
                try:
                    if (await client.get(f"{address}/readyz")).status_code == 200:
                        del waiting[service]
                except httpx.HTTPError:
                    pass
            await asyncio.sleep(0.1)
