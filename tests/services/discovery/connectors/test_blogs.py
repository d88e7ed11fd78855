"""The blogs connector against feeds of each kind, their comments, and the faults of sites and feeds."""

import json
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from typing import Any

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.discovery.connector import (
    AuthenticationNeeded,
    Coverage,
    NotFound,
    NotPermitted,
    PlatformFault,
    RateLimited,
    Unsupported,
)
from services.discovery.connectors.blogs import MOST_PAGES
from services.discovery.feeds.fetching import LONGEST_FEED
from services.discovery.feeds.parsing import parse
from services.discovery.records import OptOut
from shared.schemas.base import CountState
from shared.schemas.creators import AccountKind
from shared.schemas.posts import HashtagSource, MediaKind, PostKind
from tests.services.discovery.connectors.blog_sites import (
    ATOM,
    COMMENTS_ATOM,
    FEED,
    GUID,
    SITE,
    Sites,
    item,
    json_feed,
    rss,
)
from tests.services.discovery.connectors.recorder import NOW, Recorder

API = f"{SITE}/wp-json/wp/v2/comments?post=12&per_page=100&page="


async def test_rss_entries_are_read_with_their_count_of_comments_and_no_other() -> None:
    sites = Sites()
    enclosure = f'<enclosure url="{SITE}/a.mp3" type="audio/mpeg" length="1"/>'
    told = '<p>Up &amp; down #Mud</p><img src="/a.jpg"><a href="https://race.example/">race</a><script>x()</script>'
    sites.answer(FEED, rss(item(told=told).replace("</item>", f"{enclosure}</item>")))
    (post,) = (await sites.connector().author_posts(FEED)).items
    assert (post.platform_id, post.url, post.kind) == (GUID, f"{SITE}/hill-12/", PostKind.ARTICLE)
    assert post.text == "Hill 12\n\nUp & down #Mud\n\nrace"
    assert post.created_at == datetime(2026, 11, 22, 7, tzinfo=UTC)
    assert [(tag.display, tag.source) for tag in post.hashtags] == [
        ("TrailRunning", HashtagSource.FIELD),
        ("Mud", HashtagSource.TEXT),
    ]
    assert post.links == ("https://race.example/",)
    assert [(one.kind, one.url) for one in post.media] == [
        (MediaKind.AUDIO, f"{SITE}/a.mp3"),
        (MediaKind.IMAGE, f"{SITE}/a.jpg"),
    ]
    assert (post.counts.comments.value, post.counts.comments.state) == (3, CountState.EXACT)
    assert (post.counts.likes.value, post.counts.views.value) == (None, None)
    assert (post.author_id, post.language) == (FEED, "en-GB")


async def test_a_missing_count_of_comments_is_unknown_and_zero_stays_zero() -> None:
    sites = Sites()
    sites.answer(FEED, rss(item(1, slash__comments="0"), item(2, slash__comments=""), item(3, slash__comments="many")))
    posts = (await sites.connector().author_posts(FEED)).items
    assert [one.counts.comments.value for one in posts] == [0, None, None]


async def test_atom_is_read_with_its_older_page_and_ids_of_every_kind() -> None:
    sites = Sites()
    connector = sites.connector()
    sites.answer(f"{SITE}/feed.atom", ATOM)
    sites.answer(f"{SITE}/older.atom", ATOM.replace(b"/older.atom", b"/oldest.atom").replace(b"2026:1", b"2026:0"))
    first = await connector.author_posts(f"{SITE}/feed.atom")
    second = await connector.author_posts(f"{SITE}/feed.atom", first.next_cursor)
    tagged, bare = first.items
    assert tagged.platform_id == "tag:blog.example.com,2026:1"
    assert bare.platform_id == f"{SITE}/bare?a=1"
    assert (tagged.text, tagged.counts.comments.value) == ("A ridge\n\nRock", 4)
    assert (tagged.created_at, tagged.edited_at) == (
        datetime(2026, 11, 21, 8, tzinfo=UTC),
        datetime(2026, 11, 22, 8, tzinfo=UTC),
    )
    assert {one.author_id for one in (*first.items, *second.items)} == {f"{SITE}/feed.atom"}
    assert tagged.author is not None
    assert tagged.author.account_kind is AccountKind.GROUP  # Bo and Cleo
    assert (first.coverage, first.exhausted) == (Coverage.WINDOW, False)


