"""Receipts: what a score rests on, and that it can be made again."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID

import time_machine

from shared.schemas.base import Count
from shared.schemas.evidence import SELF, Interaction
from shared.schemas.identity import Scope
from shared.schemas.ids import encode
from tests.house import Tenant, make_tenant
from tests.services.scoring.conftest import Serve
from tests.services.scoring.made import NOW, bundle, comment, commenter, post
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


async def test_a_pod_is_shown_as_a_subgraph_to_whom_may_read_evidence(tenant: Tenant, serve: Serve) -> None:
    names = [f"n{n}" for n in range(6)]
    ring = tuple(
        Interaction(source=a, target=b, comments=4, posts=4) for a in [SELF, *names] for b in [SELF, *names] if a != b
    )
    fans = [commenter(f"fan{n}", comments_here=2) for n in range(10)]
    podded = bundle(
        [post()], commenters=[*fans, *(commenter(name, comments_here=4) for name in names)], interactions=ring
    )
    stub = serve([podded, bundle([post(2)], number=2)])
    ranking = await rank(tenant, stub)
    found = await get(tenant, f"/v1/rankings/{ranking['id']}/scores/{encode('crt', podded.creator.id)}/pod")
    assert [member["pseudonym"] for member in found["members"]] == names
    assert (found["density"], found["accounts"]) == (1.0, 6)
    assert len(found["edges"]) == 6 + 15
    assert {(edge["comments_there"], edge["comments_back"]) for edge in found["edges"]} == {(4, 4)}
    other = await get(tenant, f"/v1/rankings/{ranking['id']}/scores/{encode('crt', UUID(int=2))}/pod")
    assert (other["members"], other["accounts"], other["density"]) == ([], 0, None)
    reader = await make_tenant(tenant.house, scopes=[Scope.READ])
    async with reader.client("scoring") as client:
        path = f"/v1/rankings/{ranking['id']}/scores/{encode('crt', podded.creator.id)}/pod"
        assert (await client.get(path)).status_code == 403


async def test_the_parts_of_authenticity_are_shown_apart(tenant: Tenant, serve: Serve) -> None:
    people = [
        commenter(f"c{n}", followers=Count.of(80), following=Count.of(90), posts=Count.of(40), has_avatar=True)
        for n in range(30)
    ]
    said = [comment(n, "Love this!" if n % 2 else "Which shoes did you run in up there?") for n in range(30)]
    (score,) = await scores(tenant, await rank(tenant, serve([bundle([post()], commenters=people, comments=said)])))
    result = next(one for one in score["criteria"] if one["name"] == "authenticity")
    parts = {part["name"]: part for part in result["parts"]}
    assert list(parts) == ["account", "audience", "comments", "pods", "growth"]
    assert parts["audience"]["interval"]["low"] < parts["audience"]["value"] <= parts["audience"]["interval"]["high"]
    assert "who comments is no random sample" in parts["audience"]["reason"]
    assert (parts["pods"]["value"], parts["pods"]["interval"]) == (None, None)
