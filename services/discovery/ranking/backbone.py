"""How much an edge tells: the surprise of its comments under a null model of both accounts' activity."""

from typing import Any

import numpy as np
import numpy.typing as npt
from scipy.special import gammainc

CHUNK = 1_000_000  # edges at a time, so that temporary arrays stay small
MOST = 12.0  # decimal digits: beyond it a p-value says no more about interest
LEAST = 1e-3  # an edge at or below expectation stays, nearly without pull, so that no account is cut off


def expected(commented: npt.ArrayLike, received: npt.ArrayLike, total: float) -> npt.NDArray[np.float64]:
    """Interactions that chance would give a pair: out-strength times in-strength over all interactions.

    The directed configuration model with weights (Newman 2010, Networks, section 13.2): every comment keeps its writer
    and every post its comments, and who meets whom is shuffled.
    """
    product = np.asarray(commented, np.float64) * np.asarray(received, np.float64)
    return np.asarray(product / max(total, 1.0))


def surprise(indptr: npt.NDArray[Any], indices: npt.NDArray[Any], units: npt.NDArray[Any]) -> npt.NDArray[np.float32]:
    """The weight of every edge of a CSR matrix: -log10 P(X >= units), X Poisson with the expected count.

    This is the marginal likelihood filter (Dianati 2016, Physical Review E 93, 012304) in its Poisson limit. Unlike the
    disparity filter (Serrano, Boguna and Vespignani 2009, PNAS 106, 6483) it looks at both ends, so that one comment
    under a celebrity's post, where everybody's comments are expected, tells next to nothing, while one comment between
    two quiet accounts tells a lot. The weight is used as it is rather than cut at a significance level: among few
    accounts no edge can be significant, and a ranking has to go on. Range LEAST..MOST.
    """
    accounts = len(indptr) - 1
    per_row = np.diff(indptr)
    strength = np.concatenate([[0.0], np.cumsum(units, dtype=np.float64)])
    commented = strength[indptr[1:]] - strength[indptr[:-1]]
    received = np.bincount(indices, weights=units, minlength=accounts).astype(np.float64)
    total = float(strength[-1])
    out = np.empty(len(units), np.float32)
    row = np.repeat(np.arange(accounts, dtype=np.int32), per_row)
    for begin in range(0, len(units), CHUNK):
        part = slice(begin, begin + CHUNK)
        mean = expected(commented[row[part]], received[indices[part]], total)
        out[part] = -np.log10(tail(units[part], mean))
    return np.clip(out, LEAST, MOST)


def tail(units: npt.NDArray[Any], mean: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    """P(X >= units) for X Poisson with that mean, kept above 1e-300. units >= 1, mean > 0."""
    probability = -np.expm1(-mean)  # of at least one, most edges' case
    more = np.flatnonzero(units > 1)
    probability[more] = gammainc(units[more].astype(np.float64), mean[more])
    return np.asarray(np.maximum(probability, 1e-300))
