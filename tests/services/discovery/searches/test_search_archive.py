"""A search of what was imported: hashtags, comments to a depth, the candidate rule, provenance, events, evidence."""

import json
from typing import Any

import orjson
import pytest

from services.discovery.searches.steps import Walk, Went
from shared.clients.discovery import DiscoveryClient
from shared.schemas.evidence import EvidenceBundle
from shared.schemas.ids import decode
from tests.house import Tenant
from tests.services.discovery.searches.archive import OTHER, niche

BRIEF = {"brand": {"name": "Fellside Shoes"}, "hashtags": ["#fellrunning"]}


@pytest.fixture
async def searched(tenant: Tenant) -> Tenant:
    await niche().store(tenant.house.runtime("discovery"), tenant)
    return tenant


async def search(tenant: Tenant, *, run: bool = True, **body: Any) -> dict[str, Any]:
    async with tenant.client("discovery") as client:
        made = await client.post("/v1/searches", json={"brief": BRIEF, "sources": ["archive"], **body})
        assert made.status_code == 202, made.text
        assert made.headers["location"] == f"/v1/searches/{made.json()['id']}"
        if run:
            await tenant.house.run_jobs()
        found: dict[str, Any] = (await client.get(made.headers["location"])).json()
    return found


async def candidates(tenant: Tenant, search_id: str, **params: Any) -> list[dict[str, Any]]:
    async with tenant.client("discovery") as client:
        answer = await client.get(f"/v1/searches/{search_id}/candidates", params=params)
    assert answer.status_code == 200, answer.text
    items: list[dict[str, Any]] = answer.json()["items"]
    return items


def handles(items: list[dict[str, Any]]) -> list[str]:
    return [item["creator"]["handle"] for item in items]


async def test_hashtag_users_their_commenters_and_these_ones_commenters_are_found(searched: Tenant) -> None:
    found = await search(searched)
    assert (found["status"], found["error"]) == ("completed", None)
    names = handles(await candidates(searched, found["id"]))
    assert set(names) == {"tag1", "tag2", "hop1a", "hop1b", "hop2", "nobody-counted"}
    assert names[-1] != "tag1"
    assert found["progress"]["candidates"] == 6
    [line] = found["summary"]
    assert (line["platform"], line["in_band"], line["band_unknown"]) == ("instagram", 5, 1)


async def test_depth_one_stops_before_the_second_hop(searched: Tenant) -> None:
    found = await search(searched, limits={"max_calls": 100, "depth": 1})
    assert "hop2" not in handles(await candidates(searched, found["id"]))


@pytest.mark.parametrize("body", [{"comments": False}, {"limits": {"max_calls": 100, "depth": 0}}])
async def test_without_comments_only_hashtag_users_are_found(searched: Tenant, body: dict[str, Any]) -> None:
    found = await search(searched, **body)
    assert set(handles(await candidates(searched, found["id"]))) == {"tag1", "tag2"}


async def test_unknown_counts_are_marked_and_hidden_when_asked(searched: Tenant) -> None:
    found = await search(searched)
    items = {item["creator"]["handle"]: item for item in await candidates(searched, found["id"])}
    assert "unknown_counts" in items["nobody-counted"]["marks"]
    assert items["nobody-counted"]["in_band"] is None
    shown = handles(await candidates(searched, found["id"], unknown="exclude"))
    assert "nobody-counted" not in shown
    assert "hop1a" in shown


async def test_a_search_that_excludes_the_unknown_hides_it_by_itself(searched: Tenant) -> None:
    found = await search(searched, unknown="exclude")
    assert "nobody-counted" not in handles(await candidates(searched, found["id"]))


