"""From criteria to one score, in whole numbers: contributions add up to it to the last digit.

All values are millionths of a point (0 to 100,000,000). The score is the weighted mean of the criteria that were
scored: an abstention is neither zero nor average. Its interval says what the abstentions leave open.
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass

from services.scoring.criterion import Outcome
from shared.schemas.rankings import CriterionStatus

TOP = 100_000_000
# Widths are squared in thousandths of a point, rounded up, so that sums over any weights fit 64 bits (`vectors.py`).
COARSE = 1_000


@dataclass(frozen=True, slots=True)
class Part:
    """One criterion's part of a total. Millionths: `share` of one, `contribution` of a point (None: abstained)."""

    weight: int
    share: int
    contribution: int | None


@dataclass(frozen=True, slots=True)
class Total:
    """A score with its interval (None when every criterion abstained) and `known`, the millionths of the applicable
    weight that were scored."""

    value: int | None
    low: int
    high: int
    known: int
    parts: Mapping[str, Part]


def apportion(amounts: Mapping[str, int], divisor: int, whole: int) -> dict[str, int]:
    """Amounts over `divisor` as whole numbers that add up to `whole`: largest remainders, ties by name."""
    floors = {name: amount // divisor for name, amount in amounts.items()}
    left = whole - sum(floors.values())
    by_remainder = sorted(amounts, key=lambda name: (-(amounts[name] % divisor), name))
    for name in by_remainder[:left]:
        floors[name] += 1
    return floors


def total(outcomes: Mapping[str, Outcome], weights: Mapping[str, int]) -> Total:
    """The weighted mean of the scored criteria.

    `not_applicable` ones give their weight to the others. The interval is centred on the middles of the criteria's
    intervals, an abstention's being 0 to 100; errors of scored criteria are taken as independent (half-widths add as
    squares), those of abstentions as worst cases (they add as they are). It always holds the value.
    """
    applicable = {
        name: weight
        for name, weight in weights.items()
        if weight > 0 and name in outcomes and outcomes[name].status is not CriterionStatus.NOT_APPLICABLE
    }
    scored = {name: weight for name, weight in applicable.items() if outcomes[name].value is not None}
    everything, known = sum(applicable.values()), sum(scored.values())
    parts = {
        name: Part(weights.get(name, 0), 0, 0 if outcome.value is not None else None)
        for name, outcome in outcomes.items()
    }
    if not known:
        return Total(None, 0, TOP, 0, parts)
    amounts = {name: weight * (outcomes[name].value or 0) for name, weight in scored.items()}
    value = (2 * sum(amounts.values()) + known) // (2 * known)
    contributions = apportion(amounts, known, value)
    shares = apportion({name: weight * 1_000_000 for name, weight in scored.items()}, known, 1_000_000)
    for name in scored:
        parts[name] = Part(weights[name], shares[name], contributions[name])
    low, high = _interval(outcomes, applicable, everything)
    return Total(value, min(low, value), max(high, value), known * 1_000_000 // everything, parts)


def _interval(outcomes: Mapping[str, Outcome], applicable: Mapping[str, int], everything: int) -> tuple[int, int]:
    middle = squares = worst = 0
    for name, weight in applicable.items():
        outcome = outcomes[name]
        if outcome.low is None or outcome.high is None:
            middle += weight * TOP
            worst += weight * TOP
        else:
            middle += weight * (outcome.low + outcome.high)
            squares += (weight * -((outcome.low - outcome.high) // COARSE)) ** 2
    # middle, worst and the root are doubled widths times weight points
    reach = math.isqrt(squares) * COARSE + worst
    low = (middle - reach) // (2 * everything)
    high = -((-(middle + reach)) // (2 * everything))
    return max(low, 0), min(high, TOP)
