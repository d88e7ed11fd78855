"""Intervals of criteria: as wide as the amount of evidence asks, never narrower for less of it.

A width read off the observed spread can shrink when an odd observation is taken away. Widths here depend on how much
evidence there is and on nothing else, so that removing evidence never narrows an interval.
"""

import math
from statistics import NormalDist

LEVEL = 0.9
Z90 = NormalDist().inv_cdf(0.5 + LEVEL / 2)
FULL = 100.0


def share_width(count: float) -> float:
    """Width, in points of 100, of a 90 % interval for a share seen `count` times: Wilson's (1927) where it is widest,
    at one half. 100 without any evidence."""
    return FULL * Z90 / math.sqrt(max(0.0, count) + Z90 * Z90)


def percentile_width(posterior_sd: float, peers_sd: float) -> float:
    """Width, in percentiles, of a 90 % interval for the rank among normal peers of a mean known to `posterior_sd`:
    taken at the median, where it is widest."""
    return FULL * (2.0 * normal_cdf(Z90 * posterior_sd / peers_sd) - 1.0)


def placed(value: float, width: float) -> tuple[float, float]:
    """An interval of exactly `width` inside 0 to 100 that holds `value`, centred on it as far as it can be."""
    width = min(FULL, max(0.0, width))
    low = min(max(value - width / 2, 0.0), FULL - width)
    return low, low + width


def normal_cdf(x: float) -> float:
    """The standard normal distribution function."""
    return 0.5 * math.erfc(-x / math.sqrt(2.0))


def median(values: list[float]) -> float:
    """The median of a list that is not empty."""
    ordered = sorted(values)
    middle = len(ordered) // 2
    return ordered[middle] if len(ordered) % 2 else (ordered[middle - 1] + ordered[middle]) / 2
