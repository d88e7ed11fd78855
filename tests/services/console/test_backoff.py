"""Waits grow, stay bounded, and start over after a healthy run."""

from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from services.console.backoff import Backoff


def test_waits_double_from_a_fifth_of_a_second_to_ten_seconds() -> None:
    backoff = Backoff()
    waits = [backoff.next_delay(ran_for=0) for _ in range(8)]
    assert waits == [0.2, 0.4, 0.8, 1.6, 3.2, 6.4, 10.0, 10.0]


def test_a_healthy_run_starts_it_over() -> None:
    backoff = Backoff()
    for _ in range(5):
        backoff.next_delay(ran_for=1)
    assert backoff.next_delay(ran_for=30) == 0.2


@given(st.lists(st.floats(min_value=0, max_value=29.9), min_size=2, max_size=200))
def test_without_a_healthy_run_waits_never_shrink_nor_pass_the_bound(runs: list[float]) -> None:
    backoff = Backoff()
    waits = [backoff.next_delay(ran_for=seconds) for seconds in runs]
    assert all(earlier <= later for earlier, later in pairwise(waits))
    assert max(waits) <= 10.0
