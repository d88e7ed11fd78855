"""Hashtags: normalising, reading them out of texts, asking platforms for them."""

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.rules.hashtags import (
    MAX_CHARACTERS,
    Tag,
    extract,
    fault,
    graphemes,
    normalise,
    normalise_all,
    search_term,
    url_term,
)

PLATFORMS = ["bluesky", "mastodon", "x", "instagram", "youtube", "tiktok", "threads", "archive", "reddit"]
ODD = "#＃a_é.·・゛〜\u200c\u200d\ufe0f\u20e3\u200b $ @🏃🏽İß1-ﬁ&/’"
TEXTS = st.text(max_size=80) | st.text(alphabet=ODD, max_size=60)


def tag_or_none(text: str) -> Tag | None:
    try:
        return normalise(text)
    except ValueError:
        return None


def keys(text: str, platform: str) -> list[str]:
    return [tag.key for tag in extract(text, platform=platform)]


@given(TEXTS)
def test_normalising_twice_changes_nothing(text: str) -> None:
    tag = tag_or_none(text)
    if tag is not None:
        again = tag_or_none("#" + tag.display)
        assert again == tag
        assert tag_or_none("#" + tag.key) is None or normalise("#" + tag.key).key == tag.key
        assert normalise("#" + tag.display).fold == tag.fold


@given(TEXTS)
def test_canonically_equal_texts_have_one_key(text: str) -> None:
    composed, decomposed = (tag_or_none(unicodedata.normalize(form, text)) for form in ("NFC", "NFD"))
    assert composed is None or decomposed is None or composed == decomposed


@given(TEXTS)
def test_case_does_not_matter(text: str) -> None:
    tag = tag_or_none(text)
    folded = tag_or_none(text.casefold())
    assert tag is None or folded is None or folded.key == tag.key


@given(TEXTS)
def test_a_tag_is_bounded_and_says_something(text: str) -> None:
    tag = tag_or_none(text)
    if tag is not None:
        assert 0 < len(tag.key) <= MAX_CHARACTERS
        assert 0 < len(tag.display) <= MAX_CHARACTERS
        assert not {"\ufe0f", "\u200b", "\u00ad", "\u2060", "\ufeff"} & set(tag.key)


@given(TEXTS, st.sampled_from(PLATFORMS))
def test_what_is_read_from_a_text_is_valid_there_and_reads_back(text: str, platform: str) -> None:
    for tag in extract(text, platform=platform):
        assert fault(platform, tag.display) is None
        assert [found.key for found in extract("#" + tag.display, platform=platform)] == [tag.key]


@pytest.mark.parametrize(
    ("text", "display", "key", "fold"),
    [
        ("#TrailRunning", "TrailRunning", "trailrunning", "trailrunning"),
        ("＃TrailRunning", "TrailRunning", "trailrunning", "trailrunning"),
        ("café", "café", "café", "cafe"),
        ("cafe\u0301", "café", "café", "cafe"),
        ("#İstanbul", "İstanbul", "i̇stanbul", "istanbul"),
        ("#Straße", "Straße", "strasse", "strasse"),
        ("#ŁÓDŹ", "ŁÓDŹ", "łódź", "lodz"),
        ("#ｔｒａｉｌ", "ｔｒａｉｌ", "trail", "trail"),
        ("#trail\u200brun", "trail\u200brun", "trailrun", "trailrun"),
        ("#love❤\ufe0f", "love❤\ufe0f", "love❤", "love❤"),
        ("#می\u200cخواهم", "می\u200cخواهم", "می\u200cخواهم", "می\u200cخواهم"),
        ("#क्\u200dष", "क्\u200dष", "क्\u200dष", "क्\u200dष"),
        ("#あ゛", "あ゛", "あ゛", "あ゛"),
        ("#あ゜〜～", "あ゜〜～", "あ゜〜～", "あ゜〜～"),
        ("#ゲーム", "ゲーム", "ゲーム", "ゲーム"),
        ("#йога", "йога", "йога", "йога"),
        ("#Trail Running", "Trail Running", "trail running", "trail running"),
        ("#Đà Nẵng", "Đà Nẵng", "đà nẵng", "da nang"),
    ],
)
def test_known_forms(text: str, display: str, key: str, fold: str) -> None:
    assert normalise(text) == Tag(display=display, key=key, fold=fold)


