"""The Bluesky connector against answers that the lexicon allows; faults are in test_bluesky_faults.py."""

from typing import Any

import httpx
import pytest

from services.discovery.connector import (
    AuthenticationNeeded,
    Coverage,
    NotFound,
    NotPermitted,
    Unsupported,
)
from shared.schemas.base import CountState
from shared.schemas.platforms import Support
from tests.services.discovery.connectors.bluesky_answers import (
    ALICE,
    BOB,
    CAROL,
    NOW,
    author,
    blocked,
    checked,
    facet,
    feed,
    mention,
    node,
    not_found,
    post,
    profile,
    profiles,
    reposted,
    search,
    thread,
    uri,
)
from tests.services.discovery.connectors.bluesky_server import (
    APPVIEW,
    FEED,
    PROFILES,
    SEARCH,
    SEARCH_V2,
    Appview,
    error,
    forbidden,
)

THREAD = "app.bsky.feed.getPostThread"


def profile_view(did: str) -> dict[str, Any]:
    return author(did) | {"$type": "app.bsky.actor.defs#profileView"}


async def test_a_hashtag_is_asked_as_text_and_as_tag() -> None:
    appview = Appview()
    appview.answer(SEARCH, search([post(ALICE, "3a", "Mud and #TrailRunning", "TrailRunning")]))
    await appview.connector().hashtag_posts("#trailrunning")
    (asked,) = appview.asked(SEARCH)
    assert (asked["q"], asked["tag"], asked["sort"]) == ("#trailrunning", "trailrunning", "latest")


async def test_what_does_not_carry_the_hashtag_is_left_out_and_told() -> None:
    appview = Appview()
    appview.answer(
        SEARCH,
        search(
            [
                post(ALICE, "3a", "Up #TrailRunning", "TrailRunning"),
                post(BOB, "3b", "Simulated #trailrunningsim", "trailrunningsim"),
                post(CAROL, "3c", "#trailrunning without a facet is only text"),
            ]
        ),
    )
    page = await appview.connector().hashtag_posts("trailrunning")
    assert [one.author_id for one in page.items] == [ALICE]
    assert page.warnings == ("2 of 3 posts did not carry what was searched for",)
    assert page.coverage is Coverage.FULL


async def test_where_the_server_tells_case_every_spelling_is_asked_once() -> None:
    appview = Appview()
    connector = appview.connector()
    appview.answer(
        SEARCH,
        search([post(ALICE, "3a", "#TrailRunning", "TrailRunning")]),
        search([post(BOB, "3b", "#trailrunning", "trailrunning")]),
        search([]),
        search([post(CAROL, "3c", "#TRAILRUNNING", "TRAILRUNNING")]),
    )
    spelled = ("TRAILRUNNING", "trail", "TrailRunning")
    page = await connector.hashtag_posts("TrailRunning", spellings=spelled)
    found = list(page.items)
    while page.next_cursor:
        page = await connector.hashtag_posts("TrailRunning", page.next_cursor, spellings=spelled)
        found += page.items
    assert [one.author_id for one in found] == [ALICE, BOB, CAROL]
    assert page.exhausted is True
    assert [asked["q"] for asked in appview.asked(SEARCH)] == [
        "#TrailRunning",
        "#trailrunning",
        "#Trailrunning",
        "#TRAILRUNNING",
    ]


async def test_where_the_server_folds_case_no_second_spelling_is_asked() -> None:
    appview = Appview()
    appview.answer(SEARCH, search([post(ALICE, "3a", "#trailrunning", "trailrunning")]))
    page = await appview.connector().hashtag_posts("TrailRunning")
    assert page.next_cursor is None
    assert page.exhausted is True


async def test_pages_follow_the_cursor_and_pages_out_of_order_are_passed_on() -> None:
    appview = Appview()
    connector = appview.connector()
    late = post(ALICE, "3z", "#Trail", "Trail", record={"createdAt": "2026-11-22T08:00:00.000Z"})
    early = post(BOB, "3a", "#Trail", "Trail", record={"createdAt": "2020-01-01T00:00:00.000Z"})
    appview.answer(SEARCH, search([early], "next"), search([late, early]))
    first = await connector.hashtag_posts("trail")
    assert first.exhausted is False
    second = await connector.hashtag_posts("trail", first.next_cursor)
    assert [one.platform_id for one in (*first.items, *second.items)] == [
        uri(BOB, "3a"),
        uri(ALICE, "3z"),
        uri(BOB, "3a"),
    ]
    assert [asked.get("cursor") for asked in appview.asked(SEARCH)] == [None, "next"]


