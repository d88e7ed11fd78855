"""Mentions of accounts in texts."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.rules.mentions import mentions

PLATFORMS = ["bluesky", "mastodon", "youtube", "instagram", "threads", "x", "tiktok", "reddit", "archive"]
LOCAL = st.from_regex(r"[a-z0-9]([a-z0-9._+-]{0,10}[a-z0-9])?", fullmatch=True)
DOMAIN = st.from_regex(r"[a-z0-9]{1,8}\.[a-z]{2,5}", fullmatch=True)


@given(
    LOCAL,
    DOMAIN,
    st.sampled_from(PLATFORMS),
    st.sampled_from(["", " ", "mail: ", "("]),
    st.sampled_from(["", ".", " or", ")"]),
)
def test_an_e_mail_address_is_never_a_mention(local: str, domain: str, platform: str, before: str, after: str) -> None:
    assert mentions(f"{before}{local}@{domain}{after}", platform=platform) == ()


@given(st.text(max_size=80) | st.text(alphabet="@ab.-_/u(é ", max_size=60), st.sampled_from(PLATFORMS))
def test_mentions_are_in_the_text_each_once(text: str, platform: str) -> None:
    found = mentions(text, platform=platform)
    assert len(found) == len(set(found))
    for handle in found:
        assert handle in text.lower()
        assert re.search(r"\w", handle)


@pytest.mark.parametrize(
    ("platform", "text", "expected"),
    [
        (
            "bluesky",
            "hi @Ana.example.com, (@bo.bsky.social) @nodomain a@b.example.com",
            ["ana.example.com", "bo.bsky.social"],
        ),
        ("mastodon", "@ana@run.example @bo, @Ana@run.example", ["ana@run.example", "bo"]),
        ("instagram", "thanks @ana.runs. and @bo_!", ["ana.runs", "bo_"]),
        ("threads", "@ana", ["ana"]),
        ("x", ".@ana @toolongforahandle1 @bo @c@d.example", ["bo"]),
        ("youtube", "with @ana-runs and @a", ["ana-runs"]),
        ("tiktok", "@a @ana.b", ["ana.b"]),
        ("reddit", "by /u/Ana and u/bo_2, not r/running nor foo/u/bar", ["ana", "bo_2"]),
        ("archive", "@ana https://example.com/@bo", ["ana"]),
    ],
)
def test_each_platform_has_its_own_spelling(platform: str, text: str, expected: list[str]) -> None:
    assert list(mentions(text, platform=platform)) == expected


def test_long_texts_are_read_in_one_pass() -> None:
    for platform in PLATFORMS:
        mentions("@" * 50_000 + "a." * 25_000 + "@" + "a" * 50_000 + "@a-" * 10_000, platform=platform)
