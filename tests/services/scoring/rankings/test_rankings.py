"""Rankings over HTTP and real PostgreSQL, with discovery stubbed at the transport."""

from collections.abc import Sequence
from decimal import Decimal
from typing import Any
from uuid import UUID

import pytest

from services.scoring.rankings.jobs import JOBS, score_ranking
from shared.kit import jobs
from shared.schemas.evidence import EvidenceBundle
from shared.schemas.ids import decode, encode
from tests.house import Tenant
from tests.services.scoring.conftest import Serve
from tests.services.scoring.made import bundle, post
from tests.services.scoring.stub_discovery import StubDiscovery


def candidates(count: int) -> list[EvidenceBundle]:
    """Creators of falling engagement; the first is a fan of the brand, the last is too big."""
    made = []
    for number in range(1, count + 1):
        fan = "New Fellrunner 3 from Fellside Shoes for the trail" if number == 1 else "Trail running again today"
        posts = [
            post(
                100 * number + index, fan if index == 0 else f"Trail running above the valley, day {index}",
                days_ago=2 + index, tags=["trailrunning"], counts={"likes": 400 // number, "comments": 40 // number},
            )
            for index in range(6)
        ]  # fmt: skip
        followers = 9_000_000 if number == count else 8_000
        made.append(bundle(posts, number=number, followers=followers, posts_complete=True))
    return made


async def rank(tenant: Tenant, stub: StubDiscovery, **body: Any) -> dict[str, Any]:
    async with tenant.client("scoring") as client:
        made = await client.post("/v1/rankings", json={"search_id": encode("sch", stub.search_id), **body})
        assert made.status_code == 202, made.text
        await jobs.drain(tenant.house.runtime("scoring"), [JOBS])
        found = await client.get(made.headers["location"])
    ranking: dict[str, Any] = found.json()
    return ranking


async def scores(tenant: Tenant, ranking: dict[str, Any], **params: Any) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = []
    async with tenant.client("scoring") as client:
        while True:
            answer = await client.get(f"/v1/rankings/{ranking['id']}/scores", params=params)
            assert answer.status_code == 200, answer.text
            found.extend(answer.json()["items"])
            if answer.json()["next_cursor"] is None:
                return found
            params = {**params, "cursor": answer.json()["next_cursor"]}


async def test_a_ranking_scores_every_candidate_with_reasons(tenant: Tenant, serve: Serve) -> None:
    ranking = await rank(tenant, serve(candidates(60)))
    assert (ranking["status"], ranking["error"]) == ("completed", None)
    assert (ranking["candidates"], ranking["scored"], ranking["ineligible"]) == (60, 60, 1)
    found = await scores(tenant, ranking, limit=25)
    assert [score["rank"] for score in found] == [*range(1, 60), None]
    values = [score["value"] for score in found[:-1]]
    assert values == sorted(values, reverse=True)
    best = found[0]
    assert best["creator"]["handle"] == "runner1.example"
    assert best["eligible"] is True
    assert all(result["reasons"] for result in best["criteria"])
    assert any(link["url"] for result in best["criteria"] for link in result["evidence"])
    assert "followers are above the band" in found[-1]["gates"][0]["reason"] or any(
        "above the band" in gate["reason"] for gate in found[-1]["gates"]
    )


async def test_contributions_add_up_to_the_score_to_the_last_digit(tenant: Tenant, serve: Serve) -> None:
    ranking = await rank(tenant, serve(candidates(7)), goal="cause")
    for score in await scores(tenant, ranking):
        contributions = [Decimal(str(result["contribution"])) for result in score["criteria"] if result["contribution"]]
        assert sum(contributions) == Decimal(str(score["value"]))


async def test_the_search_brief_is_the_default_and_weights_may_be_given(tenant: Tenant, serve: Serve) -> None:
    stub = serve(candidates(3))
    ranking = await rank(tenant, stub, weights={"engagement": 3, "niche_focus": 1})
    assert ranking["brief"]["brand"]["name"] == "Fellside Shoes"
    assert ranking["weights"] == {"engagement": 3, "niche_focus": 1}
    by_name = {result["name"]: result for result in (await scores(tenant, ranking))[0]["criteria"]}
    assert by_name["engagement"]["share"] == 0.75
    assert by_name["message_fit"]["contribution"] == 0


async def test_an_unknown_criterion_is_named(tenant: Tenant, serve: Serve) -> None:
    stub = serve(candidates(1))
    async with tenant.client("scoring") as client:
        answer = await client.post(
            "/v1/rankings", json={"search_id": encode("sch", stub.search_id), "weights": {"charm": 1}}
        )
    assert answer.status_code == 422
    assert answer.json()["errors"][0]["pointer"] == "/weights/charm"


async def test_a_search_that_discovery_does_not_know_is_a_404(tenant: Tenant, serve: Serve) -> None:
    serve(candidates(1))
    async with tenant.client("scoring") as client:
        answer = await client.post("/v1/rankings", json={"search_id": encode("sch", UUID(int=5))})
    assert (answer.status_code, answer.json()["code"]) == (404, "not_found")


async def test_another_workspace_sees_no_ranking(tenant: Tenant, other_tenant: Tenant, serve: Serve) -> None:
    ranking = await rank(tenant, serve(candidates(2)))
    creator = (await scores(tenant, ranking))[0]["creator"]["id"]
    base = f"/v1/rankings/{ranking['id']}"
    async with other_tenant.client("scoring") as client:
        for path in (base, f"{base}/scores", f"{base}/scores/{creator}", f"{base}/sensitivity"):
            assert (await client.get(path)).status_code == 404
        assert (await client.post(f"{base}/what-if", json={"goal": "cause"})).status_code == 404
        assert (await client.get("/v1/rankings")).json()["items"] == []


@pytest.mark.parametrize("cut_after", [0, 25])
async def test_a_cut_stream_of_evidence_goes_on_where_it_stopped(tenant: Tenant, serve: Serve, cut_after: int) -> None:
    stub = serve(candidates(40))
    stub.cut_after = cut_after
    async with tenant.client("scoring") as client:
        made = (await client.post("/v1/rankings", json={"search_id": encode("sch", stub.search_id)})).json()
    runtime = tenant.house.runtime("scoring")
    await jobs.drain(runtime, [JOBS])
    await run_again(runtime, made, tenant)
    async with tenant.client("scoring") as client:
        ranking = (await client.get(f"/v1/rankings/{made['id']}")).json()
    assert (ranking["status"], ranking["scored"]) == ("completed", 40)
    assert len({score["creator"]["id"] for score in await scores(tenant, ranking)}) == 40


async def run_again(runtime: Any, made: dict[str, Any], tenant: Tenant) -> None:
    """The retry that the queue would make after its back-off, without waiting for it."""
    payload = {"workspace_id": str(tenant.workspace_id), "ranking_id": str(decode("rnk", made["id"]))}
    await score_ranking(jobs.JobContext(runtime=runtime, payload=payload, start=2))


async def test_the_same_evidence_is_stored_once_for_two_rankings(tenant: Tenant, serve: Serve) -> None:
    stub = serve(candidates(5))
    first, second = await rank(tenant, stub), await rank(tenant, stub)
    hashes = [sorted(score["bundle_hash"] for score in await scores(tenant, one)) for one in (first, second)]
    ids = [sorted(score["bundle_id"] for score in await scores(tenant, one)) for one in (first, second)]
    assert hashes[0] == hashes[1]
    assert ids[0] == ids[1]


def by_creator(found: Sequence[dict[str, Any]]) -> dict[str, dict[str, Any]]:
    return {score["creator"]["id"]: score for score in found}


async def test_what_if_answers_as_a_ranking_with_those_weights_would(tenant: Tenant, serve: Serve) -> None:
    stub = serve(candidates(12))
    ranking = await rank(tenant, stub)
    other = await rank(tenant, stub, weights={"brand_affinity": 10, "message_fit": 1})
    stub.calls.clear()
    async with tenant.client("scoring") as client:
        answer = await client.post(
            f"/v1/rankings/{ranking['id']}/what-if", json={"weights": {"brand_affinity": 10, "message_fit": 1}}
        )
    assert answer.status_code == 200, answer.text
    assert stub.calls == []
    expected = by_creator(await scores(tenant, other, eligible=True))
    items = answer.json()["items"]
    assert len(items) == len(expected) == 11
    for item in items:
        score = expected[item["creator"]["id"]]
        assert (item["rank"], item["value"], item["interval"]) == (score["rank"], score["value"], score["interval"])


async def test_sensitivity_tells_certain_ranks_from_ties(tenant: Tenant, serve: Serve) -> None:
    ranking = await rank(tenant, serve(candidates(12)))
    async with tenant.client("scoring") as client:
        found = (await client.get(f"/v1/rankings/{ranking['id']}/sensitivity")).json()
    assert found["eligible"] == 11
    covered = sum(tie["to_rank"] - tie["from_rank"] + 1 for tie in found["tied"])
    assert covered + found["certain_ranks"] >= 11
    assert set(found["weight_swings"]) <= set(ranking["weights"])


async def test_progress_is_streamed_to_its_end_and_resumes(tenant: Tenant, serve: Serve) -> None:
    ranking = await rank(tenant, serve(candidates(3)))
    path = f"/v1/rankings/{ranking['id']}/events"
    async with tenant.client("scoring") as client:
        whole = await client.get(path)
        rest = await client.get(path, headers={"Last-Event-ID": "7"})
    assert whole.headers["content-type"].startswith("text/event-stream")
    assert '"status":"completed"' in whole.text.replace(" ", "")
    assert "id: 7" in whole.text
    assert rest.text.strip() == ""
