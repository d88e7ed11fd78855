"""The Mastodon connector against answers of the documented form; faults are in test_mastodon_faults.py."""

from typing import Any

import pytest

from services.discovery.connector import Coverage, NotFound, Unsupported
from services.discovery.connectors.mastodon import MastodonConnector
from services.discovery.records import OptOut
from shared.schemas.base import CountState
from shared.schemas.creators import AccountKind, AccountStatus
from shared.schemas.posts import MediaKind, PostKind
from tests.services.discovery.connectors.fediverse_answers import (
    OTHER,
    OWN,
    account,
    context,
    status,
    uri,
)
from tests.services.discovery.connectors.fediverse_servers import BOTH, Servers, linked
from tests.services.discovery.connectors.recorder import NOW

TRAIL = "/api/v1/timelines/tag/trailrunning"
LOOKUP = "/api/v1/accounts/lookup"
TOKEN = {"servers": OWN, "access_tokens": f"{OWN}=secret"}


async def test_a_hashtag_page_follows_the_link_and_keeps_the_parameters_that_the_link_loses() -> None:
    servers = Servers()
    connector = servers.connector()
    spelled = ("Trailrunning", "TrailLaufen", "trailläufen", "no tag!")
    servers.answer(
        TRAIL, linked([status("9", "TrailRunning")], "9"), linked([status("5", "TRAILLÄUFEN"), status("4", "x")], None)
    )
    first = await connector.hashtag_posts("#trailrunning", spellings=spelled)
    second = await connector.hashtag_posts("#trailrunning", first.next_cursor, spellings=spelled)
    assert [one.platform_id for one in (*first.items, *second.items)] == [uri("9"), uri("5")]
    assert second.warnings == ("1 of 2 posts did not carry what was searched for",)
    assert (first.exhausted, second.exhausted, second.next_cursor) == (False, True, None)
    asked = servers.asked(TRAIL)
    assert [one.get_list("any[]") for one in asked] == [["TrailLaufen"]] * 2
    assert [(one["limit"], one["only_media"], one.get("max_id")) for one in asked] == [
        ("40", "false", None),
        ("40", "false", "9"),
    ]


async def test_one_servers_view_is_never_called_all() -> None:
    servers = Servers()
    servers.answer(TRAIL, linked([status("9", "trailrunning")], None))
    page = await servers.connector().hashtag_posts("trailrunning")
    assert page.coverage is Coverage.PARTIAL


async def test_servers_take_turns_a_page_each() -> None:
    servers = Servers()
    connector = servers.connector(options=BOTH)
    remote = account("alice@own.example", host=OTHER)
    servers.answer(TRAIL, linked([status("9", "trailrunning")], "9"), linked([status("8", "trailrunning")], None))
    servers.answer(TRAIL, linked([status("9", "trailrunning", by=remote)], None), host=OTHER)
    page = await connector.hashtag_posts("trailrunning")
    found = [page]
    while page.next_cursor:
        page = await connector.hashtag_posts("trailrunning", page.next_cursor)
        found.append(page)
    assert [request.url.host for request in servers.requests] == [OWN, OTHER, OWN]
    assert [one.platform_id for page in found for one in page.items] == [uri("9"), uri("9"), uri("8")]


async def test_what_another_servers_account_has_is_counted_as_at_least() -> None:
    servers = Servers()
    remote = account("bob@other.example")
    servers.answer(TRAIL, linked([status("9", "trailrunning"), status("8", "trailrunning", by=remote)], None))
    own, other = (await servers.connector().hashtag_posts("trailrunning")).items
    assert own.author is not None
    assert other.author is not None
    assert (own.counts.likes.value, own.counts.likes.state) == (7, CountState.EXACT)
    assert (other.counts.likes.value, other.counts.likes.state) == (7, CountState.LOWER_BOUND)
    assert own.author.counts.followers.state is CountState.EXACT
    assert other.author.counts.followers.state is CountState.LOWER_BOUND
    assert (own.author.handle, other.author.handle) == ("alice@own.example", "bob@other.example")
    assert own.counts.likes.observed_at == NOW


