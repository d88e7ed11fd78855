"""What each platform can do, over HTTP."""

from typing import Any

from services.discovery.connector import Connector
from shared.kit.plugins import load_classes
from tests.house import Tenant


async def platforms(tenant: Tenant, **params: Any) -> dict[str, Any]:
    async with tenant.client("discovery") as client:
        answer = await client.get("/v1/platforms", params=params)
    assert answer.status_code == 200, answer.text
    return {one["platform"]: one for one in answer.json()["items"]}


async def test_every_connector_and_the_archive_are_listed(tenant: Tenant) -> None:
    known = load_classes("services.discovery.connectors", Connector)  # type: ignore[type-abstract]  # a kind
    assert set(await platforms(tenant)) == {*known, "archive"}


async def test_what_a_platform_cannot_do_has_a_reason(tenant: Tenant) -> None:
    for platform in (await platforms(tenant)).values():
        for row in platform["capabilities"]:
            assert row["support"] == "yes" or row["reason"], (platform["platform"], row)


async def test_a_platform_without_its_approval_is_not_connected_and_says_what_it_needs(tenant: Tenant) -> None:
    found = await platforms(tenant)
    assert (found["x"]["connected"], bool(found["x"]["needs"])) == (False, True)
    assert (found["bluesky"]["connected"], found["bluesky"]["needs"]) == (True, [])


async def test_a_quota_says_what_is_left(tenant: Tenant) -> None:
    quotas = (await platforms(tenant))["bluesky"]["quotas"]
    calls = next(quota for quota in quotas if quota["name"] == "calls")
    assert 0 <= calls["left"] <= calls["limit"]


async def test_platforms_come_in_pages(tenant: Tenant) -> None:
    async with tenant.client("discovery") as client:
        whole = (await client.get("/v1/platforms")).json()["items"]
        first = (await client.get("/v1/platforms", params={"limit": 2})).json()
        second = (await client.get("/v1/platforms", params={"limit": 500, "cursor": first["next_cursor"]})).json()
    assert [*first["items"], *second["items"]] == whole
    assert second["next_cursor"] is None
