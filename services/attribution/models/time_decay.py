"""Time decay: a touch's weight halves with every week that it lies before the conversion."""

from collections.abc import Sequence
from decimal import Context, Decimal

from services.attribution.model import AttributionModel, PathTouch

HALF_LIFE_SECONDS = 7 * 24 * 3600
# decimal computes in software, so the digits are the same on every machine; ages are rounded to the second
_ARITHMETIC = Context(prec=50)
_SCALE = Decimal(10) ** 40


def weigh(path: Sequence[PathTouch]) -> list[int]:
    """2 ** (-age / 7 days), times 10 ** 40, rounded down. Over 365 days, more than 24 digits are left of it."""
    return [_weight(touch.age_seconds) for touch in path]


def _weight(age_seconds: int) -> int:
    halvings = _ARITHMETIC.divide(Decimal(age_seconds), Decimal(HALF_LIFE_SECONDS))
    # ages beyond any window still weigh something, or a path of old touches alone would weigh nothing
    return max(1, int(_ARITHMETIC.multiply(_SCALE, _ARITHMETIC.power(Decimal(2), -halvings))))


MODEL = AttributionModel(title="Time decay (half-life 7 days)", weigh=weigh)
