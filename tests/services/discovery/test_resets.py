"""When a platform's quota is free again, by each rule."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.discovery.resets import Budget, DayBoundary, Rolling, RollingKeys, Use

NOW = datetime(2026, 11, 22, 9, 0, tzinfo=UTC)
HOUR = timedelta(hours=1)
DAY = timedelta(days=1)


def test_a_rolling_quota_frees_a_unit_when_its_oldest_use_is_a_span_old() -> None:
    uses = [Use(NOW - 3 * HOUR), Use(NOW - 2 * HOUR), Use(NOW - HOUR)]
    rule = Rolling(DAY)
    assert rule.free_at(uses, limit=4, now=NOW) == NOW
    assert rule.free_at(uses, limit=3, now=NOW) == NOW - 3 * HOUR + DAY
    assert rule.free_at(uses, limit=3, now=NOW, units=2) == NOW - 2 * HOUR + DAY
    assert rule.free_at(uses, limit=3, now=NOW, units=4) is None


def test_threads_does_not_count_answers_without_a_result() -> None:
    uses = [Use(NOW - HOUR, empty=True), Use(NOW - HOUR)]
    assert Rolling(DAY, free_when_empty=True).free_at(uses, limit=2, now=NOW) == NOW
    assert Rolling(DAY).free_at(uses, limit=2, now=NOW) == NOW - HOUR + DAY


@given(
    st.lists(st.tuples(st.integers(0, 5_000), st.integers(1, 5)), max_size=30),
    st.integers(5, 20),
    st.integers(1, 5),
)
def test_a_rolling_quota_is_never_passed_and_never_waits_longer_than_needed(
    past: list[tuple[int, int]], limit: int, units: int
) -> None:
    uses = [Use(NOW - timedelta(seconds=age), units=spent) for age, spent in past]
    free = Rolling(HOUR).free_at(uses, limit=limit, now=NOW, units=units)
    assert free is not None

    def spent_at(moment: datetime) -> int:
        return sum(use.units for use in uses if use.at + HOUR > moment)

    assert spent_at(free) + units <= limit
    assert free == NOW or spent_at(free - timedelta(microseconds=1)) + units > limit


def test_instagram_counts_different_hashtags_and_asking_again_is_free() -> None:
    week = timedelta(days=7)
    uses = [Use(NOW - 6 * DAY, key="a"), Use(NOW - DAY, key="b"), Use(NOW - HOUR, key="a")]
    rule = RollingKeys(week)
    assert rule.free_at(uses, limit=2, now=NOW, key="a") == NOW
    assert rule.free_at(uses, limit=3, now=NOW, key="c") == NOW
    assert rule.free_at(uses, limit=2, now=NOW, key="c") == NOW + DAY  # the repeated use did not prolong "a"
    assert rule.free_at(uses, limit=0, now=NOW, key="c") is None


@pytest.mark.parametrize(
    ("now", "midnight"),
    [
        (datetime(2026, 11, 22, 9, tzinfo=UTC), datetime(2026, 11, 23, 8, tzinfo=UTC)),
        (datetime(2026, 11, 22, 7, 59, tzinfo=UTC), datetime(2026, 11, 22, 8, tzinfo=UTC)),
        (datetime(2026, 7, 1, 12, tzinfo=UTC), datetime(2026, 7, 2, 7, tzinfo=UTC)),
        (datetime(2026, 11, 1, 8, tzinfo=UTC), datetime(2026, 11, 2, 8, tzinfo=UTC)),  # the day of 25 hours
    ],
)
def test_youtube_resets_at_midnight_in_the_pacific_zone(now: datetime, midnight: datetime) -> None:
    rule = DayBoundary("America/Los_Angeles")
    assert rule.free_at([Use(now, units=100)], limit=100, now=now) == midnight
    assert rule.free_at([Use(now, units=99)], limit=100, now=now) == now
    assert rule.free_at([Use(midnight - 2 * DAY, units=100)], limit=100, now=now) == now
    assert rule.free_at([], limit=100, now=now, units=101) is None


def test_tiktok_resets_at_midnight_utc() -> None:
    assert DayBoundary().free_at([Use(NOW)], limit=1, now=NOW) == datetime(2026, 11, 23, tzinfo=UTC)


def test_money_does_not_come_back_by_waiting() -> None:
    uses = [Use(NOW - 300 * DAY, units=150)]
    assert Budget("USD").free_at(uses, limit=300, now=NOW, units=150) == NOW
    assert Budget("USD").free_at(uses, limit=299, now=NOW, units=150) is None
