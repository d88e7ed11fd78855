"""kill -9 of workers at random moments of a search. Full length with GROUNDSWELL_TORTURE=full."""

import asyncio
import os
import random
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from shared.kit.runtime import create_runtime
from tests.benchmarks.discovery.appview import Appview
from tests.benchmarks.discovery.serving import serving
from tests.services.discovery.searches import platform_runs as runs

pytestmark = pytest.mark.torture

KILLS = 100 if os.environ.get("GROUNDSWELL_TORTURE") == "full" else 10  # for each of the two budgets
KILLS_PER_SEARCH = 10
SECONDS = 300
DELAY = 0.05


@pytest.mark.parametrize("max_calls", [80, 5_000], ids=["a budget that ends first", "a frontier that ends first"])
async def test_killed_workers_change_no_candidate_and_repeat_at_most_a_call_each(
    max_calls: int, fresh_database_url: str, tmp_path: Path
) -> None:
    for number in range(KILLS // KILLS_PER_SEARCH):
        seed = 20_261_122 + number
        expected, _ = await run(seed, max_calls, 0, fresh_database_url, tmp_path)
        found, appview = await run(seed, max_calls, KILLS_PER_SEARCH, fresh_database_url, tmp_path)
        repeated = sum(times - 1 for times in Counter(appview.log).values())
        assert found["candidates"]
        assert found["candidates"] == expected["candidates"]
        assert found["steps"] == expected["steps"]
        assert repeated <= KILLS_PER_SEARCH
        assert appview.quotas["egress"].refused == 0
        assert found["calls"] >= len(appview.log)  # the ledger knows of every call that came
        assert found["exhausted"] == (max_calls == 5_000)


async def run(seed: int, max_calls: int, kills: int, url: str, home: Path) -> tuple[dict[str, Any], Appview]:
    """A search in a workspace of its own, with so many kills on the way."""
    network = runs.small_network(seed)
    appview = Appview(network, seed=seed)
    rng = random.Random(seed)
    with serving(appview, delay=DELAY) as address:
        settings = runs.settings_of(home, url, address)
        workspace_id, search_id = await runs.start(settings, network, max_calls=max_calls, depth=1)
        runtime = create_runtime(settings)
        with runs.worker(home, url, address) as worker:
            async with asyncio.timeout(SECONDS + 20 * kills):
                for _ in range(kills):
                    await further(appview, rng.randint(1, 6))
                    await asyncio.sleep(rng.uniform(0, 2 * DELAY))
                    worker.kill()
                    worker.restart()
                while await runs.status(runtime, workspace_id, search_id) != "completed":  # noqa: ASYNC110  # another process
                    await asyncio.sleep(0.2)
        found = await runs.outcome(runtime, workspace_id, search_id)
        found["exhausted"] = all(state != "waiting" for _, _, _, state, _, _ in found["steps"])
        found["calls"] = found["ledger"]
        await runtime.close()
    return found, appview


async def further(appview: Appview, calls: int) -> None:
    """Until so many more calls have come."""
    until = len(appview.log) + calls
    while len(appview.log) < until:  # noqa: ASYNC110  # a thread's list
        await asyncio.sleep(0.01)
