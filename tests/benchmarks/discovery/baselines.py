"""What the ranking is compared with: the methods that people use by hand or take from a library.

Each returns a score per account, higher first; the caller applies the same eligibility to all of them.
"""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy import sparse

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]


@dataclass(frozen=True)
class Start:
    """Where a method starts: the seeds, each with weight 1, or the users of the brief's hashtags, by their uses."""

    accounts: Ints
    weights: Floats


def comment_matrix(accounts: int, source: Ints, target: Ints, comments: Ints) -> sparse.csr_matrix:
    """Comments in either direction between two accounts, as a symmetric matrix."""
    one_way = sparse.csr_matrix((comments.astype(np.float64), (source, target)), (accounts, accounts))
    return (one_way + one_way.T).tocsr()


def hashtag_counts(accounts: int, start: Start) -> Floats:
    """How often an account used the brief's hashtags."""
    return np.bincount(start.accounts, weights=start.weights, minlength=accounts).astype(np.float64)


def comment_counts(matrix: sparse.csr_matrix, start: Start) -> Floats:
    """Comments exchanged with the accounts that the search started from."""
    started = np.zeros(matrix.shape[0])
    started[start.accounts] = 1
    return np.asarray(matrix @ started).ravel()


def snowball(matrix: sparse.csr_matrix, start: Start) -> Floats:
    """Breadth first from the start; inside a ring by comments exchanged with the ring before it (uses in the first)."""
    accounts = matrix.shape[0]
    score = np.full(accounts, -np.inf)
    ring = np.zeros(accounts)
    np.add.at(ring, start.accounts, start.weights)
    depth = 0
    while ring.any():
        inside = np.flatnonzero(ring)
        score[inside] = -depth + ring[inside] / (ring[inside].max() + 1)
        fresh = np.asarray(matrix @ (ring > 0).astype(np.float64)).ravel()
        ring = np.where(np.isneginf(score), fresh, 0)
        depth += 1
    return score


def pagerank(matrix: sparse.csr_matrix, start: Start, restart: float = 0.15, steps: int = 60) -> Floats:
    """Plain personalised PageRank on comment counts (Page, Brin, Motwani and Winograd 1999), undirected."""
    degree = np.asarray(matrix.sum(1)).ravel()
    transition = (sparse.diags(1 / np.where(degree > 0, degree, 1)) @ matrix).T.tocsr()
    home = np.zeros(matrix.shape[0])
    np.add.at(home, start.accounts, start.weights)
    home /= home.sum()
    walk = home.copy()
    for _ in range(steps):
        walk = (1 - restart) * (transition @ walk) + restart * home
    return np.asarray(walk)


def pagerank_by_root_degree(matrix: sparse.csr_matrix, start: Start) -> Floats:
    """The same, divided by the square root of the account's comments: the usual correction for degree."""
    degree = np.asarray(matrix.sum(1)).ravel()
    return np.asarray(pagerank(matrix, start) / np.sqrt(np.where(degree > 0, degree, 1)))
