"""Seconds from an event's commit to its first attempt: 1,000 endpoints, ten of them dead, and one event to all of them.

    python -m tests.benchmarks.kit.webhooks [--events 3000] [--rate 100]

A worker process delivers; the receiver in this process answers at once, or for a dead endpoint never. Events come at a
steady rate, each to one endpoint of its own workspace. PostgreSQL runs with fsync and synchronous_commit on.
"""

import argparse
import asyncio
import random
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterable
from contextlib import AsyncExitStack
from pathlib import Path
from uuid import UUID

from sqlalchemy import text

from shared.kit.embedded_postgres.cluster import ensure_cluster
from shared.kit.ids import new_id
from shared.kit.migrations import upgrade
from shared.kit.runtime import Runtime
from shared.kit.webhooks import outbox
from shared.kit.webhooks.sending import secret_context
from shared.kit.webhooks.signing import generate_secret
from shared.schemas.ids import encode
from tests.house import HISTORIES, open_house
from tests.processes import ROOT, environment
from tests.shared.kit.webhooks.receiver import Got, Receiver, Reply, receiving

ENDPOINTS, DEAD = 1_000, 10


async def add_endpoints(runtime: Runtime, receiver: Receiver, workspaces: Iterable[tuple[UUID, str]]) -> None:
    async with runtime.database.system_session() as session:
        for workspace, path in workspaces:
            endpoint = new_id()
            sealed = runtime.secrets.seal(generate_secret(), context=secret_context(workspace, endpoint))
            await session.execute(
                text(
                    "INSERT INTO discovery.webhook_endpoints (workspace_id, id, url, events, secret) "
                    "VALUES (:workspace, :id, :url, '{}', :secret)"
                ),
                {"workspace": workspace, "id": endpoint, "url": receiver.url(path), "secret": sealed},
            )


async def emit(runtime: Runtime, workspace: UUID, event: UUID) -> float:
    """Write one event; the moment after its commit."""
    async with runtime.database.tenant_session(workspace) as session:
        await outbox.emit(session, "search.completed", {"n": 1}, workspace_id=workspace, event_id=event)
    return time.perf_counter()


def show(name: str, seconds: list[float]) -> None:
    ordered = sorted(seconds)
    at = {share: ordered[min(len(ordered) - 1, int(len(ordered) * share))] for share in (0.5, 0.99)}
    print(f"{name}: {len(ordered)} first attempts, p50 {at[0.5] * 1000:.0f} ms, p99 {at[0.99] * 1000:.0f} ms")


async def measure(runtime: Runtime, receiver: Receiver, *, events: int, rate: int) -> None:
    came: dict[tuple[str, str], float] = {}
    never = asyncio.Event()
    workspaces = [(new_id(), f"/dead/{n}" if n < DEAD else f"/{n}") for n in range(ENDPOINTS)]
    crowd = new_id()
    await add_endpoints(runtime, receiver, workspaces)
    await add_endpoints(runtime, receiver, [(crowd, f"/crowd/{n}") for n in range(ENDPOINTS)])

    async def note(got: Got) -> Reply:
        came.setdefault((got.id, got.path), time.perf_counter())
        if got.path.startswith("/dead/"):
            await never.wait()
        return Reply()

    receiver.behaviours.update({path: note for _, path in workspaces})
    receiver.behaviours.update({f"/crowd/{n}": note for n in range(ENDPOINTS)})
    first, path = workspaces[-1]
    await emit(runtime, first, new_id())
    await receiver.until(lambda: len(receiver.at(path)) == 1)  # the worker is up
    chance = random.Random(1)  # a repeatable choice
    written: dict[tuple[str, str], float] = {}
    started = time.perf_counter()
    for n in range(events):
        workspace, path = chance.choice(workspaces)
        event = new_id()
        written[encode("evt", event), path] = await emit(runtime, workspace, event)
        await asyncio.sleep(max(0.0, started + (n + 1) / rate - time.perf_counter()))
    living = {key for key in written if not key[1].startswith("/dead/")}
    await receiver.until(lambda: living <= came.keys())
    show(f"{events / (time.perf_counter() - started):.0f} events a second, {DEAD} of {ENDPOINTS} endpoints dead",
         [came[key] - written[key] for key in living])  # fmt: skip
    event = new_id()
    moment = await emit(runtime, crowd, event)
    await receiver.until(lambda: sum(path.startswith("/crowd/") for _, path in came) == ENDPOINTS)
    show("one event to all", [at - moment for (_, path), at in came.items() if path.startswith("/crowd/")])
    never.set()


async def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--events", type=int, default=3_000)
    parser.add_argument("--rate", type=int, default=100)
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        home = Path(folder)
        home.chmod(0o755)  # noqa: ASYNC240  # nothing else waits here
        cluster = ensure_cluster(home)
        try:
            cluster.create_database("bench")
            url = cluster.url("bench")
            for history in HISTORIES:
                await upgrade(url, history)
            async with AsyncExitStack() as stack:
                receiver = await stack.enter_async_context(receiving())
                house = await open_house(stack, url, home)
                settings = {**environment(home, {}, {"DATABASE_URL": url}), "EGRESS_ALLOW": receiver.place}
                worker = subprocess.Popen(  # started once, before anything is measured
                    [sys.executable, "-m", "services.discovery.worker"], cwd=ROOT, env=settings
                )
                try:
                    await measure(house.runtime("discovery"), receiver, events=given.events, rate=given.rate)
                finally:
                    worker.kill()
                    worker.wait()
        finally:
            cluster.stop()


if __name__ == "__main__":
    asyncio.run(main())
