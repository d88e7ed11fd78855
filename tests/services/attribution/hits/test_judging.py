"""Claims about the judge: verdicts, rollups, visitors, caps, judging again; over real PostgreSQL."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import time_machine
from sqlalchemy import text

from services.attribution.hits import store
from services.attribution.hits.jobs import keep_partitions
from services.attribution.hits.judging import Judge
from services.attribution.hits.partitions import month_of
from services.attribution.hits.repository import Verdict, unjudged, write_verdicts
from shared.kit.runtime import Runtime
from shared.schemas.ids import decode
from tests.house import Tenant, make_tenant, open_house
from tests.services.attribution import making
from tests.services.attribution.hits.agents import CHROME_ANDROID, IN_APPS, PREVIEWS
from tests.services.attribution.hits.visits import eventually, record, visit, visitor


@pytest.fixture
async def alone(fresh_database_url: str, tmp_path: Path) -> AsyncIterator[Tenant]:
    """A workspace in a database of its own, since the judge works through all workspaces."""
    async with AsyncExitStack() as stack:
        yield await make_tenant(await open_house(stack, fresh_database_url, tmp_path))


def runtime_of(tenant: Tenant) -> Runtime:
    return tenant.house.runtime("attribution")


async def judge_all(tenant: Tenant, judge: Judge | None = None) -> Judge:
    judge = judge or Judge()
    for work in (judge.judge_new, judge.rebuild_rollups, judge.count_visitors):
        while await work(runtime_of(tenant)):
            pass
    return judge


async def query(tenant: Tenant, statement: str, **values: Any) -> list[Any]:
    async with runtime_of(tenant).database.system_session() as session:
        return list((await session.execute(text(statement), values)).all())


async def counts(tenant: Tenant, link: dict[str, Any]) -> dict[str, int]:
    found = (await tenant.client("attribution").get(f"/v1/links/{link['id']}/counts")).json()
    return {name: count for name, count in found.items() if name != "link_id" and count}


async def test_every_hit_gets_a_verdict_and_is_counted_once(alone: Tenant) -> None:
    link = await making.link(alone)
    await visit(alone, link)
    await visit(alone, link)
    await visit(alone, link, agent=PREVIEWS["mastodon"])
    for _ in range(3):
        await visit(alone, link, method="HEAD")
    await visit(alone, link, agent="")
    await visit(alone, link, headers={"Sec-Purpose": "prefetch"})
    judge = await judge_all(alone)
    await judge_all(alone, judge)
    assert await counts(alone, link) == {
        "hits": 8, "human": 1, "duplicate": 1, "link_preview": 1, "head": 3, "bot": 1, "prefetch": 1,
    }  # fmt: skip


async def test_one_posted_link_has_the_clicks_that_were_counted_beforehand(alone: Tenant) -> None:
    """By the redirect itself: a preview with three HEADs, a thousand servers' previews, three apps, no agent, a tap."""
    link = await making.link(alone)
    await visit(alone, link, agent=PREVIEWS["x"])
    for agent in (CHROME_ANDROID, "", CHROME_ANDROID):
        await visit(alone, link, agent=agent, method="HEAD")
    async with visitor(alone) as servers:
        for first in range(0, 1_000, 100):
            await asyncio.gather(
                *(
                    servers.get(
                        f"/r/{link['slug']}",
                        headers={"User-Agent": f"http.rb/5.1.1 (Mastodon/4.2.1; +https://m{number}.example/)"},
                    )
                    for number in range(first, first + 100)
                )
            )
    for name in ("tiktok", "instagram", "facebook"):
        await visit(alone, link, agent=IN_APPS[name])
    await visit(alone, link, agent="")
    for _ in range(2):
        await visit(alone, link)
    await judge_all(alone)
    assert await counts(alone, link) == {
        "hits": 1_010, "human": 4, "link_preview": 1_001, "head": 3, "bot": 1, "duplicate": 1,
    }  # fmt: skip
    items = (await alone.client("attribution").get("/v1/hits", params={"verdict": "human"})).json()["items"]
    assert {item["in_app"] for item in items} == {"tiktok", "instagram", "facebook", None}


