"""Every form in which platforms say when to come back."""

from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.discovery.ratelimits import LONGEST_WAIT, ObservedLimit, observed_limit, parse_moment, retry_at

NOW = datetime(2026, 11, 22, 9, 0, tzinfo=UTC)
IN_FIVE_MINUTES = NOW + timedelta(minutes=5)


@pytest.mark.parametrize(
    "text",
    [
        str(int(IN_FIVE_MINUTES.timestamp())),
        str(int(IN_FIVE_MINUTES.timestamp()) * 1_000),
        str(int(IN_FIVE_MINUTES.timestamp()) * 1_000_000),
        "300",
        "300.0",
        '"300"',
        " 300 ",
        "2026-11-22T09:05:00Z",
        "2026-11-22T09:05:00.000Z",
        "2026-11-22T10:05:00+01:00",
        "2026-11-22T09:05:00",
        "Sun, 22 Nov 2026 09:05:00 GMT",
        "Sun, 22 Nov 2026 10:05:00 +0100",
    ],
)
def test_epoch_delta_iso_and_http_date_name_the_same_moment(text: str) -> None:
    assert parse_moment(text, now=NOW) == IN_FIVE_MINUTES


@pytest.mark.parametrize("text", ["", "soon", "null", "NaN", "-", "tomorrow 09:00", "1e3"])
def test_what_is_no_time_is_not_guessed(text: str) -> None:
    assert parse_moment(text, now=NOW) is None


@pytest.mark.parametrize("text", ["0", "-30", "1700000000", "2020-01-01T00:00:00Z"])
def test_a_moment_in_the_past_is_now(text: str) -> None:
    assert parse_moment(text, now=NOW) == NOW


@pytest.mark.parametrize("text", ["999999999", "9" * 30, "9" * 400, "9999-12-31T23:59:59Z"])
def test_a_moment_beyond_any_platforms_period_is_cut(text: str) -> None:
    assert parse_moment(text, now=NOW) == NOW + LONGEST_WAIT


@given(st.text(max_size=60))
def test_any_header_text_gives_no_time_or_one_that_can_be_waited_for(text: str) -> None:
    moment = parse_moment(text, now=NOW)
    assert moment is None or NOW <= moment <= NOW + LONGEST_WAIT


@given(st.dictionaries(st.sampled_from(["RateLimit", "RateLimit-Policy", "X-App-Usage", "Retry-After"]), st.text()))
def test_any_headers_give_a_moment_to_come_back(headers: dict[str, str]) -> None:
    assert NOW <= retry_at(headers, now=NOW) <= NOW + LONGEST_WAIT


def test_bluesky_epoch_reset_with_a_policy() -> None:
    headers = {
        "RateLimit-Limit": "3000",
        "RateLimit-Remaining": "17",
        "RateLimit-Reset": str(int(IN_FIVE_MINUTES.timestamp())),
        "RateLimit-Policy": "3000;w=300",
    }
    assert observed_limit(headers, now=NOW) == ObservedLimit(
        limit=3_000, remaining=17, resets_at=IN_FIVE_MINUTES, window=timedelta(minutes=5)
    )


def test_mastodon_iso_reset() -> None:
    headers = {
        "X-RateLimit-Limit": "300",
        "X-RateLimit-Remaining": "0",
        "X-RateLimit-Reset": "2026-11-22T09:05:00.123456Z",
    }
    observed = observed_limit(headers, now=NOW)
    assert observed is not None
    assert observed.resets_at == datetime(2026, 11, 22, 9, 5, 0, 123456, tzinfo=UTC)


def test_reddit_float_counts_and_seconds_to_wait() -> None:
    headers = {"X-Ratelimit-Used": "3", "X-Ratelimit-Remaining": "97.0", "X-Ratelimit-Reset": "300"}
    assert observed_limit(headers, now=NOW) == ObservedLimit(remaining=97, resets_at=IN_FIVE_MINUTES)


def test_x_spelling_with_epoch() -> None:
    headers = {
        "x-rate-limit-limit": "450",
        "x-rate-limit-remaining": "1",
        "x-rate-limit-reset": str(int(IN_FIVE_MINUTES.timestamp())),
    }
    assert observed_limit(headers, now=NOW) == ObservedLimit(limit=450, remaining=1, resets_at=IN_FIVE_MINUTES)


@pytest.mark.parametrize(
    ("field", "policy"),
    [('"default";r=50;t=300', '"default";q=100;w=3600'), ("limit=100, remaining=50, reset=300", "100;w=3600")],
)
def test_both_drafts_of_the_ietf_field(field: str, policy: str) -> None:
    assert observed_limit({"RateLimit": field, "RateLimit-Policy": policy}, now=NOW) == ObservedLimit(
        limit=100, remaining=50, resets_at=IN_FIVE_MINUTES, window=timedelta(hours=1)
    )


def test_meta_percent_and_minutes_over_several_use_cases() -> None:
    usage = (
        '{"178": [{"type": "instagram", "call_count": 28, "total_cputime": 25, "total_time": 100.2,'
        ' "estimated_time_to_regain_access": 5}], "179": [{"type": "pages", "call_count": 3}]}'
    )
    assert observed_limit({"X-Business-Use-Case-Usage": usage}, now=NOW) == ObservedLimit(
        limit=100, remaining=0, resets_at=IN_FIVE_MINUTES
    )
    assert observed_limit({"X-App-Usage": '{"call_count": 28, "total_time": 25}'}, now=NOW) == ObservedLimit(
        limit=100, remaining=72
    )


def test_of_several_limits_the_tightest_is_told() -> None:
    headers = {
        "X-RateLimit-Limit": "300",
        "X-RateLimit-Remaining": "200",
        "RateLimit-Limit": "30",
        "RateLimit-Remaining": "0",
        "RateLimit-Reset": "300",
    }
    observed = observed_limit(headers, now=NOW)
    assert observed is not None
    assert (observed.limit, observed.resets_at) == (30, IN_FIVE_MINUTES)


def test_headers_without_a_limit_say_nothing() -> None:
    assert observed_limit({"Content-Type": "application/json", "RateLimit-Limit": "many"}, now=NOW) is None


def test_a_refusal_ends_at_the_later_of_reset_and_retry_after() -> None:
    reset = str(int((NOW + timedelta(seconds=120)).timestamp()))
    assert retry_at({"RateLimit-Reset": reset, "Retry-After": "300"}, now=NOW) == IN_FIVE_MINUTES
    assert retry_at({"RateLimit-Reset": reset, "Retry-After": "10"}, now=NOW) == NOW + timedelta(seconds=120)
    assert retry_at({"retry-after": format_datetime(IN_FIVE_MINUTES, usegmt=True)}, now=NOW) == IN_FIVE_MINUTES


@pytest.mark.parametrize("headers", [{}, {"Retry-After": "0"}, {"Retry-After": "soon"}, {"RateLimit-Reset": "17"}])
def test_a_refusal_that_names_no_future_time_waits_the_default(headers: dict[str, str]) -> None:
    expected = NOW + timedelta(seconds=17) if "RateLimit-Reset" in headers else NOW + timedelta(seconds=90)
    assert retry_at(headers, now=NOW, default=timedelta(seconds=90)) == expected
