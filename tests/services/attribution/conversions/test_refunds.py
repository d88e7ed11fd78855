"""What of a conversion was given back."""

from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from services.attribution.conversions.refunds import RefundFact, effective_refunds, refunded_total

NOON = datetime(2027, 3, 2, 12, tzinfo=UTC)


def refund(hours: int, amount: int | None = None, *, so_far: int | None = None, key: str = "") -> RefundFact:
    return RefundFact(NOON + timedelta(hours=hours), key or f"r{hours}", amount, so_far)


facts = st.builds(
    lambda hours, amount, so_far, whole, key: RefundFact(NOON + timedelta(hours=hours), key, amount, so_far, whole),
    st.integers(0, 100),
    st.none() | st.integers(0, 2_000),
    st.none() | st.integers(0, 2_000),
    st.sampled_from([None, 1_300, 2_500]),
    st.text("abc", min_size=1, max_size=3),
)


def test_partial_refunds_add_up() -> None:
    assert refunded_total(1000, [refund(1, 300), refund(2, 250)]) == 550


def test_no_more_is_refunded_than_was_paid() -> None:
    assert [one.amount_minor for one in effective_refunds(1000, [refund(1, 800), refund(2, 800)])] == [800, 200]


def test_a_refund_without_amount_takes_all_that_is_left() -> None:
    assert [one.amount_minor for one in effective_refunds(1000, [refund(2), refund(1, 300)])] == [300, 700]


def test_a_cumulative_refund_counts_by_its_growth() -> None:
    found = effective_refunds(1000, [refund(3, so_far=900), refund(1, so_far=300), refund(2, so_far=300)])
    assert [one.amount_minor for one in found] == [300, 0, 600]


def test_a_zero_refund_is_kept_and_takes_nothing() -> None:
    assert [one.amount_minor for one in effective_refunds(1000, [refund(1, 0)])] == [0]


@given(st.integers(0, 5_000), st.lists(facts, max_size=8), st.randoms(use_true_random=False))
def test_the_order_of_arrival_changes_nothing(amount: int, given: list[RefundFact], random: object) -> None:
    shuffled = list(given)
    random.shuffle(shuffled)  # type: ignore[attr-defined]  # Hypothesis' own kind of random.Random
    assert refunded_total(amount, given) == refunded_total(amount, shuffled)


@given(st.integers(0, 5_000), st.lists(facts, max_size=8))
def test_refunds_are_never_negative_and_never_more_than_all(amount: int, given: list[RefundFact]) -> None:
    found = effective_refunds(amount, given)
    assert all(one.amount_minor >= 0 for one in found)
    assert sum(one.amount_minor for one in found) <= amount


def test_a_refund_of_a_part_of_a_larger_whole_takes_the_same_part() -> None:
    # 1,000 of goods in an order of 1,300 with taxes and shipping
    half = RefundFact(NOON, "half", 650, whole_minor=1300)
    assert refunded_total(1000, [half]) == 500
    assert refunded_total(1000, [half, RefundFact(NOON, "rest", 650, whole_minor=1300)]) == 1000


def test_two_halves_of_an_odd_amount_are_all_of_it() -> None:
    parts = [RefundFact(NOON, key, 50, whole_minor=100) for key in ("one", "two")]
    assert refunded_total(333, parts) == 333