async def test_provenance_says_in_words_and_numbers_how_a_candidate_was_found(searched: Tenant) -> None:
    found = await search(searched)
    items = {item["creator"]["handle"]: item["provenance"] for item in await candidates(searched, found["id"])}
    assert "posted #fellrunning 4 times" in items["tag1"]["path"]
    assert "commented 5 times under 2 accounts that post #fellrunning" in items["hop1a"]["path"]
    assert items["hop1a"]["hops"] == 1
    assert items["hop2"]["hops"] == 2
    under = items["hop2"]["comments"][0]
    assert (under["under_handle"], under["comments"], under["hop"]) == ("hop1a", 4, 2)
    assert items["tag1"]["posts"][0]["url"].startswith("https://example.com/")


async def test_seeds_lead_on_and_are_not_candidates_themselves(searched: Tenant) -> None:
    brief = {**BRIEF, "hashtags": [], "seeds": ["tag1", "instagram:tag2"]}
    found = await search(searched, brief=brief, limits={"max_calls": 100, "depth": 1})
    names = handles(await candidates(searched, found["id"]))
    assert {"hop1a", "hop1b"} <= set(names)
    assert not {"tag1", "tag2"} & set(names)
    [first] = [one for one in await candidates(searched, found["id"]) if one["creator"]["handle"] == "hop1a"]
    assert "commented 5 times under 2 of your seeds" in first["provenance"]["path"]


async def test_excluded_accounts_and_the_brands_own_are_not_candidates(searched: Tenant) -> None:
    found = await search(searched, brief={**BRIEF, "exclude": ["hop1a"], "owned_accounts": ["@tag1"]})
    items = await candidates(searched, found["id"])
    assert not {"hop1a", "tag1"} & set(handles(items))
    [fan] = [item for item in items if item["creator"]["handle"] == "hop1b"]
    assert fan["provenance"]["fan_of_brand"] is True


async def test_giveaway_accounts_and_commenters_on_everything_do_not_rank_high(tenant: Tenant) -> None:
    archive = niche()
    archive.creator("giveaway")
    for _ in range(4):
        archive.post("giveaway", "Win a voucher, tag three friends")
    for post in [row.platform_id for row in archive.published if row.author_platform_id != "giveaway"]:
        archive.comment("giveaway", post, "GIVEAWAY, follow us")
    await archive.store(tenant.house.runtime("discovery"), tenant)
    found = await search(tenant)
    names = handles(await candidates(tenant, found["id"]))
    lowest = max(names.index(name) for name in ("tag1", "tag2", "hop1a", "hop1b", "hop2"))
    assert "giveaway" not in names[: lowest + 1]


async def test_a_search_killed_between_steps_goes_on_to_the_same_candidates(searched: Tenant) -> None:
    whole = await search(searched)
    cut = await search(searched, run=False)
    runtime, search_id = searched.house.runtime("discovery"), decode("sch", cut["id"])
    went, _ = await Walk(runtime, searched.workspace_id, search_id).advance()
    assert went is Went.ON  # and here the worker dies: the next one knows only what is committed
    await searched.house.run_jobs()
    one, two = await candidates(searched, whole["id"]), await candidates(searched, cut["id"])
    assert [(item["rank"], item["score"]) for item in one] == [(item["rank"], item["score"]) for item in two]
    assert handles(one) == handles(two)


async def test_a_small_budget_is_kept_and_more_of_it_goes_on(searched: Tenant) -> None:
    found = await search(searched, limits={"max_calls": 1, "depth": 2})
    assert (found["progress"]["calls_spent"], found["status"]) == (1, "completed")
    assert set(handles(await candidates(searched, found["id"]))) == {"tag1", "tag2"}
    async with searched.client("discovery") as client:
        more = await client.post(f"/v1/searches/{found['id']}/extend", json={"limits": {"max_calls": 100, "depth": 2}})
        assert more.status_code == 202, more.text
        await searched.house.run_jobs()
    assert "hop2" in handles(await candidates(searched, found["id"]))


