"""A search of a platform: what it asks, what a killed worker repeats, how it waits, what it never stores."""

from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest
from sqlalchemy import text

from services.discovery.searches.steps import Walk, Went
from shared.kit.http import create_http_client
from shared.schemas.ids import decode
from tests.house import Loopback, Tenant
from tests.services.discovery.connectors import bluesky_answers as answers
from tests.services.discovery.connectors.bluesky_answers import ALICE, BOB, CAROL
from tests.services.discovery.connectors.bluesky_server import FEED, PROFILES, SEARCH, SEARCH_V2, error

THREAD = "app.bsky.feed.getPostThread"
BRIEF = {"brand": {"name": "Fellside Shoes"}, "hashtags": ["#fellrunning"]}
RECENT = (datetime.now(UTC) - timedelta(days=3)).strftime("%Y-%m-%dT%H:%M:%S.000Z")
OPT_OUT = "!no-unauthenticated"


class Killed(BaseException):
    """The worker dies."""


@dataclass
class Niche:
    """An AppView with one niche: Alice posts the hashtag, Bob comments there, Carol comments under Bob's posts."""

    asked: list[str] = field(default_factory=list)
    hidden: str | None = None  # an account that does not want to be shown to those without a login
    fails: dict[int, httpx.Response | BaseException] = field(default_factory=dict)
    joined: list[str] = field(default_factory=list)  # who comments under Alice's posts too

    def joins(self, did: str) -> None:
        self.joined.append(did)

    def post(self, did: str, number: int) -> dict[str, Any]:
        replies = 1 + (len(self.joined) if did == ALICE else 0)
        words = "A long run over the ridge" + (" #fellrunning" if did == ALICE else "")
        view = answers.post(
            did, f"{answers.HANDLES[did][:3]}{number}", words, *(["fellrunning"] if did == ALICE else []),
            counts={"replyCount": replies, "likeCount": 5}, record={"createdAt": RECENT}, indexedAt=RECENT,
        )  # fmt: skip
        if did == self.hidden:
            view["author"] = self.author(did)
        return view

    def mentioning(self, did: str, whom: str) -> dict[str, Any]:
        words = "Thank you @alice for the shoes"
        facets = [answers.facet(words, "@alice", answers.mention(whom))]
        record = {"createdAt": RECENT, "facets": facets}
        return answers.post(did, "thanks", words, record=record, indexedAt=RECENT)

    def author(self, did: str) -> dict[str, Any]:
        labels = [answers.label(OPT_OUT, source=did, subject=f"at://{did}/app.bsky.actor.profile/self")]
        return answers.author(did, *(labels if did == self.hidden else []))

    def handle(self, request: httpx.Request) -> httpx.Response:
        name = request.url.path.removeprefix("/xrpc/")
        if name == SEARCH_V2:
            return error(400, "InvalidRequest", "Search v2 is not enabled")
        self.asked.append(f"{name.rpartition('.')[2]} {request.url.params}")
        failure = self.fails.pop(len(self.asked), None)
        if isinstance(failure, BaseException):
            raise failure
        return failure or httpx.Response(200, json=self.answer(name, request.url.params))

    def answer(self, name: str, params: httpx.QueryParams) -> dict[str, Any]:
        if name == SEARCH:
            if whom := params.get("mentions"):
                return answers.search([self.mentioning(CAROL, whom)])
            return answers.search([self.post(ALICE, n) for n in range(3)])
        if name == FEED:
            return answers.feed([{"post": self.post(params["actor"], n)} for n in range(4)])
        if name == PROFILES:
            return answers.profiles(
                *(answers.profile(did, followersCount=5_000, postsCount=40) for did in params.get_list("actors"))
            )
        assert name == THREAD
        owner = params["uri"].split("/")[2]
        commenter = {ALICE: BOB, BOB: CAROL}.get(owner)
        number = int(params["uri"][-1])
        commenters = ([commenter] if commenter else []) + (self.joined if owner == ALICE else [])
        said = [answers.node(self.comment(one, owner, number)) for one in commenters]
        return answers.thread(answers.node(self.post(owner, number), *said))

    def comment(self, did: str, owner: str, number: int) -> dict[str, Any]:
        root = {"uri": self.post(owner, number)["uri"], "cid": answers.CID}
        view = answers.post(
            did, f"re{answers.HANDLES[owner][:3]}{number}{answers.HANDLES[did][:1]}", "Which shoes for the ridge?",
            record={"createdAt": RECENT, "reply": {"root": root, "parent": root}}, indexedAt=RECENT,
        )  # fmt: skip
        view["author"] = self.author(did)
        return view