async def test_a_missing_counter_is_unknown_and_zero_stays_zero() -> None:
    servers = Servers()
    bare = status("9", "trailrunning", favourites_count=0)
    del bare["replies_count"]
    servers.answer(TRAIL, linked([bare], None))
    (post,) = (await servers.connector().hashtag_posts("trailrunning")).items
    assert (post.counts.likes.value, post.counts.comments.value) == (0, None)
    assert post.counts.comments.state is CountState.NOT_PROVIDED
    assert post.counts.views.value is None


@pytest.mark.parametrize(
    ("fields", "opt_out"),
    [
        ({"noindex": True}, OptOut.NOINDEX),
        ({"indexable": False}, OptOut.NOT_INDEXABLE),
        ({"discoverable": False}, OptOut.NOT_DISCOVERABLE),
        ({"locked": True}, OptOut.LOCKED),
        ({"note": "<p>Hills <a href='https://own.example/tags/nobot' class='mention hashtag'>#NoBot</a></p>"}, "nobot"),
        ({"note": "<p>#noindex</p>"}, OptOut.NOINDEX),
    ],
)
async def test_an_opt_out_is_read(fields: dict[str, Any], opt_out: OptOut) -> None:
    servers = Servers()
    servers.answer(LOOKUP, account(**fields))
    (creator,) = (await servers.connector().profiles(["alice@own.example"])).items
    assert creator.opt_outs == {OptOut(opt_out)}


async def test_what_was_never_asked_is_no_opt_out() -> None:
    servers = Servers()
    servers.answer(LOOKUP, account(discoverable=None, indexable=None, noindex=None))
    (creator,) = (await servers.connector().profiles(["alice@own.example"])).items
    assert creator.opt_outs == frozenset()


async def test_a_profile_is_read_with_its_verified_links() -> None:
    servers = Servers()
    fields = [
        {"name": "Site", "value": '<a href="https://alice.example/">alice</a>', "verified_at": "2026-01-02T03:04:05Z"},
        {"name": "Pronouns", "value": "she", "verified_at": None},
    ]
    servers.answer(LOOKUP, account(fields=fields, bot=True, group=True, moved=account("alice2")))
    (creator,) = (await servers.connector().profiles(["@Alice@OWN.example"])).items
    assert servers.asked(LOOKUP)[0]["acct"] == "alice"
    assert creator.platform_id == "https://own.example/users/alice"
    assert (creator.bio_text, creator.website) == ("Running in the hills", "https://alice.example/")
    assert [(link.label, link.verified_at is not None) for link in creator.links] == [("Site", True)]
    assert (creator.is_bot, creator.account_kind, creator.status) == (True, AccountKind.GROUP, AccountStatus.MOVED)


async def test_a_profile_elsewhere_is_asked_of_one_server_after_the_other() -> None:
    servers = Servers()
    servers.answer(LOOKUP, linked({"error": "Record not found"}, None, status=404))
    servers.answer(LOOKUP, account("bob@third.example", host=OTHER), host=OTHER)
    page = await servers.connector(options=BOTH).profiles(["bob@third.example"])
    assert [one.handle for one in page.items] == ["bob@third.example"]
    assert servers.asked(LOOKUP)[0]["acct"] == "bob@third.example"


async def test_profiles_by_reference_are_asked_in_batches_and_the_absent_are_missing() -> None:
    servers = Servers()
    connector = servers.connector()
    many = [account(f"runner{number}", id=str(number)) for number in range(25)]
    servers.answer(TRAIL, linked([status(one["id"], "trailrunning", by=one) for one in many], None))
    posts = (await connector.hashtag_posts("trailrunning")).items
    references = [post.author.reference for post in posts if post.author and post.author.reference]
    servers.answer("/api/v1/accounts", many[:20], many[21:])
    page = await connector.profiles(references)
    assert [len(one.get_list("id[]")) for one in servers.asked("/api/v1/accounts")] == [20, 5]
    assert len(page.items) == 24
    assert page.missing == (references[20],)


async def test_where_a_server_knows_no_batches_each_is_asked() -> None:
    servers = Servers()
    servers.answer("/api/v1/statuses", linked({}, None, status=404))
    servers.answer("/api/v1/statuses/9", status("9"))
    servers.answer("/api/v1/statuses/8", linked({}, None, status=404))
    page = await servers.connector().posts([uri("9"), uri("8")])
    assert [one.platform_id for one in page.items] == [uri("9")]
    assert page.missing == (uri("8"),)