@pytest.mark.parametrize("refusal", [forbidden(), error(401, "AuthMissing")])
async def test_a_second_page_refused_without_login_is_partial_coverage(refusal: httpx.Response) -> None:
    appview = Appview()
    connector = appview.connector()
    appview.answer(SEARCH, search([post(ALICE, "3a", "#Trail", "Trail")], "next"), refusal)
    first = await connector.hashtag_posts("trail")
    second = await connector.hashtag_posts("trail", first.next_cursor)
    assert (second.items, second.coverage, second.next_cursor) == ((), Coverage.PARTIAL, None)
    assert second.truncated_reason == "without a login Bluesky shows only the first page"


async def test_a_first_page_refused_is_an_error() -> None:
    appview = Appview()
    appview.answer(SEARCH, forbidden())
    with pytest.raises(AuthenticationNeeded):
        await appview.connector().hashtag_posts("trail")


async def test_the_newer_search_is_used_where_it_is_on() -> None:
    appview = Appview()
    connector = appview.connector()
    one, other = post(ALICE, "3a", "#Trail", "Trail"), post(BOB, "3b", "#trail", "trail")
    appview.answer(
        SEARCH_V2, checked(SEARCH_V2, {"posts": [one], "cursor": "next"}), checked(SEARCH_V2, {"posts": [other]})
    )
    first = await connector.hashtag_posts("#trail")
    second = await connector.hashtag_posts("#trail", first.next_cursor)
    assert [page.items[0].author_id for page in (first, second)] == [ALICE, BOB]
    assert second.exhausted is True
    asked = appview.asked(SEARCH_V2)
    assert [(one["hashtags"], one["allTime"], one.get("cursor")) for one in asked] == [
        ("trail", "true", None),
        ("trail", "true", "next"),
    ]


@pytest.mark.parametrize(
    "refusal",
    [
        error(400, "InvalidRequest", "Search v2 is not enabled"),
        error(501, "MethodNotImplemented", "Method Not Implemented"),
        httpx.Response(404, text="not here"),
        forbidden(),
    ],
)
async def test_where_the_newer_search_is_off_it_is_asked_once(refusal: httpx.Response) -> None:
    appview = Appview()
    connector = appview.connector()
    appview.answer(SEARCH_V2, refusal)
    for _ in range(2):
        appview.answer(SEARCH, search([post(ALICE, "3a", "#Trail", "Trail")]))
        page = await connector.hashtag_posts("trail")
        assert [one.author_id for one in page.items] == [ALICE]
    assert len(appview.asked(SEARCH_V2)) == 1


async def test_comments_come_with_parents_depth_and_authors() -> None:
    appview = Appview()
    root = post(ALICE, "3root", "Mud", counts={"replyCount": 1})
    comment = post(BOB, "3c", "Same here", counts={"likeCount": 2, "replyCount": 1})
    answer = post(ALICE, "3d", "See you", counts={"replyCount": 0})
    appview.answer(THREAD, thread(node(root, node(comment, node(answer)))))
    page = await appview.connector().post_comments(uri(ALICE, "3root"))
    assert [(one.platform_id, one.parent_id, one.depth, one.author_id) for one in page.items] == [
        (uri(BOB, "3c"), None, 1, BOB),
        (uri(ALICE, "3d"), uri(BOB, "3c"), 2, ALICE),
    ]
    assert {one.post_id for one in page.items} == {uri(ALICE, "3root")}
    first = page.items[0]
    assert first.author is not None
    assert (first.author.handle, first.author.counts.followers.value) == ("bob.example.com", None)
    assert (first.likes.value, first.replies.value) == (2, 1)
    assert (page.coverage, page.exhausted) == (Coverage.FULL, True)


