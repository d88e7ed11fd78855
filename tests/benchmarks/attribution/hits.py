"""`make bench-hits`: redirects a second, ours written to disk before they are answered, beside a bare one.

The server under test has one core; the load generator has the other, and with ours so have PostgreSQL and the worker
that judges. Seconds a run: BENCH_SECONDS (default 10).
"""

import asyncio
import contextlib
import json
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import asyncpg
import httpx
import psutil

from shared.kit.embedded_postgres.cluster import Cluster
from tests.services.attribution.hits.installation import Installation, free_port

SECONDS = int(os.environ.get("BENCH_SECONDS", "10"))
LINKS, AGENTS, CONNECTIONS = 1_000, 100_000, 64


def cores() -> tuple[int, int]:
    """The server's core and everybody else's; the same one when there is only one."""
    known = sorted(os.sched_getaffinity(0))
    return known[0], known[1 % len(known)]


def load(port: int, slugs: list[str], folder: Path, core: int) -> "subprocess.Popen[bytes]":
    plan = folder / f"plan-{port}.json"
    plan.write_text(
        json.dumps(
            {
                "port": port, "slugs": slugs, "seconds": SECONDS, "warm_up": 2, "connections": CONNECTIONS,
                "user_agents": AGENTS,
            }
        )
    )  # fmt: skip
    process = subprocess.Popen(
        [sys.executable, "-m", "tests.benchmarks.attribution.load", str(plan)], stdout=subprocess.PIPE
    )
    os.sched_setaffinity(process.pid, {core})
    return process


def outcome(process: "subprocess.Popen[bytes]") -> dict[str, Any]:
    out, _ = process.communicate(timeout=SECONDS + 60)
    found: dict[str, Any] = json.loads(out)
    return found


async def bare(folder: Path) -> dict[str, Any]:
    mine, others = cores()
    port = free_port()
    server = subprocess.Popen(
        [sys.executable, "-m", "tests.benchmarks.attribution.bare"], env={**os.environ, "PORT": str(port)}
    )
    os.sched_setaffinity(server.pid, {mine})
    try:
        async with asyncio.timeout(20), httpx.AsyncClient() as client:
            while True:
                try:
                    await client.get(f"http://127.0.0.1:{port}/r/x")
                    break
                except httpx.HTTPError:
                    await asyncio.sleep(0.05)
        return await asyncio.to_thread(outcome, load(port, ["x"], folder, others))
    finally:
        server.terminate()
        server.wait()


def pin(cluster: Cluster, core: int) -> None:
    """PostgreSQL's processes, those to come too, on one core."""
    assert cluster.pid is not None
    server = psutil.Process(cluster.pid)
    for process in [server, *server.children()]:
        with contextlib.suppress(psutil.NoSuchProcess):  # a connection that has just ended
            process.cpu_affinity([core])


def core_seconds(**pids: int) -> dict[str, float]:
    """Seconds of a core that each process and its children have used so far."""
    found = {}
    for name, pid in pids.items():
        spent = 0.0
        for process in [psutil.Process(pid), *psutil.Process(pid).children(recursive=True)]:
            with contextlib.suppress(psutil.NoSuchProcess):
                times = process.cpu_times()
                spent += times.user + times.system
        found[name] = spent
    return found


async def durable(folder: Path) -> dict[str, Any]:
    mine, others = cores()
    installation = Installation(folder)
    cluster = installation.start_database()
    try:
        await installation.migrate(cluster)
        print("durability:", json.dumps(await installation.durability(cluster)))
        pin(cluster, others)
        installation.start("app", cluster, core=mine)
        installation.start("worker", cluster, core=others)
        await installation.until_ready()
        slugs = await installation.make_links(LINKS)
        connection = await asyncpg.connect(installation.url(cluster))
        generator = load(installation.port, slugs, folder, others)
        waiting = asyncio.create_task(asyncio.to_thread(outcome, generator))
        pids = {name: process.pid for name, process in installation.processes.items()}
        pids |= {"postgresql": cluster.pid or 0, "load": generator.pid}
        await asyncio.sleep(2)
        before, since = core_seconds(**pids), time.perf_counter()
        await asyncio.sleep(SECONDS / 2)
        began = time.perf_counter()
        await connection.execute("CHECKPOINT")
        checkpoint = time.perf_counter() - began
        await asyncio.sleep(max(0.0, SECONDS - 1 - (time.perf_counter() - since)))
        used, lasted = core_seconds(**pids), time.perf_counter() - since
        found = await waiting
        await asyncio.sleep(5)
        stored, unjudged = await connection.fetchrow(
            "SELECT count(*), count(*) FILTER (WHERE verdict IS NULL) FROM attribution.hits"
        )
        verdicts = await connection.fetch("SELECT verdict, count(*) FROM attribution.hits GROUP BY 1 ORDER BY 2 DESC")
        await connection.close()
        for name in ("app", "worker"):
            for line in (folder / f"{name}.log").read_text().splitlines()[-5:]:
                print(f"{name}:", line[:500])
        return {
            **found,
            "share_of_a_core": {name: round((used[name] - before[name]) / lasted, 2) for name in used},
            "checkpoint_seconds": round(checkpoint, 2),
            "stored": stored,
            "without_verdict_after_5_seconds": unjudged,
            "verdicts": {row["verdict"]: row["count"] for row in verdicts},
        }
    finally:
        installation.erase()


async def main() -> None:
    mine, others = cores()
    print(f"core {mine}: the server; core {others}: load generator, and for ours PostgreSQL and the worker")
    print(f"{LINKS} links, {AGENTS} user agents, a fifth of them programs, {CONNECTIONS} connections, {SECONDS} s")
    with tempfile.TemporaryDirectory(prefix="gs-bench-") as name:
        folder = Path(name)
        without_work = await bare(folder)
        print("bare Starlette redirect:", json.dumps(without_work))
        ours = await durable(folder)
        print("ours, durable:", json.dumps(ours))
    ratio = ours["requests_a_second"] / without_work["requests_a_second"]
    print(f"ratio: {ratio:.2f}, p99 {ours['p99_ms']} ms")
    lost = ours["answers"] - ours["stored"]
    print(f"answered {ours['answers']}, stored {ours['stored']}, difference {lost}")


if __name__ == "__main__":
    asyncio.run(main())
