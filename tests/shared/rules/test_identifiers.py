"""Accounts and posts by their many spellings."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.rules.identifiers import (
    Account,
    canonical_handle,
    canonical_platform_id,
    canonical_url,
    fits,
    parse_account,
    parse_post,
)

PLATFORMS = ["bluesky", "mastodon", "youtube", "instagram", "threads", "tiktok", "x", "reddit", "blogs", "other"]
CHANNEL = "UC" + "aB3_-x" * 3 + "abcd"
TEXTS = st.text(max_size=60) | st.text(alphabet="@:/.u-_aA1#?= %é", max_size=40)
URLS = st.sampled_from(
    ["bsky.app", "www.youtube.com", "youtu.be", "instagram.com", "tiktok.com", "old.reddit.com", "x.com", "threads.net",
     "social.example", "[::1", "bücher.example"]
).flatmap(lambda host: TEXTS.map(lambda path: f"https://{host}/{path}"))  # fmt: skip


@given(TEXTS | URLS)
def test_any_text_is_an_account_or_a_value_error(text: str) -> None:
    try:
        found = parse_account(text)
    except ValueError:
        return
    assert found.handle or found.platform_id
    assert found.platform is None or found.handle is None or fits(found.platform, found.handle)


@given(TEXTS | URLS)
def test_any_text_is_a_post_or_a_value_error(text: str) -> None:
    try:
        found = parse_post(text)
    except ValueError:
        return
    again = parse_post(found.url)
    assert (again.platform, again.platform_id, again.url) == (found.platform, found.platform_id, found.url)


@given(TEXTS | URLS, st.sampled_from(PLATFORMS))
def test_canonical_forms_stay_what_they_are(text: str, platform: str) -> None:
    once = canonical_platform_id(platform, text)
    assert canonical_platform_id(platform, once) == once
    if fits(platform, text) and platform not in ("other", "blogs"):
        handle = canonical_handle(platform, text)
        assert canonical_handle(platform, handle) == handle
        assert canonical_handle(platform, "@" + handle) == handle


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("https://bsky.app/profile/Ana.Example.com", ("bluesky", "ana.example.com", None)),
        ("https://bsky.app/profile/did:plc:ABC123/post/3k", ("bluesky", None, "did:plc:abc123")),
        ("did:plc:abc123", ("bluesky", None, "did:plc:abc123")),
        ("at://did:plc:abc123/app.bsky.feed.post/3k", ("bluesky", None, "did:plc:abc123")),
        ("@ana.bsky.social", ("bluesky", "ana.bsky.social", None)),
        ("bluesky:@Ana.example.com", ("bluesky", "ana.example.com", None)),
        ("@Ana@Run.Example", ("mastodon", "ana@run.example", None)),
        ("acct:ana@run.example", ("mastodon", "ana@run.example", None)),
        ("https://run.example/@Ana", ("mastodon", "ana@run.example", None)),
        ("https://run.example/@ana@far.example", ("mastodon", "ana@far.example", None)),
        ("https://run.example/users/ana", ("mastodon", "ana@run.example", None)),
        ("https://läufer.example/@ana", ("mastodon", "ana@xn--lufer-gra.example", None)),
        ("https://www.youtube.com/@AnaRuns/videos", ("youtube", "anaruns", None)),
        (f"https://m.youtube.com/channel/{CHANNEL}", ("youtube", None, CHANNEL)),
        (CHANNEL, ("youtube", None, CHANNEL)),
        ("https://www.instagram.com/Ana.Runs/?hl=en", ("instagram", "ana.runs", None)),
        ("https://www.tiktok.com/@Ana/video/71", ("tiktok", "ana", None)),
        ("https://old.reddit.com/user/Ana/", ("reddit", "ana", None)),
        ("u/Ana", ("reddit", "ana", None)),
        ("reddit:t2_AbC", ("reddit", None, "t2_abc")),
        ("https://mobile.twitter.com/Ana/status/1", ("x", "ana", None)),
        ("https://www.threads.net/@Ana/post/C1", ("threads", "ana", None)),
        ("@ana.runs", (None, "ana.runs", None)),
        ("ana", (None, "ana", None)),
        ("pinterest:ana", ("pinterest", "ana", None)),
        ("https://Blog.Example.com/feed?utm_source=x&id=2#top", ("blogs", None, "https://blog.example.com/feed?id=2")),
    ],
)
def test_seeds_are_read(text: str, expected: tuple[str | None, str | None, str | None]) -> None:
    found = parse_account(text)
    assert (found.platform, found.handle, found.platform_id) == expected


@pytest.mark.parametrize(
    "text",
    ["", " ", "@", "ana@example.com", "mailto:ana@example.com", "https://", "https://bsky.app/", "https://x.com/i/status/1",
     "https://www.instagram.com/p/C1/", "https://www.youtube.com/watch?v=abc", "two words", "bluesky:nodomain",
     "https://[::1", "javascript:alert(1)", "instagram:https://x.com/ana"],
)  # fmt: skip
def test_what_names_no_account_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"account|handle|address|profile"):
        parse_account(text)


@pytest.mark.parametrize(
    ("text", "platform", "key"),
    [
        (
            "https://bsky.app/profile/ana.example.com/post/3kAb",
            "bluesky",
            "at://ana.example.com/app.bsky.feed.post/3kAb",
        ),
        ("at://did:plc:abc/app.bsky.feed.post/3k", "bluesky", "at://did:plc:abc/app.bsky.feed.post/3k"),
        ("https://youtu.be/dQw4w9WgXcQ?si=1&t=4", "youtube", "dQw4w9WgXcQ"),
        ("https://www.youtube.com/watch?list=x&v=dQw4w9WgXcQ", "youtube", "dQw4w9WgXcQ"),
        ("https://m.youtube.com/shorts/dQw4w9WgXcQ", "youtube", "dQw4w9WgXcQ"),
        ("https://www.youtube.com/live/dQw4w9WgXcQ?feature=share", "youtube", "dQw4w9WgXcQ"),
        ("https://www.instagram.com/reel/C1aB_-/?igsh=1", "instagram", "C1aB_-"),
        ("https://instagram.com/ana/p/C1aB_-/", "instagram", "C1aB_-"),
        ("https://www.tiktok.com/@Ana/video/7100000000000000001?lang=en", "tiktok", "7100000000000000001"),
        ("https://np.reddit.com/r/running/comments/1AbC/title/", "reddit", "t3_1abc"),
        ("https://redd.it/1abc", "reddit", "t3_1abc"),
        ("https://twitter.com/Ana/status/1700000000000000001?s=20&t=x", "x", "1700000000000000001"),
        ("https://x.com/i/web/status/17", "x", "17"),
        ("https://www.threads.net/@ana/post/C1aB", "threads", "C1aB"),
        ("https://threads.com/t/C1aB", "threads", "C1aB"),
        ("https://Run.example/@ana/113#x", "mastodon", "https://run.example/@ana/113"),
        ("https://blog.example.com/2027/run?utm_medium=y", "blogs", "https://blog.example.com/2027/run"),
    ],
)
def test_posts_have_one_key(text: str, platform: str, key: str) -> None:
    found = parse_post(text)
    assert (found.platform, found.platform_id) == (platform, key)


@pytest.mark.parametrize(
    "text",
    ["", "ana", "https://vm.tiktok.com/ZM1/", "https://www.youtube.com/watch?v=short", "https://x.com/ana",
     "https://www.instagram.com/ana/", "at://did:plc:abc/app.bsky.graph.follow/1", "ftp://example.com/a"],
)  # fmt: skip
def test_what_names_no_post_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"post"):
        parse_post(text)


def test_identifiers_of_unknown_make_keep_their_case() -> None:
    assert canonical_platform_id("reddit", "aBc") == "aBc"
    assert canonical_platform_id("other", " aBc ") == "aBc"
    assert canonical_platform_id("x", "0012") == "0012"
    assert canonical_platform_id("bluesky", "did:plc:ABC") == "did:plc:abc"
    assert canonical_platform_id("mastodon", "HTTPS://Run.Example/users/Ana") == "https://run.example/users/Ana"


def test_an_address_keeps_its_port_and_query() -> None:
    assert canonical_url("https://EXAMPLE.com:8443/a?b=1&utm_x=2&c=#d") == "https://example.com:8443/a?b=1&c="
    assert canonical_url("http://example.com:80/") == "http://example.com/"


def test_a_seed_remembers_its_address() -> None:
    assert parse_account("https://x.com/ana") == Account("x", handle="ana", url="https://x.com/ana")
