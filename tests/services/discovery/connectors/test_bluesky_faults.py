"""The Bluesky connector against faults of the platform and of its login."""

from datetime import timedelta

import httpx
import pytest

from services.discovery.connector import (
    AuthenticationNeeded,
    Coverage,
    NotFound,
    NotPermitted,
    PlatformFault,
    RateLimited,
    Unsupported,
)
from services.discovery.connectors.bluesky import BlueskyConnector
from services.discovery.ratelimits import ObservedLimit
from tests.services.discovery.connectors.bluesky_answers import (
    ALICE,
    NOW,
    feed,
    post,
    profile,
    profiles,
    search,
    tokens,
)
from tests.services.discovery.connectors.bluesky_server import (
    FEED,
    PROFILES,
    SEARCH,
    Appview,
    error,
    forbidden,
)
from tests.services.discovery.connectors.recorder import Recorder

LOGIN = {"pds_url": "https://pds.example.com", "identifier": "me.example.com", "app_password": "abcd-efgh"}
CREATE, REFRESH = "com.atproto.server.createSession", "com.atproto.server.refreshSession"


async def test_an_empty_answer_is_an_empty_page_and_no_error() -> None:
    appview = Appview()
    appview.answer(FEED, feed([]))
    page = await appview.connector().author_posts(ALICE)
    assert (page.items, page.exhausted, page.next_cursor) == ((), True, None)


async def test_a_repeated_cursor_ends_the_reading() -> None:
    appview = Appview()
    connector = appview.connector()
    item = {"post": post(ALICE, "3a", "one")}
    appview.answer(FEED, feed([item], "same"), feed([item], "same"))
    first = await connector.author_posts(ALICE)
    second = await connector.author_posts(ALICE, first.next_cursor)
    assert (second.next_cursor, second.exhausted, second.coverage) == (None, None, Coverage.PARTIAL)
    assert second.warnings == ("the platform repeated its cursor; reading stopped there",)


async def test_empty_pages_in_a_row_end_the_reading_though_they_have_cursors() -> None:
    appview = Appview()
    connector = appview.connector()
    appview.answer(FEED, *(feed([], f"c{number}") for number in range(5)))
    page = await connector.author_posts(ALICE)
    calls = 1
    while page.next_cursor:
        page = await connector.author_posts(ALICE, page.next_cursor)
        calls += 1
    assert calls == 3
    assert page.coverage is Coverage.PARTIAL


async def test_429_names_the_later_of_epoch_reset_and_retry_after_and_the_meter_hears_it() -> None:
    appview, meter = Appview(), Recorder()
    reset = NOW + timedelta(minutes=5)
    headers = {
        "RateLimit-Limit": "3000",
        "RateLimit-Remaining": "0",
        "RateLimit-Reset": str(int(reset.timestamp())),
        "RateLimit-Policy": "3000;w=300",
        "Retry-After": "7",
    }
    appview.answer(PROFILES, httpx.Response(429, json={"error": "RateLimitExceeded"}, headers=headers))
    with pytest.raises(RateLimited) as caught:
        await appview.connector(meter).profiles([ALICE])
    assert caught.value.retry_at == reset
    assert [(call.host, call.credential, call.bucket) for call in meter.calls] == [
        ("appview.example.com", None, "calls")
    ]
    assert meter.observed == [ObservedLimit(limit=3_000, remaining=0, resets_at=reset, window=timedelta(minutes=5))]


async def test_no_call_is_made_that_the_ledger_refuses() -> None:
    appview = Appview()
    refusal = RateLimited("bluesky", PROFILES, "ours", retry_at=NOW)
    with pytest.raises(RateLimited):
        await appview.connector(Recorder(refuse=refusal)).profiles([ALICE])
    assert appview.requests == []


@pytest.mark.parametrize(
    ("answer", "transient"),
    [
        (httpx.Response(502, text="bad gateway"), True),
        (httpx.Response(200, text="<html>"), True),
        (httpx.Response(200, json=[1]), True),
        (httpx.ReadTimeout("slow"), True),
        (httpx.ConnectError("away"), True),
        (error(400, "InvalidRequest", "actor must be a string"), False),
        (httpx.Response(302, headers={"Location": "https://elsewhere.example.com"}), False),
    ],
)
async def test_a_wrong_or_missing_answer_is_a_fault(answer: httpx.Response | Exception, transient: bool) -> None:
    appview = Appview()
    appview.answer(PROFILES, answer)
    with pytest.raises(PlatformFault) as caught:
        await appview.connector().profiles([ALICE])
    assert caught.value.transient is transient


