"""What every connector that makes calls survives, whatever its platform: limits, refusals, nonsense, broken pages.

A connector is held to this by a file in platforms/, which describes its platform; without one the suite fails.
"""

import importlib
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import httpx
import pytest

from services.discovery.connector import (
    AuthenticationNeeded,
    Connector,
    ConnectorError,
    Coverage,
    NotFound,
    NotPermitted,
    Page,
    PlatformFault,
    RateLimited,
)
from services.discovery.declared import DeclaredConnector
from shared.schemas.base import Count
from shared.schemas.platforms import Support
from tests.contracts.platforms.world import NOW, World
from tests.contracts.test_connectors import CONNECTORS, NOT_OFFERED
from tests.services.discovery.connectors.recorder import Recorder

MOST_PAGES = 40
CALLED = sorted(name for name, kind in CONNECTORS.items() if not issubclass(kind, DeclaredConnector))


def world(platform: str) -> World:
    """A new world of a platform, as its file describes it."""
    module = importlib.import_module(f"tests.contracts.platforms.{platform}")
    [found] = [one for one in vars(module).values() if isinstance(one, type) and one.__module__ == module.__name__]
    made: World = found()
    return made


def _offered() -> Iterator[tuple[str, str]]:
    for platform in CALLED:
        connector = world(platform).connector(CONNECTORS[platform])
        for row in connector.capabilities():
            if row.name in _LISTS | _LOOKUPS and row.support not in NOT_OFFERED:
                yield platform, row.name


_LISTS = frozenset(
    {
        "hashtag_search", "comments_with_authors", "author_feed_with_counts", "mentions", "quotes",
        "likers_reposters_quotes", "followers_list",
    }
)  # fmt: skip
_LOOKUPS = frozenset({"profile_followers_count", "posts"})
EVERY = list(_offered())
LISTS = [pair for pair in EVERY if pair[1] in _LISTS]
PAGED = [(platform, name) for platform, name in LISTS if name in world(platform).paged]
each_call = pytest.mark.parametrize(("platform", "capability"), EVERY)
each_list = pytest.mark.parametrize(("platform", "capability"), LISTS)
each_paged = pytest.mark.parametrize(("platform", "capability"), PAGED)


async def ask(there: World, connector: Connector, capability: str, cursor: str | None = None) -> Page[Any]:
    """One page."""
    match capability:
        case "hashtag_search":
            return await connector.hashtag_posts("trailrunning", cursor)
        case "comments_with_authors":
            return await connector.post_comments(there.post, cursor)
        case "author_feed_with_counts":
            return await connector.author_posts(there.account, cursor)
        case "mentions":
            return await connector.mentions(there.account, "someone", cursor)
        case "quotes":
            return await connector.quotes(there.post, cursor)
        case "likers_reposters_quotes":
            return await connector.reactors(there.post, cursor)
        case "followers_list":
            return await connector.followers(there.account, cursor)
        case "profile_followers_count":
            return await connector.profiles([there.account_id(number) for number in (1, 2, 3)])
    return await connector.posts([there.post_id(number) for number in (1, 2, 3)])


async def read_all(there: World, platform: str, capability: str) -> list[Page[Any]]:
    """Every page until there is no cursor; each is asked for by another process."""
    pages: list[Page[Any]] = []
    cursor = None
    while not pages or cursor is not None:
        assert len(pages) < MOST_PAGES, "the reading does not end"
        pages.append(await ask(there, there.connector(CONNECTORS[platform]), capability, cursor))
        cursor = pages[-1].next_cursor
    return pages


def ids(*pages: Page[Any]) -> list[str]:
    return [one.platform_id for page in pages for one in page.items]


def counts(page: Page[Any]) -> list[Count]:
    """Every count of a page's records."""
    found: list[Count] = []
    for one in page.items:
        parts = [one.counts] if hasattr(one, "counts") else []
        values = [getattr(part, name) for part in parts for name in type(part).model_fields]
        found += [value for value in (*values, *(getattr(one, name, None) for name in ("likes", "replies"))) if value]
    return [value for value in found if isinstance(value, Count)]


def test_every_connector_that_makes_calls_has_a_world_and_is_asked_in_it() -> None:
    assert {platform for platform, _ in EVERY} == set(CALLED)
    for platform in set(CONNECTORS) - set(CALLED):
        described = CONNECTORS[platform].create(httpx.AsyncClient(), {})
        assert {row.support for row in described.capabilities()} <= {Support.NO, *NOT_OFFERED}


@each_call
async def test_a_page_is_read_with_one_entry_in_the_ledger_for_every_call(platform: str, capability: str) -> None:
    there, meter = world(platform), Recorder()
    page = await ask(there, there.connector(CONNECTORS[platform], meter), capability)
    assert len(page.items) == len(set(ids(page))) == 3
    assert len(meter.calls) == len(meter.observed) == len(there.asked) + there.asides
    assert there.secret not in repr(meter.calls)