async def test_deleted_blocked_and_hidden_comments_make_the_coverage_partial() -> None:
    appview = Appview()
    root = post(ALICE, "3root", "Mud", counts={"replyCount": 5})
    appview.answer(THREAD, thread(node(root, node(post(BOB, "3c", "Hi")), not_found(BOB, "3d"), blocked(CAROL, "3e"))))
    page = await appview.connector().post_comments(uri(ALICE, "3root"))
    assert [one.author_id for one in page.items] == [BOB]
    assert page.coverage is Coverage.PARTIAL
    assert page.warnings == (
        "1 comments are deleted",
        "1 comments are blocked",
        "2 comments are counted but not shown",
    )


async def test_a_deleted_post_is_not_found_and_a_blocked_one_not_permitted() -> None:
    appview = Appview()
    connector = appview.connector()
    appview.answer(
        THREAD,
        thread(not_found(ALICE, "3a")),
        thread(blocked(ALICE, "3a")),
        error(400, "NotFound", "Post not found: at://x"),
    )
    with pytest.raises(NotFound):
        await connector.post_comments(uri(ALICE, "3a"))
    with pytest.raises(NotPermitted):
        await connector.post_comments(uri(ALICE, "3a"))
    with pytest.raises(NotFound):
        await connector.post_comments(uri(ALICE, "3a"))


async def test_profiles_are_asked_in_batches_and_the_absent_are_missing() -> None:
    appview = Appview()
    dids = [f"did:plc:{number:024d}" for number in range(30)]
    appview.answer(PROFILES, profiles(profile(ALICE, followersCount=7)), profiles())
    page = await appview.connector().profiles([ALICE, "@Alice.example.com", *dids, "no account"])
    assert [len(asked.get_list("actors")) for asked in appview.asked(PROFILES)] == [25, 7]
    assert [one.counts.followers.value for one in page.items] == [7]
    assert page.missing == (*dids, "no account")


async def test_missing_counters_are_unknown_and_zero_stays_zero() -> None:
    appview = Appview()
    appview.answer(PROFILES, profiles(profile(ALICE, followersCount=0)))
    (creator,) = (await appview.connector().profiles([ALICE])).items
    assert (creator.counts.followers.value, creator.counts.followers.state) == (0, CountState.EXACT)
    assert (creator.counts.posts.value, creator.counts.posts.state) == (None, CountState.NOT_PROVIDED)
    assert creator.counts.followers.observed_at == NOW


async def test_an_authors_posts_leave_out_reposts_and_what_is_anothers() -> None:
    appview = Appview()
    appview.answer(
        FEED,
        feed(
            [
                {"post": post(ALICE, "3a", "mine")},
                reposted(post(BOB, "3b", "his"), by=ALICE),
                reposted(post(ALICE, "3c", "mine again"), by=ALICE),
                {"post": post(CAROL, "3d", "hers")},
            ]
        ),
    )
    page = await appview.connector().author_posts(ALICE)
    assert [one.platform_id for one in page.items] == [uri(ALICE, "3a")]
    assert appview.asked(FEED)[0]["filter"] == "posts_no_replies"


async def test_posts_that_are_gone_are_missing() -> None:
    appview = Appview()
    appview.answer("app.bsky.feed.getPosts", checked("app.bsky.feed.getPosts", {"posts": [post(ALICE, "3a", "here")]}))
    page = await appview.connector().posts([uri(ALICE, "3a"), uri(BOB, "3b"), "https://example.com/1"])
    assert [one.platform_id for one in page.items] == [uri(ALICE, "3a")]
    assert page.missing == (uri(BOB, "3b"), "https://example.com/1")


async def test_only_marked_mentions_by_others_count() -> None:
    appview = Appview()
    text = "With @alice.example.com"
    marked = {"facets": [facet(text, "@alice.example.com", mention(ALICE))]}
    appview.answer(
        SEARCH, search([post(BOB, "3b", text, record=marked), post(CAROL, "3c", text), post(ALICE, "3a", text)])
    )
    page = await appview.connector().mentions(ALICE, "@alice.example.com")
    assert [one.author_id for one in page.items] == [BOB]
    (asked,) = appview.asked(SEARCH)
    assert (asked["q"], asked["mentions"]) == ("@alice.example.com", ALICE)