class _Ways(httpx.AsyncBaseTransport):
    def __init__(self, tenant: Tenant, niche: Niche) -> None:
        self._inside, self._niche = Loopback(tenant.house), httpx.MockTransport(niche.handle)

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        inside = request.url.host.endswith(".test")
        return await (self._inside if inside else self._niche).handle_async_request(request)


@pytest.fixture
async def niche(tenant: Tenant) -> AsyncIterator[Niche]:
    """The platform as this test's searches reach it; the ledger begins empty, since all tests share one egress."""
    made = Niche()
    runtime = tenant.house.runtime("discovery")
    before = runtime.http
    runtime.http = create_http_client(runtime.settings, transport=_Ways(tenant, made))
    async with runtime.database.system_session() as session:
        await session.execute(text("DELETE FROM discovery.quota_uses"))
        await session.execute(text("DELETE FROM discovery.quota_limits"))
    yield made
    runtime.http = before


async def start(tenant: Tenant, **body: Any) -> str:
    async with tenant.client("discovery") as client:
        made = await client.post("/v1/searches", json={"brief": BRIEF, "sources": ["bluesky"], **body})
    assert made.status_code == 202, made.text
    found: str = made.json()["id"]
    return found


async def read(tenant: Tenant, search_id: str) -> tuple[dict[str, Any], list[dict[str, Any]]]:
    async with tenant.client("discovery") as client:
        search = (await client.get(f"/v1/searches/{search_id}")).json()
        items = (await client.get(f"/v1/searches/{search_id}/candidates")).json()["items"]
    return search, items


async def cancel(tenant: Tenant, search_id: str) -> None:
    """So that no other test's jobs go on with it."""
    async with tenant.client("discovery") as client:
        assert (await client.post(f"/v1/searches/{search_id}/cancel")).status_code == 200


def ranked(items: list[dict[str, Any]]) -> list[tuple[str, int, list[str]]]:
    return [(item["creator"]["platform_id"], item["provenance"]["hops"], item["marks"]) for item in items]


async def test_hashtag_comments_and_comments_of_the_second_hop_are_followed(tenant: Tenant, niche: Niche) -> None:
    search_id = await start(tenant)
    await tenant.house.run_jobs()
    search, items = await read(tenant, search_id)
    assert (search["status"], search["error"]) == ("completed", None)
    assert {did: hops for did, hops, _ in ranked(items)} == {ALICE: 0, BOB: 1, CAROL: 2}
    assert all(item["creator"]["counts"]["followers"]["value"] == 5_000 for item in items)
    assert len(niche.asked) == len(set(niche.asked)) == search["progress"]["calls_spent"]
    # one call more than steps: the newer search was tried first and is not switched on
    left = {one["quota"]: one["left"] for one in search["progress"]["quota_left"]}
    assert left["calls"] == 3_000 - len(niche.asked) - 1


async def test_a_worker_that_dies_in_a_call_repeats_that_call_and_no_other(tenant: Tenant, niche: Niche) -> None:
    whole = await start(tenant)
    await tenant.house.run_jobs()
    _, expected = await read(tenant, whole)
    async with tenant.house.runtime("discovery").database.tenant_session(tenant.workspace_id) as session:
        for table in ("candidates", "search_members", "comments", "post_hashtags", "posts", "creators"):
            await session.execute(text(f"DELETE FROM discovery.{table}"))
    niche.asked.clear()
    niche.fails = {2: Killed(), 5: Killed()}
    search_id = await start(tenant)
    runtime = tenant.house.runtime("discovery")
    deaths = 0
    while True:
        try:
            went, _ = await Walk(runtime, tenant.workspace_id, decode("sch", search_id)).advance()
        except Killed:
            deaths += 1
            continue
        if went is not Went.ON:
            break
    await tenant.house.run_jobs()
    search, items = await read(tenant, search_id)
    assert deaths == 2
    assert ranked(items) == ranked(expected)
    assert len(niche.asked) == search["progress"]["calls_spent"] + deaths