async def test_a_json_feed_is_read() -> None:
    sites = Sites()
    one = {
        "id": 7,
        "url": f"{SITE}/7",
        "title": "Seven",
        "content_text": "Fog & <mud>",
        "date_published": "2026-11-20T08:00:00+01:00",
        "tags": ["Fell Running", 3],
        "image": "/7.jpg",
        "language": "cy",
        "attachments": [{"url": "/7.mp4", "mime_type": "video/mp4"}],
    }
    sites.answer(f"{SITE}/feed.json", json_feed(one, {}, description="Fells #nobot", authors=[{"name": "Fay"}]))
    page = await sites.connector().author_posts(f"{SITE}/feed.json")
    (post,) = page.items
    assert (post.platform_id, post.text) == (f"{SITE}/feed.json 7", "Seven\n\nFog & <mud>")
    assert [tag.key for tag in post.hashtags] == ["fellrunning"]
    assert [one.kind for one in post.media] == [MediaKind.IMAGE, MediaKind.VIDEO]
    assert (post.language, post.created_at) == ("cy", datetime(2026, 11, 20, 7, tzinfo=UTC))
    assert post.author is not None
    assert post.author.opt_outs == {OptOut.NOBOT}


async def test_a_profile_is_the_feeds_own_account_of_itself_without_any_number() -> None:
    sites = Sites()
    sites.answer(FEED, rss(item()))
    (creator,) = (await sites.connector().profiles([FEED])).items
    assert (creator.platform_id, creator.display_name, creator.bio_text) == (
        FEED,
        "Mud & Hills",
        "Running in the hills",
    )
    assert (creator.website, creator.language, creator.handle) == (SITE, "en-GB", "blog.example.com")
    assert creator.counts.followers.state is CountState.NOT_PROVIDED


async def test_a_page_that_names_its_feed_leads_to_it() -> None:
    sites = Sites()
    page = (
        '<html><head><link rel="alternate" type="application/rss+xml" title="Comments Feed" href="/comments/feed/">'
        '<link rel="alternate" type="application/rss+xml" title="Posts" href="/feed/"></head></html>'
    )
    sites.answer(SITE, httpx.Response(200, text=page, headers={"Content-Type": "text/html"}))
    sites.answer(FEED, rss(item()))
    (creator,) = (await sites.connector().profiles([SITE])).items
    assert creator.platform_id == FEED


async def test_a_feed_is_fetched_anew_only_when_it_changed() -> None:
    sites = Sites()
    connector = sites.connector()
    validators = {"ETag": '"v1"', "Last-Modified": "Sun, 22 Nov 2026 08:00:00 GMT"}
    sites.answer(FEED, httpx.Response(200, content=rss(item()), headers=validators), httpx.Response(304))
    first = await connector.author_posts(FEED)
    second = await connector.author_posts(FEED)
    asked = sites.asked(FEED)
    assert "If-None-Match" not in asked[0].headers
    assert (asked[1].headers["If-None-Match"], asked[1].headers["If-Modified-Since"]) == tuple(validators.values())
    assert [one.platform_id for one in second.items] == [one.platform_id for one in first.items]
    assert second.warnings == ("the feed has not changed since it was last read",)


async def test_a_feed_that_moved_for_good_is_known_by_its_new_address_and_else_by_the_old_one() -> None:
    sites = Sites()
    connector = sites.connector()
    for status, known_as in ((301, f"{SITE}/new/"), (308, f"{SITE}/new/"), (302, FEED), (307, FEED)):
        sites.answer(FEED, httpx.Response(status, headers={"Location": "/new/"}))
        sites.answer(f"{SITE}/new/", rss(item()))
        page = await connector.author_posts(FEED)
        assert {one.author_id for one in page.items} == {known_as}
        assert any("has moved to" in warning for warning in page.warnings) is (known_as != FEED)


