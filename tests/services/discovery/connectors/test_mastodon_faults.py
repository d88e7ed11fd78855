"""The Mastodon connector against faults: limits in every form, refusals, lost abilities, broken pages."""

from datetime import timedelta

import httpx
import pytest

from services.discovery.connector import (
    AuthenticationNeeded,
    NotFound,
    NotPermitted,
    PlatformFault,
    RateLimited,
    Unsupported,
)
from services.discovery.connectors.mastodon import MastodonConnector
from services.discovery.fediverse.turns import HashtagPosition, read_turns
from services.discovery.ratelimits import ObservedLimit
from tests.services.discovery.connectors.fediverse_answers import OTHER, OWN, account, context, status, uri
from tests.services.discovery.connectors.fediverse_servers import BOTH, Servers, error, linked
from tests.services.discovery.connectors.recorder import NOW, Recorder

TRAIL = "/api/v1/timelines/tag/trailrunning"
LOOKUP = "/api/v1/accounts/lookup"
CONTEXT = "/api/v1/statuses/9/context"
RESET = NOW + timedelta(minutes=4)


async def test_429_names_the_iso_reset_and_the_meter_hears_it_by_server() -> None:
    servers, meter = Servers(), Recorder()
    headers = {"X_RateLimit_Limit": "300", "X_RateLimit_Remaining": "0", "X_RateLimit_Reset": "2026-11-22T09:04:00.5Z"}
    servers.answer(TRAIL, error(429, "Throttled", **headers))
    with pytest.raises(RateLimited) as caught:
        await servers.connector(meter).hashtag_posts("trailrunning")
    reset = RESET + timedelta(milliseconds=500)
    assert caught.value.retry_at == reset
    assert meter.observed[-1] == ObservedLimit(limit=300, remaining=0, resets_at=reset)
    assert {call.host for call in meter.calls} == {OWN}


@pytest.mark.parametrize(
    ("answer", "wait"),
    [
        (error(429, X_RateLimit_Reset=str(int(RESET.timestamp()))), timedelta(minutes=4)),
        (error(429), timedelta(minutes=1)),
        (error(503, Retry_After="30"), timedelta(seconds=30)),
        (error(503, Retry_After="Sun, 22 Nov 2026 09:04:00 GMT"), timedelta(minutes=4)),
    ],
)
async def test_every_form_of_a_limit_names_when_to_come_back(answer: httpx.Response, wait: timedelta) -> None:
    servers = Servers()
    servers.answer(CONTEXT, answer)
    with pytest.raises(RateLimited) as caught:
        await servers.connector().post_comments(uri("9"))
    assert caught.value.retry_at == NOW + wait


async def test_further_pages_are_counted_apart_and_each_token_by_itself() -> None:
    servers, meter = Servers(), Recorder()
    options = {"servers": f"{OWN} {OTHER}", "access_tokens": f"{OTHER}=secret"}
    connector = servers.connector(meter, options=options)
    servers.answer(TRAIL, linked([status("9", "trailrunning")], "9"), linked([], None))
    servers.answer(TRAIL, linked([], None), host=OTHER)
    page = await connector.hashtag_posts("trailrunning")
    while page.next_cursor:
        page = await connector.hashtag_posts("trailrunning", page.next_cursor)
    made = [(call.host, call.bucket, call.credential is None) for call in meter.calls if "tag" in call.endpoint]
    assert made == [(OWN, "calls", True), (OTHER, "calls", False), (OWN, "pages", True)]
    assert "secret" not in repr(meter.calls)
    rules = {(rule.bucket, rule.limit) for rule in connector.quotas()}
    assert rules == {("calls", 200), ("pages", 100)}


async def test_no_call_is_made_that_the_ledger_refuses() -> None:
    servers = Servers()
    refusal = RateLimited("mastodon", "x", "ours", retry_at=NOW)
    with pytest.raises(RateLimited):
        await servers.connector(Recorder(refuse=refusal)).hashtag_posts("trailrunning")
    assert servers.requests == []


async def test_a_server_at_its_limit_is_passed_over_while_another_answers() -> None:
    servers = Servers()
    connector = servers.connector(options=BOTH)
    servers.answer(TRAIL, error(429), linked([status("9", "trailrunning")], None))
    servers.answer(TRAIL, linked([], None), host=OTHER)
    first = await connector.hashtag_posts("trailrunning")
    second = await connector.hashtag_posts("trailrunning", first.next_cursor)
    assert (first.items, first.exhausted) == ((), False)
    assert [one.platform_id for one in second.items] == [uri("9")]
    assert second.exhausted is True


