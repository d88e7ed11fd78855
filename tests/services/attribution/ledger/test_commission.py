"""What partners earn by conversions."""

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

from hypothesis import given
from hypothesis import strategies as st

from services.attribution.ledger.commission import Earning, commissions, depends_on_others
from shared.schemas.brief import CompensationKind
from shared.schemas.conversions import ConversionKind
from shared.schemas.partnerships import Compensation, CompensationTier

NOON = datetime(2027, 3, 2, 12, tzinfo=UTC)


def percent(basis_points: int, **more: Any) -> Compensation:
    return Compensation(kind=CompensationKind.COMMISSION, percent_bp=basis_points, **more)


def fixed(amount: int, **more: Any) -> Compensation:
    return Compensation(kind=CompensationKind.COMMISSION, amount_minor=amount, currency="GBP", **more)


def earning(number: int, credit: int | None = 10_000, *terms: Compensation, **more: Any) -> Earning:
    fields: dict[str, Any] = {
        "conversion_id": UUID(int=number), "kind": ConversionKind.PURCHASE,
        "occurred_at": NOON + timedelta(hours=number),
        "order": "", "currency": "GBP", "credit_minor": credit, "net_minor": credit, "reversed": False,
        "weight": 1, "total_weight": 1, "terms_version": 1, "compensation": terms,
    }  # fmt: skip
    return Earning(**(fields | more))


def earned(*earnings: Earning) -> list[int]:
    found = commissions(earnings)
    return [found[one.conversion_id].get("GBP", 0) for one in earnings]


def test_a_percentage_is_of_the_net_credit() -> None:
    assert earned(earning(1, 8_990, percent(1_000), net_minor=6_990)) == [699]


def test_a_partial_refund_takes_a_part_of_a_fixed_commission_and_not_all() -> None:
    assert earned(earning(1, 10_000, fixed(500), net_minor=7_500)) == [375]


def test_a_lead_without_an_amount_earns_a_fixed_commission_until_it_is_reversed() -> None:
    lead = {"kind": ConversionKind.LEAD, "currency": None}
    assert earned(earning(1, None, fixed(500), **lead)) == [500]
    assert earned(earning(1, None, fixed(500), reversed=True, **lead)) == [0]


def test_a_percentage_of_an_unknown_amount_earns_nothing() -> None:
    assert earned(earning(1, None, percent(1_000))) == [0]


def test_a_shared_conversion_earns_a_share_of_a_fixed_commission() -> None:
    assert earned(earning(1, 4_000, fixed(500), weight=2, total_weight=5)) == [200]


def test_the_rate_is_that_of_the_tier_reached_by_then() -> None:
    terms = percent(1_000, tiers=(CompensationTier(from_conversions=3, percent_bp=2_000),))
    assert earned(*(earning(number, 10_000, terms) for number in (1, 2, 3, 4))) == [1_000, 1_000, 2_000, 2_000]


def test_a_cap_bounds_the_sum_in_order_of_time() -> None:
    terms = percent(1_000, cap_minor=2_500, currency="GBP")
    assert earned(*(earning(number, 10_000, terms) for number in (3, 1, 2))) == [500, 1_000, 1_000]


def test_a_conversion_keeps_the_terms_of_its_day() -> None:
    assert earned(earning(1, 10_000, percent(1_000)), earning(2, 10_000, percent(500), terms_version=2)) == [1_000, 500]


def test_donations_earn_nothing_unless_turned_on() -> None:
    assert earned(earning(1, 10_000, percent(1_000), kind=ConversionKind.DONATION)) == [0]
    assert earned(earning(1, 10_000, percent(1_000), kind=ConversionKind.PLEDGE, donations_earn=True)) == [1_000]


def test_a_fee_is_no_commission() -> None:
    fee = Compensation(kind=CompensationKind.FEE, amount_minor=15_000, currency="GBP")
    assert earned(earning(1, 10_000, fee)) == [0]


def test_only_tiers_and_caps_look_at_other_conversions() -> None:
    assert not depends_on_others([percent(1_000), fixed(10)])
    assert depends_on_others([percent(1_000, cap_minor=1, currency="GBP")])


@given(
    st.lists(st.tuples(st.integers(0, 10**9), st.integers(0, 100)), max_size=20),
    st.integers(0, 10_000),
    st.none() | st.integers(0, 10**6),
    st.randoms(use_true_random=False),
)
def test_the_order_of_arrival_changes_no_commission(
    brought: list[tuple[int, int]], rate: int, cap: int | None, random: Any
) -> None:
    terms = percent(rate, cap_minor=cap, currency="GBP", tiers=(CompensationTier(from_conversions=4, percent_bp=500),))
    given = [
        earning(number, credit, terms, net_minor=credit * kept // 100)
        for number, (credit, kept) in enumerate(brought, start=1)
    ]
    shuffled = list(given)
    random.shuffle(shuffled)
    found = commissions(shuffled)
    assert found == commissions(given)
    assert all(type(amount) is int and amount >= 0 for one in found.values() for amount in one.values())
    if cap is not None:
        assert sum(one.get("GBP", 0) for one in found.values()) <= cap
