"""What a post belongs to."""

from datetime import date
from uuid import UUID

import pytest

from services.attribution.posts.matching import Promise, codes_in, hashtag_keys, kept_promise, shows_disclosure

DAY = date(2027, 3, 10)


def promise(number: int, **more: object) -> Promise:
    fields = {"kind": "post", "account_id": None, "platform": None, "due_from": None, "due_to": None}
    return Promise(id=UUID(int=number), **(fields | more))  # type: ignore[arg-type]  # fields of a test


def kept(*promises: Promise, kind: str = "post", platform: str | None = None) -> int | None:
    found = kept_promise(promises, kind=kind, account_id=None, platform=platform, day=DAY)
    return found.id.int if found else None


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("use ana10 now!", ["ANA10"]), ("Code: ANA-10.", ["ANA10"]), ("ANA100", []), ("BANANA10", []), ("ana 10", []),
        ("", []), ("(ANA10)", ["ANA10"]),
    ],
)  # fmt: skip
def test_a_code_is_found_as_a_word_of_its_own(text: str, found: list[str]) -> None:
    assert codes_in(text, ["ANA10"]) == found


def test_hashtags_are_found_by_their_key() -> None:
    assert hashtag_keys("so good #FellsideWithAna #other", platform="bluesky") >= {"fellsidewithana"}


def test_the_agreed_wording_shows_and_its_absence_says_nothing() -> None:
    assert shows_disclosure("Lovely shoes  #AD", "#ad") is True
    assert shows_disclosure("Lovely shoes", "#ad") is None


def test_a_post_keeps_the_promise_that_is_due_first() -> None:
    assert kept(promise(1, due_to=date(2027, 3, 20)), promise(2, due_to=date(2027, 3, 12))) == 2


def test_a_promise_still_in_time_goes_before_a_late_one() -> None:
    assert kept(promise(1, due_to=date(2027, 3, 1)), promise(2, due_to=date(2027, 3, 20))) == 2
    assert kept(promise(1, due_to=date(2027, 3, 1))) == 1


def test_a_post_keeps_no_promise_of_another_kind_platform_or_of_later() -> None:
    assert kept(promise(1, kind="story")) is None
    assert kept(promise(1, platform="tiktok"), platform="bluesky") is None
    assert kept(promise(1, due_from=date(2027, 3, 11))) is None
