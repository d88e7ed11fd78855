"""Piecewise linear curves from a measured share to points: slopes where more is better, humps where too much costs."""

from collections.abc import Sequence


def curve(x: float, points: Sequence[tuple[float, float]]) -> float:
    """The value at `x` of the line through `points` (ascending x); constant outside of them."""
    first_x, first_y = points[0]
    if x <= first_x:
        return first_y
    for next_x, next_y in points[1:]:
        if x <= next_x:
            return first_y + (next_y - first_y) * (x - first_x) / (next_x - first_x)
        first_x, first_y = next_x, next_y
    return first_y