async def test_when_all_servers_are_at_their_limit_the_earliest_end_counts() -> None:
    servers = Servers()
    servers.answer(TRAIL, error(429, Retry_After="500"))
    servers.answer(TRAIL, error(429, Retry_After="50"), host=OTHER)
    with pytest.raises(RateLimited) as caught:
        await servers.connector(options=BOTH).hashtag_posts("trailrunning")
    assert caught.value.retry_at == NOW + timedelta(seconds=50)


async def test_a_server_that_cannot_be_read_is_told_and_not_hidden() -> None:
    servers = Servers()
    servers.answer(TRAIL, httpx.ConnectError("away"))
    servers.answer(TRAIL, linked([], None), host=OTHER)
    page = await servers.connector(options=BOTH).hashtag_posts("trailrunning")
    assert page.exhausted is None
    assert any("own.example" in warning or "no answer" in warning for warning in page.warnings)


async def test_where_strangers_see_local_posts_only_these_are_read_and_it_is_told() -> None:
    servers = Servers()
    connector = servers.connector()
    refusal = error(401, "This method requires an authenticated user")
    servers.answer(TRAIL, refusal, linked([status("9", "trailrunning")], "9"), linked([], None))
    first = await connector.hashtag_posts("trailrunning")
    assert [one.platform_id for one in first.items] == [uri("9")]
    assert first.warnings == ("without a token own.example shows its own accounts' posts only",)
    await connector.hashtag_posts("trailrunning", first.next_cursor)
    assert [one.get("local") for one in servers.asked(TRAIL)] == [None, "true", "true"]


async def test_where_strangers_see_nothing_a_token_is_needed() -> None:
    servers = Servers()
    servers.answer(TRAIL, error(401), error(401))
    with pytest.raises(AuthenticationNeeded):
        await servers.connector().hashtag_posts("trailrunning")


@pytest.mark.parametrize("software", ["pixelfed", "gotosocial"])
async def test_software_that_answers_to_tokens_only_is_not_asked_without_one(software: str) -> None:
    servers = Servers(software={OWN: software})
    with pytest.raises(AuthenticationNeeded):
        await servers.connector().hashtag_posts("trailrunning")
    assert servers.requests == []


@pytest.mark.parametrize(
    ("answer", "token", "kind"),
    [
        (error(401, "The access token was revoked"), True, AuthenticationNeeded),
        (error(403, "This action is not allowed"), True, NotPermitted),
        (error(403), False, AuthenticationNeeded),
        (error(404, "Record not found"), False, NotFound),
        (error(410), False, NotFound),
        (error(451), False, NotPermitted),
        (error(422, "Validation failed"), False, PlatformFault),
        (error(500), False, PlatformFault),
    ],
)
async def test_each_refusal_has_its_own_error(answer: httpx.Response, token: bool, kind: type[Exception]) -> None:
    servers = Servers()
    servers.answer(CONTEXT, answer)
    options = {"servers": OWN, "access_tokens": f"{OWN}=secret" if token else ""}
    with pytest.raises(kind) as caught:
        await servers.connector(options=options).post_comments(uri("9"))
    assert "secret" not in str(caught.value)


@pytest.mark.parametrize("answer", [httpx.Response(200, text="<html>"), httpx.Response(200, json=[])])
async def test_a_wrong_answer_is_a_fault_that_may_pass(answer: httpx.Response) -> None:
    servers = Servers()
    servers.answer(CONTEXT, answer)
    with pytest.raises(PlatformFault) as caught:
        await servers.connector().post_comments(uri("9"))
    assert caught.value.transient is True


async def test_an_empty_answer_is_an_empty_page_and_no_error() -> None:
    servers = Servers()
    servers.answer(TRAIL, [])
    page = await servers.connector().hashtag_posts("trailrunning")
    assert (page.items, page.next_cursor, page.exhausted) == ((), None, True)


async def test_a_repeated_cursor_ends_the_reading_of_that_server() -> None:
    servers = Servers()
    connector = servers.connector()
    servers.answer(TRAIL, *(linked([status("9", "trailrunning")], "9") for _ in range(2)))
    first = await connector.hashtag_posts("trailrunning")
    second = await connector.hashtag_posts("trailrunning", first.next_cursor)
    assert (second.next_cursor, second.exhausted) == (None, None)
    assert "own.example: the platform repeated its cursor; reading stopped there" in second.warnings


async def test_a_repeated_cursor_ends_a_list() -> None:
    servers = Servers()
    connector = servers.connector()
    path = "/api/v1/statuses/9/reblogged_by"
    servers.answer("/api/v1/statuses/9/favourited_by", [])
    servers.answer(path, *(linked([account()], "3") for _ in range(2)))
    page = await connector.reactors(uri("9"))
    for _ in range(2):
        page = await connector.reactors(uri("9"), page.next_cursor)
    assert (page.next_cursor, page.exhausted) == (None, None)


