"""Claims about hits when processes and disks die under load. Full length with GROUNDSWELL_TORTURE=full.

GROUNDSWELL_KILLS and GROUNDSWELL_SEED run the sudden deaths in pieces: so many of them, by that seed's chances.
"""

import asyncio
import functools
import os
import random
import resource
import signal
from collections.abc import AsyncIterator
from pathlib import Path
from uuid import UUID

import asyncpg
import httpx
import pytest

from shared.kit.embedded_postgres.cluster import Cluster
from tests.services.attribution.hits.clickers import Clickers
from tests.services.attribution.hits.cutting import CuttingProxy
from tests.services.attribution.hits.installation import Installation
from tests.services.attribution.hits.visits import eventually

pytestmark = pytest.mark.torture

FULL = os.environ.get("GROUNDSWELL_TORTURE") == "full"
KILLS = int(os.environ.get("GROUNDSWELL_KILLS", "500" if FULL else "20"))
SECONDS_AWAY = 60 if FULL else 4
CUTS = 50
SEED = int(os.environ.get("GROUNDSWELL_SEED", "5"))


@pytest.fixture
async def installation(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Installation]:
    made = Installation(tmp_path_factory.mktemp("hits"))
    try:
        yield made
    finally:
        made.erase()


async def prepared(installation: Installation) -> tuple[Cluster, list[str]]:
    cluster = installation.start_database()
    assert set((await installation.durability(cluster)).values()) == {"on"}
    await installation.migrate(cluster)
    installation.start("app", cluster)
    await installation.until_ready()
    return cluster, await installation.make_links(16)


async def until_drained(installation: Installation) -> None:
    """Until no hit lies in a spool file any more."""
    await eventually(lambda: not spooled(installation), seconds=90)


def spooled(installation: Installation) -> list[Path]:
    return list((installation.home / "spool").glob("*.spool"))


async def missing(installation: Installation, cluster: Cluster, answered: list[UUID]) -> int:
    """How many of the answered hits are not stored; that none is stored twice is checked with it."""
    connection = await asyncpg.connect(installation.url(cluster))
    rows = await connection.fetch("SELECT id, count(*) AS times FROM attribution.hits GROUP BY id")
    await connection.close()
    times = {row["id"]: row["times"] for row in rows}
    assert set(times.values()) <= {1}
    return sum(1 for hit in answered if UUID(str(hit)) not in times)


def has_cut(proxy: CuttingProxy, times: int) -> bool:
    return proxy.cuts >= times


def kill_database(cluster: Cluster) -> None:
    assert cluster.pid is not None
    os.kill(cluster.pid, signal.SIGKILL)


async def test_every_answered_hit_survives_sudden_deaths_exactly_once(installation: Installation) -> None:
    chance = random.Random(SEED)
    cluster, slugs = await prepared(installation)
    async with Clickers(installation.port, slugs) as clickers:
        for number in range(KILLS):
            await clickers.until(chance.randrange(1, 400))
            if number % 2:
                kill_database(cluster)
                await asyncio.sleep(chance.random() * 0.5)
                cluster = await asyncio.to_thread(installation.start_database)
            else:
                installation.kill("app")
                installation.start("app", cluster)
        await clickers.until(200)
    await until_drained(installation)
    print(f"seed {SEED}: {KILLS} kills, {len(clickers.answered)} answered hits")
    assert len(clickers.answered) > KILLS
    assert await missing(installation, cluster, clickers.answered) == 0


async def test_a_commit_whose_answer_was_cut_off_stores_its_hits_once(installation: Installation) -> None:
    cluster = installation.start_database()
    proxy = CuttingProxy(cluster.port)
    await proxy.start()
    installation.database_port = proxy.port
    await installation.migrate(cluster)
    installation.start("app", cluster)
    await installation.until_ready()
    slugs = await installation.make_links(4)
    async with Clickers(installation.port, slugs) as clickers:
        for number in range(CUTS):
            proxy.cut_next()
            await eventually(functools.partial(has_cut, proxy, number + 1), seconds=30)
            await clickers.until(50)
    await until_drained(installation)
    proxy.stop()
    assert proxy.cuts == CUTS
    assert await missing(installation, cluster, clickers.answered) == 0


async def test_redirects_go_on_while_postgresql_is_away(installation: Installation) -> None:
    cluster, slugs = await prepared(installation)
    async with Clickers(installation.port, slugs) as clickers, httpx.AsyncClient() as client:
        await clickers.until(100)
        kill_database(cluster)
        await clickers.until(1)
        assert await installation.until_ready(statuses=("degraded",)) == "degraded"
        async with asyncio.timeout(SECONDS_AWAY * 20):
            for _ in range(SECONDS_AWAY * 2):
                await clickers.until(50)
                readiness = await client.get(f"{installation.base_url}/readyz")
                assert (readiness.status_code, readiness.json()["status"]) == (200, "degraded")
                await asyncio.sleep(0.5)
        cluster = await asyncio.to_thread(installation.start_database)
        await installation.until_ready()
        await clickers.until(100)
    await until_drained(installation)
    assert set(clickers.statuses) == {"302"}
    assert await missing(installation, cluster, clickers.answered) == 0


def limit_files(installation: Installation, size: int) -> None:
    pid = installation.processes["app"].pid
    resource.prlimit(pid, resource.RLIMIT_FSIZE, (size, resource.RLIM_INFINITY))


async def test_with_the_disk_full_too_nothing_is_answered_and_lost(installation: Installation) -> None:
    cluster, slugs = await prepared(installation)
    # as a full disk: no file of the service may grow beyond this
    limit_files(installation, 40_000)
    async with Clickers(installation.port, slugs) as clickers:
        await clickers.until(100)
        kill_database(cluster)
        await clickers.until(200, status="503")
        limit_files(installation, resource.RLIM_INFINITY)
        await clickers.until(200)
        cluster = await asyncio.to_thread(installation.start_database)
        await installation.until_ready()
        await clickers.until(100)
    await until_drained(installation)
    assert clickers.statuses["503"] >= 200
    assert await missing(installation, cluster, clickers.answered) == 0


async def test_a_dead_process_leaves_its_spool_to_the_next(installation: Installation) -> None:
    cluster, slugs = await prepared(installation)
    async with Clickers(installation.port, slugs) as clickers:
        await clickers.until(100)
        kill_database(cluster)
        await clickers.until(300)
        installation.kill("app")
    assert spooled(installation)
    cluster = await asyncio.to_thread(installation.start_database)
    installation.start("app", cluster)
    await installation.until_ready()
    await until_drained(installation)
    assert await missing(installation, cluster, clickers.answered) == 0
