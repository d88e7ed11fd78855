"""Searches that share a key: counted at the platform's side its quota is never passed, and each has its part."""

import asyncio
from pathlib import Path
from uuid import UUID

import pytest
from sqlalchemy import text

from services.discovery.searches.steps import Walk, Went
from services.discovery.settings import DiscoverySettings
from shared.kit.ids import new_id
from shared.kit.runtime import Runtime, create_runtime
from tests.benchmarks.discovery.appview import Appview
from tests.benchmarks.discovery.serving import serving
from tests.services.discovery.searches import platform_runs as runs

LIMIT = 60
LOGIN = "someone.sim.example.com"


async def to_the_wait(runtime: Runtime, workspace_id: UUID, search_id: UUID) -> Went:
    walk = Walk(runtime, workspace_id, search_id)
    while True:
        went, _ = await walk.advance()
        if went is not Went.ON:
            return went


def settings_of(home: Path, url: str, address: str) -> DiscoverySettings:
    return runs.settings_of(
        home, url, address, discovery_bluesky_pds_url=address, discovery_bluesky_identifier=LOGIN,
        discovery_bluesky_app_password="of the test", discovery_quota_limits=f"bluesky:calls={LIMIT}",
    )  # fmt: skip


@pytest.mark.parametrize("workspaces", [1, 2])
async def test_four_searches_at_once_on_one_key_never_pass_its_quota(
    workspaces: int, fresh_database_url: str, tmp_path: Path
) -> None:
    network = runs.small_network(7)
    appview = Appview(network, seed=7, limit=LIMIT)
    tenants = [new_id() for _ in range(workspaces)]
    with serving(appview) as address:
        settings = settings_of(tmp_path, fresh_database_url, address)
        searches = [
            await runs.start(settings, network, max_calls=500, niche=number, workspace_id=tenants[number % workspaces])
            for number in range(4)
        ]
        processes = [create_runtime(settings) for _ in searches]  # each with connections of its own, as workers have
        went = await asyncio.gather(
            *(to_the_wait(runtime, *search) for runtime, search in zip(processes, searches, strict=True))
        )
        async with processes[0].database.system_session() as session:
            spent = await session.execute(
                text("SELECT workspace_id, sum(units) FROM discovery.quota_uses WHERE bucket = 'calls' GROUP BY 1")
            )
            parts = {workspace_id: int(units) for workspace_id, units in spent}
        for runtime in processes:
            await runtime.close()
    quota = appview.quotas[LOGIN]
    assert set(appview.quotas) == {LOGIN}
    assert quota.refused == 0
    assert quota.most == LIMIT == sum(parts.values())
    assert set(went) == {Went.WAITING}
    # a workspace that came first may have spent more before it knew of the other, and never more than all but a call
    assert len(parts) == workspaces
    assert min(parts.values()) >= LIMIT // workspaces // 2
