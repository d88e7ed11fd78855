"""Claims about searches that repeat: they cost what changed, and tell who is new."""

from datetime import timedelta
from typing import Any

from sqlalchemy import text

from shared.schemas.events import CandidateFound
from tests.house import Tenant
from tests.services.discovery.connectors.bluesky_answers import ALICE, BOB, CAROL
from tests.services.discovery.connectors.bluesky_server import SEARCH
from tests.services.discovery.searches.test_search_network import Niche, start
from tests.services.discovery.searches.test_search_network import niche as niche
from tests.services.discovery.watches.watching import events, pass_time, read, search_of, watch

DAY = timedelta(days=1)


async def found_by(tenant: Tenant, niche: Niche, **body: Any) -> str:
    search_id = await start(tenant, **body)
    await tenant.house.run_jobs()
    niche.asked.clear()
    return search_id


async def test_who_was_found_before_is_no_news_and_unchanged_posts_are_not_read_again(
    tenant: Tenant, niche: Niche
) -> None:
    search_id = await found_by(tenant, niche)
    made = await watch(tenant, search_id=search_id)
    await tenant.house.run_jobs()
    assert niche.asked == []
    await pass_time(tenant, made.id, DAY)
    await tenant.house.run_jobs(rounds=4)
    assert [call.partition(" ")[0] for call in niche.asked] == [SEARCH.rpartition(".")[2]]
    assert [event for event in await events(tenant) if isinstance(event, CandidateFound)] == []
    found = await read(tenant, made)
    assert (found.runs, found.error) == (1, None)


async def test_somebody_new_is_told_once_to_the_feed_and_to_endpoints(tenant: Tenant, niche: Niche) -> None:
    async with tenant.client("discovery") as client:
        body = {"url": "https://hooks.example.com/in", "events": ["candidate.found"]}
        assert (await client.post("/v1/webhook-endpoints", json=body)).status_code == 201
    search_id = await found_by(tenant, niche, limits={"max_calls": 100, "depth": 1})
    made = await watch(tenant, search_id=search_id, reference="niche")
    # Carol now comments under Alice's posts too, which have more comments than before
    niche.joins(CAROL)
    await pass_time(tenant, made.id, DAY)
    await tenant.house.run_jobs(rounds=6)
    told = [event for event in await events(tenant) if isinstance(event, CandidateFound)]
    async with tenant.client("discovery") as client:
        items = (await client.get(f"/v1/searches/{search_id}/candidates")).json()["items"]
        ids = {item["creator"]["platform_id"]: item["creator"]["id"] for item in items}
    assert set(ids) == {ALICE, BOB, CAROL}
    assert [(event.references, event.search_id) for event in told] == [(("niche",), search_of(search_id))]
    async with tenant.house.runtime("discovery").database.tenant_session(tenant.workspace_id) as session:
        sent = (await session.execute(text("SELECT payload FROM discovery.outbox"))).scalars().all()
    assert len(sent) == 1
    assert ids[CAROL] in sent[0]
    await pass_time(tenant, made.id, DAY)
    await tenant.house.run_jobs(rounds=6)
    assert [event for event in await events(tenant) if isinstance(event, CandidateFound)] == told


async def test_a_watch_on_a_search_that_still_runs_begins_when_it_is_over(tenant: Tenant, niche: Niche) -> None:
    search_id = await start(tenant)
    made = await watch(tenant, search_id=search_id)
    await tenant.house.run_jobs(rounds=4)
    assert [event for event in await events(tenant) if isinstance(event, CandidateFound)] == []
    found = await read(tenant, made)
    assert found.next_run_at is not None
    assert found.next_run_at > made.created_at + timedelta(hours=23)


async def test_a_repetition_spends_no_more_than_it_may(tenant: Tenant, niche: Niche) -> None:
    search_id = await found_by(tenant, niche, limits={"max_calls": 2, "depth": 2})
    made = await watch(tenant, search_id=search_id, max_calls=3)
    await pass_time(tenant, made.id, DAY)
    await tenant.house.run_jobs(rounds=4)
    assert len(niche.asked) == 3


async def test_a_cancelled_search_is_said_to_be_so(tenant: Tenant, niche: Niche) -> None:
    search_id = await start(tenant)
    async with tenant.client("discovery") as client:
        assert (await client.post(f"/v1/searches/{search_id}/cancel")).status_code == 200
    made = await watch(tenant, search_id=search_id)
    await pass_time(tenant, made.id, DAY)
    await tenant.house.run_jobs()
    assert (await read(tenant, made)).error == "the search is cancelled"
