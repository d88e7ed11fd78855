"""What a search would cost, said before it: every source that it asks is counted, the brand's fans included."""

from typing import Any

import pytest

from tests.house import Tenant
from tests.services.discovery.connectors.bluesky_answers import ALICE
from tests.services.discovery.searches.test_search_network import BRIEF, Niche, niche, read, start

__all__ = ["niche"]  # a fixture

OWNED = {**BRIEF, "owned_accounts": [f"bluesky:{ALICE}"]}


async def estimate(tenant: Tenant, **body: Any) -> dict[str, Any]:
    async with tenant.client("discovery") as client:
        answer = await client.post("/v1/searches/estimate", json={"brief": BRIEF, "sources": ["bluesky"], **body})
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json()
    return found


async def bounds(tenant: Tenant, **body: Any) -> tuple[int, int]:
    [part] = (await estimate(tenant, limits={"max_calls": 100_000, "depth": 2}, **body))["sources"]
    return part["calls_low"], part["calls_high"]


async def test_the_calls_of_the_fan_source_are_counted(tenant: Tenant) -> None:
    without, with_fans = await bounds(tenant), await bounds(tenant, brief=OWNED)
    assert with_fans[0] - without[0] == 3  # the account, its posts, who mentions it
    assert with_fans[1] - without[1] >= 2 + 10 * 3 + 3  # ten of its posts to three pages each, mentions to three too
    two = await bounds(tenant, brief={**OWNED, "brand": {"name": "F", "handles": ["bluesky:fellside.example"]}})
    assert two[0] - with_fans[0] == 3


@pytest.mark.parametrize(
    "body", [{"brief": OWNED, "fans": False}, {"brief": {**BRIEF, "owned_accounts": ["instagram:fellside"]}}]
)
async def test_where_the_brands_fans_are_not_asked_for_they_cost_nothing(tenant: Tenant, body: dict[str, Any]) -> None:
    assert await bounds(tenant, **body) == await bounds(tenant)


async def test_the_archives_step_for_fans_is_counted(tenant: Tenant) -> None:
    plain, owned = await bounds(tenant, sources=["archive"]), await bounds(tenant, sources=["archive"], brief=OWNED)
    assert (owned[0] - plain[0], owned[1] - plain[1]) == (1, 1)


async def test_a_platform_that_tells_no_mentions_is_named_for_the_fan_source(tenant: Tenant) -> None:
    async def lacking(brief: dict[str, Any]) -> set[str]:
        found = await estimate(tenant, sources=["mastodon"], brief=brief)
        return {one["capability"] for one in found["cannot_serve"]}

    assert "mentions" in await lacking({**BRIEF, "owned_accounts": ["mastodon:fellside@mastodon.social"]})
    assert "mentions" not in await lacking(BRIEF)


async def test_a_search_spends_no_more_and_no_less_than_was_estimated(tenant: Tenant, niche: Niche) -> None:
    brief = {**OWNED, "hashtags": ["#nothing"]}
    low, high = await bounds(tenant, brief=brief, comments=False)
    search_id = await start(tenant, brief=brief, comments=False)
    await tenant.house.run_jobs()
    search, _ = await read(tenant, search_id)
    assert low <= search["progress"]["calls_spent"] <= high
    assert len(niche.asked) == search["progress"]["calls_spent"]
