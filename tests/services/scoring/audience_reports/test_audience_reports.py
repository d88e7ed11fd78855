"""Audience reports: taken down, read by the next ranking, told in its receipt, erased and expired."""

from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import UUID

import httpx
import pytest
import time_machine

from services.scoring.rankings.retention import expire, follow_discovery
from shared.kit.ids import new_id
from shared.schemas.events import CreatorErased, EventFeed
from shared.schemas.ids import decode, encode
from tests.house import Tenant
from tests.services.scoring.conftest import Serve
from tests.services.scoring.made import brief
from tests.services.scoring.rankings.test_rankings import candidates, rank, scores

CREATOR = encode("crt", UUID(int=1))
PATH = f"/v1/creators/{CREATOR}/audience-reports"
ASKED = {"audience": {"segments": [{"age_bands": ["25-34"]}]}}
BODY: dict[str, Any] = {
    "reported_on": "2026-10-31",
    "source": "media kit, October",
    "sample_size": 4200,
    "shares": [
        {"dimension": "age", "key": "25-34", "share": 0.6},
        {"dimension": "gender", "key": "women", "share": 0.7},
    ],
}


async def report(tenant: Tenant, **changed: Any) -> httpx.Response:
    async with tenant.client("scoring") as client:
        return await client.post(PATH, json={**BODY, **changed})


async def listed(tenant: Tenant) -> list[dict[str, Any]]:
    async with tenant.client("scoring") as client:
        answer = await client.get(PATH)
    assert answer.status_code == 200, answer.text
    items: list[dict[str, Any]] = answer.json()["items"]
    return items


def audience_fit(score: dict[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = next(result for result in score["criteria"] if result["name"] == "audience_fit")
    return found


async def test_a_report_is_kept_with_its_date_source_and_expiry(tenant: Tenant, serve: Serve) -> None:
    serve(candidates(1))
    made = await report(tenant)
    assert made.status_code == 201, made.text
    (stored,) = await listed(tenant)
    assert stored == made.json()
    assert (stored["reported_on"], stored["source"]) == ("2026-10-31", "media kit, October")
    assert stored["expires_at"] > stored["received_at"]


async def test_the_next_ranking_reads_it_and_its_receipt_names_it(tenant: Tenant, serve: Serve) -> None:
    stub = serve(candidates(2), brief(**ASKED))
    before = await scores(tenant, await rank(tenant, stub))
    assert {audience_fit(score)["status"] for score in before} == {"abstained"}
    assert (await report(tenant)).status_code == 201
    ranking = await rank(tenant, stub)
    after = {score["creator"]["id"]: score for score in await scores(tenant, ranking)}
    own = audience_fit(after[CREATOR])
    assert (own["status"], own["value"]) == ("scored", 95.0)
    assert own["evidence"][0]["kind"] == "report"
    others = [audience_fit(score)["status"] for key, score in after.items() if key != CREATOR]
    assert others == ["abstained"]
    async with tenant.client("scoring") as client:
        path = f"/v1/rankings/{ranking['id']}/scores/{CREATOR}"
        receipt = (await client.get(path)).json()
        replay = (await client.post(f"{path}/replay")).json()
    assert "media kit, October" in [one["source"] for one in receipt["inputs"]]
    assert replay["identical"] is True


async def test_reported_age_and_gender_are_shown_and_unscored(tenant: Tenant, serve: Serve) -> None:
    stub = serve(candidates(1))
    await report(tenant)
    (score,) = await scores(tenant, await rank(tenant, stub))
    shown = next(one for one in score["observations"] if one["name"] == "reported_audience")
    assert "gender: women 70%" in shown["text"]
    assert "as the creator reports of 2026-10-31" in shown["text"]


@pytest.mark.parametrize(
    ("changed", "fault"),
    [
        ({"reported_on": (datetime.now(UTC) + timedelta(days=3)).date().isoformat()}, "yet to come"),
        ({"source": "  "}, "source"),
        ({"shares": []}, "shares"),
        ({"shares": [{"dimension": "age", "key": "young", "share": 0.4}]}, "'young' is no age"),
        ({"shares": [{"dimension": "country", "key": "England", "share": 0.4}]}, "no country"),
        ({"shares": [{"dimension": "opinion", "key": "left", "share": 0.4}]}, "dimension"),
        ({"shares": [{"dimension": "gender", "key": k, "share": 0.6} for k in ("women", "men")]}, "add up"),
        ({"shares": [{"dimension": "gender", "key": k, "share": 0.2} for k in ("women", "Women")]}, "twice"),
        ({"shares": [{"dimension": "gender", "key": "women", "share": -0.2}]}, "share"),
        ({"shares": [{"dimension": "gender", "key": "women", "share": 1.2}]}, "share"),
        ({"sample_size": 0}, "sample_size"),
    ],
)  # fmt: skip
async def test_what_cannot_be_is_refused(tenant: Tenant, serve: Serve, changed: dict[str, Any], fault: str) -> None:
    serve(candidates(1))
    answer = await report(tenant, **changed)
    assert answer.status_code == 422, answer.text
    assert fault in answer.text
    assert await listed(tenant) == []


async def test_a_creator_that_discovery_does_not_know_has_no_reports(tenant: Tenant, serve: Serve) -> None:
    serve(())
    assert (await report(tenant)).status_code == 404
    async with tenant.client("scoring") as client:
        assert (await client.get(PATH)).status_code == 404


async def test_a_deleted_report_is_read_by_no_later_ranking(tenant: Tenant, serve: Serve) -> None:
    stub = serve(candidates(1), brief(**ASKED))
    made = (await report(tenant)).json()
    async with tenant.client("scoring") as client:
        assert (await client.delete(f"{PATH}/{made['id']}")).status_code == 204
        assert (await client.delete(f"{PATH}/{made['id']}")).status_code == 404
    (score,) = await scores(tenant, await rank(tenant, stub))
    assert audience_fit(score)["status"] == "abstained"


async def test_reports_go_with_their_creator(tenant: Tenant, serve: Serve) -> None:
    stub = serve(candidates(1), brief(**ASKED))
    await report(tenant)
    ranking = await rank(tenant, stub)
    stub.events = EventFeed(
        items=(CreatorErased(id=new_id(), at=datetime.now(UTC), creator_id=decode("crt", CREATOR)),), after="e1"
    )
    await follow_discovery(tenant.house.runtime("scoring"))
    assert await listed(tenant) == []
    assert "media kit" not in str(await scores(tenant, ranking))
    assert "creator reports" not in str(await scores(tenant, ranking))


async def test_reports_go_when_their_time_is_over(tenant: Tenant, serve: Serve) -> None:
    serve(candidates(1))
    await report(tenant, reported_on=date(2026, 1, 1).isoformat())
    days = tenant.house.runtime("scoring").settings.audience_report_days  # type: ignore[attr-defined]  # scoring's own
    with time_machine.travel(datetime.now(UTC) + timedelta(days=days - 1), tick=True):
        await expire(tenant.house.runtime("scoring"))
        assert len(await listed(tenant)) == 1
    with time_machine.travel(datetime.now(UTC) + timedelta(days=days + 1), tick=True):
        await expire(tenant.house.runtime("scoring"))
        assert await listed(tenant) == []
