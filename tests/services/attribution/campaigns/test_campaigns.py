"""Claims about campaigns over HTTP."""

from typing import Any

import pytest

from tests.house import Tenant

BRIEF: dict[str, Any] = {
    "brand": {"name": "Fellside Shoes"},
    "kind": "cause",
    "hashtags": ["fellrunning"],
    "timezone": "Asia/Kolkata",
    "owned_accounts": ["bluesky:fellside.example.com"],
    "goals": [{"stage": "conversion", "metric": "conversions", "target": 200}],
    "budget": {"amount_minor": 500000, "currency": "GBP"},
    "starts_on": "2027-03-01",
    "disclosure": {"text": "Advert"},
}


async def create(tenant: Tenant, **body: Any) -> dict[str, Any]:
    answer = await tenant.client("attribution").post("/v1/campaigns", json=body)
    assert answer.status_code == 201, answer.text
    found: dict[str, Any] = answer.json()
    return found


async def test_what_a_campaign_does_not_say_comes_from_its_brief(tenant: Tenant) -> None:
    campaign = await create(tenant, brief=BRIEF)
    assert (campaign["name"], campaign["kind"], campaign["timezone"]) == ("Fellside Shoes", "cause", "Asia/Kolkata")
    assert campaign["owned_accounts"] == ["bluesky:fellside.example.com"]
    assert campaign["goals"][0]["metric"] == "conversions"
    assert (campaign["currency"], campaign["starts_on"]) == ("GBP", "2027-03-01")
    assert campaign["budget"] == {"amount_minor": 500000, "currency": "GBP"}


async def test_a_campaign_keeps_its_brief_with_its_hash(tenant: Tenant) -> None:
    one = await create(tenant, brief=BRIEF)
    same = await create(tenant, brief=BRIEF)
    other = await create(tenant, brief={**BRIEF, "hashtags": ["trailrunning"]})
    assert one["brief"]["hashtags"] == ["fellrunning"]
    assert one["brief_hash"] == same["brief_hash"] != other["brief_hash"]


async def test_a_change_needs_the_version_that_was_read(tenant: Tenant) -> None:
    client = tenant.client("attribution")
    campaign = await create(tenant, name="Spring")
    path = f"/v1/campaigns/{campaign['id']}"
    tag = (await client.get(path)).headers["ETag"]
    first = await client.patch(path, json={"status": "active"}, headers={"If-Match": tag})
    second = await client.patch(path, json={"status": "ended"}, headers={"If-Match": tag})
    assert (first.status_code, second.status_code) == (200, 412)
    assert (await client.get(path)).json()["status"] == "active"
    assert first.headers["ETag"] != tag


async def test_null_empties_days_and_budget_and_nothing_else(tenant: Tenant) -> None:
    campaign = await create(tenant, brief=BRIEF)
    answer = await tenant.client("attribution").patch(
        f"/v1/campaigns/{campaign['id']}", json={"name": None, "starts_on": None, "budget": None, "goals": None}
    )
    changed = answer.json()
    assert (changed["name"], changed["starts_on"], changed["budget"]) == ("Fellside Shoes", None, None)
    assert changed["goals"] == campaign["goals"]


@pytest.mark.parametrize("body", [{"model": "magic"}, {"brief": BRIEF, "ends_on": "2027-02-01"}])
async def test_what_cannot_work_is_refused(tenant: Tenant, body: dict[str, Any]) -> None:
    answer = await tenant.client("attribution").post("/v1/campaigns", json={"name": "Spring", **body})
    assert answer.status_code == 422


async def test_campaigns_page_and_filter(tenant: Tenant) -> None:
    client = tenant.client("attribution")
    made = [await create(tenant, name=f"number {number}") for number in range(3)]
    await client.patch(f"/v1/campaigns/{made[1]['id']}", json={"status": "active"})
    first = (await client.get("/v1/campaigns", params={"limit": 2})).json()
    rest = (await client.get("/v1/campaigns", params={"limit": 2, "cursor": first["next_cursor"]})).json()
    active = (await client.get("/v1/campaigns", params={"status": "active"})).json()
    assert [item["id"] for item in [*first["items"], *rest["items"]]] == [item["id"] for item in made]
    assert [item["id"] for item in active["items"]] == [made[1]["id"]]


async def test_another_workspace_finds_nothing(tenant: Tenant, other_tenant: Tenant) -> None:
    campaign = await create(tenant, name="Spring")
    client = other_tenant.client("attribution")
    path = f"/v1/campaigns/{campaign['id']}"
    answers = [await client.get(path), await client.patch(path, json={"name": "mine"})]
    assert [answer.status_code for answer in answers] == [404, 404]
    assert (await client.get("/v1/campaigns")).json()["items"] == []
