"""Counts, money, times, texts and pages on the wire."""

from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import TypeAdapter, ValidationError

from shared.schemas.base import (
    MAX_COUNT,
    Body,
    Count,
    CountInput,
    CountState,
    Day,
    Flag,
    Hashtag,
    Money,
    Name,
    Natural,
    Page,
    Platform,
    Problem,
    Schema,
    Share,
    TimeZone,
    UtcTime,
    WebUrl,
)

TIME = TypeAdapter(UtcTime)
COUNT = TypeAdapter(CountInput)
OLD, NEW = (datetime(year, 1, 1) for year in (1900, 2200))  # noqa: DTZ001  # the strategy adds the zone


def refused(kind: Any, value: object) -> bool:
    try:
        TypeAdapter(kind).validate_python(value)
    except ValidationError:
        return True
    return False


@given(st.datetimes(timezones=st.timezones() | st.just(UTC), min_value=OLD, max_value=NEW))
def test_a_time_keeps_its_instant_and_becomes_utc(value: datetime) -> None:
    read = TIME.validate_python(value)
    # by timestamp: an hour that a clock change repeats is never equal to a time of another zone
    assert read.timestamp() == value.timestamp()
    assert read.utcoffset() == timedelta(0)
    text = TIME.dump_python(read, mode="json")
    assert text.endswith("Z")
    assert TIME.validate_python(text) == read


@pytest.mark.parametrize(
    "value",
    [1_700_000_000, "1700000000", "1700000000.5", "-5", "2026-01-01", "2026-01-01T00:00:00", "", "soon", True, None,
     "0001-01-01T00:00:00+10:00", "9999-12-31T23:00:00-10:00"],
)  # fmt: skip
def test_what_is_no_time_with_an_offset_is_refused(value: object) -> None:
    assert refused(UtcTime, value)


def test_an_offset_is_converted() -> None:
    assert TIME.validate_python("2026-05-01T09:00:00+05:30") == datetime(2026, 5, 1, 3, 30, tzinfo=UTC)
    assert TIME.dump_json(datetime(2026, 5, 1, tzinfo=timezone(timedelta(hours=2)))) == b'"2026-04-30T22:00:00Z"'


def test_a_day_is_a_date_text() -> None:
    assert str(TypeAdapter(Day).validate_python("2026-05-01")) == "2026-05-01"
    assert refused(Day, 5)
    assert refused(Day, "5")


def test_a_number_is_an_exact_count_and_null_is_not_provided() -> None:
    assert COUNT.validate_python(0) == Count(value=0, state=CountState.EXACT)
    assert COUNT.validate_python(12.0) == Count(value=12, state=CountState.EXACT)
    assert COUNT.validate_python(None) == Count(value=None, state=CountState.NOT_PROVIDED)
    assert COUNT.validate_json(b'{"value": 304900, "state": "rounded"}').value == 304_900
    assert COUNT.validate_python(Count.of(3)) == Count.of(3)


@pytest.mark.parametrize(
    "value",
    [-1, 10**30, True, "5", 1.5, float("nan"), float("inf"), {"value": None, "state": "exact"},
     {"value": 3, "state": "hidden"}, {"value": 3}, [], {"value": 3, "state": "error"}],
)  # fmt: skip
def test_what_is_no_count_is_refused(value: object) -> None:
    assert refused(CountInput, value)


@given(st.one_of(st.none(), st.integers(0, MAX_COUNT)))
def test_a_count_survives_the_wire(value: int | None) -> None:
    count = Count.of(value)
    assert Count.model_validate_json(count.model_dump_json()) == count
    assert count.known == (value is not None)


def test_money_needs_a_real_currency_and_whole_minor_units() -> None:
    assert Money(amount_minor=-250, currency="EUR").amount_minor == -250
    for wrong in ({"amount_minor": 1.5, "currency": "EUR"}, {"amount_minor": 1, "currency": "XXX"},
                  {"amount_minor": 1, "currency": "eur"}, {"amount_minor": "1", "currency": "EUR"},
                  {"amount_minor": 10**30, "currency": "EUR"}):  # fmt: skip
        assert refused(Money, wrong)


def test_texts_refuse_nul_and_lone_surrogates_and_blanks() -> None:
    assert refused(Name, "a\x00b")
    assert refused(Name, "\ud800")
    assert refused(Name, "   ")
    assert refused(Name, "x" * 201)
    assert not refused(Name, "Läufer 跑者\n2")


def test_numbers_are_not_guessed_from_texts_or_flags() -> None:
    assert refused(Natural, "5")
    assert refused(Natural, True)
    assert refused(Natural, 10**30)
    assert refused(Flag, 1)
    assert refused(Share, float("nan"))
    assert refused(Share, 1.01)


def test_a_hashtag_comes_with_or_without_its_sign() -> None:
    read = TypeAdapter(Hashtag).validate_python
    assert [read("#Trail"), read("＃Trail"), read(" Trail "), read("Trail")] == ["Trail"] * 4
    for wrong in ("", "#", "##", "# ", "a#b", "a\x00"):
        assert refused(Hashtag, wrong)


def test_urls_are_http_with_a_host() -> None:
    assert not refused(WebUrl, "https://example.com/a?b=1#c")
    for wrong in ("ftp://example.com", "https://", "https:///x", "javascript:alert(1)", "https://exa mple.com",
                  "https://example.com:99999/", "https://[::1", "https://a/\n"):  # fmt: skip
        assert refused(WebUrl, wrong)


def test_time_zones_and_platforms_are_names() -> None:
    assert not refused(TimeZone, "Asia/Kolkata")
    assert not refused(TimeZone, "UTC")
    for wrong in ("localtime", "../etc/passwd", "Mars/Olympus", "", "America"):
        assert refused(TimeZone, wrong)
    assert refused(Platform, "Bluesky")
    assert refused(Platform, "a-b")


class Thing(Schema):
    name: Name


class Order(Body):
    name: Name


def test_answers_ignore_and_requests_refuse_unknown_fields() -> None:
    assert Thing.model_validate({"name": "a", "later": 1}) == Thing(name="a")
    with pytest.raises(ValidationError):
        Order.model_validate({"name": "a", "nmae": 1})
    with pytest.raises(ValidationError):
        Thing(name="a").name = "b"  # type: ignore[misc]  # frozen is what is tested


def test_a_page_is_named_after_its_items() -> None:
    assert Page[Thing].__name__ == "ThingPage"
    page = Page[Thing](items=(Thing(name="a"),), next_cursor=None)
    assert page.model_dump(mode="json") == {"items": [{"name": "a"}], "next_cursor": None}


def test_a_problem_lists_its_faults() -> None:
    text = '{"title": "Invalid", "status": 422, "code": "wrong", "errors": [{"pointer": "/a", "detail": "b"}]}'
    assert Problem.model_validate_json(text).errors[0].pointer == "/a"
