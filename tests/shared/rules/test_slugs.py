"""Slugs of short links."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.rules.slugs import ALPHABET, LENGTH, RESERVED, check, from_random, from_words, skeleton

SLUGS = st.from_regex(r"[A-Za-z0-9][A-Za-z0-9_-]{1,20}[A-Za-z0-9]", fullmatch=True)


@given(st.binary(min_size=8, max_size=16))
def test_a_random_slug_is_valid_and_without_look_alikes(entropy: bytes) -> None:
    slug = from_random(entropy)
    assert len(slug) == LENGTH
    assert set(slug) <= set(ALPHABET)
    assert check(slug) == slug


def test_random_slugs_use_their_bytes() -> None:
    assert len({from_random(number.to_bytes(8, "big")) for number in range(5_000)}) == 5_000
    with pytest.raises(ValueError, match="8 random bytes"):
        from_random(b"1234567")


@given(SLUGS)
def test_case_dashes_and_twins_share_a_skeleton(slug: str) -> None:
    assert skeleton(slug.upper()) == skeleton(slug.lower()) == skeleton(slug.replace("-", "").replace("_", ""))
    assert skeleton(slug.replace("0", "o").replace("1", "l")) == skeleton(slug)


def test_look_alikes_share_a_skeleton_and_others_do_not() -> None:
    assert skeleton("paypal") == skeleton("paypa1") == skeleton("Pay-Pal")
    assert skeleton("modern") == skeleton("modem")
    assert skeleton("ana-spring") != skeleton("ann-spring")


@pytest.mark.parametrize("slug", ["ab", "x" * 65, "-abc", "abc-", "a b c", "a/b", "äbc", "abc\n", "", "..."])
def test_malformed_slugs_are_refused(slug: str) -> None:
    with pytest.raises(ValueError, match="slug"):
        check(slug)


@pytest.mark.parametrize("slug", ["admin", "ADMIN", "adm1n", "log-in", "healthz", "well-known", "api-"[:3], "d0cs"])
def test_reserved_words_and_their_twins_are_refused(slug: str) -> None:
    with pytest.raises(ValueError, match="reserved"):
        check(slug)


def test_reserved_words_are_words() -> None:
    assert all(re.fullmatch(r"[a-z0-9-]+", word) for word in RESERVED)
    assert {"api", "docs", "healthz", "readyz", "metrics", "openapi"} <= RESERVED


@given(st.lists(st.text(max_size=30), max_size=3))
def test_words_give_a_valid_slug_or_none(words: list[str]) -> None:
    slug = from_words(*words)
    assert slug is None or check(slug) == slug


def test_names_become_readable() -> None:
    assert from_words("Ana Müller", "Spring 2027") == "ana-muller-spring-2027"
    assert from_words("跑步") is None
    assert from_words("Admin") is None
