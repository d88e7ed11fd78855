"""The YouTube connector against answers that the API's discovery document allows, and against its faults."""

from datetime import UTC, datetime, timedelta

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
from services.discovery.connectors.youtube import YoutubeConnector
from services.discovery.ratelimits import ObservedLimit
from shared.schemas.base import CountState
from shared.schemas.platforms import PermittedUse, Support
from tests.services.discovery.connectors.recorder import NOW, Recorder
from tests.services.discovery.connectors.youtube_answers import (
    CHANNEL,
    OTHER_CHANNEL,
    UPLOADS,
    answers,
    batch,
    channel,
    channels,
    comment,
    playlist,
    search,
    stats,
    thread,
    threads,
    video,
    video_id,
    videos,
)
from tests.services.discovery.connectors.youtube_server import Api, refusal

STATS = "videos:batchGetStats"
MIDNIGHT_PACIFIC = datetime(2026, 11, 23, 8, 0, tzinfo=UTC)  # of the day that 2026-11-22 09:00 UTC lies in


async def test_a_search_page_is_read_with_its_videos_and_what_lacks_the_tag_is_left_out() -> None:
    api = Api()
    api.answer("search", search([1, 2, 3], "next"))
    api.answer("videos", videos(video(2, "no tag, #trailrunningsim"), video(1, "Up #TrailRunning")))
    page = await api.connector().hashtag_posts("#trailrunning")
    assert [one.platform_id for one in page.items] == [video_id(1)]
    assert page.warnings == ("2 of 3 videos did not carry what was searched for",)
    assert (page.exhausted, page.coverage) == (False, Coverage.PARTIAL)
    (asked,) = api.asked("search")
    assert (asked["q"], asked["type"], asked["order"]) == ("#trailrunning", "video", "date")
    assert api.asked("videos")[0]["id"] == ",".join(video_id(number) for number in (1, 2, 3))


async def test_searches_and_counters_have_buckets_of_their_own() -> None:
    api, meter = Api(), Recorder()
    connector = api.connector(meter)
    api.answer("search", search([1]))
    api.answer("videos", videos(video(1)))
    api.answer(STATS, batch(stats(1)))
    await connector.hashtag_posts("trailrunning")
    await connector.posts([video_id(1)])
    assert [(call.endpoint, call.bucket, call.units) for call in meter.calls] == [
        ("search", "searches", 1),
        ("videos", "units", 1),
        (STATS, "statistics", 1),
    ]
    assert len({call.credential for call in meter.calls} - {None}) == 1
    assert "an-api-key" not in repr(meter.calls)
    limits = {rule.bucket: rule.limit for rule in connector.quotas()}
    assert limits == {"searches": 100, "units": 10_000, "statistics": 10_000}


async def test_a_search_that_was_made_is_not_lost_when_the_videos_cannot_be_asked_for() -> None:
    api = Api()
    api.answer("search", search([1, 2], "next"))
    api.answer("videos", refusal(403, "quotaExceeded"))
    page = await api.connector().hashtag_posts("trailrunning")
    assert [one.platform_id for one in page.items] == [video_id(1), video_id(2)]
    assert {one.counts.views.state for one in page.items} == {CountState.NOT_PROVIDED}
    assert page.next_cursor is not None
    assert "without counters" in page.warnings[0]


async def test_a_video_is_read_whole() -> None:
    api = Api()
    told = "With @bob_runs on #TrailRunning and ＃Läufer. https://race.example/a. #trailrunning"
    details = {"duration": "PT1H2M3S", "contentRating": {"ytRating": "ytAgeRestricted"}}
    api.answer("search", search([1]))
    api.answer("videos", videos(video(1, told, contentDetails=details)))
    (post,) = (await api.connector().hashtag_posts("trailrunning")).items
    assert [tag.key for tag in post.hashtags] == ["trailrunning", "läufer"]
    assert [one.handle for one in post.mentions] == ["bob_runs"]
    assert post.links == ("https://race.example/a",)
    assert (post.author_id, post.author.display_name if post.author else None) == (CHANNEL, "Alice")
    assert (post.counts.views.value, post.counts.likes.value, post.counts.comments.value) == (900, 40, 3)
    assert (post.paid_partnership, post.is_sensitive, post.language) == (True, True, "en-GB")
    assert post.media[0].duration_s == 3_723
    assert post.url == f"https://www.youtube.com/watch?v={video_id(1)}"
    assert post.origin.expires_at == NOW + timedelta(days=30)


