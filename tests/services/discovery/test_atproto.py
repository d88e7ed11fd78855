"""What is read out of a Bluesky post, and where a paged reading stands."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.discovery.atproto.cursors import Position
from services.discovery.atproto.records import post_url, read_creator, read_post, read_thread
from services.discovery.atproto.richtext import read_rich_text
from services.discovery.records import OptOut, Origin, PostRecord, TimeSource
from shared.schemas.posts import HashtagSource
from tests.services.discovery.connectors.bluesky_answers import (
    ALICE,
    BOB,
    CID,
    NOW,
    checked,
    facet,
    label,
    link,
    mention,
    post,
    profile,
    search,
    tag,
    uri,
)

ORIGIN = Origin("bluesky", "test", NOW)


def _post(view: dict[str, Any]) -> PostRecord:
    search([view])  # the lexicon allows it
    record = read_post(view, ORIGIN)
    assert record is not None
    return record


def _keys(record: dict[str, Any]) -> list[str]:
    return [hashtag.key for hashtag in read_rich_text(record).hashtags]


def test_offsets_are_bytes_of_utf8() -> None:
    text = "Über den Grat 🏔️ mit @bob.example.com #Läufer"
    facets = [facet(text, "@bob.example.com", mention(BOB)), facet(text, "#Läufer", tag("Läufer"))]
    marks = read_rich_text({"text": text, "facets": facets})
    assert [(one.handle, one.platform_id) for one in marks.mentions] == [("bob.example.com", BOB)]
    assert [(one.display, one.key, one.source) for one in marks.hashtags] == [
        ("Läufer", "läufer", HashtagSource.ENTITY)
    ]


def test_of_overlapping_facets_the_later_is_void() -> None:
    text = "#trail#running"
    first = {"index": {"byteStart": 0, "byteEnd": 8}, "features": [tag("trail")]}
    over = {"index": {"byteStart": 6, "byteEnd": 14}, "features": [tag("running")]}
    behind = {"index": {"byteStart": 8, "byteEnd": 14}, "features": [tag("run")]}
    assert _keys({"text": text, "facets": [over, first, behind]}) == ["trail", "run"]


@pytest.mark.parametrize(("start", "end"), [(3, 3), (5, 2), (0, 99), (-1, 4), ("0", 4), (None, None), (0, True)])
def test_a_facet_that_lies_outside_of_the_text_is_void(start: object, end: object) -> None:
    record = {"text": "#trail", "facets": [{"index": {"byteStart": start, "byteEnd": end}, "features": [tag("trail")]}]}
    assert _keys(record) == []


def test_hashtags_are_those_of_facets_and_of_the_record_each_once() -> None:
    text = "#Trail #TRAIL and $AAPL"
    facets = [
        facet(text, "#Trail", tag("Trail")),
        facet(text, "#TRAIL", tag("TRAIL")),
        facet(text, "$AAPL", tag("$AAPL")),
    ]
    marks = read_rich_text({"text": text, "facets": facets, "tags": ["ultra", "trail", "$MSFT", "12"]})
    assert [(one.display, one.source) for one in marks.hashtags] == [
        ("Trail", HashtagSource.ENTITY),
        ("ultra", HashtagSource.FIELD),
    ]


def test_what_looks_like_a_hashtag_in_the_text_is_none_without_a_facet() -> None:
    assert _keys({"text": "#trail"}) == []


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=8),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(
                ["uri", "did", "record", "author", "facets", "index", "features", "replies", "post", "labels", "embed"]
            ),
            inner,
            max_size=4,
        )
    ),
    max_leaves=25,
)


@given(st.dictionaries(st.sampled_from(["uri", "did", "record", "author", "post", "replies", "labels"]), json_values))
def test_no_json_whatever_breaks_the_reading(view: dict[str, Any]) -> None:
    read_post(view, ORIGIN)
    read_creator(view, ORIGIN)
    read_thread(view, ORIGIN)
    read_rich_text(view)


def test_created_is_the_earlier_of_the_clients_and_the_servers_time() -> None:
    backdated = _post(post(ALICE, "3a", "x", record={"createdAt": "2020-01-01T00:00:00Z"}))
    postdated = _post(post(ALICE, "3a", "x", record={"createdAt": "2030-01-01T00:00:00Z"}))
    assert backdated.created_at is not None
    assert (backdated.created_at.year, backdated.created_at_source) == (2020, TimeSource.CLIENT)
    assert postdated.created_at is not None
    assert (postdated.created_at.year, postdated.created_at_source) == (2026, TimeSource.SERVER)


def test_a_post_keeps_replies_languages_links_media_and_counts() -> None:
    text = "Report: example.com/race"
    ref = {"cid": CID, "uri": uri(BOB, "3root")}
    images = {
        "$type": "app.bsky.embed.images#view",
        "images": [{"thumb": "https://cdn.example.com/t", "fullsize": "https://cdn.example.com/f", "alt": "A ridge"}],
    }
    record = _post(
        post(
            ALICE,
            "3a",
            text,
            counts={"likeCount": 4, "replyCount": 0, "bookmarkCount": 1},
            record={
                "facets": [facet(text, "example.com/race", link("https://example.com/race"))],
                "langs": ["pt-BR", "en"],
                "reply": {"root": ref, "parent": {"cid": CID, "uri": uri(BOB, "3c")}},
            },
            embed=images,
            labels=[],
        )
    )
    assert (record.kind, record.in_reply_to, record.thread_root) == ("reply", uri(BOB, "3c"), uri(BOB, "3root"))
    assert (record.language, record.links) == ("pt-BR", ("https://example.com/race",))
    assert [(one.kind, one.url, one.alt_text) for one in record.media] == [
        ("image", "https://cdn.example.com/f", "A ridge")
    ]
    counts = record.counts
    assert (counts.likes.value, counts.comments.value, counts.saves.value) == (4, 0, 1)
    assert (counts.reposts.known, counts.views.known, counts.shares.known) == (False, False, False)
    assert record.is_sensitive is False
    assert record.url == f"https://bsky.app/profile/{ALICE}/post/3a"


def test_a_moderation_label_makes_a_post_sensitive_and_no_labels_at_all_leave_it_unknown() -> None:
    nudity = [label("nudity", source=BOB, subject=uri(ALICE, "3a"))]
    assert _post(post(ALICE, "3a", "x", labels=nudity)).is_sensitive is True
    assert _post(post(ALICE, "3a", "x")).is_sensitive is None


def test_the_self_label_against_logged_out_viewers_is_an_opt_out_and_anothers_label_is_none() -> None:
    subject = f"at://{ALICE}/app.bsky.actor.profile/self"
    own = profile(ALICE, labels=[label("!no-unauthenticated", source=ALICE, subject=subject)])
    others = profile(ALICE, labels=[label("!no-unauthenticated", source=BOB, subject=subject)])
    checked("app.bsky.actor.getProfiles", {"profiles": [own, others]})
    first, second = read_creator(own, ORIGIN), read_creator(others, ORIGIN)
    assert first is not None
    assert second is not None
    assert (first.opt_outs, second.opt_outs) == (frozenset({OptOut.NO_UNAUTHENTICATED}), frozenset())


@pytest.mark.parametrize(
    ("bio", "opt_outs"),
    [
        ("Runs. #nobot", {OptOut.NOBOT}),
        ("#NoIndex #nobots", {OptOut.NOINDEX, OptOut.NOBOT}),
        ("#nobotany is my hobby", set()),
        ("nobot", set()),
        (None, set()),
    ],
)
def test_a_bio_can_opt_out(bio: str | None, opt_outs: set[OptOut]) -> None:
    view = profile(ALICE) | ({"description": bio} if bio else {})
    creator = read_creator(view, ORIGIN)
    assert creator is not None
    assert creator.opt_outs == opt_outs


@pytest.mark.parametrize(
    ("allowed", "takes_messages"),
    [("all", True), ("none", False), ("following", False), ("a-word-of-tomorrow", None), (None, None), (7, None)],
)
def test_who_may_write_to_an_account_is_read_from_its_own_choice(allowed: object, takes_messages: bool | None) -> None:
    view = profile(ALICE) | ({} if allowed is None else {"associated": {"chat": {"allowIncoming": allowed}}})
    found = read_creator(view, ORIGIN)
    assert found is not None
    assert found.takes_messages is takes_messages


def test_a_profile_keeps_links_verification_and_no_invalid_handle() -> None:
    view = profile(
        ALICE,
        handle="handle.invalid",
        website="https://alice.example.com",
        links=[{"cid": CID, "uri": f"at://{ALICE}/app.bsky.actor.link/3a", "url": "https://shop.example.com"}],
        verification={"verifications": [], "verifiedStatus": "valid", "trustedVerifierStatus": "none"},
    )
    checked("app.bsky.actor.getProfiles", {"profiles": [view]})
    creator = read_creator(view, ORIGIN)
    assert creator is not None
    assert (creator.handle, creator.is_verified, creator.website) == (None, True, "https://alice.example.com")
    assert [one.url for one in creator.links] == ["https://shop.example.com"]


def test_only_the_address_of_a_post_has_a_page() -> None:
    assert post_url(f"at://{ALICE}/app.bsky.feed.generator/x") is None
    assert post_url("https://example.com") is None


@given(
    st.builds(
        Position,
        platform_cursor=st.none() | st.text(),
        empty_pages=st.integers(0, 5),
        version=st.integers(1, 2),
        spelling=st.integers(0, 9),
        folds_case=st.booleans(),
    )
)
def test_a_position_survives_being_a_cursor(position: Position) -> None:
    cursor = position.encode()
    assert Position.decode(cursor) == position
    assert cursor.replace("-", "").replace("_", "").isalnum()
