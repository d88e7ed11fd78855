"""Money in minor units."""

from decimal import Decimal
from fractions import Fraction

import pytest
from babel.numbers import get_currency_precision
from hypothesis import given
from hypothesis import strategies as st

from shared.rules import money
from shared.rules.money import (
    average,
    convert,
    exact_conversion,
    exponent,
    format_money,
    from_text,
    pro_rata,
    rounded_sum,
    share_of,
    split,
    to_decimal,
)
from shared.schemas.base import MAX_COUNT
from shared.schemas.currencies import CURRENCIES

AMOUNTS = st.integers(-MAX_COUNT, MAX_COUNT)
WEIGHTS = st.lists(
    st.integers(0, 10**9) | st.fractions(0, 10**6, max_denominator=10**6), min_size=1, max_size=20
).filter(any)


@given(AMOUNTS, WEIGHTS)
def test_parts_sum_to_the_amount(amount: int, weights: list[int | Fraction]) -> None:
    parts = split(amount, weights)
    assert sum(parts) == amount
    assert len(parts) == len(weights)


@given(AMOUNTS, WEIGHTS)
def test_each_part_is_within_one_unit_of_its_share(amount: int, weights: list[int | Fraction]) -> None:
    total = sum((Fraction(weight) for weight in weights), Fraction(0))
    for part, weight in zip(split(amount, weights), weights, strict=True):
        assert abs(part - Fraction(weight) * amount / total) < 1
        assert weight or not part


@given(AMOUNTS, WEIGHTS)
def test_a_refund_mirrors_its_sale(amount: int, weights: list[int | Fraction]) -> None:
    assert split(-amount, weights) == tuple(-part for part in split(amount, weights))


@given(AMOUNTS, WEIGHTS, st.integers(1, 1_000))
def test_only_proportions_count(amount: int, weights: list[int | Fraction], factor: int) -> None:
    assert split(amount, [weight * factor for weight in weights]) == split(amount, weights)


def test_odd_cents_go_to_the_last_of_equals() -> None:
    assert split(100, [1, 1, 1]) == (33, 33, 34)
    assert split(5, [1, 1, 1]) == (1, 2, 2)
    assert split(-100, [1, 1, 1]) == (-33, -33, -34)
    assert split(0, [2, 3]) == (0, 0)
    assert split(10, [0, 1, 0]) == (0, 10, 0)


@pytest.mark.parametrize("weights", [[], [0, 0], [1, -1], [-1]])
def test_weights_that_divide_nothing_are_refused(weights: list[int]) -> None:
    with pytest.raises(ValueError, match="weight"):
        split(10, weights)


def test_exponents_are_those_of_iso_4217() -> None:
    assert {code: exponent(code) for code in ("EUR", "JPY", "KWD", "ISK", "MGA", "RSD", "IQD", "HUF")} == {
        "EUR": 2, "JPY": 0, "KWD": 3, "ISK": 0, "MGA": 2, "RSD": 2, "IQD": 3, "HUF": 2,
    }  # fmt: skip
    # CLDR prints fewer digits than there are, never more
    assert all(get_currency_precision(code) <= exponent(code) for code in CURRENCIES)
    assert set(money._EXPONENTS) <= CURRENCIES


@given(AMOUNTS, st.sampled_from(sorted(CURRENCIES)))
def test_decimal_text_comes_back(amount: int, currency: str) -> None:
    assert from_text(str(to_decimal(amount, currency)), currency) == amount


@pytest.mark.parametrize(
    ("text", "currency"),
    [
        ("", "EUR"),
        ("1,5", "EUR"),
        ("1.005", "EUR"),
        ("0.5", "JPY"),
        ("nan", "EUR"),
        ("1e99", "EUR"),
        ("abc", "EUR"),
        ("1e-99", "EUR"),
    ],
)
def test_what_is_no_amount_is_refused(text: str, currency: str) -> None:
    with pytest.raises(ValueError, match=r"decimal|amount"):
        from_text(text, currency)


@pytest.mark.parametrize(
    ("amount", "currency", "locale", "text"),
    [
        (8990, "GBP", "en_GB", "£89.90"),
        (-8990, "EUR", "de", "-89,90\u00a0€"),
        (1500, "JPY", "ja", "￥1,500"),
        (1500, "KWD", "en", "KWD1.500"),
        (123450, "RSD", "en", "RSD1,234.50"),
        (MAX_COUNT, "USD", "en", "$90,071,992,547,409.91"),
    ],
)
def test_money_is_written_with_all_its_minor_digits(amount: int, currency: str, locale: str, text: str) -> None:
    assert format_money(amount, currency, locale=locale) == text


def test_shares_round_half_to_even() -> None:
    assert [share_of(amount, 500) for amount in (10, 30, 50, -10)] == [0, 2, 2, 0]
    assert share_of(8990, 1_000) == 899
    assert share_of(8990, 10_000) == 8990


@given(AMOUNTS, st.integers(1, 10**9), st.integers(0, 10**9))
def test_a_share_and_the_rest_differ_from_the_whole_by_at_most_one(amount: int, whole: int, part: int) -> None:
    part = min(part, whole)
    assert abs(pro_rata(amount, part, whole) + pro_rata(amount, whole - part, whole) - amount) <= 1
    assert pro_rata(amount, whole, whole) == amount


def test_a_conversion_minds_both_exponents() -> None:
    assert convert(10_000, currency="EUR", into="JPY", rate=Decimal("162.5")) == 16_250
    assert convert(1_000, currency="JPY", into="KWD", rate=Decimal("0.002")) == 2_000
    with pytest.raises(ValueError, match="rate"):
        convert(1, currency="EUR", into="USD", rate=Decimal(0))
    with pytest.raises(ValueError, match="nothing"):
        pro_rata(1, 1, 0)


def test_exact_conversions_are_summed_before_they_are_rounded() -> None:
    half = exact_conversion(1, currency="USD", into="GBP", rate=Decimal("0.5"))
    assert [rounded_sum([half] * times) for times in range(1, 6)] == [0, 1, 2, 2, 2]
    assert rounded_sum([7, half, -half, 10**15 + 1]) == 10**15 + 8
    assert rounded_sum([]) == 0


def test_an_average_of_nothing_is_unknown() -> None:
    assert average(100, 0) is None
    assert average(100, 3) == Decimal("33.33")