async def test_counters_are_texts_and_a_missing_one_is_hidden() -> None:
    api = Api()
    api.answer(STATS, batch(stats(1, viewCount="0"), stats(2, viewCount="18446744073709551615")))
    first, second = (await api.connector().posts([video_id(1), video_id(2)])).items
    assert (first.counts.views.value, first.counts.views.state) == (0, CountState.EXACT)
    assert (first.counts.likes.value, first.counts.likes.state) == (None, CountState.HIDDEN)
    assert (second.counts.views.value, second.counts.views.state) == (None, CountState.HIDDEN)
    assert first.counts.saves.state is CountState.NOT_PROVIDED  # favoriteCount is dead


async def test_subscribers_are_rounded_or_hidden() -> None:
    api = Api()
    api.answer("channels", channels(channel(), channel(OTHER_CHANNEL, hiddenSubscriberCount=True, subscriberCount="0")))
    shown, hidden = (await api.connector().profiles([CHANNEL, OTHER_CHANNEL])).items
    assert (shown.counts.followers.value, shown.counts.followers.state) == (12_300, CountState.ROUNDED)
    assert (hidden.counts.followers.value, hidden.counts.followers.state) == (None, CountState.HIDDEN)
    assert (shown.handle, shown.country, shown.counts.total_views.value) == ("alice.runs", "GB", 500_000)


async def test_profiles_are_asked_in_batches_and_by_handle_and_the_absent_are_missing() -> None:
    api = Api()
    many = [f"UC{number:022d}" for number in range(60)]
    api.answer("channels", channels(channel(many[0])), channels(), channels(channel()), channels())
    page = await api.connector().profiles([*many, "@Alice.Runs", "@nobody", "!"])
    asked = api.asked("channels")
    assert [len(one.get("id", "").split(",")) for one in asked[:2]] == [50, 10]
    assert [one.get("forHandle") for one in asked[2:]] == ["@alice.runs", "@nobody"]
    assert [one.platform_id for one in page.items] == [many[0], CHANNEL]
    assert page.missing == (*many[1:], "@nobody", "!")


async def test_comments_are_followed_by_the_answers_that_did_not_come_along() -> None:
    api = Api()
    connector = api.connector()
    api.answer(
        "commentThreads",
        threads(thread(1, comment(11), total=3), thread(2, total=0), thread(3, comment(31), total=1), token="t2"),
        threads(thread(4, total=None)),
    )
    api.answer("comments", answers(comment(11), token="a2"), answers(comment(12)))
    page = await connector.post_comments(video_id(1))
    pages = [page]
    while page.next_cursor:
        page = await api.connector().post_comments(video_id(1), page.next_cursor)
        pages.append(page)
    read = [[one.platform_id.removeprefix("comment") for one in page.items] for page in pages]
    assert read == [["1", "11", "2", "3", "31"], ["11"], ["12"], ["4"]]
    assert [one.get("pageToken") for one in api.asked("comments")] == [None, "a2"]
    assert {one["parentId"] for one in api.asked("comments")} == {"comment1"}
    first, answer = pages[0].items[:2]
    assert (first.parent_id, first.depth, first.replies.value) == (None, 1, 3)
    assert (answer.parent_id, answer.depth, answer.author_id) == ("comment1", 2, OTHER_CHANNEL)
    assert first.author is not None
    assert (first.author.handle, first.likes.value) == ("bob_runs", 2)
    assert pages[-1].items[0].replies.state is CountState.NOT_PROVIDED
    assert pages[-1].exhausted is True


async def test_a_comment_whose_account_is_gone_has_no_author() -> None:
    api = Api()
    gone = thread(1)
    gone["snippet"]["topLevelComment"] = comment(1, by=None)
    api.answer("commentThreads", threads(gone))
    (only,) = (await api.connector().post_comments(video_id(1))).items
    assert (only.author_id, only.author) == (None, None)


