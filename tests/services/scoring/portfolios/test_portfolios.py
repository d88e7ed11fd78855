"""Portfolios over HTTP."""

from typing import Any

from services.scoring.worker import JOB_SETS
from shared.kit import jobs
from shared.schemas.base import Count
from shared.schemas.evidence import EvidenceBundle
from tests.house import Tenant
from tests.services.scoring.conftest import Serve
from tests.services.scoring.made import bundle, commenter, post
from tests.services.scoring.rankings.test_rankings import rank, scores


def creators() -> list[EvidenceBundle]:
    """Four creators: 1 and 2 share their whole audience, 3 has one of its own, 4 is outside the band."""
    audiences = {1: range(60), 2: range(60), 3: range(100, 160), 4: range(200, 260)}
    return [
        bundle(
            [
                post(10 * number + n, days_ago=n + 1, counts={"likes": 90, "comments": 5, "views": 2_000})
                for n in range(4)
            ],
            number=number, followers=9_000_000 if number == 4 else 8_000,
            commenters=[commenter(f"c{n}", followers=Count.of(90)) for n in people],
        )
        for number, people in audiences.items()
    ]  # fmt: skip


async def choose(tenant: Tenant, ranking: dict[str, Any], **body: Any) -> dict[str, Any]:
    async with tenant.client("scoring") as client:
        made = await client.post(
            "/v1/portfolios",
            json={
                "ranking_id": ranking["id"], "budget_minor": 20_000, "currency": "GBP", "default_fee_minor": 10_000,
                **body,
            },
        )  # fmt: skip
        assert made.status_code == 202, made.text
        await jobs.drain(tenant.house.runtime("scoring"), list(JOB_SETS))
        found: dict[str, Any] = (await client.get(made.headers["location"])).json()
    return found


def handles(portfolio: dict[str, Any]) -> set[str]:
    return {choice["creator"]["handle"] for choice in portfolio["result"]["choices"]}


async def test_shared_audiences_are_not_paid_twice(tenant: Tenant, serve: Serve) -> None:
    ranking = await rank(tenant, serve(creators()))
    found = await choose(tenant, ranking)
    assert (found["status"], found["error"]) == ("completed", None)
    assert "runner3.example" in handles(found)
    assert len(handles(found)) == 2
    result = found["result"]
    assert result["cost_minor"] == 20_000
    assert result["reach"] <= result["upper_bound"]
    assert abs(sum(choice["gain"] for choice in result["choices"]) - result["reach"]) < 0.01
    assert result["notes"]


async def test_a_third_creator_adds_nothing_and_says_so(tenant: Tenant, serve: Serve) -> None:
    ranking = await rank(tenant, serve(creators()))
    third = (await scores(tenant, ranking))[2]["creator"]["id"]
    found = await choose(tenant, ranking, budget_minor=30_000, must_have=[third])
    overlaps = {choice["creator"]["handle"]: choice["overlap_share"] for choice in found["result"]["choices"]}
    assert overlaps["runner3.example"] == 0
    assert len(overlaps) == 2


async def test_whom_a_gate_keeps_out_is_not_chosen(tenant: Tenant, serve: Serve) -> None:
    ranking = await rank(tenant, serve(creators()))
    found = await choose(tenant, ranking, budget_minor=1_000_000)
    assert "runner4.example" not in handles(found)


async def test_must_haves_that_do_not_fit_fail_with_the_reason(tenant: Tenant, serve: Serve) -> None:
    ranking = await rank(tenant, serve(creators()))
    ids = [score["creator"]["id"] for score in (await scores(tenant, ranking))[:3]]
    found = await choose(tenant, ranking, must_have=ids)
    assert (found["status"], found["result"]) == ("failed", None)
    assert "must-haves" in found["error"]


async def test_a_creator_of_no_ranking_is_named(tenant: Tenant, serve: Serve) -> None:
    ranking = await rank(tenant, serve(creators()))
    async with tenant.client("scoring") as client:
        answer = await client.post(
            "/v1/portfolios",
            json={
                "ranking_id": ranking["id"], "budget_minor": 1, "currency": "GBP",
                "exclude": ["crt_00000000000000000000000099"],
            },
        )  # fmt: skip
    assert answer.status_code == 422
    assert answer.json()["errors"][0]["pointer"] == "/exclude/0"


async def test_another_workspace_sees_no_portfolio(tenant: Tenant, other_tenant: Tenant, serve: Serve) -> None:
    ranking = await rank(tenant, serve(creators()))
    found = await choose(tenant, ranking)
    async with other_tenant.client("scoring") as client:
        assert (await client.get(f"/v1/portfolios/{found['id']}")).status_code == 404
        body = {"ranking_id": ranking["id"], "budget_minor": 1, "currency": "GBP"}
        assert (await client.post("/v1/portfolios", json=body)).status_code == 404