async def test_a_redirect_into_the_own_network_is_not_followed() -> None:
    sites = Sites()
    connector = sites.connector()
    for inside in ("http://127.0.0.1:5432/", "http://169.254.169.254/latest", "http://inside.example.com/", "file:///"):
        sites.answer(FEED, httpx.Response(302, headers={"Location": inside}))
        with pytest.raises((NotPermitted, Unsupported)):
            await connector.author_posts(FEED)
    assert {request.headers["Host"] for request in sites.requests} == {"blog.example.com"}


async def test_redirects_without_end_are_given_up() -> None:
    sites = Sites()
    sites.answer(FEED, *(httpx.Response(302, headers={"Location": FEED}) for _ in range(9)))
    with pytest.raises(PlatformFault, match="without end"):
        await sites.connector().author_posts(FEED)
    assert len(sites.requests) == 6


async def test_robots_txt_is_asked_once_a_site_and_kept() -> None:
    sites = Sites(robots={SITE: httpx.Response(200, text="User-agent: *\nDisallow: /private/\n")})
    connector = sites.connector()
    sites.answer(FEED, rss(item()), rss(item()))
    await connector.author_posts(FEED)
    await connector.author_posts(FEED)
    with pytest.raises(NotPermitted, match="asks not to be read"):
        await connector.author_posts(f"{SITE}/private/feed")
    assert sites.robots_asked == [f"{SITE}/robots.txt"]
    assert len(sites.requests) == 2


async def test_rules_that_name_us_count_and_a_site_that_fails_is_left_alone() -> None:
    named = httpx.Response(200, text="User-agent: Groundswell\nDisallow: /\n\nUser-agent: *\nAllow: /\n")
    with pytest.raises(NotPermitted):
        await Sites(robots={SITE: named}).connector().author_posts(FEED)
    with pytest.raises(PlatformFault) as caught:
        await Sites(robots={SITE: httpx.Response(500)}).connector().author_posts(FEED)
    assert caught.value.transient is True


def _comment(number: int, *, parent: int = 0, **fields: Any) -> dict[str, Any]:
    return {
        "id": number,
        "post": 12,
        "parent": parent,
        "author_name": "Dee",
        "author_url": "https://dee.example.com/",
        "date": "2026-11-22T10:00:00",
        "date_gmt": "2026-11-22T09:00:00",
        "content": {"rendered": "<p>Nice &amp; muddy</p>"},
        **fields,
    }


async def test_wordpress_is_asked_for_all_comments_page_by_page() -> None:
    sites = Sites()
    connector = sites.connector()
    sites.answer(FEED, rss(item()))
    totals = {"X-WP-Total": "101", "X-WP-TotalPages": "2"}
    second = [_comment(3, parent=1, author_url="", date_gmt=""), {"id": "x"}, 7]
    sites.answer(f"{API}1", httpx.Response(200, json=[_comment(1)], headers=totals))
    sites.answer(f"{API}2", httpx.Response(200, json=second, headers=totals))
    (post,) = (await connector.author_posts(FEED)).items
    assert post.reference is not None
    page = await connector.post_comments(post.reference)
    more = await sites.connector().post_comments(post.reference, page.next_cursor)
    (top,), (answer,) = page.items, more.items
    assert (top.platform_id, top.post_id, top.parent_id, top.depth) == (f"{GUID}#comment-1", GUID, None, 1)
    assert (top.author_id, top.text) == ("https://dee.example.com/", "Nice & muddy")
    assert top.created_at == datetime(2026, 11, 22, 9, tzinfo=UTC)
    assert (answer.parent_id, answer.depth, answer.created_at) == (f"{GUID}#comment-1", None, None)
    assert answer.author_id == f"{FEED} Dee"
    assert (page.exhausted, more.exhausted, more.next_cursor) == (False, True, None)


@pytest.mark.parametrize("refusal", [httpx.Response(401), httpx.Response(404), httpx.Response(200, text="<html>")])
async def test_where_wordpress_does_not_answer_its_feed_of_comments_is_read(refusal: httpx.Response) -> None:
    sites = Sites()
    connector = sites.connector()
    sites.answer(FEED, rss(item()))
    sites.answer(f"{API}1", refusal)
    sites.answer(f"{SITE}/hill-12/feed/", rss(item(99, "Well run!", "Dee", guid=f"{GUID}#comment-99")))
    (post,) = (await connector.author_posts(FEED)).items
    page = await connector.post_comments(post.reference or "")
    assert [(one.platform_id, one.text, one.author_id) for one in page.items] == [
        (f"{GUID}#comment-99", "Well run!", f"{FEED} Dee")
    ]
    assert page.coverage is Coverage.PARTIAL