async def test_posts_that_no_server_can_be_asked_about_are_not_called_deleted() -> None:
    servers = Servers()
    servers.answer("/api/v1/statuses", [])
    servers.answer(LOOKUP, account("bob@other.example", id="42"))
    servers.answer("/api/v1/accounts/42/statuses", linked([status("9")], None))
    elsewhere = uri("7", "bob", OTHER)
    page = await servers.connector().posts([uri("9"), elsewhere])
    assert page.missing == (uri("9"),)
    assert (page.coverage, page.warnings) == (
        Coverage.PARTIAL,
        ("1 were not asked about: none of their servers is read",),
    )


async def test_comments_come_with_parents_and_depth_whatever_their_order() -> None:
    servers = Servers()
    bob, carol = account("bob@other.example"), account("carol")
    first = status("21", by=bob, in_reply_to_id="9")
    answer = status("22", by=carol, in_reply_to_id="21")
    orphan = status("23", by=bob, in_reply_to_id="77")
    servers.answer("/api/v1/statuses/9/context", context(answer, orphan, first, first))
    page = await servers.connector().post_comments(uri("9"))
    by_id = {one.platform_id.rpartition("/")[2]: one for one in page.items}
    assert [(key, by_id[key].parent_id, by_id[key].depth) for key in ("21", "22", "23")] == [
        ("21", None, 1),
        ("22", uri("21", "bob", OTHER), 2),
        ("23", None, None),
    ]
    assert {one.post_id for one in page.items} == {uri("9")}
    assert by_id["22"].author_id == "https://own.example/users/carol"
    assert by_id["21"].likes.state is CountState.LOWER_BOUND
    assert page.coverage is Coverage.FULL


async def test_answers_that_are_not_public_are_left_out_and_told() -> None:
    servers = Servers()
    answers = [
        status(str(number), in_reply_to_id="9", visibility=kind)
        for number, kind in enumerate(("public", "unlisted", "private", "direct"), start=20)
    ]
    servers.answer("/api/v1/statuses/9/context", context(*answers))
    page = await servers.connector().post_comments(uri("9"))
    assert len(page.items) == 2
    assert page.warnings == ("2 answers are not public",)


async def test_a_conversation_cut_by_the_server_is_partial() -> None:
    servers = Servers()
    answers = [status(str(number), in_reply_to_id="9") for number in range(100, 160)]
    servers.answer("/api/v1/statuses/9/context", context(*answers), context(*answers))
    page = await servers.connector().post_comments(uri("9"))
    assert (len(page.items), page.coverage) == (60, Coverage.PARTIAL)
    assert page.warnings == ("own.example shows 60 answers at most",)
    assert (await servers.connector(options=TOKEN).post_comments(uri("9"))).coverage is Coverage.FULL


async def test_a_server_that_is_still_fetching_answers_says_so() -> None:
    servers = Servers()
    page = linked(context(), None)
    page.headers["Mastodon-Async-Refresh"] = 'id="abc", retry=5, result_count=2'
    servers.answer("/api/v1/statuses/9/context", page)
    found = await servers.connector().post_comments(uri("9"))
    assert found.coverage is Coverage.PARTIAL
    assert "retry=5" in (found.truncated_reason or "")


async def test_a_post_of_another_server_is_asked_about_by_its_reference() -> None:
    servers = Servers()
    connector = servers.connector()
    remote = status("9", "trailrunning", by=account("bob@other.example"))
    servers.answer(TRAIL, linked([remote], None))
    (post,) = (await connector.hashtag_posts("trailrunning")).items
    assert post.reference is not None
    servers.answer("/api/v1/statuses/9/context", context(status("21", in_reply_to_id="9")))
    page = await servers.connector().post_comments(post.reference)
    assert [one.post_id for one in page.items] == [post.platform_id]
    assert "knows the answers that reached it" in (page.truncated_reason or "")


async def test_without_a_reference_a_server_with_a_token_looks_the_post_up() -> None:
    servers = Servers()
    elsewhere = uri("7", "bob", OTHER)
    found = status("901", by=account("bob@other.example"), uri=elsewhere)
    servers.answer("/api/v2/search", {"accounts": [], "statuses": [found], "hashtags": []}, {"statuses": []})
    servers.answer("/api/v1/statuses/901/context", context())
    connector = servers.connector(options=TOKEN)
    await connector.post_comments(elsewhere)
    (asked,) = servers.asked("/api/v2/search")
    assert (asked["q"], asked["resolve"], asked["type"]) == (elsewhere, "true", "statuses")
    with pytest.raises(NotFound):
        await connector.post_comments(uri("8", "bob", OTHER))


