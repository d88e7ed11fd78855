"""Processes that score end with the worker that started them; a ranking goes on after a crash."""

import signal
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import psutil
import pytest

from services.scoring.rankings import batch
from services.scoring.rankings import jobs as ranking_jobs
from services.scoring.rankings.batch import BatchResult, Item, Setup
from shared.kit.jobs import JobContext
from shared.schemas.ids import decode, encode
from tests.house import Tenant
from tests.services.scoring.conftest import Serve
from tests.services.scoring.rankings.test_rankings import candidates, scores

PARENT = """
import asyncio, sys
from services.scoring.rankings.batch import setup_of
from services.scoring.rankings.pool import scoring_processes
from services.scoring.peers import shipped
from tests.services.scoring.made import NOW, brief

async def main():
    async with scoring_processes(1000, 2) as score:
        await asyncio.gather(*(score(setup_of(brief(), shipped(), {}, {"engagement": 1}, NOW), []) for _ in range(8)))
        print("ready", flush=True)
        await asyncio.Event().wait()

if __name__ == "__main__":
    asyncio.run(main())
"""


def test_a_killed_worker_leaves_no_process(tmp_path: Path) -> None:
    script = tmp_path / "parent.py"
    script.write_text(PARENT)
    root = Path(__file__).parents[4]
    with subprocess.Popen(
        [sys.executable, script], stdout=subprocess.PIPE, text=True, cwd=root, env={"PYTHONPATH": str(root)}
    ) as parent:
        assert parent.stdout is not None
        assert parent.stdout.readline() == "ready\n"
        children = psutil.Process(parent.pid).children(recursive=True)
        assert len(children) >= 2
        parent.send_signal(signal.SIGKILL)
        _, alive = psutil.wait_procs(children, timeout=20)
    assert alive == []


async def test_scoring_goes_on_behind_the_last_stored_batch(
    tenant: Tenant, serve: Serve, monkeypatch: pytest.MonkeyPatch
) -> None:
    stub = serve(candidates(11))
    async with tenant.client("scoring") as client:
        made = (await client.post("/v1/rankings", json={"search_id": encode("sch", stub.search_id)})).json()
    payload = {"workspace_id": str(tenant.workspace_id), "ranking_id": str(decode("rnk", made["id"]))}
    context = JobContext(runtime=tenant.house.runtime("scoring"), payload=payload, start=1)
    monkeypatch.setattr(ranking_jobs, "BATCH", 4)
    seen: list[int] = []
    real = batch.score_batch

    def breaks_once(setup: Setup, items: Sequence[Item]) -> BatchResult:
        seen.append(len(items))
        if len(seen) == 3:
            raise OSError("the disk is full")
        return real(setup, items)

    monkeypatch.setattr("services.scoring.rankings.pool.score_batch", breaks_once)
    with pytest.raises(OSError, match="disk"):
        await ranking_jobs.score_ranking(context)
    await ranking_jobs.score_ranking(context)
    async with tenant.client("scoring") as client:
        ranking: dict[str, Any] = (await client.get(f"/v1/rankings/{made['id']}")).json()
    assert (ranking["status"], ranking["scored"]) == ("completed", 11)
    found = await scores(tenant, ranking)
    assert len({score["creator"]["id"] for score in found}) == 11
    assert sum(seen) - seen[2] < 11 + 8