_IN_TWO_MINUTES = str(int((NOW + timedelta(minutes=2)).timestamp()))


@each_call
@pytest.mark.parametrize(
    ("headers", "wait"),
    [
        ({"RateLimit-Reset": _IN_TWO_MINUTES}, timedelta(minutes=2)),
        ({"x-rate-limit-reset": _IN_TWO_MINUTES, "x-rate-limit-remaining": "0"}, timedelta(minutes=2)),
        ({"X-RateLimit-Reset": "2026-11-22T09:02:00.000Z"}, timedelta(minutes=2)),
        ({"X-Ratelimit-Reset": "120.0", "X-Ratelimit-Remaining": "0.0"}, timedelta(minutes=2)),
        ({"Retry-After": "120"}, timedelta(minutes=2)),
        ({"Retry-After": "Sun, 22 Nov 2026 09:02:00 GMT"}, timedelta(minutes=2)),
        ({"RateLimit": '"default";r=0;t=120'}, timedelta(minutes=2)),
        ({"X-App-Usage": '{"call_count": 100, "estimated_time_to_regain_access": 2}'}, timedelta(minutes=2)),
        ({"RateLimit-Reset": "soon", "Retry-After": "-5"}, timedelta(minutes=1)),
        ({}, timedelta(minutes=1)),
    ],
    ids=["epoch", "X", "ISO", "Reddit", "delta", "HTTP date", "IETF", "Meta", "nonsense", "nothing"],
)
async def test_a_limit_in_any_form_says_when_to_come_back_and_is_not_tried_again(
    platform: str, capability: str, headers: dict[str, str], wait: timedelta
) -> None:
    there = world(platform)
    there.fault = httpx.Response(429, headers=headers)
    with pytest.raises(RateLimited) as caught:
        await ask(there, there.connector(CONNECTORS[platform]), capability)
    assert caught.value.retry_at == NOW + wait
    tried = {str(request.url) for request in there.asked}
    assert len(tried) == len(there.asked)


@each_call
async def test_a_server_that_is_down_for_a_while_is_a_limit_too(platform: str, capability: str) -> None:
    there = world(platform)
    there.fault = httpx.Response(503, headers={"Retry-After": "30"})
    with pytest.raises(RateLimited) as caught:
        await ask(there, there.connector(CONNECTORS[platform]), capability)
    assert caught.value.retry_at == NOW + timedelta(seconds=30)


@each_call
async def test_no_call_is_made_that_the_ledger_refuses(platform: str, capability: str) -> None:
    there = world(platform)
    meter = Recorder(refuse=RateLimited(platform, "x", "ours", retry_at=NOW))
    with pytest.raises(RateLimited):
        await ask(there, there.connector(CONNECTORS[platform], meter), capability)
    assert (there.asked, there.asides) == ([], 0)


@each_call
@pytest.mark.parametrize("status", [401, 403, 451])
async def test_a_lost_ability_is_an_error_of_its_kind_and_names_no_secret(
    platform: str, capability: str, status: int
) -> None:
    there = world(platform)
    there.fault = httpx.Response(status, text=f"refused {there.secret}")
    with pytest.raises((AuthenticationNeeded, NotPermitted)) as caught:
        await ask(there, there.connector(CONNECTORS[platform]), capability)
    assert there.secret not in str(caught.value)


@each_call
@pytest.mark.parametrize("status", [404, 410])
async def test_what_is_gone_is_not_found_or_missing_and_never_nothing(
    platform: str, capability: str, status: int
) -> None:
    there = world(platform)
    there.fault = httpx.Response(status)
    try:
        page = await ask(there, there.connector(CONNECTORS[platform]), capability)
    except NotFound:
        return
    assert capability in _LOOKUPS
    assert (page.items, len(page.missing)) == ((), 3)


@each_call
@pytest.mark.parametrize(
    "fault",
    [httpx.Response(500), httpx.Response(502, text="<html>"), httpx.ConnectError("away"), httpx.ReadTimeout("slow")],
    ids=["500", "502", "away", "slow"],
)
async def test_a_platform_that_fails_may_be_tried_again(
    platform: str, capability: str, fault: httpx.Response | Exception
) -> None:
    there = world(platform)
    there.fault = fault
    with pytest.raises(PlatformFault) as caught:
        await ask(there, there.connector(CONNECTORS[platform]), capability)
    assert caught.value.transient is True


@each_call
@pytest.mark.parametrize("body", ["", "<html>", "null", "[", "7", '"text"', "[" * 100_000, "{}", "[]", "[7, null]"])
async def test_an_answer_that_is_no_page_is_a_fault_and_never_an_empty_page(
    platform: str, capability: str, body: str
) -> None:
    there = world(platform)
    there.fault = httpx.Response(200, text=body, headers={"Content-Type": "application/json"})
    # what an answer to `posts` leaves out is taken for deleted, so nothing may be left out of it silently
    lacks_list = body == "{}" and there.may_lack_lists and capability != "posts"
    empty = lacks_list or (body[-1:] == "]" and capability in there.lists)
    connector = there.connector(CONNECTORS[platform])
    if not empty:
        with pytest.raises(PlatformFault):
            await ask(there, connector, capability)
        return
    try:
        page = await ask(there, connector, capability)
    except NotFound:
        return
    assert page.items == ()