async def test_pages_out_of_order_are_passed_on() -> None:
    servers = Servers()
    late = status("2", "trailrunning", created_at="2026-11-22T08:00:00.000Z")
    servers.answer(TRAIL, linked([status("9", "trailrunning"), late], None))
    page = await servers.connector().hashtag_posts("trailrunning")
    assert [one.platform_id for one in page.items] == [uri("9"), uri("2")]


async def test_nonsense_in_an_answer_is_passed_over() -> None:
    servers = Servers()
    broken = [None, 7, {}, {"uri": "javascript:alert(1)"}, {"uri": 3, "account": []}]
    odd = status("9", "trailrunning") | {"favourites_count": "many", "created_at": "soon", "language": "klingon"}
    servers.answer(TRAIL, httpx.Response(200, json=[*broken, odd]))
    (post,) = (await servers.connector().hashtag_posts("trailrunning")).items
    assert (post.counts.likes.value, post.created_at, post.language) == (None, None, None)


async def test_answers_that_answer_each_other_in_a_circle_end() -> None:
    servers = Servers()
    servers.answer(CONTEXT, context(status("21", in_reply_to_id="22"), status("22", in_reply_to_id="21")))
    page = await servers.connector().post_comments(uri("9"))
    assert [one.depth for one in page.items] == [None, None]


@pytest.mark.parametrize("cursor", ["", "x", "e30x", "W10", "eyJ4IjogMX0", "e30", "eyJ0dXJucyI6IFsiYSJdfQ", "é"])
async def test_a_foreign_cursor_is_refused(cursor: str) -> None:
    with pytest.raises(ValueError, match="not a cursor"):
        await Servers().connector().hashtag_posts("trailrunning", cursor)


async def test_a_cursor_of_a_server_that_is_not_read_any_more_brings_nothing_and_says_so() -> None:
    servers = Servers()
    servers.answer(TRAIL, linked([status("9", "trailrunning")], "9"))
    first = await servers.connector().hashtag_posts("trailrunning")
    page = await servers.connector(options={"servers": OTHER}).hashtag_posts("trailrunning", first.next_cursor)
    assert (page.items, page.exhausted, page.truncated_reason) == ((), None, "its servers are not read any more")
    assert servers.asked(TRAIL, OTHER) == []


@pytest.mark.parametrize("reference", ["ref:", "ref:e30", "ref:WzFd", "ref:é"])
async def test_a_broken_reference_is_refused(reference: str) -> None:
    with pytest.raises(ValueError, match="not a reference"):
        await Servers().connector().post_comments(reference)


@pytest.mark.parametrize("tag", ["", "#", "123", "two words", "🏔️", "$AAPL"])
async def test_what_is_no_hashtag_there_is_refused_without_a_call(tag: str) -> None:
    servers = Servers()
    with pytest.raises(Unsupported):
        await servers.connector().hashtag_posts(tag)
    assert servers.requests == []


@pytest.mark.parametrize(
    "options",
    [
        {"servers": "ftp://own.example"},
        {"servers": "https://own.example/path"},
        {"servers": "own.example?x=1"},
        {"servers": "https://user@own.example"},
        {"servers": ", ,", "access_tokens": "x"},
        {"servers": OWN, "access_tokens": "other.example=secret"},
        {"servers": OWN, "access_tokens": f"{OWN}="},
        {"servers": " ".join(f"s{number}.example" for number in range(51))},
    ],
)
def test_options_that_make_no_sense_are_refused(options: dict[str, str]) -> None:
    with pytest.raises(ValueError, match=r"server|host=token") as caught:
        MastodonConnector.create(httpx.AsyncClient(), options)
    assert "secret" not in str(caught.value)


async def test_an_address_that_no_server_finds_is_not_called_deleted() -> None:
    """A server that is asked to fetch a post answers with nothing also while the post's own server is away."""
    servers = Servers()
    servers.answer("/api/v2/search", {"accounts": [], "statuses": [], "hashtags": []})
    page = await servers.connector(options={"servers": OWN, "access_tokens": f"{OWN}=secret"}).posts(
        [uri("7", "bob", OTHER)]
    )
    assert (page.items, page.missing) == ((), ())


async def test_a_cursor_of_before_positions_were_kept_goes_on_where_it_stood() -> None:
    old = HashtagPosition(turns=("mastodon.social all 113500000000000001",)).encode()
    [turn] = read_turns(old, ["mastodon.social"])
    assert (turn.host, turn.position.platform_cursor, turn.local_only) == (
        "mastodon.social", "113500000000000001", False,
    )  # fmt: skip