async def test_a_rate_limit_makes_the_search_wait_and_not_fail(tenant: Tenant, niche: Niche) -> None:
    niche.fails = {2: error(429, "RateLimitExceeded", retry_after="3600")}
    search_id = await start(tenant)
    walk = Walk(tenant.house.runtime("discovery"), tenant.workspace_id, decode("sch", search_id))
    assert [(await walk.advance())[0] for _ in range(3)] == [Went.ON, Went.ON, Went.WAITING]
    search, _ = await read(tenant, search_id)
    assert search["status"] == "running"
    assert search["progress"]["waiting_until"] is not None
    assert "429" in search["progress"]["waiting_for"]
    assert len(niche.asked) == 2
    await cancel(tenant, search_id)


async def test_an_account_that_opted_out_is_counted_and_not_stored(tenant: Tenant, niche: Niche) -> None:
    niche.hidden = BOB
    search_id = await start(tenant)
    await tenant.house.run_jobs()
    search, items = await read(tenant, search_id)
    assert [did for did, _, _ in ranked(items)] == [ALICE]
    assert search["summary"][0]["opted_out"] == 1
    assert not [call for call in niche.asked if BOB.replace(":", "%3A") in call]


async def test_without_the_comment_step_no_thread_is_read(tenant: Tenant, niche: Niche) -> None:
    search_id = await start(tenant, comments=False)
    await tenant.house.run_jobs()
    _, items = await read(tenant, search_id)
    assert [did for did, _, _ in ranked(items)] == [ALICE]
    assert not [call for call in niche.asked if call.startswith("getPostThread")]


async def test_the_budget_of_steps_is_never_passed(tenant: Tenant, niche: Niche) -> None:
    search_id = await start(tenant, limits={"max_calls": 4, "depth": 2})
    await tenant.house.run_jobs()
    search, _ = await read(tenant, search_id)
    assert (search["status"], search["progress"]["calls_left"]) == ("completed", 0)
    assert len(niche.asked) == 4


async def test_every_call_stands_in_the_ledger_before_it_is_made(tenant: Tenant, niche: Niche) -> None:
    niche.fails = {3: Killed()}
    search_id = await start(tenant)
    runtime = tenant.house.runtime("discovery")
    walk = Walk(runtime, tenant.workspace_id, decode("sch", search_id))
    with pytest.raises(Killed):
        for _ in range(5):
            await walk.advance()
    async with runtime.database.tenant_session(tenant.workspace_id) as session:
        written = await session.scalar(text("SELECT count(*) FROM discovery.quota_uses"))
    assert written == len(niche.asked) + 1  # the newer search was tried first and is not switched on
    await cancel(tenant, search_id)


async def test_who_talks_to_the_brands_own_account_is_found_without_hashtags_and_comments(
    tenant: Tenant, niche: Niche
) -> None:
    brief = {**BRIEF, "hashtags": ["#nothing"], "owned_accounts": [f"bluesky:{ALICE}"]}
    search_id = await start(tenant, brief=brief, comments=False)
    await tenant.house.run_jobs()
    _, items = await read(tenant, search_id)
    fans = {item["creator"]["platform_id"]: item["provenance"] for item in items}
    assert set(fans) == {BOB, CAROL}
    assert (fans[BOB]["fan"]["comments"], fans[BOB]["fan"]["posts_commented"], fans[BOB]["fan"]["mentions"]) == (
        4,
        4,
        0,
    )
    assert (fans[CAROL]["fan"]["comments"], fans[CAROL]["fan"]["mentions"]) == (0, 1)
    assert "commented 4 times under your own posts" in fans[BOB]["path"]
    assert "tagged or mentioned you in 1 post" in fans[CAROL]["path"]
    assert fans[BOB]["sources"] == ["bluesky", "fans"]
    without = await start(tenant, brief=brief, comments=False, fans=False)
    await tenant.house.run_jobs()
    _, items = await read(tenant, without)
    assert not {BOB, CAROL} & {item["creator"]["platform_id"] for item in items}