async def test_hits_are_listed_with_their_verdict_and_found_by_their_click_id(alone: Tenant) -> None:
    link = await making.link(alone)
    click = await visit(alone, link)
    client = alone.client("attribution")
    assert (await client.get(f"/v1/hits/{click}")).json()["verdict"] == "pending"
    await judge_all(alone)
    found = (await client.get(f"/v1/hits/{click}")).json()
    assert (found["verdict"], found["rule_version"], found["campaign_id"]) == ("human", 1, link["campaign_id"])
    for params in ({"link_id": link["id"]}, {"verdict": "human"}, {"partnership_id": link["partnership_id"]}):
        assert [item["id"] for item in (await client.get("/v1/hits", params=params)).json()["items"]] == [click]
    for params in ({"verdict": "bot"}, {"since": "2100-01-01T00:00:00Z"}, {"until": "2020-01-01T00:00:00Z"}):
        assert (await client.get("/v1/hits", params=params)).json()["items"] == []


async def test_a_hit_that_commits_late_is_judged_although_newer_ones_were(alone: Tenant) -> None:
    link = await making.link(alone)
    late = await store.connect(runtime_of(alone), name="late")
    transaction = late.transaction()
    await transaction.start()
    await store.copy_hits(late, [record(alone, link)])
    await visit(alone, link, agent=PREVIEWS["x"])
    judge = await judge_all(alone)
    assert await counts(alone, link) == {"hits": 1, "link_preview": 1}
    await transaction.commit()
    await late.close()
    await judge_all(alone, judge)
    assert await counts(alone, link) == {"hits": 2, "link_preview": 1, "human": 1}


async def test_a_verdict_that_commits_while_its_quarter_hour_is_counted_is_counted_after_all(alone: Tenant) -> None:
    link = await making.link(alone)
    runtime, judge = runtime_of(alone), Judge()
    await visit(alone, link)
    await judge.judge_new(runtime)
    await visit(alone, link, agent=CHROME_ANDROID.replace("142", "141"))
    async with runtime.database.system_session() as session:
        verdicts = [
            Verdict(hit.workspace_id, hit.id, hit.link_id, "human", "a person", None)
            for hit in await unjudged(session, from_xid=0, limit=10)
        ]
        # the quarter hour is marked already, and is counted while this transaction goes on
        await write_verdicts(session, verdicts=verdicts, rule_version=1)
        await judge.rebuild_rollups(runtime)
        await judge.count_visitors(runtime)
    judge.forget(runtime)
    await judge.rebuild_rollups(runtime)
    await judge.count_visitors(runtime)
    assert await counts(alone, link) == {"hits": 2, "human": 2}
    assert await query(alone, "SELECT DISTINCT visitors FROM attribution.visitor_rollups") == [(2,)]


async def test_a_restarted_judge_remembers_the_clicks_of_the_hour(alone: Tenant) -> None:
    link = await making.link(alone)
    await visit(alone, link)
    await judge_all(alone)
    await visit(alone, link)
    await judge_all(alone, Judge())
    assert await counts(alone, link) == {"hits": 2, "human": 1, "duplicate": 1}


async def test_newer_rules_judge_old_hits_again_and_rollups_follow(alone: Tenant) -> None:
    link = await making.link(alone)
    for _ in range(2):
        await visit(alone, link)
    await visit(alone, link, agent="curl/8.7.1")
    await judge_all(alone)
    # as if older rules had taken everything for human
    await query(
        alone, "WITH done AS (UPDATE attribution.hits SET verdict = 'human' RETURNING 1) SELECT count(*) FROM done"
    )
    newer = Judge(rules_version=2)
    while await newer.judge_again(runtime_of(alone)):
        pass
    await judge_all(alone, newer)
    assert await counts(alone, link) == {"hits": 3, "human": 1, "duplicate": 1, "bot": 1}
    assert await query(alone, "SELECT DISTINCT rule_version FROM attribution.hits") == [(2,)]


