"""Daily metrics over HTTP."""

from typing import Any

import pytest

from tests.house import Tenant
from tests.services.attribution import making
from tests.services.attribution.orders import get


async def test_a_day_is_told_once_and_a_newer_value_replaces_it(tenant: Tenant) -> None:
    campaign = await making.campaign(tenant)
    points = [{"metric": "followers", "day": f"2027-03-0{day}", "value": 100 + day} for day in (1, 3)]
    body = {"campaign_id": campaign["id"], "points": points}
    assert await making.post(tenant, "/v1/metrics", body, expect=200) == {"added": 2, "replaced": 0}
    body["points"] = [{"metric": "followers", "day": "2027-03-03", "value": 90.5}]
    assert await making.post(tenant, "/v1/metrics", body, expect=200) == {"added": 0, "replaced": 1}
    found = (await get(tenant, "/v1/metrics", campaign_id=campaign["id"]))["items"]
    assert [(one["day"], one["value"]) for one in found] == [("2027-03-01", 101), ("2027-03-03", 90.5)]


async def test_accounts_of_one_metric_are_series_of_their_own_and_pages_go_on_behind_the_last(tenant: Tenant) -> None:
    campaign = await making.campaign(tenant)
    points = [
        {"metric": metric, "day": "2027-03-01", "value": 1, "platform": "bluesky", "account": account}
        for metric in ("followers", "likes")
        for account in ("a", "b")
    ]
    await making.post(tenant, "/v1/metrics", {"campaign_id": campaign["id"], "points": points}, expect=200)
    seen: list[tuple[str, str]] = []
    cursor: str | None = None
    while True:
        more: dict[str, Any] = {"cursor": cursor} if cursor else {}
        page = await get(tenant, "/v1/metrics", campaign_id=campaign["id"], limit=1, **more)
        seen += [(one["metric"], one["account"]) for one in page["items"]]
        cursor = page["next_cursor"]
        if cursor is None:
            break
    assert seen == [("followers", "a"), ("followers", "b"), ("likes", "a"), ("likes", "b")]


async def send_csv(tenant: Tenant, campaign_id: str, text: str | bytes) -> tuple[int, dict[str, object]]:
    answer = await tenant.client("attribution").post(
        f"/v1/campaigns/{campaign_id}/metrics/import", content=text, headers={"Content-Type": "text/csv"}
    )
    return answer.status_code, answer.json()


async def test_an_empty_cell_of_a_csv_stays_a_gap(tenant: Tenant) -> None:
    campaign = await making.campaign(tenant)
    text = "\ufeffday,metric,value,account\n2027-03-01,visits,10,\n2027-03-02,visits,,\n\n2027-03-03,visits,0,\n"
    assert await send_csv(tenant, campaign["id"], text) == (200, {"added": 2, "replaced": 0})
    found = (await get(tenant, "/v1/metrics", campaign_id=campaign["id"]))["items"]
    assert [(one["day"], one["value"]) for one in found] == [("2027-03-01", 10), ("2027-03-03", 0)]


@pytest.mark.parametrize(
    ("text", "pointers"),
    [
        ("metric,day\nvisits,2027-03-01\n", ["line 1"]),
        ("metric,day,value\nvisits,yesterday,1\nvisits,2027-03-01,much\nvisits,2027-03-02,3,4\n",
         ["line 2", "line 3", "line 4"]),
        (b"metric,day,value\n\xff,2027-03-01,1\n", ["body"]),
        ("metric,day,value\nvisits,2027-03-01,nan\n", ["line 2"]),
    ],
)  # fmt: skip
async def test_every_fault_of_a_csv_is_named_and_nothing_is_kept(
    tenant: Tenant, text: str | bytes, pointers: list[str]
) -> None:
    campaign = await making.campaign(tenant)
    status, problem = await send_csv(tenant, campaign["id"], text)
    assert (status, [one["pointer"] for one in problem["errors"]]) == (422, pointers)  # type: ignore[attr-defined]  # JSON
    assert (await get(tenant, "/v1/metrics", campaign_id=campaign["id"]))["items"] == []


async def test_metrics_of_another_workspaces_campaign_are_not_found(tenant: Tenant, other_tenant: Tenant) -> None:
    campaign = await making.campaign(tenant)
    points = [{"metric": "followers", "day": "2027-03-01", "value": 1}]
    body = {"campaign_id": campaign["id"], "points": points}
    await making.post(other_tenant, "/v1/metrics", body, expect=404)
    await get(other_tenant, "/v1/metrics", campaign_id=campaign["id"], expect=404)
