"""Claims about posts that are asked for again: renewed or forgotten, in good order, within the quota."""

from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

import httpx
import pytest

from services.discovery.deletions import asking
from services.discovery.deletions.jobs import JOBS, LOOPS
from services.discovery.searches.repository import SHOWN
from services.discovery.settings import DiscoverySettings
from shared.kit.http import create_http_client
from shared.kit.jobs import drain
from tests.house import Tenant
from tests.services.discovery.connectors import bluesky_answers as answers
from tests.services.discovery.connectors.bluesky_answers import ALICE, BOB, uri
from tests.services.discovery.connectors.bluesky_server import error
from tests.services.discovery.deletions.keeping import change, follow, keep, post, profile, rows, texts, told

OLD = timedelta(days=8)
SAID = "On the ridge #fellrunning"
NOW_SAID = "On the ridge, edited"


@dataclass
class Posts:
    """An AppView that shows the posts in `there` and the accounts but for those in `away`.

    `asked` are the posts of each call, `asked_people` the accounts.
    """

    away: set[str] = field(default_factory=set)
    asked_people: list[list[str]] = field(default_factory=list)
    there: set[str] = field(default_factory=set)
    asked: list[list[str]] = field(default_factory=list)
    fails: list[httpx.Response | None] = field(default_factory=list)

    def handle(self, request: httpx.Request) -> httpx.Response:
        if request.url.path == "/xrpc/app.bsky.actor.getProfiles":
            people = request.url.params.get_list("actors")
            self.asked_people.append(people)
            views = [answers.profile(did, description=NOW_SAID) for did in people if did not in self.away]
            return httpx.Response(200, json=answers.profiles(*views))
        assert request.url.path == "/xrpc/app.bsky.feed.getPosts"
        uris = request.url.params.get_list("uris")
        self.asked.append(uris)
        failure = self.fails.pop(0) if self.fails else None
        if failure is not None:
            return failure
        parts = [one.split("/") for one in uris if one in self.there]
        found = [answers.post(one[2], one[4], NOW_SAID, counts={"likeCount": 9}) for one in parts]
        return httpx.Response(200, json=answers.checked("app.bsky.feed.getPosts", {"posts": found}))


@pytest.fixture
async def platform(tenant: Tenant) -> AsyncIterator[Posts]:
    made, runtime = Posts(), tenant.house.runtime("discovery")
    before = runtime.http
    runtime.http = create_http_client(runtime.settings, transport=httpx.MockTransport(made.handle))
    yield made
    runtime.http = before


@contextmanager
def configured(tenant: Tenant, **given: object) -> Iterator[None]:
    """Other settings, for as long as the context lasts."""
    runtime = tenant.house.runtime("discovery")
    before = runtime.settings
    runtime.settings = DiscoverySettings.model_validate({**before.model_dump(), **given})
    try:
        yield
    finally:
        runtime.settings = before


async def run(tenant: Tenant) -> None:
    """The hourly loop once, and what it enqueued."""
    runtime = tenant.house.runtime("discovery")
    (loop,) = LOOPS
    assert await loop.work(runtime) is False
    await drain(runtime, [JOBS])


async def test_what_is_there_is_renewed_and_what_is_missing_forgotten_everywhere(
    tenant: Tenant, other_tenant: Tenant, platform: Posts
) -> None:
    at = datetime.now(UTC) - OLD
    await keep(tenant, profiles=[profile(ALICE, at=at)], posts=[post(ALICE, key, at=at) for key in ("1", "2")])
    await keep(other_tenant, profiles=[profile(ALICE)], posts=[post(ALICE, "2")])
    await follow(other_tenant, ALICE)
    platform.there = {uri(ALICE, "1")}
    await run(tenant)
    assert platform.asked == [[uri(ALICE, "1"), uri(ALICE, "2")]]
    assert (await texts(tenant), await texts(other_tenant)) == ({"1": NOW_SAID, "2": None}, {"2": None})
    renewed = await rows(
        tenant,
        """SELECT observed_at > now() - interval '1 minute', counts #>> '{likes,value}' FROM discovery.posts
        WHERE platform_id = :id""",
        id=uri(ALICE, "1"),
    )
    assert renewed == [(True, "9")]
    assert [event.platform_id for event in await told(other_tenant)] == [uri(ALICE, "2")]
    await run(tenant)
    assert len(platform.asked) == 1


async def test_only_posts_are_asked_for_that_were_read_from_a_platform_long_ago(
    tenant: Tenant, platform: Posts
) -> None:
    await keep(tenant, posts=[post(ALICE, "fresh")])
    await keep(tenant, posts=[post(ALICE, "imported", at=datetime.now(UTC) - OLD)], source="archive")
    await keep(tenant, posts=[post(ALICE, "blog", at=datetime.now(UTC) - OLD)], source="blogs")
    await run(tenant)
    assert platform.asked == []


async def test_how_long_is_long_is_a_setting_and_zero_means_never(tenant: Tenant, platform: Posts) -> None:
    await keep(tenant, posts=[post(ALICE, "1", at=datetime.now(UTC) - OLD)])
    for days in (0, 9):
        with configured(tenant, discovery_recheck_days=days):
            await run(tenant)
    assert platform.asked == []


