"""A search of the real Bluesky network finds the planted creators, and without comments only the hashtag users."""

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from typing import Any

import httpx
import pytest

from shared.kit.http import create_http_client
from tests.bluesky.conftest import SeededNetwork
from tests.bluesky.seed import FOLLOWER_BAND, HASHTAG
from tests.house import House, Loopback, Tenant, make_tenant, open_house

pytestmark = pytest.mark.bluesky

LOW, HIGH = FOLLOWER_BAND
BRIEF = {
    "brand": {"name": "Fellside Shoes"},
    "hashtags": [HASHTAG],
    "follower_band": {"min": LOW, "max": HIGH},
}


class Outside(httpx.AsyncBaseTransport):
    """Our own services in this process, everything else over the network."""

    def __init__(self, house: House) -> None:
        self._inside, self._outside = Loopback(house), httpx.AsyncHTTPTransport()

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        way = self._inside if request.url.host.endswith(".test") else self._outside
        return await way.handle_async_request(request)


@pytest.fixture
async def searcher(
    bluesky: SeededNetwork, fresh_database_url: str, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[Tenant]:
    async with AsyncExitStack() as stack:
        house = await open_house(
            stack, fresh_database_url, tmp_path_factory.mktemp("bluesky"),
            discovery_bluesky_appview_url=bluesky.network.appview,
        )  # fmt: skip
        runtime = house.runtime("discovery")
        runtime.http = create_http_client(runtime.settings, transport=Outside(house))
        yield await make_tenant(house)


async def search(tenant: Tenant, **body: Any) -> tuple[dict[str, Any], list[dict[str, Any]]]:
    async with tenant.client("discovery") as client:
        made = await client.post("/v1/searches", json={"brief": BRIEF, "sources": ["bluesky"], **body})
        assert made.status_code == 202, made.text
        await tenant.house.run_jobs()
        found = (await client.get(made.headers["location"])).json()
        listed = await client.get(f"{made.headers['location']}/candidates", params={"limit": 500})
    assert found["status"] == "completed", found
    return found, listed.json()["items"]


async def test_every_planted_creator_is_found_and_nobody_outside_the_band(
    bluesky: SeededNetwork, searcher: Tenant
) -> None:
    found, items = await search(searcher)
    planted = bluesky.dids(bluesky.planted.creators)
    ranked = [item["creator"]["platform_id"] for item in items]
    assert planted - set(ranked) == set()
    assert set(ranked) & bluesky.dids(bluesky.planted.outside_band) == set()
    top = set(ranked[: len(planted)])
    assert len(top & planted) / len(planted) >= 0.85
    assert not top & bluesky.dids(bluesky.planted.giveaway | bluesky.planted.chatterer)
    [line] = found["summary"]
    assert line["platform"] == "bluesky"
    assert line["calls_spent"] == found["progress"]["calls_spent"] > 0
    second = bluesky.dids(bluesky.planted.second_hop)
    hops = {item["creator"]["platform_id"]: item["provenance"]["hops"] for item in items}
    assert {hops[did] for did in second} == {2}


async def test_without_the_comment_step_only_hashtag_users_are_found(bluesky: SeededNetwork, searcher: Tenant) -> None:
    _, items = await search(searcher, comments=False)
    assert {item["creator"]["platform_id"] for item in items} == bluesky.dids(bluesky.planted.hashtag_users)
