"""Bluesky's live stream, read over real websockets from a server on loopback."""

from contextlib import aclosing
from datetime import UTC, datetime, timedelta

import httpx
import pytest

from services.discovery.atproto import jetstream
from services.discovery.atproto.jetstream import Jetstream
from services.discovery.connector import AuthenticationNeeded, NotPermitted, PlatformFault, RateLimited
from services.discovery.connectors.bluesky import BlueskyConnector
from services.discovery.records import LiveAccount, LiveDeletion, LiveEvent, LiveGap, LiveMark, LivePost
from shared.schemas.creators import AccountStatus
from shared.schemas.platforms import Support
from tests.services.discovery.connectors.bluesky_answers import ALICE, BOB, CAROL, NOW, uri
from tests.services.discovery.connectors.jetstream_server import (
    START,
    Frame,
    Stream,
    account,
    commit,
    deletion,
    identity,
    post,
    refusal,
)

SECOND = 1_000_000


class Pauses:
    """Does not wait, and remembers for how long it should have."""

    def __init__(self) -> None:
        self.seconds: list[float] = []

    async def __call__(self, seconds: float) -> None:
        self.seconds.append(seconds)


async def _read(
    stream: Stream,
    count: int,
    *tags: str,
    accounts: tuple[str, ...] = (),
    cursor: str | None = None,
    pauses: Pauses | None = None,
) -> list[LiveEvent]:
    """The next so many events."""
    reader = Jetstream(stream.url, clock=lambda: NOW, pause=pauses or Pauses())
    found: list[LiveEvent] = []
    async with aclosing(reader.events(tags=tags, accounts=accounts, cursor=cursor)) as events:
        async for event in events:
            found.append(event)
            if len(found) == count:
                break
    return found


async def test_posts_are_chosen_by_facets_and_by_their_list_of_tags() -> None:
    frames = [
        post(ALICE, "3a", "Up #TrailRunning", "TrailRunning", at=START),
        post(BOB, "3b", "#trailrunning without a facet", at=START + 1),
        post(CAROL, "3c", "Quiet", tags=["trailrunning"], at=START + 2),
        post(BOB, "3d", "#trailrunningsim", "trailrunningsim", at=START + 3),
        deletion(BOB, "3z", at=START + 4),
    ]
    async with Stream([frames]).running() as stream:
        first, second, end = await _read(stream, 3, "#trailrunning")
    assert isinstance(first, LivePost)
    assert isinstance(second, LivePost)
    assert isinstance(end, LiveDeletion)
    assert (first.post.platform_id, first.post.author_id) == (uri(ALICE, "3a"), ALICE)
    assert second.post.platform_id == uri(CAROL, "3c")
    assert first.post.created_at == datetime(2026, 11, 22, 8, 59, tzinfo=UTC)
    assert first.post.counts.likes.value is None
    assert (first.cursor, end.cursor) == (str(START), str(START + 4))
    assert stream.asked == [{"wantedCollections": ["app.bsky.feed.post"]}]


async def test_deletions_of_posts_and_accounts_come_whatever_the_tags() -> None:
    frames = [
        deletion(ALICE, "3a", at=START),
        account(BOB, at=START + 1, active=False, status="deleted"),
        account(CAROL, at=START + 2, active=False, status="takendown"),
        account(CAROL, at=START + 3, active=True),
        account(CAROL, at=START + 4, active=False, status="something new"),
        identity(ALICE, at=START + 5),
        commit(ALICE, "3a", at=START + 6, operation="delete", collection="app.bsky.feed.like"),
        deletion(ALICE, "3b", at=START + 7),
    ]
    async with Stream([frames]).running() as stream:
        found = await _read(stream, 6)
    assert isinstance(found[0], LiveDeletion)
    assert (found[0].platform_id, found[0].author_id) == (uri(ALICE, "3a"), ALICE)
    assert [(one.platform_id, one.status) for one in found if isinstance(one, LiveAccount)] == [
        (BOB, AccountStatus.DELETED),
        (CAROL, AccountStatus.SUSPENDED),
        (CAROL, AccountStatus.ACTIVE),
        (CAROL, AccountStatus.UNKNOWN),
    ]
    assert isinstance(found[5], LiveDeletion)
    assert found[5].platform_id == uri(ALICE, "3b")


