"""Code first: everything to the last code that was used; without one, to the last touch."""

from collections.abc import Sequence

from services.attribution.model import AttributionModel, PathTouch
from shared.schemas.campaigns import Signal


def weigh(path: Sequence[PathTouch]) -> list[int]:
    codes = [index for index, touch in enumerate(path) if touch.signal is Signal.CODE]
    winner = codes[-1] if codes else len(path) - 1
    return [int(index == winner) for index in range(len(path))]


MODEL = AttributionModel(title="Code first", weigh=weigh)
