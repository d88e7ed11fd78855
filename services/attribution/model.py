"""What an attribution model is: a pure function from touchpoints to weights, and how weights become credits."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from uuid import UUID

from shared.rules.money import split
from shared.schemas.campaigns import Signal


@dataclass(frozen=True)
class PathTouch:
    """One touchpoint on the way to a conversion. `age_seconds` is how long before the conversion, 0 or more."""

    partnership_id: UUID
    signal: Signal
    age_seconds: int


@dataclass(frozen=True)
class AttributionModel:
    """One way to share a conversion among its touchpoints.

    `weigh` takes the path, first touch first and the deciding touch last, at least one touch long, and gives a weight
    of 0 or more for each, one of them more than 0. Integers, so that no credit depends on a machine's floats.
    """

    title: str
    weigh: Callable[[Sequence[PathTouch]], Sequence[int]]


@dataclass(frozen=True)
class ModelCredit:
    """What a model gives one partnership: `weight` of `total_weight`, and the amount, None where there is none."""

    partnership_id: UUID
    weight: int
    total_weight: int
    amount_minor: int | None


def credits_of(model: AttributionModel, path: Sequence[PathTouch], amount_minor: int | None) -> list[ModelCredit]:
    """One credit per partnership with any weight, in the order of their last touch; amounts add up to `amount_minor`.

    Units that do not divide go to the largest remainder, of equal ones to the last credit. An empty path has none.
    """
    if not path:
        return []
    weights = model.weigh(path)
    by_partnership: dict[UUID, int] = {}
    for touch, weight in zip(path, weights, strict=True):
        # taken out and put back, so that the order is that of the last touch
        by_partnership[touch.partnership_id] = by_partnership.pop(touch.partnership_id, 0) + weight
    kept = {partnership: weight for partnership, weight in by_partnership.items() if weight}
    amounts = list(split(amount_minor, list(kept.values()))) if amount_minor is not None else [None] * len(kept)
    total = sum(kept.values())
    return [
        ModelCredit(partnership, weight, total, amount)
        for (partnership, weight), amount in zip(kept.items(), amounts, strict=True)
    ]