async def test_a_paused_search_waits_and_resumes_and_a_cancelled_one_does_not(searched: Tenant) -> None:
    found = await search(searched, run=False)
    async with searched.client("discovery") as client:
        address = f"/v1/searches/{found['id']}"
        assert (await client.post(f"{address}/pause")).json()["status"] == "paused"
        await searched.house.run_jobs()
        assert (await client.get(address)).json()["progress"]["calls_spent"] == 0
        assert (await client.post(f"{address}/resume")).json()["status"] == "queued"
        await searched.house.run_jobs()
        assert (await client.get(address)).json()["status"] == "completed"
        assert (await client.post(f"{address}/cancel")).status_code == 409
    second = await search(searched, run=False)
    async with searched.client("discovery") as client:
        assert (await client.post(f"/v1/searches/{second['id']}/cancel")).json()["status"] == "cancelled"
        assert (await client.post(f"/v1/searches/{second['id']}/resume")).status_code == 409


async def test_events_tell_the_whole_course_and_resume_behind_the_last_one_seen(searched: Tenant) -> None:
    found = await search(searched)
    async with searched.client("discovery") as client:
        stream = await client.get(f"/v1/searches/{found['id']}/events")
        assert stream.headers["content-type"].startswith("text/event-stream")
        data = [json.loads(line[6:]) for line in stream.text.splitlines() if line.startswith("data: ")]
        numbers = [line[4:] for line in stream.text.splitlines() if line.startswith("id: ")]
        assert (data[0]["status"], data[-1]["status"]) == ("queued", "completed")
        assert data[-1]["progress"]["candidates"] == 6
        rest = await client.get(f"/v1/searches/{found['id']}/events", headers={"Last-Event-ID": numbers[-2]})
        assert [line[4:] for line in rest.text.splitlines() if line.startswith("id: ")] == numbers[-1:]


@pytest.mark.parametrize("part", ["", "/events", "/candidates", "/evidence"])
async def test_another_workspace_sees_none_of_it(searched: Tenant, other_tenant: Tenant, part: str) -> None:
    found = await search(searched)
    async with other_tenant.client("discovery") as client:
        answer = await client.get(f"/v1/searches/{found['id']}{part}")
    assert answer.status_code == 404
    assert answer.headers["content-type"] == "application/problem+json"


async def test_another_workspaces_archive_is_never_read(searched: Tenant, other_tenant: Tenant) -> None:
    found = await search(other_tenant)
    assert await candidates(other_tenant, found["id"]) == []
    assert found["status"] == "completed"


async def test_evidence_comes_in_rank_order_as_the_scoring_service_reads_it(searched: Tenant) -> None:
    found = await search(searched)
    names = handles(await candidates(searched, found["id"]))
    client = DiscoveryClient(searched.house.runtime("scoring"), workspace_id=searched.workspace_id)
    bundles: list[EvidenceBundle] = []
    async for page in client.evidence_pages(decode("sch", found["id"]), limit=4):
        bundles += page.bundles
    assert [bundle.creator.handle for bundle in bundles] == names
    tag1 = next(bundle for bundle in bundles if bundle.creator.handle == "tag1")
    assert len(tag1.posts) == 4
    assert {comment.text for comment in tag1.comments} == {"Which shoes?"}
    assert {one.creator_id is not None for one in tag1.commenters} == {True, False}
    assert all(one.comments_here == 3 for one in tag1.commenters)
    assert "hidden" not in tag1.model_dump_json()
    assert tag1.sampling.comments_sampled == len(tag1.comments) == 15


@pytest.mark.parametrize(
    ("body", "pointer"),
    [
        ({"brief": {"brand": {"name": "A"}}, "sources": ["archive"]}, "/brief"),
        ({"brief": BRIEF, "sources": ["carrier_pigeon"]}, "/sources/0"),
        ({"brief": BRIEF, "sources": ["archive"], "hashtags": False}, "/brief"),
    ],
)
async def test_what_a_search_lacks_is_named(tenant: Tenant, body: dict[str, Any], pointer: str) -> None:
    async with tenant.client("discovery") as client:
        answer = await client.post("/v1/searches", json=body)
    assert answer.status_code == 422
    assert pointer in [fault["pointer"] for fault in answer.json()["errors"]]