async def test_a_comment_deleted_before_its_answers_were_read_is_passed_over() -> None:
    api = Api()
    connector = api.connector()
    api.answer("commentThreads", threads(thread(1, total=2)))
    api.answer("comments", refusal(404, "commentNotFound"))
    first = await connector.post_comments(video_id(1))
    second = await connector.post_comments(video_id(1), first.next_cursor)
    assert (second.items, second.next_cursor, second.coverage) == ((), None, Coverage.PARTIAL)


@pytest.mark.parametrize(
    ("answer", "kind"),
    [
        (refusal(403, "commentsDisabled", "The video has disabled comments."), NotPermitted),
        (refusal(404, "videoNotFound"), NotFound),
        (refusal(403, "forbidden"), NotPermitted),
        (refusal(400, "keyInvalid"), AuthenticationNeeded),
        (refusal(400, "badRequest", "API key not valid. Please pass a valid API key."), AuthenticationNeeded),
        (refusal(403, "accessNotConfigured"), AuthenticationNeeded),
        (refusal(401, "authError"), AuthenticationNeeded),
        (refusal(400, "invalidPageToken"), PlatformFault),
        (refusal(503, "backendError"), PlatformFault),
        (httpx.Response(403, text="<html>"), NotPermitted),
        (httpx.Response(200, text="<html>"), PlatformFault),
        (httpx.ReadTimeout("slow"), PlatformFault),
    ],
)
async def test_comments_that_cannot_be_had_are_an_error_and_never_none(
    answer: httpx.Response | Exception, kind: type[Exception]
) -> None:
    api = Api()
    api.answer("commentThreads", answer)
    with pytest.raises(kind) as caught:
        await api.connector().post_comments(video_id(1))
    assert "an-api-key" not in str(caught.value)


@pytest.mark.parametrize("reason", ["quotaExceeded", "dailyLimitExceeded"])
async def test_a_spent_quota_is_free_again_at_midnight_pacific_and_the_meter_hears_it(reason: str) -> None:
    api, meter = Api(), Recorder()
    api.answer("search", refusal(403, reason))
    with pytest.raises(RateLimited) as caught:
        await api.connector(meter).hashtag_posts("trailrunning")
    assert caught.value.retry_at == MIDNIGHT_PACIFIC
    assert meter.observed == [ObservedLimit(remaining=0, resets_at=MIDNIGHT_PACIFIC)]


@pytest.mark.parametrize(
    ("answer", "wait"),
    [
        (refusal(403, "rateLimitExceeded"), timedelta(minutes=1)),
        (refusal(403, "userRateLimitExceeded", Retry_After="9"), timedelta(seconds=9)),
        (refusal(429, "rateLimitExceeded", Retry_After="Sun, 22 Nov 2026 09:10:00 GMT"), timedelta(minutes=10)),
    ],
)
async def test_too_many_calls_at_once_wait_shortly(answer: httpx.Response, wait: timedelta) -> None:
    api = Api()
    api.answer("channels", answer)
    with pytest.raises(RateLimited) as caught:
        await api.connector().profiles([CHANNEL])
    assert caught.value.retry_at == NOW + wait


async def test_an_authors_uploads_come_in_the_lists_order_with_counters() -> None:
    api = Api()
    connector = api.connector()
    api.answer("channels", channels(channel()))
    api.answer("playlistItems", playlist([3, 1, 2], "next"), playlist([4]))
    api.answer("videos", videos(video(1), video(3)), videos(video(4)))
    first = await connector.author_posts(CHANNEL)
    second = await api.connector().author_posts(CHANNEL, first.next_cursor)
    assert [one.platform_id for one in (*first.items, *second.items)] == [video_id(number) for number in (3, 1, 4)]
    assert len(api.asked("channels")) == 1
    assert [(one["playlistId"], one.get("pageToken")) for one in api.asked("playlistItems")] == [
        (UPLOADS, None),
        (UPLOADS, "next"),
    ]
    assert second.exhausted is True


async def test_a_channel_without_a_list_of_uploads_is_unknown_and_one_that_is_gone_not_found() -> None:
    api = Api()
    connector = api.connector()
    api.answer("channels", channels(channel()), channels())
    api.answer("playlistItems", refusal(404, "playlistNotFound"))
    page = await connector.author_posts("@alice.runs")
    assert (page.items, page.coverage) == ((), Coverage.PARTIAL)
    with pytest.raises(NotFound):
        await connector.author_posts(CHANNEL)


