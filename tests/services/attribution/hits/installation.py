"""An attribution service of one's own: a durable PostgreSQL, a web process, a worker, all of them to be killed."""

import asyncio
import os
import socket
import subprocess
import sys
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import asyncpg
import httpx

from services.attribution.app import HISTORIES
from shared.kit.embedded_postgres.cluster import Cluster, ensure_cluster, erase_cluster
from shared.kit.identity.keys import generate_key, hash_key
from shared.kit.ids import new_id
from shared.kit.migrations import upgrade
from shared.schemas.identity import Scope

SECRET = "a secret of the tests, of no use elsewhere"
DURABLE = ("fsync", "synchronous_commit", "full_page_writes")


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


@dataclass
class Installation:
    """`home` holds everything; `erase` removes it."""

    home: Path
    port: int = field(default_factory=free_port)
    database_port: int | None = None  # where the services reach PostgreSQL, when not directly
    workspace: str = ""
    key: str = ""
    processes: dict[str, subprocess.Popen[bytes]] = field(default_factory=dict)

    @property
    def base_url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def start_database(self) -> Cluster:
        """Start, or start again after a crash, with the durability that production has."""
        cluster = ensure_cluster(self.home)
        cluster.create_database("attribution")
        return cluster

    def url(self, cluster: Cluster) -> str:
        return cluster.url("attribution", driver="postgresql")

    async def migrate(self, cluster: Cluster) -> None:
        """Migrate, and make a workspace with a key."""
        for history in HISTORIES:
            await upgrade(cluster.url("attribution"), history)
        workspace, self.key = new_id(), generate_key()
        self.workspace = str(workspace)
        connection = await asyncpg.connect(self.url(cluster))
        await connection.execute(
            "INSERT INTO identity.workspaces (workspace_id, name) VALUES ($1, 'measured')", workspace
        )
        await connection.execute(
            "INSERT INTO identity.keys (workspace_id, key_id, name, hash, scopes) VALUES ($1, $2, 'measured', $3, $4)",
            workspace,
            new_id(),
            hash_key(self.key),
            [str(scope) for scope in Scope],
        )
        await connection.close()

    async def durability(self, cluster: Cluster) -> dict[str, str]:
        """What the server says about the settings on which durability rests."""
        connection = await asyncpg.connect(self.url(cluster))
        found = {name: str(await connection.fetchval(f"SHOW {name}")) for name in DURABLE}
        await connection.close()
        return found

    def start(self, name: str, cluster: Cluster, *, core: int | None = None) -> None:
        """Start `app` or `worker`, on one core when asked."""
        port = self.database_port or cluster.port
        env = {
            **os.environ,
            "ATTRIBUTION_DATABASE_URL": f"postgresql://postgres:{cluster.password}@127.0.0.1:{port}/attribution",
            "GROUNDSWELL_HOME": str(self.home),
            "GROUNDSWELL_SECRET": SECRET,
            "ATTRIBUTION_PORT": str(self.port),
            "LOG_LEVEL": "WARNING",
            "RATE_LIMIT_PER_KEY": "1000000/minute",
        }
        with (self.home / f"{name}.log").open("ab") as log:
            self.processes[name] = subprocess.Popen(
                [sys.executable, "-m", f"services.attribution.{name}"], env=env, stdout=log, stderr=log
            )
        if core is not None:
            os.sched_setaffinity(self.processes[name].pid, {core})

    async def until_ready(self, *, statuses: tuple[str, ...] = ("ready",)) -> str:
        async with asyncio.timeout(300), httpx.AsyncClient(base_url=self.base_url) as client:
            while True:
                try:
                    found = (await client.get("/readyz")).json()["status"]
                    if found in statuses:
                        return str(found)
                except httpx.HTTPError:
                    pass
                await asyncio.sleep(0.02)

    async def make_links(self, count: int) -> list[str]:
        """Slugs of new links, each of one approved partnership's campaign."""
        async with httpx.AsyncClient(
            base_url=self.base_url, headers={"Authorization": f"Bearer {self.key}"}, timeout=30
        ) as client:

            async def post(path: str, body: dict[str, Any]) -> dict[str, Any]:
                answer = await client.post(path, json=body)
                answer.raise_for_status()
                found: dict[str, Any] = answer.json()
                return found

            campaign = await post("/v1/campaigns", {"name": "measured"})
            partner = await post("/v1/partners", {"accounts": [{"platform": "bluesky", "handle": "ana.example.com"}]})
            body = {"campaign_id": campaign["id"], "partner_id": partner["id"]}
            partnership = await post("/v1/partnerships", body)
            await post(f"/v1/partnerships/{partnership['id']}/approve", {})
            body = {"partnership_id": partnership["id"], "destination_url": "https://shop.example.com/spring"}
            slugs: list[str] = []
            for _ in range(0, count, 8):
                made = await asyncio.gather(*(post("/v1/links", body) for _ in range(min(8, count - len(slugs)))))
                slugs.extend(link["slug"] for link in made)
            return slugs

    def kill(self, name: str) -> None:
        process = self.processes.pop(name)
        process.kill()
        process.wait()

    def stop(self) -> None:
        for process in self.processes.values():
            process.terminate()
        for process in self.processes.values():
            try:
                process.wait(10)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
        self.processes.clear()

    def erase(self) -> None:
        self.stop()
        erase_cluster(self.home)
