"""Intervals, curves and shrinkage."""

import math

from hypothesis import given
from hypothesis import strategies as st

from services.scoring.statistics.curves import curve
from services.scoring.statistics.intervals import FULL, median, normal_cdf, placed, share_width
from services.scoring.statistics.shrinkage import Peers, log_rate, posterior, predictive

PEERS = Peers(math.log(0.02), 0.9, 0.8, 0, "a test's")
RATES = st.lists(st.floats(-12, 2), min_size=1, max_size=40)


@given(st.integers(0, 10**6), st.integers(1, 10**6))
def test_more_evidence_is_never_a_wider_share(count: int, more: int) -> None:
    assert share_width(0) == FULL
    assert share_width(count + more) <= share_width(count)


@given(st.floats(0, 100), st.floats(0, 100))
def test_an_interval_keeps_its_width_and_holds_its_value(value: float, width: float) -> None:
    low, high = placed(value, width)
    assert -1e-9 <= low <= value + 1e-9
    assert value - 1e-9 <= high <= FULL + 1e-9
    assert math.isclose(high - low, width, abs_tol=1e-9)


@given(RATES)
def test_a_creator_lies_between_its_own_rate_and_its_peers(rates: list[float]) -> None:
    found = posterior(rates, PEERS)
    low, high = sorted((found.raw, PEERS.mean))
    assert low - 1e-9 <= found.mean <= high + 1e-9
    assert 0 < found.sd < PEERS.between


@given(RATES, st.integers(0, 39), st.floats(0, 5))
def test_a_better_post_never_lowers_the_mean(rates: list[float], which: int, more: float) -> None:
    raised = list(rates)
    raised[which % len(rates)] += more
    assert posterior(raised, PEERS).mean >= posterior(rates, PEERS).mean - 1e-9


def test_many_posts_speak_for_themselves() -> None:
    few, many = posterior([-2.0] * 2, PEERS), posterior([-2.0] * 200, PEERS)
    assert abs(many.mean + 2.0) < 0.02 < abs(few.mean + 2.0)


@given(RATES, st.floats(0.1, 0.8))
def test_a_higher_level_is_a_wider_prediction(rates: list[float], level: float) -> None:
    found = posterior(rates, PEERS)
    inner, outer = predictive(found, PEERS, level=level), predictive(found, PEERS, level=level + 0.15)
    assert outer[0] < inner[0] < inner[1] < outer[1]


def test_no_reaction_has_a_rate_too() -> None:
    assert log_rate(0, 1_000) < log_rate(1, 1_000)


@given(st.lists(st.floats(-1e6, 1e6), min_size=1, max_size=30))
def test_the_median_splits_in_half(values: list[float]) -> None:
    middle = median(values)
    assert sum(value < middle for value in values) <= len(values) / 2
    assert sum(value > middle for value in values) <= len(values) / 2


@given(st.floats(-5, 5))
def test_curves_stay_between_their_ends(x: float) -> None:
    points = ((0.0, 10.0), (1.0, 50.0), (2.0, 20.0))
    assert 10.0 <= curve(x, points) <= 50.0
    assert curve(0.5, points) == 30.0


def test_the_normal_distribution_is_the_textbook_one() -> None:
    assert abs(normal_cdf(1.6448536269514722) - 0.95) < 1e-12
