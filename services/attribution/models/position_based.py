"""Position based: 40 % to the first touch, 40 % to the last, 20 % shared by those between."""

from collections.abc import Sequence

from services.attribution.model import AttributionModel, PathTouch


def weigh(path: Sequence[PathTouch]) -> list[int]:
    """Two touches share equally, since nothing lies between them."""
    between = len(path) - 2
    if between < 1:
        return [1] * len(path)
    return [2 * between, *([1] * between), 2 * between]


MODEL = AttributionModel(title="Position based (40/20/40)", weigh=weigh)