async def test_quotes_are_read_with_what_they_quote() -> None:
    appview = Appview()
    embed = {
        "$type": "app.bsky.embed.record#view",
        "record": {
            "$type": "app.bsky.embed.record#viewNotFound",
            "uri": uri(ALICE, "3a"),
            "notFound": True,
        },
    }
    quotes = "app.bsky.feed.getQuotes"
    appview.answer(quotes, checked(quotes, {"uri": uri(ALICE, "3a"), "posts": [post(BOB, "3b", "This!", embed=embed)]}))
    (quote,) = (await appview.connector().quotes(uri(ALICE, "3a"))).items
    assert (quote.author_id, quote.quote_of, quote.kind) == (BOB, uri(ALICE, "3a"), "quote")


async def test_who_liked_comes_first_then_who_reposted() -> None:
    appview = Appview()
    connector = appview.connector()
    likes, reposts = "app.bsky.feed.getLikes", "app.bsky.feed.getRepostedBy"
    when = "2026-11-20T08:00:00.000Z"
    liked = {"actor": profile_view(BOB), "createdAt": when, "indexedAt": when}
    appview.answer(likes, checked(likes, {"uri": uri(ALICE, "3a"), "likes": [liked]}))
    appview.answer(reposts, checked(reposts, {"uri": uri(ALICE, "3a"), "repostedBy": [profile_view(CAROL)]}))
    first = await connector.reactors(uri(ALICE, "3a"))
    second = await connector.reactors(uri(ALICE, "3a"), first.next_cursor)
    assert [one.platform_id for one in (*first.items, *second.items)] == [BOB, CAROL]
    assert (first.exhausted, second.exhausted, second.next_cursor) == (False, True, None)
    assert first.items[0].counts.followers.value is None


async def test_followers_are_paged() -> None:
    appview = Appview()
    connector = appview.connector()
    name = "app.bsky.graph.getFollowers"
    answer = {"subject": profile_view(ALICE), "followers": [profile_view(BOB)], "cursor": "next"}
    appview.answer(name, checked(name, answer), checked(name, answer | {"followers": [profile_view(CAROL)]}))
    first = await connector.followers(ALICE)
    second = await connector.followers(ALICE, first.next_cursor)
    assert [one.platform_id for one in (*first.items, *second.items)] == [BOB, CAROL]
    assert [asked.get("cursor") for asked in appview.asked(name)] == [None, "next"]
    assert second.coverage is Coverage.PARTIAL  # the cursor came again


@pytest.mark.parametrize("tag", ["", "#", "123", "#️⃣", "$AAPL", "two words"])
async def test_what_is_no_hashtag_is_refused_without_a_call(tag: str) -> None:
    appview = Appview()
    with pytest.raises(Unsupported):
        await appview.connector().hashtag_posts(tag)
    assert appview.requests == []


@pytest.mark.parametrize(
    ("reference", "account"),
    [
        ("@Alice.Example.com", "alice.example.com"),
        ("alice.example.com", "alice.example.com"),
        (ALICE, ALICE),
        (f"https://bsky.app/profile/{ALICE}", ALICE),
        ("https://bsky.app/profile/alice.example.com/post/3a", "alice.example.com"),
        ("https://www.bsky.app/profile/alice.example.com/", "alice.example.com"),
        ("https://example.com/profile/alice.example.com", None),
        ("https://bsky.app/search", None),
        ("@alice", None),
        ("", None),
    ],
)
def test_an_account_is_named_by_handle_did_or_address(reference: str, account: str | None) -> None:
    assert Appview().connector().account_id(reference) == account


def test_capabilities_name_what_is_not_possible_with_the_reason() -> None:
    connector = Appview().connector()
    assert connector.platform == "bluesky"
    assert connector.capability("views").support is Support.NO
    assert all(row.reason for row in connector.capabilities() if row.support is not Support.YES)
    assert connector.capability("palm_reading").support is Support.NO
    assert APPVIEW.startswith("https://")
