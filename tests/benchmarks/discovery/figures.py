"""Means with intervals, as the benchmarks print them."""

import numpy as np
import numpy.typing as npt
from scipy import stats

Floats = npt.NDArray[np.float64]


def interval(values: npt.ArrayLike, level: float = 0.95) -> tuple[float, float]:
    """Mean of independent values and half the width of its Student t interval."""
    given = np.asarray(values, np.float64)
    if len(given) < 2:
        return float(given.mean()), float("nan")
    half = stats.t.ppf((1 + level) / 2, len(given) - 1) * given.std(ddof=1) / np.sqrt(len(given))
    return float(given.mean()), float(half)


def ratio(
    ours: npt.ArrayLike, theirs: npt.ArrayLike, rng: np.random.Generator, draws: int = 10_000
) -> tuple[float, float, float]:
    """Ratio of two means over the same units, with its paired percentile bootstrap interval (95 %)."""
    one, other = np.asarray(ours, np.float64), np.asarray(theirs, np.float64)
    picked = rng.integers(0, len(one), (draws, len(one)))
    ratios = one[picked].mean(axis=1) / other[picked].mean(axis=1)
    low, high = np.quantile(ratios, [0.025, 0.975])
    return float(one.mean() / other.mean()), float(low), float(high)
