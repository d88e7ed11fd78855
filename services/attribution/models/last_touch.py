"""Last touch: everything to the touch that decided the conversion."""

from collections.abc import Sequence

from services.attribution.model import AttributionModel, PathTouch


def weigh(path: Sequence[PathTouch]) -> list[int]:
    return [0] * (len(path) - 1) + [1]


MODEL = AttributionModel(title="Last touch", weigh=weigh)