async def test_without_reference_and_token_a_post_is_found_among_its_authors_newest() -> None:
    servers = Servers()
    bob = account("bob@other.example", id="42")
    servers.answer(LOOKUP, bob)
    servers.answer(
        "/api/v1/accounts/42/statuses", linked([status("9", by=bob)], "9"), linked([status("7", by=bob)], "7")
    )
    servers.answer("/api/v1/statuses/7/context", context(status("21", in_reply_to_id="7")))
    page = await servers.connector().post_comments(uri("7", "bob", OTHER))
    assert [one.post_id for one in page.items] == [uri("7", "bob", OTHER)]
    assert servers.asked(LOOKUP)[0]["acct"] == "bob@other.example"


@pytest.mark.parametrize("elsewhere", ["https://other.example/ap/users/1/statuses/2", "https://other.example/x", "42"])
async def test_a_post_whose_address_tells_no_author_is_unsupported_without_a_call(elsewhere: str) -> None:
    servers = Servers()
    with pytest.raises(Unsupported):
        await servers.connector().post_comments(elsewhere)
    assert servers.requests == []


async def test_an_authors_posts_are_paged_from_the_account_once_found() -> None:
    servers = Servers()
    connector = servers.connector()
    servers.answer(LOOKUP, account(id="42"))
    boost = status("7", reblog=status("6"))
    path = "/api/v1/accounts/42/statuses"
    servers.answer(path, linked([status("9"), boost], "7"), linked([status("5")], None))
    first = await connector.author_posts("alice@own.example")
    second = await servers.connector().author_posts("alice@own.example", first.next_cursor)
    assert [one.platform_id for one in (*first.items, *second.items)] == [uri("9"), uri("5")]
    assert [(one["exclude_replies"], one["exclude_reblogs"], one.get("max_id")) for one in servers.asked(path)] == [
        ("true", "true", None),
        ("true", "true", "7"),
    ]
    assert len(servers.asked(LOOKUP)) == 1
    assert (second.exhausted, second.coverage) == (True, Coverage.FULL)


async def test_of_an_account_elsewhere_a_server_need_not_know_all_posts() -> None:
    servers = Servers()
    servers.answer(LOOKUP, account("bob@other.example", id="42"))
    servers.answer("/api/v1/accounts/42/statuses", linked([], None))
    page = await servers.connector().author_posts("bob@other.example")
    assert (page.exhausted, page.coverage) == (True, Coverage.PARTIAL)


async def test_who_favourited_comes_first_then_who_boosted() -> None:
    servers = Servers()
    connector = servers.connector()
    servers.answer("/api/v1/statuses/9/favourited_by", [account("bob@other.example")])
    servers.answer("/api/v1/statuses/9/reblogged_by", [account("carol")])
    first = await connector.reactors(uri("9"))
    second = await connector.reactors(uri("9"), first.next_cursor)
    assert [one.handle for one in (*first.items, *second.items)] == ["bob@other.example", "carol@own.example"]
    assert second.exhausted is True


async def test_followers_that_are_not_shown_are_not_none() -> None:
    servers = Servers()
    servers.answer(LOOKUP, account(id="42"))
    servers.answer("/api/v1/accounts/42/followers", [])
    page = await servers.connector().followers("alice@own.example")
    assert (page.items, page.coverage) == ((), Coverage.PARTIAL)
    assert page.warnings == ("an account may hide its followers",)


async def test_quotes_are_read_with_what_they_quote() -> None:
    servers = Servers()
    quote = {"state": "accepted", "quoted_status": status("9")}
    servers.answer("/api/v1/statuses/9/quotes", [status("12", by=account("bob@other.example"), quote=quote)])
    (post,) = (await servers.connector().quotes(uri("9"))).items
    assert (post.kind, post.quote_of) == (PostKind.QUOTE, uri("9"))


