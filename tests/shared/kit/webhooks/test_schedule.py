"""What an answer of an endpoint means."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.kit.webhooks.schedule import (
    DISABLE_AFTER,
    JITTER,
    SCHEDULE,
    State,
    Verdict,
    judge,
    long_failing,
    read_retry_after,
)

NOW = datetime(2027, 3, 1, 12, tzinfo=UTC)


def after(
    status: int | None, *, step: int = 1, failures: int = 0, wait: int | None = None, chance: float = 0
) -> Verdict:
    retry_after = None if wait is None else timedelta(seconds=wait)
    return judge(status, step=step, failures=failures, retry_after=retry_after, now=NOW, chance=chance)


def test_the_schedule_is_the_published_one() -> None:
    assert timedelta(seconds=sum(SCHEDULE)) == timedelta(hours=75, minutes=35, seconds=5)
    assert len(SCHEDULE) == 10


@given(st.integers(100, 599))
def test_only_2xx_is_delivered(status: int) -> None:
    assert (after(status).state is State.DELIVERED) == (200 <= status <= 299)


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_a_redirect_fails_and_is_tried_again(status: int) -> None:
    assert after(status) == Verdict(State.PENDING, next_attempt_at=NOW + timedelta(seconds=5))


def test_gone_gives_up_at_once() -> None:
    assert after(410) == Verdict(State.DEAD, gone=True)


@pytest.mark.parametrize("step", range(1, 10))
def test_each_attempt_waits_as_published(step: int) -> None:
    assert after(500, step=step).next_attempt_at == NOW + timedelta(seconds=SCHEDULE[step])


def test_the_tenth_failure_is_the_last() -> None:
    assert (after(500, step=9).state, after(500, step=10).state) == (State.PENDING, State.DEAD)


@given(step=st.integers(1, 9), chance=st.floats(0, 1, exclude_max=True))
def test_jitter_only_lengthens_and_by_a_tenth_at_most(step: int, chance: float) -> None:
    due = after(None, step=step, chance=chance).next_attempt_at
    assert due is not None
    assert SCHEDULE[step] <= (due - NOW).total_seconds() <= SCHEDULE[step] * (1 + JITTER)


def test_retry_after_delays_the_delivery_and_the_endpoint() -> None:
    verdict = after(503, wait=120)
    assert (verdict.next_attempt_at, verdict.pause_until) == (NOW + timedelta(seconds=120),) * 2


def test_retry_after_never_hurries() -> None:
    assert after(503, step=3, wait=1).next_attempt_at == NOW + timedelta(seconds=SCHEDULE[3])


@pytest.mark.parametrize("status", [429, 502, 504])
def test_an_overloaded_endpoint_is_slowed_down_more_and_more(status: int) -> None:
    pauses = [after(status, failures=failures).pause_until for failures in (0, 1, 2, 30)]
    assert pauses == [NOW + timedelta(seconds=seconds) for seconds in (5, 10, 20, 300)]


def test_other_failures_do_not_slow_down_until_there_are_many() -> None:
    assert after(500, failures=9).pause_until is None
    assert after(None, failures=10).pause_until == NOW + timedelta(minutes=5)


@pytest.mark.parametrize(
    ("value", "seconds"),
    [
        ("120", 120),
        (" 0 ", 0),
        ("Mon, 01 Mar 2027 12:01:00 GMT", 60),
        ("Mon, 01 Mar 2027 11:00:00 GMT", 0),
        ("99999999999999999999", 86_400),
        ("Fri, 31 Dec 9999 23:59:59 GMT", 86_400),
    ],
)
def test_retry_after_is_read_as_seconds_or_as_a_date(value: str, seconds: int) -> None:
    assert read_retry_after(value, now=NOW) == timedelta(seconds=seconds)


@pytest.mark.parametrize("value", [None, "", "soon", "-5", "1.5", "٣", "Mon, 99 Mar 2027"])
def test_an_unreadable_retry_after_is_none(value: str | None) -> None:
    assert read_retry_after(value, now=NOW) is None


@given(st.text(max_size=60))
def test_no_retry_after_raises(value: str) -> None:
    read_retry_after(value, now=NOW)


def test_an_endpoint_is_turned_off_after_five_days_of_nothing_but_failures() -> None:
    assert not long_failing(None, now=NOW)
    assert not long_failing(NOW - DISABLE_AFTER + timedelta(seconds=1), now=NOW)
    assert long_failing(NOW - DISABLE_AFTER, now=NOW)
