"""Claims about single figures: what is known, what is not, and how certainty travels into sums and ratios."""

from hypothesis import given
from hypothesis import strategies as st

from services.attribution.reports.figures import measured, partly, ratio, total, unavailable, weakest
from shared.schemas.base import Trust


def test_a_sum_of_nothing_told_is_unknown_with_its_reason() -> None:
    figure = partly(0, known=0, of=3, otherwise="no source tells it")
    assert (figure.value, figure.trust, figure.note) == (None, Trust.UNAVAILABLE, "no source tells it")


def test_a_sum_of_nothing_that_could_be_told_is_a_measured_zero() -> None:
    figure = partly(0, known=0, of=0)
    assert (figure.value, figure.trust, figure.unknown_share) == (0, Trust.MEASURED, None)


@given(st.integers(0, 10**12), st.integers(1, 1000), st.integers(0, 1000))
def test_the_unknown_share_is_the_part_that_was_not_told(value: int, known: int, unknown: int) -> None:
    figure = partly(value, known=known, of=known + unknown)
    assert figure.value == value
    assert (figure.unknown_share or 0) == round(unknown / (known + unknown), 4)


def test_a_ratio_needs_both_and_never_divides_by_zero() -> None:
    assert ratio(measured(10), measured(0)).value is None
    assert ratio(unavailable("no fee"), measured(2)).note == "no fee"
    assert ratio(measured(10), unavailable("no clicks")).note == "no clicks"
    assert ratio(measured(10), measured(4)).value == 2.5


@given(st.lists(st.sampled_from(list(Trust)), min_size=1))
def test_a_sum_is_worth_no_more_than_its_weakest_part(trusts: list[Trust]) -> None:
    order = [Trust.MEASURED, Trust.CREATOR_REPORTED, Trust.ESTIMATED, Trust.UNAVAILABLE]
    assert order.index(weakest(trusts)) == max(order.index(trust) for trust in trusts)


def test_a_total_with_an_unknown_part_is_unknown_and_says_which() -> None:
    assert total([measured(3), measured(4)]).value == 7
    assert total([measured(3), unavailable("no terms are recorded")]).note == "no terms are recorded"


def test_a_total_is_mature_when_all_its_parts_are() -> None:
    assert total([measured(3, mature=True), measured(4)]).mature is True
    assert total([measured(3, mature=True), measured(4, mature=False)]).mature is False
    assert total([measured(3), measured(4)]).mature is None