async def test_a_lost_connection_resumes_a_little_earlier_and_nothing_comes_twice() -> None:
    first = [deletion(ALICE, "3a", at=START), deletion(ALICE, "3b", at=START + SECOND)]
    again = [*first, account(BOB, at=START + SECOND, active=False, status="deleted")]
    more = [again[-1], deletion(ALICE, "3c", at=START + 2 * SECOND)]
    pauses = Pauses()
    async with Stream([first, again, more]).running() as stream:
        found = await _read(stream, 4, pauses=pauses)
    deleted = [one.platform_id.rpartition("/")[2] for one in found if isinstance(one, LiveDeletion)]
    assert deleted == ["3a", "3b", "3c"]
    assert isinstance(found[2], LiveAccount)
    overlapping = str(START + SECOND - 5 * SECOND)
    assert [one.get("cursor") for one in stream.asked] == [None, [overlapping], [overlapping]]
    assert len(pauses.seconds) == 2


async def test_a_reading_resumes_from_the_cursor_of_an_event() -> None:
    async with Stream([[deletion(ALICE, "3a", at=START)], [deletion(ALICE, "3b", at=START + 9)]]).running() as stream:
        (first,) = await _read(stream, 1)
        await _read(stream, 1, cursor=first.cursor)
    assert stream.asked[1]["cursor"] == [str(START - 5 * SECOND)]


async def test_what_a_server_left_out_is_told_as_a_gap() -> None:
    late = START + 3_600 * SECOND
    async with Stream([[deletion(ALICE, "3a", at=late)]]).running() as stream:
        gap, event = await _read(stream, 2, cursor=str(START))
    assert isinstance(gap, LiveGap)
    assert gap.until - gap.since == timedelta(hours=1)
    assert gap.cursor == str(START)
    assert isinstance(event, LiveDeletion)


async def test_of_named_accounts_only_these_are_read() -> None:
    frames = [deletion(BOB, "3b", at=START), deletion(ALICE, "3a", at=START + 7_200 * SECOND)]
    async with Stream([frames]).running() as stream:
        (event,) = await _read(stream, 1, accounts=(ALICE,), cursor=str(START))
    assert isinstance(event, LiveDeletion)  # and no gap: they may have been silent
    assert event.author_id == ALICE
    assert stream.asked[0]["wantedDids"] == [ALICE]


async def test_more_accounts_than_an_address_holds_are_chosen_here() -> None:
    many = tuple(f"did:plc:{number:024d}" for number in range(200))
    async with Stream([[deletion(BOB, "3b", at=START), deletion(many[7], "3a", at=START + 1)]]).running() as stream:
        (event,) = await _read(stream, 1, accounts=many)
    assert isinstance(event, LiveDeletion)
    assert event.author_id == many[7]
    assert "wantedDids" not in stream.asked[0]