@each_list
async def test_an_empty_page_is_no_error_and_ends_the_reading(platform: str, capability: str) -> None:
    there = world(platform)
    there.items = ()
    pages = await read_all(there, platform, capability)
    assert (ids(*pages), pages[-1].exhausted in (True, None)) == ([], True)


@each_paged
async def test_pages_follow_each_other_to_the_last_one(platform: str, capability: str) -> None:
    there = world(platform)
    there.cursor = lambda page: "older"
    first = await ask(there, there.connector(CONNECTORS[platform]), capability)
    there.cursor = lambda page: None
    there.items = (4,)
    second = await ask(there, there.connector(CONNECTORS[platform]), capability, first.next_cursor)
    assert (first.exhausted, len(set(ids(first, second)))) == (False, 4)


@each_list
@pytest.mark.parametrize(
    "cursors", [["same"], ["one", "other"], ["a", "b", "c", "d", "e"]], ids=["same", "two", "five"]
)
async def test_cursors_that_come_again_end_the_reading_and_it_is_told(
    platform: str, capability: str, cursors: list[str]
) -> None:
    there = world(platform)
    there.cursor = lambda page: cursors[page % len(cursors)]
    pages = await read_all(there, platform, capability)
    if capability in there.paged:
        assert len(pages) > 1
        assert pages[-1].exhausted is None
        assert any("repeated its cursor" in warning for warning in pages[-1].warnings)


@each_list
async def test_empty_pages_without_end_are_given_up(platform: str, capability: str) -> None:
    there = world(platform)
    there.items = ()
    there.cursor = lambda page: f"c{page}"
    pages = await read_all(there, platform, capability)
    assert ids(*pages) == []
    assert pages[-1].exhausted is None or capability not in there.paged


@each_call
async def test_a_missing_counter_is_unknown_and_zero_stays_zero(platform: str, capability: str) -> None:
    known: dict[int | None, list[int | None]] = {}
    for counters in (7, 0, None):
        there = world(platform)
        there.counters = counters
        page = await ask(there, there.connector(CONNECTORS[platform]), capability)
        known[counters] = [count.value for count in counts(page) if count.value is not None]
    assert known[None] == []
    assert len(known[0]) == len(known[7])
    assert set(known[0]) <= {0}


@each_list
async def test_what_comes_out_of_order_is_passed_on_as_it_came(platform: str, capability: str) -> None:
    there = world(platform)
    one, two, three = ids(await ask(there, there.connector(CONNECTORS[platform]), capability))
    there.items = (3, 1, 2, 1)
    page = await ask(there, there.connector(CONNECTORS[platform]), capability)
    assert list(dict.fromkeys(ids(page))) == [three, one, two]


@pytest.mark.parametrize(("platform", "capability"), [pair for pair in EVERY if pair[1] in _LOOKUPS])
async def test_who_and_what_is_deleted_is_missing_and_the_others_are_read(platform: str, capability: str) -> None:
    there = world(platform)
    there.items = (3, 1)
    page = await ask(there, there.connector(CONNECTORS[platform]), capability)
    gone = there.post_id(2) if capability == "posts" else there.account_id(2)
    assert (page.missing, len(page.items)) == ((gone,), 2)


@each_paged
@pytest.mark.parametrize("status", [401, 403, 404, 500])
async def test_a_reading_that_is_cut_off_is_an_error_or_says_so(platform: str, capability: str, status: int) -> None:
    there = world(platform)
    there.cursor = lambda page: f"c{page}"
    first = await ask(there, there.connector(CONNECTORS[platform]), capability)
    there.fault = httpx.Response(status)
    try:
        page = await ask(there, there.connector(CONNECTORS[platform]), capability, first.next_cursor)
    except ConnectorError:
        return
    assert page.coverage is Coverage.PARTIAL
    assert page.truncated_reason
    assert page.exhausted is not True or page.warnings


@each_paged
async def test_after_a_limit_the_same_cursor_goes_on_where_it_was(platform: str, capability: str) -> None:
    there = world(platform)
    there.cursor = lambda page: f"c{page}"
    first = await ask(there, there.connector(CONNECTORS[platform]), capability)
    there.fault = httpx.Response(429)
    with pytest.raises(RateLimited):
        await ask(there, there.connector(CONNECTORS[platform]), capability, first.next_cursor)
    before = len(there.asked)
    there.fault, there.items = None, (4, 5)
    second = await ask(there, there.connector(CONNECTORS[platform]), capability, first.next_cursor)
    assert there.asked[before].url == there.asked[before - 1].url
    assert len(set(ids(first, second))) == 5
