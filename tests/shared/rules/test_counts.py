"""Counts as other tools write them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.rules.counts import MULTIPLIERS, read_count


@pytest.mark.parametrize(
    ("text", "value", "state"),
    [
        ("1204", 1204, "exact"), ("1,204", 1204, "exact"), ("1.204", 1204, "exact"), ("1 204", 1204, "exact"),
        ("1\u202f204", 1204, "exact"), ("1'204", 1204, "exact"), ("1,234,567", 1234567, "exact"),
        ("1.234.567", 1234567, "exact"), ("1.234,00", 1234, "exact"), ("1204.0", 1204, "exact"), ("0", 0, "exact"),
        ("304.9K", 304_900, "rounded"), ("304,9 k", 304_900, "rounded"), ("1.2M", 1_200_000, "rounded"),
        ("12.5 mil", 12_500, "rounded"), ("3 Mio.", 3_000_000, "rounded"), ("1.2E+06", 1_200_000, "rounded"),
        ("~1200", 1200, "rounded"), ("10K+", 10_000, "lower_bound"), (">10,000", 10_000, "lower_bound"),
        ("", None, "not_provided"), ("—", None, "not_provided"), ("N/A", None, "not_provided"),
        ("hidden", None, "hidden"),
    ],
)  # fmt: skip
def test_a_count_is_read_with_what_it_is_worth(text: str, value: int | None, state: str) -> None:
    assert read_count(text) == (value, state)


@pytest.mark.parametrize(
    "text", ["abc", "-5", "1.5", "12,34,567", "1,2,3", ".", "5 apples", "1e99", "<100", "1,23.4K,"]
)
def test_what_is_no_count_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="count"):
        read_count(text)


def test_a_stated_decimal_sign_decides() -> None:
    assert read_count("1,204K", decimals=".").value == 1_204_000
    assert read_count("1,204K", decimals=",").value == 1_204


def test_a_word_can_be_given_another_meaning() -> None:
    assert read_count("12.5 mil", units={**MULTIPLIERS, "mil": 10**6}).value == 12_500_000


@given(st.integers(0, 2**53 - 1), st.sampled_from([",", ".", " ", "'"]))
def test_grouped_digits_come_back(value: int, separator: str) -> None:
    assert read_count(f"{value:,}".replace(",", separator)) == (value, "exact")


@given(st.text(max_size=30))
def test_no_text_breaks_it(text: str) -> None:
    try:
        value, state = read_count(text)
    except ValueError:
        return
    assert (value is None) == (state in ("hidden", "not_provided"))