async def test_an_estimate_starts_nothing_and_says_what_it_would_cost(tenant: Tenant) -> None:
    async with tenant.client("discovery") as client:
        answer = await client.post("/v1/searches/estimate", json={"brief": BRIEF, "sources": ["archive", "bluesky"]})
        assert answer.status_code == 200, answer.text
        assert [part["source"] for part in answer.json()["sources"]] == ["archive", "bluesky"]
        # of the platform's 3,000; other searches of this installation draw on the same ledger
        assert 0 < answer.json()["sources"][1]["quota_left"] <= 3000
        assert (await client.get("/v1/searches")).json()["items"] == []


async def test_accounts_known_to_be_silent_are_no_candidates(tenant: Tenant) -> None:
    archive = niche()
    known = {"followers": {"value": 4_000, "state": "exact"}, "posts": {"value": 2, "state": "exact"}}
    archive.creator("silent", counts=json.dumps(known))
    archive.comment("silent", archive.published[0].platform_id)
    await archive.store(tenant.house.runtime("discovery"), tenant)
    found = await search(tenant)
    assert "silent" not in handles(await candidates(tenant, found["id"]))


async def test_fans_of_the_brand_come_with_their_own_line_however_far_from_the_topic(tenant: Tenant) -> None:
    archive = niche()
    archive.creator("fellside", 9_000)
    own = [archive.post("fellside", "Our shop") for _ in range(3)]
    for name in ("cook", "painter", "potter"):
        archive.creator(name)
        for _ in range(4):
            archive.post(name, OTHER)
    archive.comment("cook", own[0], "Love them")
    archive.comment("cook", own[1], "And these")
    mention = {"display": "@Fellside", "handle": "Fellside"}
    archive.published[-1] = archive.published[-1]._replace(mentions=orjson.dumps([mention]).decode())
    await archive.store(tenant.house.runtime("discovery"), tenant)
    brief = {**BRIEF, "owned_accounts": ["instagram:fellside"]}
    items = {one["creator"]["handle"]: one["provenance"] for one in await found_by(tenant, brief=brief)}
    assert items["cook"]["path"][-1] == "commented 2 times under your own posts"
    assert items["potter"]["path"][-1] == "tagged or mentioned you in 1 post"
    assert (items["cook"]["fan"]["posts_commented"], items["potter"]["fan"]["mentions"]) == (2, 1)
    assert items["cook"]["sources"] == ["archive", "fans"]
    assert items["tag1"]["fan"] is None
    assert not {"painter", "fellside"} & items.keys()
    without = await found_by(tenant, brief=brief, fans=False)
    assert not {"cook", "potter"} & {one["creator"]["handle"] for one in without}


async def found_by(tenant: Tenant, **body: Any) -> list[dict[str, Any]]:
    return await candidates(tenant, (await search(tenant, **body))["id"])


async def test_who_says_to_be_under_age_is_no_candidate_and_contact_routes_are_counted(tenant: Tenant) -> None:
    archive = niche()
    for name, bio in (
        ("hop1a", "I'm 15 and I run"),
        ("hop1b", "Work: b@example.com"),
        ("tag1", "DMs open"),
        ("tag2", "x"),
    ):
        archive.people[name] = archive.people[name]._replace(bio_text=bio)
    await archive.store(tenant.house.runtime("discovery"), tenant)
    found = await search(tenant)
    items = {one["creator"]["handle"]: one["creator"] for one in await candidates(tenant, found["id"])}
    assert "hop1a" not in items
    ways = {name: items[name]["contactable"] for name in ("hop1b", "tag1", "tag2")}
    assert ways == {"hop1b": "yes", "tag1": "dm_only", "tag2": "unknown"}
    assert [one["value"] for one in items["hop1b"]["contact_routes"]] == ["b@example.com"]
    async with tenant.client("discovery") as client:
        [summary] = (await client.get(f"/v1/searches/{found['id']}")).json()["summary"]
    assert (summary["contactable"]["yes"], summary["contactable"]["dm_only"]) == (1, 1)