@pytest.mark.parametrize(
    ("answer", "kind"),
    [
        (error(400, "AccountTakedown", "Account has been suspended"), NotFound),
        (error(400, "InvalidRequest", "Profile not found"), NotFound),
        (error(400, "BlockedActor", "Requester has blocked actor"), NotPermitted),
        (error(403, "Forbidden"), AuthenticationNeeded),
        (error(501, "MethodNotImplemented"), Unsupported),
    ],
)
async def test_each_refusal_has_its_own_error(answer: httpx.Response, kind: type[Exception]) -> None:
    appview = Appview()
    appview.answer(FEED, answer)
    with pytest.raises(kind):
        await appview.connector().author_posts(ALICE)


async def test_a_login_is_made_once_and_an_expired_token_renewed() -> None:
    appview, meter = Appview(), Recorder()
    connector = appview.connector(meter, options=LOGIN)
    answers = profiles(profile(ALICE))
    appview.answer(CREATE, tokens(1))
    appview.answer(REFRESH, tokens(2))
    appview.answer(PROFILES, answers, error(400, "ExpiredToken", "Token has expired"), answers)
    await connector.profiles([ALICE])
    await connector.profiles([ALICE])
    sent = [(request.url.host, request.headers.get("Authorization")) for request in appview.requests]
    assert sent == [
        ("pds.example.com", None),
        ("pds.example.com", "Bearer access-1"),
        ("pds.example.com", "Bearer access-1"),
        ("pds.example.com", "Bearer refresh-1"),
        ("pds.example.com", "Bearer access-2"),
    ]
    assert [call.bucket for call in meter.calls] == ["sessions", "calls", "calls", "calls", "calls"]
    assert len({call.credential for call in meter.calls} - {None}) == 1
    assert "abcd-efgh" not in repr(meter.calls)


async def test_a_refresh_token_that_is_refused_leads_to_one_new_login() -> None:
    appview = Appview()
    connector = appview.connector(options=LOGIN)
    appview.answer(CREATE, tokens(1), tokens(3))
    appview.answer(REFRESH, error(400, "ExpiredToken"))
    appview.answer(PROFILES, error(400, "ExpiredToken"), profiles(profile(ALICE)))
    page = await connector.profiles([ALICE])
    assert [one.platform_id for one in page.items] == [ALICE]
    assert appview.requests[-1].headers["Authorization"] == "Bearer access-3"


async def test_a_refused_login_is_told() -> None:
    appview = Appview()
    appview.answer(CREATE, error(401, "AuthenticationRequired", "Invalid identifier or password"))
    with pytest.raises(AuthenticationNeeded):
        await appview.connector(options=LOGIN).profiles([ALICE])


async def test_with_a_login_a_refused_second_page_is_an_error() -> None:
    appview = Appview()
    connector = appview.connector(options=LOGIN)
    appview.answer(CREATE, tokens(1))
    appview.answer(SEARCH, search([post(ALICE, "3a", "#Trail", "Trail")], "next"), forbidden())
    first = await connector.hashtag_posts("trail")
    with pytest.raises(NotPermitted):
        await connector.hashtag_posts("trail", first.next_cursor)


@pytest.mark.parametrize("options", [{"identifier": "me"}, {"app_password": "x"}, {"appview_url": "ftp://example.com"}])
def test_options_that_make_no_sense_are_refused(options: dict[str, str]) -> None:
    with pytest.raises(ValueError, match=r"Bluesky login|http"):
        BlueskyConnector.create(httpx.AsyncClient(), options)


def test_empty_options_count_as_not_given() -> None:
    connector = BlueskyConnector.create(httpx.AsyncClient(), {"identifier": "", "app_password": " ", "appview_url": ""})
    assert "first page" in (connector.capability("hashtag_search").reason or "")


@pytest.mark.parametrize("cursor", ["", "x", "e30x", "W10", "eyJ4IjogMX0", "eyJzcGVsbGluZyI6ICIxIn0", "é"])
async def test_a_foreign_cursor_is_refused(cursor: str) -> None:
    with pytest.raises(ValueError, match="not a cursor"):
        await Appview().connector().author_posts(ALICE, cursor)