async def test_counters_are_read_anew_in_batches_and_deleted_videos_are_missing() -> None:
    api = Api()
    api.answer(STATS, batch(*(stats(number) for number in range(49))), batch())
    ids = [video_id(number) for number in range(51)]
    page = await api.connector().posts([*ids, "no video"])
    assert [len(one["id"].split(",")) for one in api.asked(STATS)] == [50, 1]
    assert page.missing == (video_id(49), video_id(50), "no video")


async def test_where_the_quota_of_counters_is_spent_the_videos_are_asked() -> None:
    api = Api()
    api.answer(STATS, refusal(403, "quotaExceeded"))
    api.answer("videos", videos(video(1)))
    page = await api.connector().posts([video_id(1)])
    assert [one.counts.views.value for one in page.items] == [900]


async def test_an_empty_search_is_an_empty_page_and_a_repeated_token_ends_it() -> None:
    api = Api()
    connector = api.connector()
    api.answer("search", search([]), search([1], "same"), search([1], "same"))
    api.answer("videos", videos(video(1)), videos(video(1)))
    empty = await connector.hashtag_posts("trailrunning")
    assert (empty.items, empty.exhausted) == ((), True)
    first = await connector.hashtag_posts("trailrunning")
    second = await connector.hashtag_posts("trailrunning", first.next_cursor)
    assert (second.next_cursor, second.exhausted) == (None, None)


async def test_a_repeated_token_ends_the_answers_and_goes_on_with_the_comments() -> None:
    api = Api()
    connector = api.connector()
    api.answer("commentThreads", threads(thread(1, total=9), token="t2"), threads())
    api.answer("comments", answers(comment(11), token="same"), answers(comment(12), token="same"))
    page = await connector.post_comments(video_id(1))
    for _ in range(3):
        page = await connector.post_comments(video_id(1), page.next_cursor)
    assert page.next_cursor is None
    assert [one.get("pageToken") for one in api.asked("commentThreads")] == [None, "t2"]


async def test_without_a_key_nothing_is_called_and_it_says_what_is_missing() -> None:
    api = Api()
    connector = api.connector(key=" ")
    assert "API key" in connector.needs()[0]
    with pytest.raises(AuthenticationNeeded, match="API key"):
        await connector.hashtag_posts("trailrunning")
    assert connector.capability("comments_with_authors").support is Support.NEEDS_USER_TOKEN
    assert connector.capability("shares").support is Support.NO
    assert api.requests == []
    assert api.connector().needs() == ()


@pytest.mark.parametrize("tag", ["", "#", "123", "two words"])
async def test_what_is_no_hashtag_is_refused_without_a_call(tag: str) -> None:
    api = Api()
    with pytest.raises(Unsupported):
        await api.connector().hashtag_posts(tag)
    assert api.requests == []


@pytest.mark.parametrize(
    ("reference", "account"),
    [
        (CHANNEL, CHANNEL),
        ("@Alice.Runs", "@alice.runs"),
        ("https://www.youtube.com/@Alice.Runs/videos", "@alice.runs"),
        (f"https://youtube.com/channel/{CHANNEL}", CHANNEL),
        ("youtube:alice.runs", "@alice.runs"),
        ("https://example.com/@alice", None),
        ("alice.runs", None),
        ("", None),
    ],
)
def test_an_account_is_named_by_id_handle_or_address(reference: str, account: str | None) -> None:
    assert Api().connector().account_id(reference) == account


def test_its_data_is_kept_thirty_days_and_not_aggregated() -> None:
    assert YoutubeConnector.retain_days == 30
    assert PermittedUse.AGGREGATE_ANALYTICS not in YoutubeConnector.permitted_uses


@pytest.mark.parametrize("options", [{"api_key": "ключ"}, {"api_url": "ftp://example.com"}])
def test_options_that_make_no_sense_are_refused(options: dict[str, str]) -> None:
    with pytest.raises(ValueError, match="api_"):
        YoutubeConnector.create(httpx.AsyncClient(), options)
