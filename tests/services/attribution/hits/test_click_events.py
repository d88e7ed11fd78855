"""Claims about `click.created`: every human click once, none of the others, none from before."""

import json
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from pathlib import Path

import pytest
from sqlalchemy import text

from services.attribution.hits.clicks import Clicks
from services.attribution.hits.judging import Judge
from shared.kit.webhooks.sources import serve
from tests.house import Tenant, make_tenant, open_house
from tests.services.attribution import making
from tests.services.attribution.hits.agents import PROGRAMS
from tests.services.attribution.hits.visits import visit


@pytest.fixture
async def alone(fresh_database_url: str, tmp_path: Path) -> AsyncIterator[Tenant]:
    async with AsyncExitStack() as stack:
        yield await make_tenant(await open_house(stack, fresh_database_url, tmp_path / "home"))


def firefox(version: int) -> str:
    return f"Mozilla/5.0 (X11; Linux x86_64; rv:{version}.0) Gecko/20100101 Firefox/{version}.0"


async def follow(tenant: Tenant) -> None:
    runtime = tenant.house.runtime("attribution")
    judge = Judge()
    while await judge.judge_new(runtime):
        pass
    while await serve(runtime, Clicks()):
        pass


async def told(tenant: Tenant) -> list[str]:
    async with tenant.house.runtime("attribution").database.tenant_session(tenant.workspace_id) as session:
        rows = await session.execute(text("SELECT payload FROM attribution.outbox WHERE type = 'click.created'"))
        return [item["click_id"] for row in rows for item in json.loads(row.payload)["data"]["items"]]


async def test_human_clicks_are_told_once_and_nothing_else_is(alone: Tenant) -> None:
    link = await making.link(alone)
    await visit(alone, link)
    await making.post(alone, "/v1/webhook-endpoints", {"url": "https://hooks.example.com/in", "events": []})
    await follow(alone)
    clicks = []
    for number in range(3):
        clicks.append(await visit(alone, link, agent=firefox(140 + number)))
        await visit(alone, link, agent=next(iter(PROGRAMS.values())))
        await follow(alone)
    await follow(alone)
    assert sorted(await told(alone)) == sorted(clicks)


async def test_a_click_that_is_not_judged_yet_is_told_when_it_is(alone: Tenant) -> None:
    link = await making.link(alone)
    await making.post(alone, "/v1/webhook-endpoints", {"url": "https://hooks.example.com/in", "events": []})
    await follow(alone)
    click = await visit(alone, link)
    while await serve(alone.house.runtime("attribution"), Clicks()):
        pass
    assert await told(alone) == []
    await follow(alone)
    assert await told(alone) == [click]


async def test_more_clicks_than_a_batch_are_all_told(alone: Tenant, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("services.attribution.hits.clicks.BATCH", 3)
    link = await making.link(alone)
    await making.post(alone, "/v1/webhook-endpoints", {"url": "https://hooks.example.com/in", "events": []})
    await follow(alone)
    clicks = [await visit(alone, link, agent=firefox(number)) for number in range(130, 137)]
    await follow(alone)
    assert sorted(await told(alone)) == sorted(clicks)


async def test_who_did_not_ask_for_clicks_gets_none(alone: Tenant) -> None:
    link = await making.link(alone)
    body = {"url": "https://hooks.example.com/in", "events": ["payout.created"]}
    await making.post(alone, "/v1/webhook-endpoints", body)
    await follow(alone)
    await visit(alone, link)
    await follow(alone)
    assert await told(alone) == []