async def test_where_no_comments_are_named_they_are_unknown_and_never_none() -> None:
    sites = Sites()
    connector = sites.connector()
    sites.answer(FEED, rss(item(wfw__commentRss="", guid="hill-12"), generator="Jekyll"))
    (post,) = (await connector.author_posts(FEED)).items
    with pytest.raises(Unsupported):
        await connector.post_comments(post.reference or "")
    sites.answer(f"{API}1", httpx.Response(403))
    with pytest.raises(Unsupported):
        await connector.post_comments(GUID)


async def test_atom_comments_know_whom_they_answer() -> None:
    sites = Sites()
    connector = sites.connector()
    sites.answer(f"{SITE}/feed.atom", ATOM)
    sites.answer(f"{SITE}/ridge/comments.atom", COMMENTS_ATOM)
    (post, _) = (await connector.author_posts(f"{SITE}/feed.atom")).items
    first, second = (await connector.post_comments(post.reference or "")).items
    assert (first.parent_id, second.parent_id) == (None, "tag:blog.example.com,2026:1.c1")
    assert (first.author_id, second.author_id) == ("https://dee.example.com/", f"{SITE}/feed.atom Eve")


async def test_blogs_at_wordpress_com_are_asked_at_its_own_address() -> None:
    sites = Sites()
    url = "https://public-api.wordpress.com/wp/v2/sites/hills.wordpress.com/comments?post=5&per_page=100&page=1"
    sites.answer(url, httpx.Response(200, json=[], headers={"X-WP-TotalPages": "0"}))
    page = await sites.connector().post_comments("https://hills.wordpress.com/?p=5")
    assert (page.items, page.exhausted) == ((), True)


@pytest.mark.parametrize(
    ("answer", "kind"),
    [
        (httpx.Response(401), AuthenticationNeeded),
        (httpx.Response(403), AuthenticationNeeded),
        (httpx.Response(404), NotFound),
        (httpx.Response(410), NotFound),
        (httpx.Response(451), NotPermitted),
        (httpx.Response(500), PlatformFault),
        (httpx.Response(304), PlatformFault),
        (httpx.ConnectError("away"), PlatformFault),
        (httpx.Response(200, content=b""), PlatformFault),
        (httpx.Response(200, content=b"<html><body>hi</body></html>"), PlatformFault),
        (httpx.Response(200, content=b"{}"), PlatformFault),
        (httpx.Response(200, content=b"\xff\x00garbage"), PlatformFault),
        (httpx.Response(200, content=b"x" * (LONGEST_FEED + 1)), PlatformFault),
    ],
)
async def test_each_fault_has_its_own_error(answer: httpx.Response | Exception, kind: type[Exception]) -> None:
    sites = Sites()
    sites.answer(FEED, answer)
    with pytest.raises(kind):
        await sites.connector().author_posts(FEED)


@pytest.mark.parametrize(
    ("answer", "wait"),
    [
        (httpx.Response(429, headers={"Retry-After": "120"}), timedelta(minutes=2)),
        (httpx.Response(429, headers={"Retry-After": "Sun, 22 Nov 2026 09:30:00 GMT"}), timedelta(minutes=30)),
        (httpx.Response(503, headers={"Retry-After": "Sun, 22 Nov 2026 10:30:00 +0100"}), timedelta(minutes=30)),
        (httpx.Response(429), timedelta(minutes=1)),
    ],
)
async def test_a_site_that_asks_to_wait_is_waited_for(answer: httpx.Response, wait: timedelta) -> None:
    sites = Sites()
    sites.answer(FEED, answer)
    with pytest.raises(RateLimited) as caught:
        await sites.connector().author_posts(FEED)
    assert caught.value.retry_at == NOW + wait


