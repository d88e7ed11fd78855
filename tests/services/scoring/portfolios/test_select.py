"""Choosing creators together: near the best there is, inside every limit, with an honest bound."""

import itertools
import math

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from services.scoring.portfolios.select import Constraints, Infeasible, Option, select

GROUPS = st.sampled_from([("platform", "bluesky"), ("platform", "tiktok")])


@st.composite
def instances(draw: st.DrawFn) -> tuple[list[Option], Constraints]:
    count = draw(st.integers(1, 8))
    options = [
        Option(
            index, draw(st.integers(0, 50)), draw(st.integers(0, 3)),
            draw(st.dictionaries(st.integers(0, 12), st.floats(0.1, 50), max_size=6)), draw(st.floats(0, 20)),
            frozenset({draw(GROUPS)}),
        )
        for index in range(count)
    ]  # fmt: skip
    limits = draw(st.sampled_from([(), (("platform", None, 2),), (("platform", "tiktok", 1),)]))
    return options, Constraints(
        budget=draw(st.integers(0, 120)), units=draw(st.sampled_from([None, 0, 4])),
        count=draw(st.sampled_from([None, 1, 3])), limits=limits,
    )  # fmt: skip


def reach(order: tuple[Option, ...]) -> float:
    best: dict[int, float] = {}
    for option in order:
        for person, weight in option.people.items():
            best[person] = max(best.get(person, 0.0), weight)
    return sum(best.values()) + sum(option.alone for option in order)


def allowed(order: tuple[Option, ...], limits: Constraints) -> bool:
    if sum(option.cost for option in order) > limits.budget:
        return False
    if limits.units is not None and sum(option.units for option in order) > limits.units:
        return False
    if limits.count is not None and len(order) > limits.count:
        return False
    for by, key, most in limits.limits:
        for wanted in {group[1] for option in order for group in option.groups if group[0] == by}:
            if key in (None, wanted) and sum((by, wanted) in option.groups for option in order) > most:
                return False
    return True


def optimum(options: list[Option], limits: Constraints) -> float:
    return max(
        reach(order)
        for size in range(len(options) + 1)
        for order in itertools.combinations(options, size)
        if allowed(order, limits)
    )


@settings(max_examples=150, deadline=None)
@given(instances())
def test_a_choice_keeps_every_limit_and_the_optimum_lies_below_the_bound(
    instance: tuple[list[Option], Constraints],
) -> None:
    options, limits = instance
    chosen = select(options, limits)
    assert allowed(chosen.order, limits)
    assert math.isclose(chosen.reach, reach(chosen.order), abs_tol=1e-6)
    best = optimum(options, limits)
    assert chosen.reach <= best + 1e-6 <= chosen.upper_bound + 2e-6
    if not limits.limits and limits.units is None:
        assert chosen.reach >= 0.5 * (1 - 1 / math.e) * best - 1e-6


@given(instances())
def test_gains_add_up_to_the_reach_and_fall(instance: tuple[list[Option], Constraints]) -> None:
    chosen = select(*instance)
    assert math.isclose(sum(chosen.gains), chosen.reach, abs_tol=1e-6)
    assert all(first >= second - 1e-6 for first, second in itertools.pairwise(chosen.gains))


def option(index: int, people: dict[int, float], cost: int = 10) -> Option:
    return Option(index, cost, 0, people, 0.0, frozenset())


def test_two_small_audiences_beat_a_large_one_that_both_share() -> None:
    twin, double, other = option(0, {1: 5.0, 2: 5.0}), option(1, {1: 5.0, 2: 5.0}), option(2, {3: 4.0})
    assert [one.index for one in select([twin, double, other], Constraints(budget=20)).order] == [0, 2]


def test_must_haves_come_first_even_when_they_add_little() -> None:
    chosen = select([option(0, {1: 9.0}), option(1, {2: 0.1})], Constraints(budget=10, must_have=frozenset({1})))
    assert [one.index for one in chosen.order] == [1]
    with pytest.raises(Infeasible):
        select([option(0, {1: 9.0}), option(1, {2: 1.0})], Constraints(budget=10, must_have=frozenset({0, 1})))
