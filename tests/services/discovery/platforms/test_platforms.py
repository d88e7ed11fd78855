"""What each platform can do, over HTTP."""

from typing import Any

import pytest

from services.discovery.connector import Connector
from services.discovery.settings import DiscoverySettings
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


async def test_a_key_from_the_settings_connects_a_platform_and_is_never_shown(tenant: Tenant) -> None:
    runtime = tenant.house.runtime("discovery")
    before = runtime.settings
    given = {"discovery_youtube_api_key": "AIza-of-the-test", "discovery_quota_limits": "youtube:units=500"}
    runtime.settings = DiscoverySettings.model_validate({**before.model_dump(), **given})
    try:
        found = (await platforms(tenant))["youtube"]
    finally:
        runtime.settings = before
    assert (found["connected"], found["needs"]) == (True, [])
    quotas = {quota["name"]: (quota["limit"], quota["left"]) for quota in found["quotas"]}
    assert quotas == {"searches": (100, 100), "units": (500, 500), "statistics": (10_000, 10_000)}
    assert "AIza" not in str(found) + repr(DiscoverySettings.model_validate({**before.model_dump(), **given}))


def test_an_own_limit_that_cannot_be_read_stops_the_start() -> None:
    with pytest.raises(ValueError, match="platform:bucket=units"):
        DiscoverySettings.model_validate({"discovery_quota_limits": "bluesky=many"})


async def test_platforms_come_in_pages(tenant: Tenant) -> None:
    async with tenant.client("discovery") as client:
        whole = (await client.get("/v1/platforms")).json()["items"]
        first = (await client.get("/v1/platforms", params={"limit": 2})).json()
        second = (await client.get("/v1/platforms", params={"limit": 500, "cursor": first["next_cursor"]})).json()
    assert [*first["items"], *second["items"]] == whole
    assert second["next_cursor"] is None
