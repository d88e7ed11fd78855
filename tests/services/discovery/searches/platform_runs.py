"""Searches on a simulated platform, for tests of what only processes, kills and sharing show."""

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from uuid import UUID

import numpy as np
from sqlalchemy import text

from services.discovery.searches import service
from services.discovery.settings import DiscoverySettings
from shared.kit.identity.caller import Caller
from shared.kit.ids import new_id
from shared.kit.runtime import Runtime, create_runtime
from shared.schemas.identity import Scope
from shared.schemas.searches import SearchCreate
from tests.benchmarks.discovery.networks import Network, Shape, generate
from tests.house import TEST_SECRET
from tests.processes import ROOT, environment

SMALL = Shape(
    accounts=300, niches=4, niche_creators=(6, 9), general_creators=12, celebrities=2, giveaways=1, everywhere=2,
    tag_spammers=2, spam_pods=1, niche_pods=1, mixed_pods=1, pod_members=(3, 4), activity=0.5,
)  # fmt: skip


def small_network(seed: int) -> Network:
    return generate(np.random.default_rng(seed), SMALL)


def settings_of(home: Path, database_url: str, address: str, **more: object) -> DiscoverySettings:
    return DiscoverySettings.model_validate(
        {
            "database_url": database_url,
            "groundswell_home": home,
            "groundswell_secret": TEST_SECRET,
            "discovery_bluesky_appview_url": address,
            **more,
        }
    )


async def start(
    settings: DiscoverySettings,
    network: Network,
    *,
    max_calls: int,
    depth: int = 2,
    niche: int = 0,
    workspace_id: UUID | None = None,
) -> tuple[UUID, UUID]:
    """Enqueue a search for a niche's two most popular hashtags; returns its workspace and itself."""
    runtime = create_runtime(settings)
    tags = [network.tag_names[tag] for tag in network.niche_tags[niche][:2]]
    caller = Caller(workspace_id=workspace_id or new_id(), key_id=new_id(), scopes=frozenset(Scope))
    body = SearchCreate.model_validate(
        {
            "brief": {"name": "n", "brand": {"name": "Fellside Shoes"}, "hashtags": tags},
            "sources": ["bluesky"],
            "limits": {"max_calls": max_calls, "depth": depth},
        }
    )
    async with runtime.database.tenant_session(caller.workspace_id) as session:
        row = await service.create_search(session, runtime=runtime, body=body, caller=caller)
    await runtime.close()
    return caller.workspace_id, row.id


async def status(runtime: Runtime, workspace_id: UUID, search_id: UUID) -> str:
    async with runtime.database.tenant_session(workspace_id) as session:
        return str((await service.get_search(session, search_id=search_id)).status)


async def outcome(runtime: Runtime, workspace_id: UUID, search_id: UUID) -> dict[str, Any]:
    """The candidates in order, and the steps in the order of their numbers."""
    keys = {"search_id": search_id}
    async with runtime.database.tenant_session(workspace_id) as session:
        candidates = await session.execute(
            text(
                "SELECT c.platform_id, round(a.score::numeric, 9), a.marks FROM discovery.candidates a"
                " JOIN discovery.creators c ON c.id = a.creator_id WHERE a.search_id = :search_id ORDER BY a.rank"
            ),
            keys,
        )
        steps = await session.execute(
            text(
                "SELECT kind, target, page, state, arm, found FROM discovery.search_steps"
                " WHERE search_id = :search_id ORDER BY id"
            ),
            keys,
        )
        uses = await session.scalar(text("SELECT count(*) FROM discovery.quota_uses"))
        return {
            "candidates": [tuple(row) for row in candidates],
            "steps": [tuple(row) for row in steps],
            "ledger": int(uses or 0),
        }


class Worker:
    """A worker process of the discovery service that is killed and started again."""

    def __init__(self, home: Path, database_url: str, address: str, **more: str) -> None:
        self._environment = environment(
            home, {}, {"DATABASE_URL": database_url.replace("postgresql+asyncpg", "postgresql")}
        ) | {"DISCOVERY_BLUESKY_APPVIEW_URL": address, "JOB_HEARTBEAT_SECONDS": "1", **more}
        self._log = (home / "worker.log").open("ab")
        self.process = self._start()

    def _start(self) -> subprocess.Popen[bytes]:
        return subprocess.Popen(
            [sys.executable, "-m", "services.discovery.worker"], env=self._environment, cwd=ROOT, stdout=self._log,
            stderr=self._log,
        )  # fmt: skip

    def kill(self) -> None:
        os.kill(self.process.pid, signal.SIGKILL)
        self.process.wait()

    def restart(self) -> None:
        self.process = self._start()

    def close(self) -> None:
        if self.process.poll() is None:
            self.kill()
        self._log.close()


@contextmanager
def worker(home: Path, database_url: str, address: str, **more: str) -> Iterator[Worker]:
    made = Worker(home, database_url, address, **more)
    try:
        yield made
    finally:
        made.close()
