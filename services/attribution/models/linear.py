"""Linear: every touch counts the same."""

from collections.abc import Sequence

from services.attribution.model import AttributionModel, PathTouch


def weigh(path: Sequence[PathTouch]) -> list[int]:
    return [1] * len(path)


MODEL = AttributionModel(title="Linear", weigh=weigh)