async def test_the_oldest_come_first_and_before_them_those_that_a_watch_follows(
    tenant: Tenant, platform: Posts, monkeypatch: pytest.MonkeyPatch
) -> None:
    now = datetime.now(UTC)
    others = [post(BOB, f"{number:02}", at=now - OLD - timedelta(hours=number)) for number in range(30)]
    await keep(tenant, profiles=[profile(ALICE)], posts=[*others, post(ALICE, "1", at=now - OLD)])
    await follow(tenant, ALICE)
    monkeypatch.setattr(asking, "MOST_CALLS", 1)
    await run(tenant)
    assert platform.asked == [[uri(ALICE, "1"), *(uri(BOB, f"{number:02}") for number in range(29, 5, -1))]]


async def test_a_run_ends_where_the_quota_does_and_the_next_goes_on(tenant: Tenant, platform: Posts) -> None:
    at = datetime.now(UTC) - OLD
    await keep(tenant, posts=[post(BOB, f"{number:02}", at=at) for number in range(30)])
    platform.there = {uri(BOB, f"{number:02}") for number in range(30)}
    with configured(tenant, discovery_quota_limits="bluesky:calls=1"):
        await run(tenant)
    assert [len(call) for call in platform.asked] == [25]
    assert list((await texts(tenant)).values()).count(SAID) == 5
    await run(tenant)
    assert [len(call) for call in platform.asked] == [25, 5]
    assert set((await texts(tenant)).values()) == {NOW_SAID}


@pytest.mark.parametrize("failure", [error(429, "RateLimitExceeded"), error(500, "InternalServerError")])
async def test_a_platform_that_is_away_makes_nothing_forgotten(
    tenant: Tenant, platform: Posts, failure: httpx.Response
) -> None:
    await keep(tenant, posts=[post(ALICE, f"{number:02}", at=datetime.now(UTC) - OLD) for number in range(30)])
    platform.fails = [failure]
    await run(tenant)
    assert len(platform.asked) == 1
    assert set((await texts(tenant)).values()) == {SAID}


async def test_posts_that_cannot_be_asked_for_do_not_keep_others_from_their_turn(
    tenant: Tenant, platform: Posts
) -> None:
    now = datetime.now(UTC)
    await keep(tenant, posts=[post(ALICE, f"{number:02}", at=now - 2 * OLD) for number in range(25)])
    await keep(tenant, posts=[post(BOB, "1", at=now - OLD)])
    platform.there = {uri(BOB, "1")}
    platform.fails = [error(400, "InvalidRequest")]
    await run(tenant)
    assert [len(call) for call in platform.asked] == [25, 1]
    kept = await texts(tenant)
    assert kept.pop("1") == NOW_SAID
    assert set(kept.values()) == {SAID}
    await run(tenant)
    assert len(platform.asked) == 2
    await change(tenant, "UPDATE discovery.posts SET asked_at = asked_at - interval '8 days'")
    await run(tenant)
    assert set((await texts(tenant)).values()) == {NOW_SAID, None}


async def accounts(tenant: Tenant) -> dict[str, tuple[str | None, str | None]]:
    """Status and bio of every account that is kept."""
    found = await rows(tenant, "SELECT platform_id, status, bio_text FROM discovery.creators")
    return {platform_id: (status, bio) for platform_id, status, bio in found}


async def shown(tenant: Tenant) -> set[str]:
    """The accounts that answers may name."""
    return set(await rows(tenant, f"SELECT c.platform_id FROM discovery.creators c WHERE {SHOWN}"))


async def test_accounts_are_renewed_too_and_who_is_missing_is_hidden_and_forgotten_the_next_time(
    tenant: Tenant, platform: Posts
) -> None:
    """Missing once may be a pause or a suspension; what was written by somebody hidden stays for so long."""
    at = datetime.now(UTC) - OLD
    await keep(tenant, profiles=[profile(ALICE, at=at), profile(BOB, at=at)], posts=[post(BOB, "1")])
    platform.away = {BOB}
    await run(tenant)
    assert [set(one) for one in platform.asked_people] == [{ALICE, BOB}]
    found = await accounts(tenant)
    assert (found[ALICE][1], found[BOB]) == (NOW_SAID, (None, "Up early"))
    assert await shown(tenant) == {ALICE}
    await run(tenant)
    assert len(platform.asked_people) == 1
    await change(tenant, "UPDATE discovery.creators SET asked_at = asked_at - interval '8 days'")
    await run(tenant)
    assert (await accounts(tenant))[BOB] == ("deleted", None)
    assert await texts(tenant) == {"1": None}


async def test_an_account_that_was_missing_once_and_is_back_is_shown_again(tenant: Tenant, platform: Posts) -> None:
    await keep(tenant, profiles=[profile(BOB, at=datetime.now(UTC) - OLD)])
    platform.away = {BOB}
    await run(tenant)
    assert await shown(tenant) == set()
    platform.away = set()
    await change(tenant, "UPDATE discovery.creators SET asked_at = asked_at - interval '8 days'")
    await run(tenant)
    assert await shown(tenant) == {BOB}
    assert (await accounts(tenant))[BOB] == ("active", NOW_SAID)


async def test_an_imported_account_is_not_asked_about(tenant: Tenant, platform: Posts) -> None:
    await keep(tenant, profiles=[profile(BOB, at=datetime.now(UTC) - OLD)], source="archive")
    await run(tenant)
    assert platform.asked_people == []
