"""The whole journey on the real Bluesky network: three services and their workers as processes, over HTTP alone."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

from services.console.api import Api
from services.console.example.campaign import DESKTOP, PREVIEW
from shared.kit.db import Database
from shared.kit.http import create_http_client
from shared.kit.identity.keys import generate_key, hash_key
from shared.kit.identity.service import ensure_bootstrap_key
from shared.kit.settings import Settings
from tests.bluesky.conftest import SeededNetwork
from tests.bluesky.seed import FOLLOWER_BAND, HASHTAG
from tests.conftest import fresh_database
from tests.processes import SERVICES, running

pytestmark = pytest.mark.bluesky

BRIEF = {
    "brand": {"name": "Fellside Shoes"},
    "hashtags": [HASHTAG],
    "follower_band": {"min": FOLLOWER_BAND[0], "max": FOLLOWER_BAND[1]},
}
APPROVED = 3


@dataclass(frozen=True)
class Journey:
    """What the journey brought: candidates with and without comments, scores, partnerships, the report."""

    candidates: list[dict[str, Any]]
    by_hashtag_alone: list[dict[str, Any]]
    scores: list[dict[str, Any]]
    approved: list[str]
    report: dict[str, Any]


@pytest.fixture(scope="module")
async def journey(
    bluesky: SeededNetwork, server_url: str, template: str, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[Journey]:
    home, key = tmp_path_factory.mktemp("bluesky-journey"), generate_key()
    async with AsyncExitStack() as stack:
        urls = {name: await stack.enter_async_context(fresh_database(server_url, template)) for name in SERVICES}
        identity = Database(urls["attribution"], schema="identity", pool_size=1)
        async with identity.system_session() as session:
            await ensure_bootstrap_key(session, key_sha256=hash_key(key).hex())
        await identity.dispose()
        settings = {f"{name.upper()}_DATABASE_URL": url for name, url in urls.items()}
        settings["DISCOVERY_BLUESKY_APPVIEW_URL"] = bluesky.network.appview
        addresses = await stack.enter_async_context(running(home, databases=settings, workers=True))
        api = Api(key=key, addresses=addresses, client=create_http_client(Settings()))
        yield await travel(await stack.enter_async_context(api))


async def travel(api: Api) -> Journey:
    search_id, candidates = await search(api)
    _, by_hashtag_alone = await search(api, comments=False)
    ranking = await api.call("scoring", "POST", "/v1/rankings", body={"search_id": search_id, "goal": "conversion"})
    await finished(api, "scoring", f"/v1/rankings/{ranking['id']}")
    scores = [one async for one in api.items("scoring", f"/v1/rankings/{ranking['id']}/scores")]
    body = {"brief": BRIEF, "search_id": search_id, "ranking_id": ranking["id"], "currency": "GBP"}
    campaign = await api.call("attribution", "POST", "/v1/campaigns", body=body)
    chosen = [score["creator"] for score in scores if score["eligible"]][:APPROVED]
    for creator in chosen:
        await approve_and_sell(api, campaign["id"], creator)
    report: dict[str, Any] = {}
    async with asyncio.timeout(30):
        while True:  # verdicts follow the hits within seconds, and credit by click follows the verdict
            report = await api.call("attribution", "GET", f"/v1/campaigns/{campaign['id']}/report")
            clicks = report["totals"]["engagement"]["human_clicks"]["value"]
            if (clicks, report["totals"]["conversion"]["conversions"]["value"]) == (APPROVED, 2 * APPROVED):
                break
            await asyncio.sleep(0.5)
    return Journey(candidates, by_hashtag_alone, scores, [one["platform_id"] for one in chosen], report)


async def search(api: Api, **more: Any) -> tuple[str, list[dict[str, Any]]]:
    made = await api.call("discovery", "POST", "/v1/searches", body={"brief": BRIEF, "sources": ["bluesky"], **more})
    await finished(api, "discovery", f"/v1/searches/{made['id']}")
    return made["id"], [one async for one in api.items("discovery", f"/v1/searches/{made['id']}/candidates")]


async def finished(api: Api, service: str, path: str) -> None:
    async with asyncio.timeout(180):
        while (found := await api.call(service, "GET", path))["status"] != "completed":
            assert found["status"] in ("queued", "running"), found
            await asyncio.sleep(0.3)


async def approve_and_sell(api: Api, campaign_id: str, creator: dict[str, Any]) -> None:
    """A partner with a code and a link; a person and a preview follow the link, one buys by click, one by code."""

    async def post(path: str, body: Any) -> Any:
        return await api.call("attribution", "POST", path, body=body)

    account = {name: creator[name] for name in ("platform", "platform_id", "handle")}
    partner = await post("/v1/partners", {"accounts": [account]})
    partnership = await post("/v1/partnerships", {"campaign_id": campaign_id, "partner_id": partner["id"]})
    of = {"partnership_id": partnership["id"]}
    await post(f"/v1/partnerships/{partnership['id']}/approve", {})
    code = await post("/v1/codes", of)
    link = await post("/v1/links", {**of, "destination_url": "https://shop.example/shoes"})
    visit = await api.visit("attribution", "GET", f"/r/{link['slug']}", user_agent=DESKTOP)
    await api.visit("attribution", "GET", f"/r/{link['slug']}", user_agent=PREVIEW)
    [click] = parse_qs(urlsplit(visit.headers["location"]).query)["gs_click"]
    sale = {"kind": "purchase", "amount_minor": 5_000, "currency": "GBP", "source": "shop"}
    for number, touch in enumerate(({"click_id": click}, {"code": code["code"]})):
        order = {"external_id": f"{creator['platform_id']}-{number}", "occurred_at": datetime.now(UTC).isoformat()}
        await post("/v1/conversions", {**sale, **order, **touch})


def ids(candidates: list[dict[str, Any]]) -> list[str]:
    return [one["creator"]["platform_id"] for one in candidates]


def test_all_planted_creators_are_found_by_comments_and_only_hashtag_users_without(
    bluesky: SeededNetwork, journey: Journey
) -> None:
    planted = bluesky.dids(bluesky.planted.creators)
    assert planted - set(ids(journey.candidates)) == set()
    assert set(ids(journey.candidates)) & bluesky.dids(bluesky.planted.outside_band) == set()
    assert len(set(ids(journey.candidates)[: len(planted)]) & planted) / len(planted) >= 0.85
    assert set(ids(journey.by_hashtag_alone)) == bluesky.dids(bluesky.planted.hashtag_users)


def test_every_candidate_is_scored_with_reasons(journey: Journey) -> None:
    assert {one["creator"]["platform_id"] for one in journey.scores} == set(ids(journey.candidates))
    assert [one for one in journey.scores if not one["criteria"]] == []


def test_the_report_says_what_each_approved_creator_brought(journey: Journey) -> None:
    lines = journey.report["creators"]
    assert len(lines) == len(journey.approved) == APPROVED
    assert [line["conversion"]["conversions"]["value"] for line in lines] == [2] * APPROVED
    assert [line["conversion"]["revenue"]["value"] for line in lines] == [10_000] * APPROVED
    assert [line["engagement"]["human_clicks"]["value"] for line in lines] == [1] * APPROVED
    assert sum(line["hits"] for line in journey.report["excluded_hits"]) == APPROVED
