"""How figures are made: a value with its trust, or nothing with the reason. Unknown is never zero."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache

from shared.schemas.base import Trust
from shared.schemas.reports import Figure

_STRENGTH = (Trust.MEASURED, Trust.CREATOR_REPORTED, Trust.ESTIMATED, Trust.UNAVAILABLE)


@dataclass(frozen=True)
class Clock:
    """Whether what a report counts may still grow. What it counts is as of the report, so no figure repeats the time.

    `days_over`: the reported days are over. `windows_over`: so are the days in which a touch of them may still convert.
    """

    days_over: bool
    windows_over: bool


# Frozen, and mostly alike: thousands of zeros and unknowns are the same few figures.
@lru_cache(maxsize=4_096, typed=True)
def figure(
    value: float | None, trust: Trust, *, as_of: datetime | None = None, unknown_share: float | None = None,
    mature: bool | None = None, note: str | None = None,
) -> Figure:  # fmt: skip
    return Figure(value=value, trust=trust, as_of=as_of, unknown_share=unknown_share, mature=mature, note=note)


def weakest(trusts: Iterable[Trust]) -> Trust:
    """The least that is known of several: a sum is worth no more than its weakest part."""
    return max(trusts, key=_STRENGTH.index, default=Trust.MEASURED)


def unavailable(note: str | None = None) -> Figure:
    return figure(None, Trust.UNAVAILABLE, note=note)


def measured(
    value: float,
    *,
    at: datetime | None = None,
    mature: bool | None = None,
    note: str | None = None,
    trust: Trust = Trust.MEASURED,
) -> Figure:
    return figure(value, trust, as_of=at, mature=mature, note=note)


def partly(
    value: int, *, known: int, of: int, at: datetime | None = None, mature: bool | None = None,
    trust: Trust = Trust.MEASURED, otherwise: str = "not told by any source", note: str | None = None,
) -> Figure:  # fmt: skip
    """A sum of which `known` of `of` parts are known, with its unknown share; without any, nothing but `otherwise`."""
    if of and not known:
        return unavailable(otherwise)
    share = round((of - known) / of, 4) if known < of else None
    return figure(value, trust, as_of=at, unknown_share=share, mature=mature, note=note)


def ratio(numerator: Figure, denominator: Figure, *, times: int = 1, note: str | None = None) -> Figure:
    """One figure over another, rounded to 4 digits; unavailable without both, or over zero."""
    if numerator.value is None:
        return unavailable(numerator.note)
    if denominator.value is None:
        return unavailable(denominator.note)
    if denominator.value == 0:
        return unavailable("nothing to divide by yet")
    return figure(
        round(numerator.value * times / denominator.value, 4),
        weakest((numerator.trust, denominator.trust)),
        as_of=numerator.as_of or denominator.as_of,
        unknown_share=max((f.unknown_share for f in (numerator, denominator) if f.unknown_share), default=None),
        mature=_both(numerator.mature, denominator.mature),
        note=note,
    )


def total(parts: Iterable[Figure], *, note: str | None = None) -> Figure:
    """The sum of figures, all of which must be known."""
    found = list(parts)
    for part in found:
        if part.value is None:
            return unavailable(part.note)
    values = [part.value for part in found if part.value is not None]
    return figure(
        sum(values),
        weakest(part.trust for part in found),
        as_of=min((part.as_of for part in found if part.as_of), default=None),
        unknown_share=max((part.unknown_share for part in found if part.unknown_share), default=None),
        mature=None if all(part.mature is None for part in found) else all(part.mature is not False for part in found),
        note=note,
    )


def _both(left: bool | None, right: bool | None) -> bool | None:
    if left is None and right is None:
        return None
    return left is not False and right is not False
