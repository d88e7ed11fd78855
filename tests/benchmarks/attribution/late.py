"""What changes a report's hits afterwards: a spool file that is drained, and older verdicts that are judged again."""

import asyncio
import random
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import asyncpg

from services.attribution.hits.ids import HitIds
from services.attribution.hits.judging import Judge
from services.attribution.hits.record import HitRecord, Outcome
from services.attribution.hits.spool import Spool
from services.attribution.settings import AttributionSettings
from shared.kit.runtime import Runtime, create_runtime
from shared.schemas.ids import decode
from tests.benchmarks.attribution.load import user_agents


async def drain_a_spool(
    settings: AttributionSettings, state: dict[str, Any], connection: asyncpg.Connection, rng: random.Random, *,
    hits: int, begins: datetime, days: int,
) -> None:  # fmt: skip
    """Leave a file as a process that died would; the running web process finds, stores and removes it."""
    ids, agents, records = HitIds(), user_agents(1_000), []
    for number in range(hits):
        at = begins + timedelta(seconds=rng.uniform(0, days * 86_400))
        records.append(
            HitRecord(
                UUID(state["workspace"]), UUID(int=ids.next(round(at.timestamp() * 1000))),
                decode("lnk", rng.choice(state["links"])), at, "GET", Outcome.REDIRECTED,
                agents[number % len(agents)], None, "bsky.app", rng.randbytes(8),
            )
        )  # fmt: skip
    before = await connection.fetchval("SELECT count(*) FROM attribution.hits")
    spool = Spool(settings.groundswell_home / "spool")
    await asyncio.to_thread(spool.append, records)
    await asyncio.to_thread(spool.close)
    async with asyncio.timeout(120):
        while list(spool.folder.glob("*.spool")):  # noqa: ASYNC110  # the web process says nothing when it is done
            await asyncio.sleep(0.2)
    stored = await connection.fetchval("SELECT count(*) FROM attribution.hits") - before
    assert stored == hits, (stored, hits)
    runtime = create_runtime(settings)
    judge = Judge()
    while await judge.judge_new(runtime):
        pass
    await _count(judge, runtime, connection)
    await runtime.database.dispose()


async def judge_again(settings: AttributionSettings, connection: asyncpg.Connection) -> None:
    """As the worker does it after an upgrade."""
    runtime = create_runtime(settings)
    judge = Judge()
    while await judge.judge_again(runtime):
        pass
    assert not await connection.fetchval("SELECT EXISTS (SELECT FROM attribution.hits WHERE rule_version = 0)")
    await _count(judge, runtime, connection)
    await runtime.database.dispose()


async def _count(judge: Judge, runtime: Runtime, connection: asyncpg.Connection) -> None:
    while await connection.fetchval("SELECT EXISTS (SELECT FROM attribution.dirty_buckets)"):
        await judge.rebuild_rollups(runtime)
        await asyncio.sleep(0.05)