async def test_a_workspace_has_its_hits_judged_again_by_the_rules_of_today(alone: Tenant) -> None:
    link = await making.link(alone)
    other = await make_tenant(alone.house)
    foreign = await making.link(other)
    for _ in range(2):
        await visit(alone, link)
    await visit(other, foreign)
    judge = await judge_all(alone)
    # as if programs had not been known when these were judged by the same version of the rules
    statement = (
        "WITH done AS (UPDATE attribution.hits SET verdict = 'bot', reason = 'x' RETURNING 1) SELECT 1 FROM done"
    )
    await query(alone, statement)
    asked = await making.post(alone, "/v1/hits/judging", {}, expect=202)
    assert asked["status"] == "queued"
    await visit(alone, link)
    while await judge.judge_again(runtime_of(alone)):
        pass
    found = (await alone.client("attribution").get("/v1/hits/judging")).json()
    assert (found["status"], found["hits"]) == ("completed", 2)
    await judge_all(alone, judge)
    assert await counts(alone, link) == {"hits": 3, "human": 1, "duplicate": 2}
    hits = (await other.client("attribution").get("/v1/hits")).json()["items"]
    assert [hit["verdict"] for hit in hits] == ["bot"]


async def test_visitors_are_counted_per_link_partnership_and_campaign(alone: Tenant) -> None:
    one = await making.link(alone)
    other = await making.link(alone, partnership_id=one["partnership_id"])
    await visit(alone, one)
    await visit(alone, other)
    await visit(alone, other, agent=PREVIEWS["x"])
    await visit(alone, other, agent=CHROME_ANDROID.replace("142", "141"))
    await judge_all(alone)
    rows = await query(alone, "SELECT scope_id, visitors FROM attribution.visitor_rollups")
    visitors = {row.scope_id: row.visitors for row in rows}
    assert visitors == {
        decode("lnk", one["id"]): 1,
        decode("lnk", other["id"]): 2,
        decode("pts", one["partnership_id"]): 2,
        decode("cmp", one["campaign_id"]): 2,
    }
    today = datetime.now(UTC).date().isoformat()
    for path, count in (
        (f"links/{one['id']}", 1),
        (f"links/{other['id']}", 2),
        (f"partnerships/{one['partnership_id']}", 2),
        (f"campaigns/{one['campaign_id']}", 2),
    ):
        found = (await alone.client("attribution").get(f"/v1/{path}/visitors")).json()
        assert found == {
            "visitor_days": count, "clicks_without_visitor": 0,
            "days": [{"day": today, "unique_visitors": count, "clicks_without_visitor": 0}],
        }  # fmt: skip


async def test_hits_of_a_setting_are_kept_as_long_as_it_says(alone: Tenant) -> None:
    link = await making.link(alone)
    connection = await store.connect(runtime_of(alone), name="test")
    now = datetime.now(UTC)
    for days in (-100, 0):
        await store.ensure_partitions(connection, at=now + timedelta(days=days))
        await store.copy_hits(connection, [record(alone, link, at=now + timedelta(days=days))])
    await store.drop_due_partitions(connection, at=now, keep_months=13)
    assert await query(alone, "SELECT count(*) FROM attribution.hits") == [(2,)]
    await store.drop_due_partitions(connection, at=now, keep_months=1)
    assert await query(alone, "SELECT count(*) FROM attribution.hits") == [(1,)]
    await connection.close()


