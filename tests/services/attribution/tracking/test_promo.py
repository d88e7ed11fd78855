"""Claims about generated promo codes."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.attribution.tracking.promo import LETTERS, code_key, from_random, is_well_formed

ENTROPY = st.binary(min_size=16, max_size=16)


@given(entropy=ENTROPY, place=st.integers(0, 6), letter=st.sampled_from(LETTERS))
def test_any_single_wrong_letter_is_noticed(entropy: bytes, place: int, letter: str) -> None:
    code = from_random("", entropy)
    wrong = code[:place] + letter + code[place + 1 :]
    assert is_well_formed(code)
    assert is_well_formed(wrong) == (wrong == code)


@given(entropy=ENTROPY, place=st.integers(0, 5))
def test_any_swap_of_neighbours_is_noticed(entropy: bytes, place: int) -> None:
    code = from_random("", entropy)
    swapped = code[:place] + code[place + 1] + code[place] + code[place + 2 :]
    assert is_well_formed(swapped) == (swapped == code)


@pytest.mark.parametrize(
    ("name", "head"), [("Ana María", "ANA"), ("Žofie", "ZOFIE"), ("李娜", ""), ("@run_fast9", "RUN")]
)
def test_a_code_begins_with_the_partners_name_where_it_can_be_typed(name: str, head: str) -> None:
    assert from_random(name, bytes(16)).rpartition("-")[0] == head


def test_spellings_of_one_code_share_its_key() -> None:
    assert len({code_key(text) for text in ("ana-7kq4", "ANA7KQ4", " Ana_7KQ4 ")}) == 1


def test_codes_hold_no_letters_that_look_alike() -> None:
    assert set(LETTERS).isdisjoint("0O1IL5S2Z8BUV")