async def test_where_nothing_happens_the_place_is_told_now_and_then(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(jetstream, "MARK_EVERY", 3)
    frames = [post(BOB, f"3{number}", "nothing", at=START + number) for number in range(5)]
    async with Stream([frames]).running() as stream:
        (mark,) = await _read(stream, 1, "trailrunning")
    assert mark == LiveMark(cursor=str(START + 2))


async def test_frames_that_make_no_sense_are_passed_over() -> None:
    good = post(ALICE, "3a", "Up #TrailRunning", "TrailRunning", at=START)
    odd: list[Frame] = [
        "",
        "{",
        "[1]",
        "7",
        {"kind": "commit"},
        {"did": ALICE, "kind": "commit", "commit": []},
        {"did": ALICE, "kind": "account", "account": {"active": "no"}},
        good | {"commit": good["commit"] | {"record": {"text": 3, "tags": [None], "facets": "x"}}},
        good | {"commit": good["commit"] | {"operation": "nothing known"}},
        good,
    ]
    async with Stream([odd]).running() as stream:
        (event,) = await _read(stream, 1, "trailrunning")
    assert isinstance(event, LivePost)


async def test_an_edited_post_is_told_again() -> None:
    created = post(ALICE, "3a", "Up #TrailRunning", "TrailRunning", at=START)
    edited = post(ALICE, "3a", "Down #TrailRunning", "TrailRunning", at=START + 1)
    edited["commit"]["operation"] = "update"
    async with Stream([[created, created, edited]]).running() as stream:
        found = await _read(stream, 2, "trailrunning")
    assert [one.post.text for one in found if isinstance(one, LivePost)] == ["Up #TrailRunning", "Down #TrailRunning"]


@pytest.mark.parametrize(
    ("answer", "kind"),
    [
        (refusal(400, "CursorTooOld"), PlatformFault),
        (refusal(401), AuthenticationNeeded),
        (refusal(403), NotPermitted),
        (refusal(500), PlatformFault),
    ],
)
async def test_a_refusal_is_an_error_of_its_kind(answer: object, kind: type[Exception]) -> None:
    async with Stream([answer]).running() as stream:  # type: ignore[list-item]  # answers are of one kind
        with pytest.raises(kind):
            await _read(stream, 1)


async def test_a_server_that_asks_to_wait_is_waited_for_by_the_caller() -> None:
    async with Stream([refusal(429, Retry_After="30")]).running() as stream:
        with pytest.raises(RateLimited) as caught:
            await _read(stream, 1)
    assert caught.value.retry_at == NOW + timedelta(seconds=30)


async def test_a_server_that_does_not_answer_is_tried_with_growing_pauses_and_then_given_up() -> None:
    async with Stream([]).running() as stream:
        pass
    pauses = Pauses()
    with pytest.raises(PlatformFault, match="after 8 attempts"):
        await _read(stream, 1, pauses=pauses)
    assert len(pauses.seconds) == 7
    assert all(1.0 <= seconds <= 60.0 for seconds in pauses.seconds)
    assert pauses.seconds[-1] > 8 * pauses.seconds[0]


async def test_a_server_that_closes_at_once_is_given_up() -> None:
    async with Stream([]).running() as stream:
        with pytest.raises(PlatformFault, match="closes every connection"):
            await _read(stream, 1)
    assert len(stream.asked) == 8


@pytest.mark.parametrize("cursor", ["", "x", "-1", "1" * 19, "١"])
async def test_a_foreign_cursor_is_refused(cursor: str) -> None:
    with pytest.raises(ValueError, match="not a cursor"):
        await _read(Stream([], url="ws://127.0.0.1:1"), 1, cursor=cursor)


async def test_the_connector_offers_the_stream_without_a_login() -> None:
    async with Stream([[post(ALICE, "3a", "Up #TrailRunning", "TrailRunning", at=START)]]).running() as stream:
        connector = BlueskyConnector.create(httpx.AsyncClient(), {"jetstream_url": stream.url})
        assert connector.capability("hashtag_stream").support is Support.YES
        async with aclosing(connector.live(["trailrunning"])) as events:
            event = await anext(events)
    assert isinstance(event, LivePost)
    assert stream.agents[0] is not None
    assert stream.agents[0].startswith("groundswell/")


@pytest.mark.parametrize("url", ["https://example.com", "wss://", ""])
def test_an_address_that_is_no_stream_is_refused(url: str) -> None:
    with pytest.raises(ValueError, match="ws or wss"):
        Jetstream(url)
