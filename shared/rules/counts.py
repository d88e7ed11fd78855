"""Counts as people and other tools write them: "1,204", "304.9K", "12.5 mil", "10K+", an empty cell."""

import re
import unicodedata
from collections.abc import Mapping
from decimal import Decimal, InvalidOperation
from typing import Literal, NamedTuple

State = Literal["exact", "rounded", "lower_bound", "hidden", "not_provided"]
Decimals = Literal[".", ","]

LARGEST = 2**53 - 1
# What follows the number. "mil" is a thousand: the short form of Spanish and Portuguese pages, "12,5 mil seguidores".
MULTIPLIERS = {
    "": 1, "k": 10**3, "tsd": 10**3, "thousand": 10**3, "mil": 10**3, "m": 10**6, "mm": 10**6, "mn": 10**6,
    "mio": 10**6, "mill": 10**6, "million": 10**6, "millions": 10**6,
    "b": 10**9, "bn": 10**9, "mrd": 10**9, "billion": 10**9,
}  # fmt: skip
# How tools write that they do not know.
_NOTHING = frozenset({"", "-", "--", "n/a", "na", "#n/a", "nan", "null", "none", "nil", "unknown", "?"})
_DASHES = str.maketrans("\u2012\u2013\u2014\u2212", "----")
_FORM = re.compile(r"([~>≈]?)=?\s*([0-9][0-9.,' ]*?)\s*(e\+?[0-9]{1,2})?\s*([a-z]*)\.?\s*(\+?)")


class Reading(NamedTuple):
    """A count and what it is worth; None with `hidden` and `not_provided`."""

    value: int | None
    state: State


def read_count(text: str, *, decimals: Decimals | None = None, units: Mapping[str, int] = MULTIPLIERS) -> Reading:
    """What a cell says. ValueError when it is no count. `units` are the words behind numbers, in lower case.

    `decimals` is the sign before the fraction; without it a sign that groups three digits of a bare number is taken for
    a thousands separator, and any other single sign for a decimal one. A number with a multiplier, with a fraction
    before one, or in scientific notation is rounded; "10K+" and ">10,000" are lower bounds.
    """
    plain = unicodedata.normalize("NFKC", text).translate(_DASHES).replace("\u2019", "'").strip().lower()
    if plain in _NOTHING:
        return Reading(None, "not_provided")
    if plain == "hidden":
        return Reading(None, "hidden")
    found = _FORM.fullmatch(plain)
    if found is None or found[4] not in units:
        raise ValueError("not a count")
    before, digits, exponent, unit, after = found.groups()
    number = _number(digits.strip(), decimals, has_unit=bool(unit or exponent))
    try:
        value = number * Decimal(f"1{exponent or 'e0'}") * units[unit]
    except InvalidOperation:
        raise ValueError("not a count") from None
    if value != value.to_integral_value():
        raise ValueError("a count is a whole number")
    if value > LARGEST:
        raise ValueError("the count is too large")
    if after or before == ">":
        return Reading(int(value), "lower_bound")
    return Reading(int(value), "rounded" if unit or exponent or before else "exact")


def _number(digits: str, decimals: Decimals | None, *, has_unit: bool) -> Decimal:
    bare = re.sub(r"(?<=[0-9])[' ](?=[0-9]{3}(?![0-9]))", "", digits)
    if "'" in bare or " " in bare or not bare[-1].isdigit():
        raise ValueError("not a count")
    decimal = decimals or _decimal_sign(bare, has_unit=has_unit)
    grouping = "," if decimal == "." else "."
    whole, sign, fraction = bare.partition(decimal) if decimal else (bare, "", "")
    groups = re.split(r"[.,]", whole) if decimal is None else whole.split(grouping)
    if len(groups) > 1 and (not 1 <= len(groups[0]) <= 3 or any(len(group) != 3 for group in groups[1:])):
        raise ValueError("not a count")
    joined = "".join(groups)
    if not joined.isdigit() or (sign and not fraction.isdigit()):
        raise ValueError("not a count")
    return Decimal(f"{joined}.{fraction or 0}")


def _decimal_sign(bare: str, *, has_unit: bool) -> str | None:
    """The sign before the fraction as far as the number itself tells; None where there is no fraction."""
    signs = [sign for sign in ".," if sign in bare]
    if len(signs) == 2:
        return max(signs, key=bare.rfind)
    if not signs or bare.count(signs[0]) > 1:
        return None
    after = len(bare) - bare.rindex(signs[0]) - 1
    return None if after == 3 and not has_unit else signs[0]
