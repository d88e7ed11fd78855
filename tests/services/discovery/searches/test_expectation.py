"""What a step is expected to bring: learned from what such steps brought, and the same for the same numbers."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.discovery.searches.expectation import UNIT, Yield, Yields, due, exposure_of, guess, nearness, worth


def test_with_much_seen_the_rate_is_what_was_seen() -> None:
    seen = Yields({"hashtag/trail": Yield(1_000, 3_000 * UNIT)})
    assert seen.rate("hashtag/trail") == pytest.approx(3.0, rel=0.03)


def test_a_rate_is_the_mean_of_a_gamma_posterior_and_one_standard_deviation() -> None:
    # the prior of hashtags is 4 creators a call with the weight of one call; the general arm has seen the same call
    general = (4.0 + 2.0) / 2
    mean, deviation = (general + 2.0) / 2, (general + 2.0) ** 0.5 / 2
    assert Yields({"hashtag/trail": Yield(1, 2 * UNIT)}).rate("hashtag/trail") == pytest.approx(mean + deviation)


def test_what_one_arm_brought_is_expected_of_the_others_of_its_kind() -> None:
    rich = Yields({"comments/n3/s0/t": Yield(200, 40 * UNIT)})
    assert rich.rate("comments/n3/s1/t") > Yields({}).rate("comments/n3/s1/t")


def test_an_arm_that_brings_nothing_falls_behind_one_that_was_never_tried() -> None:
    seen = Yields({"comments/n3/s0/p": Yield(400, 0), "comments/n2/s0/p": Yield(20, UNIT)})
    assert seen.rate("comments/n3/s0/p") < seen.rate("comments/n2/s1/p")


def test_conversations_under_near_authors_come_first_before_anything_is_known() -> None:
    prices = Yields({}).prices(["trail"])
    assert prices["comments/n3/s0/p"] > prices["comments/n2/s0/p"] > prices["comments/n0/s0/p"]
    assert prices["author_posts/n3/end"] == 0


@given(st.integers(0, 10_000), st.integers(0, 10_000_000), st.integers(0, 1_000_000))
def test_more_worth_is_never_priced_lower(exposure: int, brought: int, more: int) -> None:
    less = Yields({"comments/n1/s0/p": Yield(exposure, brought)}).rate("comments/n1/s0/p")
    assert Yields({"comments/n1/s0/p": Yield(exposure, brought + more)}).rate("comments/n1/s0/p") >= less


def test_a_conversation_counts_for_the_comments_that_a_call_shows() -> None:
    assert [exposure_of(count) for count in (None, 0, 7, 5_000)] == [5, 1, 7, 100]


def test_nearness_is_the_score_as_a_share_of_the_best() -> None:
    score = np.array([2.0, 1.0, -0.5, 9.0])
    found = nearness(score, np.array([True, False, True, False]))
    assert found.tolist() == [UNIT, UNIT, 0, UNIT]  # the mean of the eligible ones is 0.75
    assert nearness(np.array([-1.0]), np.array([True])).tolist() == [0]


def test_who_fails_the_rule_is_worth_nothing_and_who_is_uncounted_a_share() -> None:
    near = np.array([8_000, 8_000, 8_000, 8_000])
    eligible = np.array([True, False, True, True])
    counted = np.array([True, True, True, False])
    found = worth(near, eligible, counted, np.zeros(4, np.int64))
    assert found.tolist() == [8_000, 0, 8_000, round(8_000 * 3 / 7)]


def test_an_account_that_no_ranking_saw_is_taken_to_be_like_others_at_its_distance() -> None:
    assert guess({}, 0) > guess({}, 1)
    assert guess({"new/1": Yield(1_000, 5_000 * 1_000)}, 2) == pytest.approx(5_000, rel=0.01)


def test_learning_grows_rarer_with_the_search_and_its_graph() -> None:
    assert due(steps_done=10, learned_at=None, members=100)
    assert not due(steps_done=9, learned_at=None, members=100)
    assert not due(steps_done=1_050, learned_at=1_000, members=100)
    assert not due(steps_done=20, learned_at=None, members=100_000)