async def test_a_link_closes_at_its_cap_and_leads_to_its_fallback(alone: Tenant) -> None:
    link = await making.link(alone, click_cap=1, capped_url="https://shop.example.com/sold-out")
    client = alone.client("attribution")
    await visit(alone, link)
    judge = await judge_all(alone)
    assert (await client.get(f"/v1/links/{link['id']}")).json()["state"] == "capped"
    front = alone.house.app("attribution").state.hits
    await eventually(lambda: front.links.known("", link["slug"]).capped)
    await visit(alone, link, agent=CHROME_ANDROID.replace("142", "141"), expect="https://shop.example.com/sold-out")
    await judge_all(alone, judge)
    assert await counts(alone, link) == {"hits": 2, "human": 1, "capped": 1}
    raised = await client.patch(f"/v1/links/{link['id']}", json={"click_cap": 10})
    await judge_all(alone, judge)
    assert raised.json()["state"] == "active"
    assert (await client.get(f"/v1/links/{link['id']}")).json()["state"] == "active"


async def test_a_cap_is_looked_at_while_a_flood_lets_the_other_counts_rest(alone: Tenant) -> None:
    link = await making.link(alone, click_cap=1)
    judge, runtime = Judge(), runtime_of(alone)
    await visit(alone, link)
    await judge.judge_new(runtime)
    judge._state(runtime).next_rollups = float("inf")
    assert not await judge.rebuild_rollups(runtime)
    await judge.close_capped(runtime)
    assert (await alone.client("attribution").get(f"/v1/links/{link['id']}")).json()["state"] == "capped"


async def test_hits_that_fell_outside_every_month_move_into_theirs(alone: Tenant) -> None:
    link = await making.link(alone)
    connection = await store.connect(runtime_of(alone), name="test")
    far = datetime.now(UTC) + timedelta(days=400)
    await store.copy_hits(connection, [record(alone, link, at=far)])
    assert await store.in_default_partition(connection) == 1
    months = await store.ensure_partitions(connection, at=far)
    assert await store.in_default_partition(connection) == 0
    assert await query(alone, "SELECT tableoid::regclass::text FROM attribution.hits") == [
        (f"attribution.{months[1].partition}",)
    ]
    await connection.close()


async def test_a_hit_400_days_on_still_lands_in_its_own_month(alone: Tenant) -> None:
    link = await making.link(alone)
    await visit(alone, link)
    with time_machine.travel(datetime.now(UTC) + timedelta(days=400)):
        await visit(alone, link)
        month = month_of(datetime.now(UTC)).partition
    rows = await query(alone, "SELECT tableoid::regclass::text FROM attribution.hits ORDER BY id")
    assert rows == [(f"attribution.{month_of(datetime.now(UTC)).partition}",), (f"attribution.{month}",)]


async def test_a_salt_lives_for_48_hours(alone: Tenant) -> None:
    connection = await store.connect(runtime_of(alone), name="test")
    now = datetime(2027, 3, 1, 12, tzinfo=UTC)
    first = await store.salts(connection, at=now, fresh=bytes(range(32)))
    same = await store.salts(connection, at=now + timedelta(hours=1), fresh=bytes(32))
    late = await store.salts(connection, at=now.replace(hour=23, minute=30), fresh=b"z" * 32)
    assert first == same
    assert set(late) == {now.date(), now.date() + timedelta(days=1)}
    assert late[now.date()] == first[now.date()]
    await store.salts(connection, at=now + timedelta(hours=48, seconds=1), fresh=bytes(32))
    assert now.date() not in [row.day for row in await query(alone, "SELECT day FROM attribution.visitor_salts")]
    await connection.close()


async def test_retention_drops_the_months_that_are_due_and_no_other(alone: Tenant) -> None:
    link = await making.link(alone)
    connection = await store.connect(runtime_of(alone), name="test")
    now = datetime.now(UTC)
    for days in (-430, 0):
        await store.ensure_partitions(connection, at=now + timedelta(days=days))
        await store.copy_hits(connection, [record(alone, link, at=now + timedelta(days=days))])
    await connection.close()
    await keep_partitions(runtime_of(alone))
    assert await query(alone, "SELECT count(*) FROM attribution.hits") == [(1,)]