@pytest.mark.parametrize(
    "text", ["", "#", "＃ ", "#️⃣", "#\u20e3", "123", "#1_2", "#!!", "$AAPL", "#a\x00b", "x" * 201, "\u200b", "ﷺ" * 100]
)
def test_what_is_no_hashtag_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"hashtag"):
        normalise(text)


def test_a_list_keeps_each_key_once_and_leaves_out_what_is_none() -> None:
    assert [tag.display for tag in normalise_all(["#Run", "run", "#1", "", "Lauf"])] == ["Run", "Lauf"]


@pytest.mark.parametrize(
    ("platform", "text", "expected"),
    [
        ("bluesky", "up #early, #trail-running! and #love❤️.", ["early", "trail-running", "love❤"]),
        ("bluesky", "a#b (#c) ＃d", ["d"]),
        ("bluesky", "#one\u200btwo #" + "x" * 65 + " #" + "é" * 64, ["one", "é" * 64]),
        ("bluesky", "#1 #️⃣ # #a1", ["a1"]),
        ("mastodon", "#trail-run #2026 #Run2026! #a·b #a· #❤", ["trail", "run2026", "a·b", "a"]),
        ("mastodon", "see https://example.com/#anchor and x#y", []),
        ("mastodon", "#می\u200cخواهم", ["می\u200cخواهم"]),
        ("x", "#a゛b &#39; z#z ＃running, #2026", ["a゛b", "running"]),
        ("instagram", "go#no #run🏃 #run_club.", ["run🏃", "run_club"]),
        ("youtube", "#shorts#trail (#fell)", ["shorts", "fell"]),
        ("threads", "#one #two", ["one"]),
        ("reddit", "#heading", []),
        ("archive", "#跑步 #ランニング・部 #دوي", ["跑步", "ランニング・部", "دوي"]),
    ],
)
def test_each_platform_reads_texts_in_its_own_way(platform: str, text: str, expected: list[str]) -> None:
    assert keys(text, platform) == expected


def test_long_texts_are_read_in_one_pass() -> None:
    assert keys("#" * 100_000, "bluesky") == []
    assert keys("#" + "a" * 100_000 + " #b", "x") == ["b"]
    assert len(keys(" ".join(f"#tag{number}" for number in range(20_000)), "mastodon")) == 20_000


@pytest.mark.parametrize(
    ("platform", "display", "valid"),
    [
        ("bluesky", "love❤", True),
        ("mastodon", "love❤", False),
        ("mastodon", "2026", False),
        ("x", "2026", False),
        ("x", "a゛", True),
        ("mastodon", "a゛", False),
        ("threads", "trail running", True),
        ("threads", "a.b", False),
        ("threads", "x" * 51, False),
        ("bluesky", "trail running", False),
        ("bluesky", "run!", False),
        ("reddit", "run", False),
    ],
)
def test_validity_is_the_platforms_own(platform: str, display: str, valid: bool) -> None:
    assert (fault(platform, display) is None) is valid


def test_each_platform_is_asked_in_its_own_form() -> None:
    assert [search_term(name, "#Café") for name in ("bluesky", "mastodon", "instagram", "x", "youtube")] == [
        "Café", "Café", "Café", "#Café", "#Café",
    ]  # fmt: skip
    assert url_term("mastodon", "Café") == "Caf%C3%A9"
    assert url_term("youtube", "run") == "%23run"
    for platform, display in (("instagram", "run🏃"), ("reddit", "run"), ("mastodon", "run🏃"), ("blogs", "run")):
        with pytest.raises(ValueError, match=platform):
            search_term(platform, display)


@pytest.mark.parametrize(
    ("text", "count"),
    [
        ("", 0),
        ("abc", 3),
        ("é", 1),
        ("e\u0301", 1),
        ("🏃🏽", 1),
        ("👩\u200d👩\u200d👧", 1),
        ("🇬🇧🇫🇷", 2),
        ("각", 1),
        ("\u1100\u1161\u11a8", 1),
    ],
)
def test_graphemes_are_what_a_reader_counts(text: str, count: int) -> None:
    assert graphemes(text) == count
