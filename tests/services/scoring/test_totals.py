"""Totals: whole numbers that add up."""

from hypothesis import given
from hypothesis import strategies as st

from services.scoring.criterion import Outcome, abstained, not_applicable, scored
from services.scoring.presets import PRESETS
from services.scoring.totals import TOP, apportion, total

OUTCOMES = st.one_of(
    st.builds(lambda value, width: scored(value, width, ["measured"]), st.floats(0, 100), st.floats(0, 100)),
    st.just(abstained("unknown")),
    st.just(not_applicable("not asked")),
)
NAMES = st.sampled_from(["engagement", "authenticity", "niche_focus", "message_fit", "brand_affinity", "connection"])
CASES = st.dictionaries(NAMES, st.tuples(OUTCOMES, st.integers(0, 1_000)), max_size=6)


def split(case: dict[str, tuple[Outcome, int]]) -> tuple[dict[str, Outcome], dict[str, int]]:
    return {name: pair[0] for name, pair in case.items()}, {name: pair[1] for name, pair in case.items()}


@given(CASES)
def test_contributions_add_up_to_the_score_exactly(case: dict[str, tuple[Outcome, int]]) -> None:
    found = total(*split(case))
    contributions = [part.contribution for part in found.parts.values() if part.contribution is not None]
    assert sum(contributions) == (found.value or 0)


@given(CASES)
def test_the_score_lies_in_its_interval_and_the_interval_in_0_to_100(case: dict[str, tuple[Outcome, int]]) -> None:
    found = total(*split(case))
    assert 0 <= found.low <= found.high <= TOP
    if found.value is not None:
        assert found.low <= found.value <= found.high


@given(CASES, NAMES)
def test_an_abstention_never_narrows_the_total(case: dict[str, tuple[Outcome, int]], name: str) -> None:
    outcomes, weights = split(case)
    if (
        name not in outcomes
        or outcomes[name].value is None
        or all(other.value is None for key, other in outcomes.items() if key != name and weights[key])
    ):
        return
    before = total(outcomes, weights)
    after = total({**outcomes, name: abstained("gone")}, weights)
    # one millionth of a point is what rounding may take
    assert after.high - after.low >= before.high - before.low - 2 or after.value is None


@given(CASES)
def test_what_does_not_apply_changes_nothing(case: dict[str, tuple[Outcome, int]]) -> None:
    outcomes, weights = split(case)
    without = {name: outcome for name, outcome in outcomes.items() if outcome.status != "not_applicable"}
    assert (total(outcomes, weights).value, total(outcomes, weights).low) == (
        total(without, weights).value, total(without, weights).low,
    )  # fmt: skip


def test_an_unknown_is_neither_zero_nor_average() -> None:
    known = scored(80, 0, ["measured"])
    alone = total({"engagement": known, "authenticity": abstained("unknown")}, {"engagement": 1, "authenticity": 1})
    assert alone.value == 80_000_000
    assert (alone.low, alone.high) == (40_000_000, 90_000_000)
    assert alone.known == 500_000


def test_without_any_known_criterion_there_is_no_score() -> None:
    found = total({"engagement": abstained("unknown")}, {"engagement": 1})
    assert found.value is None
    assert (found.low, found.high) == (0, TOP)


@given(st.dictionaries(st.text(min_size=1, max_size=3), st.integers(0, 10**9), min_size=1), st.integers(1, 10**6))
def test_largest_remainders_meet_the_rounded_whole(amounts: dict[str, int], divisor: int) -> None:
    whole = (2 * sum(amounts.values()) + divisor) // (2 * divisor)
    assert sum(apportion(amounts, divisor, whole).values()) == whole


def test_every_preset_adds_up_to_100_points() -> None:
    assert {preset: sum(points.values()) for preset, points in PRESETS.items()} == dict.fromkeys(PRESETS, 100)
