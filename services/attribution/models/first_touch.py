"""First touch: everything to whoever was met first within the window."""

from collections.abc import Sequence

from services.attribution.model import AttributionModel, PathTouch


def weigh(path: Sequence[PathTouch]) -> list[int]:
    return [1] + [0] * (len(path) - 1)


MODEL = AttributionModel(title="First touch", weigh=weigh)