async def test_every_call_is_counted_by_site() -> None:
    sites, meter = Sites(), Recorder()
    sites.answer(FEED, rss(item()))
    await sites.connector(meter).author_posts(FEED)
    assert [(call.host, call.endpoint) for call in meter.calls] == [
        ("blog.example.com", "robots.txt"),
        ("blog.example.com", "feed"),
    ]


async def test_profiles_that_are_gone_are_missing() -> None:
    sites = Sites()
    sites.answer(FEED, httpx.Response(410))
    page = await sites.connector().profiles([FEED])
    assert page.missing == (FEED,)


async def test_a_broken_feed_is_read_as_far_as_it_goes_and_told() -> None:
    sites = Sites()
    sites.answer(FEED, rss(item(1), item(2))[:-40])
    page = await sites.connector().author_posts(FEED)
    assert page.items[0].platform_id == f"{SITE}/?p=1"
    assert "the feed has faults; entries may be missing" in page.warnings


async def test_entries_out_of_order_and_twice_are_passed_on_once() -> None:
    sites = Sites()
    old = item(1, pubDate="Mon, 01 Jan 2001 00:00:00 GMT")
    sites.answer(FEED, rss(old, item(2), old, item(3, pubDate="someday")))
    posts = (await sites.connector().author_posts(FEED)).items
    assert [one.platform_id.rpartition("=")[2] for one in posts] == ["1", "2", "3"]
    assert posts[2].created_at is None


async def test_an_empty_feed_is_an_empty_page() -> None:
    sites = Sites()
    sites.answer(FEED, rss())
    page = await sites.connector().author_posts(FEED)
    assert (page.items, page.next_cursor, page.exhausted) == ((), None, None)


async def test_older_pages_that_never_end_are_given_up() -> None:
    sites = Sites()
    connector = sites.connector()
    addresses = [FEED, *(f"{SITE}/{number}/" for number in range(MOST_PAGES))]
    for address, older in pairwise(addresses):
        sites.answer(address, rss(item(), more=f'<atom:link rel="next" href="{older}"/>'))
    page = await connector.author_posts(FEED)
    calls = 1
    while page.next_cursor:
        page = await connector.author_posts(FEED, page.next_cursor)
        calls += 1
    assert calls == MOST_PAGES
    assert page.truncated_reason == f"{MOST_PAGES} pages are read at most"


def test_xml_that_defines_entities_is_refused() -> None:
    bomb = b'<?xml version="1.0"?><!DOCTYPE l [<!ENTITY a "aaaa">]><rss version="2.0"><channel/></rss>'
    with pytest.raises(ValueError, match="entities"):
        parse(bomb, url=FEED)


def test_bytes_that_name_a_file_are_not_opened() -> None:
    with pytest.raises(ValueError, match="no feed"):
        parse(__file__.encode(), url=FEED)


@given(
    st.binary(max_size=300)
    | st.text(max_size=300).map(str.encode)
    | st.dictionaries(st.sampled_from(["version", "items", "title"]), st.text() | st.lists(st.none() | st.text())).map(
        lambda fields: json.dumps({"version": "https://jsonfeed.org/version/1", **fields}).encode()
    )
)
def test_any_bytes_are_a_feed_or_refused(content: bytes) -> None:
    try:
        feed = parse(content, url=FEED)
    except ValueError:
        return
    assert len(feed.entries) <= len(content)


@pytest.mark.parametrize("cursor", ["", "x", "e30x", "W10", "é"])
async def test_a_foreign_cursor_is_refused(cursor: str) -> None:
    with pytest.raises(ValueError, match="not a cursor"):
        await Sites().connector().author_posts(FEED, cursor)


@pytest.mark.parametrize(
    ("reference", "account"),
    [
        (f"{FEED}?utm_source=x#top", FEED),
        ("https://Blog.Example.com/feed/", FEED),
        ("https://bsky.app/profile/alice.example.com", None),
        ("https://own.example/@alice", None),
        ("alice", None),
        ("ftp://blog.example.com/", None),
        ("", None),
    ],
)
def test_an_account_is_named_by_the_address_of_a_feed(reference: str, account: str | None) -> None:
    assert Sites().connector().account_id(reference) == account