async def test_text_media_mentions_and_links_are_read_from_a_status() -> None:
    servers = Servers()
    content = (
        '<p>Up &amp; down<br>with <span class="h-card"><a href="https://other.example/@bob" class="u-url mention">@bob'
        '</a></span></p><p><a href="https://race.example/?a=1&amp;b=2">race</a> '
        '<a href="https://own.example/tags/mud" class="mention hashtag">#mud</a></p><script>x()</script>'
    )
    image = {
        "type": "image",
        "url": "https://own.example/1.png",
        "preview_url": None,
        "description": "A hill",
        "meta": {"original": {"width": 800, "height": 600}},
    }
    servers.answer(
        TRAIL,
        linked(
            [
                status(
                    "9",
                    "TrailRunning",
                    "mud",
                    content=content,
                    spoiler_text="Mud",
                    mentions=[{"id": "1", "username": "bob", "acct": "Bob@other.example", "url": "https://x/@bob"}],
                    media_attachments=[image, {"type": "unknown", "url": None}],
                    sensitive=True,
                    language="en_GB",
                    edited_at="2026-11-21T08:00:00.000Z",
                )
            ],
            None,
        ),
    )
    (post,) = (await servers.connector().hashtag_posts("trailrunning")).items
    assert post.text == "Mud\n\nUp & down\nwith @bob\n\nrace #mud"
    assert post.links == ("https://race.example/?a=1&b=2",)
    assert [tag.display for tag in post.hashtags] == ["TrailRunning", "mud"]
    assert [one.handle for one in post.mentions] == ["bob@other.example"]
    assert [(one.kind, one.width, one.alt_text) for one in post.media] == [(MediaKind.IMAGE, 800, "A hill")]
    assert (post.is_sensitive, post.language, post.edited_at is not None) == (True, "en-GB", True)


async def test_pixelfed_pages_by_the_last_id_and_says_what_it_does_not_show() -> None:
    servers = Servers(software={OWN: "pixelfed"})
    connector = servers.connector(options=TOKEN)
    pixel = [status(str(number), "trailrunning") for number in range(140, 100, -1)]
    pixel[0]["reply_count"] = pixel[0].pop("replies_count")
    servers.answer(TRAIL, pixel, [status("100", "trailrunning")])
    first = await connector.hashtag_posts("trailrunning")
    second = await connector.hashtag_posts("trailrunning", first.next_cursor)
    assert [one.get("max_id") for one in servers.asked(TRAIL)] == [None, "101"]
    assert (first.coverage, second.exhausted) == (Coverage.WINDOW, True)
    assert "newest 100" in (first.truncated_reason or "")
    assert first.items[0].counts.comments.value == 2
    servers.answer("/api/v1/statuses/9/context", context(status("21", in_reply_to_id="9")))
    comments = await connector.post_comments(uri("9"))
    assert comments.warnings == ("Pixelfed shows no answers to answers",)
    with pytest.raises(Unsupported):
        await connector.quotes(uri("9"))


async def test_ids_are_opaque_texts() -> None:
    servers = Servers(software={OWN: "gotosocial"})
    ulid = "01F8MH75CBF9JFX4ZAD54N0W0R"
    servers.answer(TRAIL, linked([status(ulid, "trailrunning")], ulid), linked([], None))
    connector = servers.connector(options=TOKEN)
    first = await connector.hashtag_posts("trailrunning")
    await connector.hashtag_posts("trailrunning", first.next_cursor)
    assert [one.get("max_id") for one in servers.asked(TRAIL)] == [None, ulid]


@pytest.mark.parametrize(
    ("reference", "account_id"),
    [
        ("@Alice@Own.example", "alice@own.example"),
        ("https://own.example/@alice", "alice@own.example"),
        ("https://own.example/@bob@other.example", "bob@other.example"),
        ("https://own.example/users/alice", "alice@own.example"),
        ("https://bsky.app/profile/alice.example.com", None),
        ("alice", None),
        ("", None),
    ],
)
def test_an_account_is_named_by_handle_or_address(reference: str, account_id: str | None) -> None:
    assert Servers().connector().account_id(reference) == account_id


def test_other_software_is_offered_with_a_token_only() -> None:
    without, with_token = Servers().connector(), Servers().connector(options=TOKEN)
    assert without.capability("pixelfed_hashtag_search").support == "needs_user_token"
    assert with_token.capability("pixelfed_hashtag_search").support == "partial"
    assert MastodonConnector.platform == "mastodon"
