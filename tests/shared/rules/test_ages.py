"""Who says of themselves that they are under 18."""

from datetime import date

import pytest

from shared.rules.ages import says_under_18

TODAY = date(2026, 11, 27)


@pytest.mark.parametrize(
    "text",
    [
        "15 yo, runner", "I'm 16 and I bake", "im 17", "age: 14", "17 years old | art", "15y/o", "16 años", "17 ans",
        "she/her | minor | art", "I'm a minor", "born 2012", "runner. 13 years old",
    ],
)  # fmt: skip
def test_a_plain_statement_counts(text: str) -> None:
    assert says_under_18(text, today=TODAY)


@pytest.mark.parametrize(
    "text",
    [
        None, "", "I'm 18", "25 yo", "mum of a 12 year old", "17 km a day", "coach, 15 years old club since 2010",
        "running for 15 years", "I'm 10 km from home", "minor league fan", "A minor on the guitar",
        "minors do not follow",
        "since 2012", "dad of two, born 2012 and 2014", "under 18 DNI", "I'm 16th in line", "18+ only",
    ],
)  # fmt: skip
def test_what_says_something_else_does_not(text: str | None) -> None:
    assert not says_under_18(text, today=TODAY)
