"""Receipts: what a score rests on, and that it can be made again."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import time_machine

from tests.house import Tenant
from tests.services.scoring.conftest import Serve
from tests.services.scoring.made import NOW
from tests.services.scoring.rankings.test_rankings import candidates, rank, scores


async def get(tenant: Tenant, path: str) -> Any:
    async with tenant.client("scoring") as client:
        answer = await client.get(path)
        assert answer.status_code == 200, answer.text
        return answer.json()


async def test_a_receipt_names_inputs_versions_and_contributions(tenant: Tenant, serve: Serve) -> None:
    ranking = await rank(tenant, serve(candidates(6)))
    first = (await scores(tenant, ranking))[0]
    receipt = await get(tenant, f"/v1/rankings/{ranking['id']}/scores/{first['creator']['id']}")
    assert receipt["snapshot_hash"] == first["bundle_hash"]
    assert receipt["inputs"][0]["observed_at"] == "2026-11-20T12:00:00Z"
    assert receipt["inputs"][0]["age_days"] > 0
    assert len(receipt["code_version"]) == len(receipt["parameters_version"]) == 16
    contributions = [Decimal(str(result["contribution"] or 0)) for result in receipt["score"]["criteria"]]
    assert sum(contributions) == Decimal(str(receipt["score"]["value"]))


async def test_a_replay_gives_the_identical_bytes(tenant: Tenant, serve: Serve) -> None:
    ranking = await rank(tenant, serve(candidates(6)))
    for score in await scores(tenant, ranking):
        async with tenant.client("scoring") as client:
            path = f"/v1/rankings/{ranking['id']}/scores/{score['creator']['id']}/replay"
            replay = (await client.post(path)).json()
        assert (replay["identical"], replay["differences"]) == (True, [])
        assert replay["digest"] == replay["replayed_digest"]


async def test_the_smallest_change_passes_the_neighbour_and_nothing_smaller_does(tenant: Tenant, serve: Serve) -> None:
    ranking = await rank(tenant, serve(candidates(6)), weights={"engagement": 3, "brand_affinity": 2})
    found = await scores(tenant, ranking, eligible=True)
    receipt = await get(tenant, f"/v1/rankings/{ranking['id']}/scores/{found[1]['creator']['id']}")
    up = receipt["changes"][0]
    assert (up["new_rank"], up["neighbour"]) == (1, found[0]["creator"]["id"])
    result = next(result for result in found[1]["criteria"] if result["name"] == up["criterion"])
    assert up["value"] == result["value"]
    share = Decimal(ranking["weights"][up["criterion"]]) / sum(map(Decimal, ranking["weights"].values()))
    gap = Decimal(str(found[0]["value"])) - Decimal(str(found[1]["value"]))
    assert Decimal(str(up["points"])) * share > gap
    assert (Decimal(str(up["points"])) - Decimal("0.00001")) * share <= gap


async def test_a_receipt_is_gone_when_its_evidence_expired(tenant: Tenant, serve: Serve) -> None:
    ranking = await rank(tenant, serve([one.model_copy(update={"expires_at": in_a_minute()}) for one in candidates(2)]))
    creator = (await scores(tenant, ranking))[0]["creator"]["id"]
    path = f"/v1/rankings/{ranking['id']}/scores/{creator}"
    await get(tenant, path)
    with time_machine.travel(datetime.now(UTC) + timedelta(minutes=2), tick=True):
        async with tenant.client("scoring") as client:
            gone = await client.get(path)
            replay = await client.post(f"{path}/replay")
    assert (gone.status_code, gone.json()["code"]) == (410, "evidence_expired")
    assert replay.status_code == 410


def in_a_minute() -> datetime:
    return max(datetime.now(UTC), NOW) + timedelta(minutes=1)
