"""The interaction graph of one search: who comments under whose posts, and who uses which hashtag."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
from scipy import sparse

from services.discovery.ranking.backbone import surprise
from services.discovery.ranking.circles import reciprocal_circles

Ints = npt.NDArray[np.integer[Any]]
Floats = npt.NDArray[np.float32]


@dataclass(frozen=True, slots=True, eq=False)
class InteractionGraph:
    """Built once by `build_graph`, read by every ranking. Matrices are scipy CSR with sorted indices.

    `outgoing` and `incoming` count comments (row commented under column; row was commented on by column).
    `steps` are the walk's transition probabilities, row by row; `degree` is each account's summed edge weight in them.
    `circle` is the number of the reciprocal circle an account belongs to, or -1.
    """

    accounts: int
    outgoing: sparse.csr_matrix
    incoming: sparse.csr_matrix
    commented: npt.NDArray[np.int64]  # comments written, per account
    received: npt.NDArray[np.int64]  # comments received, per account
    steps: sparse.csr_matrix
    degree: npt.NDArray[np.float64]
    circle: npt.NDArray[np.int32]
    hashtags: tuple[str, ...]
    uses: sparse.csr_matrix  # accounts by hashtags: posts of that account with that hashtag


def build_graph(
    *,
    accounts: int,
    source: npt.ArrayLike,
    target: npt.ArrayLike,
    comments: npt.ArrayLike,
    posts: npt.ArrayLike | None = None,
    hashtags: Sequence[str] = (),
    use_account: npt.ArrayLike = (),
    use_hashtag: npt.ArrayLike = (),
    uses: npt.ArrayLike = (),
) -> InteractionGraph:
    """Turn rows into a graph. The rows' order does not matter, repeated pairs are summed, self-comments are dropped.

    `source[i]` wrote `comments[i]` >= 1 comments under `posts[i]` >= 1 distinct posts of `target[i]`. A long dispute
    under one post is one sign of interest, so edges are weighed by posts; without `posts`, by comments.
    `use_account[i]` put the hashtag `hashtags[use_hashtag[i]]` on `uses[i]` >= 1 posts.

    Accounts are 0 .. accounts-1. Raises ValueError on other indices, on counts below 1, or on columns that differ in
    length. Ten million edges take about 1 GB while building and half of it afterwards.
    """
    rows = _indices(source, accounts, "source")
    columns = _indices(target, accounts, "target")
    times = _counts(comments, len(rows), "comments")
    if len(columns) != len(rows):
        raise ValueError("source and target differ in length")
    other = rows != columns
    everything = bool(other.all())
    outgoing = _matrix(rows, columns, times, other, everything, (accounts, accounts))
    units = outgoing.data
    if posts is not None:
        distinct = _matrix(rows, columns, _counts(posts, len(rows), "posts"), other, everything, (accounts, accounts))
        units = np.minimum(distinct.data, outgoing.data)
    weights = surprise(outgoing.indptr, outgoing.indices, units)
    directed = sparse.csr_matrix((weights, outgoing.indices, outgoing.indptr), (accounts, accounts))
    steps = (directed + directed.T).tocsr()
    steps.sort_indices()
    del directed, weights
    degree = np.asarray(steps.sum(axis=1, dtype=np.float64)).ravel()
    per_row = np.diff(steps.indptr)
    steps.data *= np.repeat(
        np.divide(1.0, degree, where=degree > 0, out=np.zeros(accounts)).astype(np.float32), per_row
    )
    incoming = outgoing.T.tocsr()
    who = _indices(use_account, accounts, "use_account")
    which = _indices(use_hashtag, len(hashtags), "use_hashtag")
    often = _counts(uses, len(who), "uses")
    if len(which) != len(who):
        raise ValueError("use_account and use_hashtag differ in length")
    return InteractionGraph(
        accounts=accounts,
        outgoing=outgoing,
        incoming=incoming,
        commented=_row_sums(outgoing),
        received=_row_sums(incoming),
        steps=steps,
        degree=degree,
        circle=reciprocal_circles(outgoing, incoming),
        hashtags=tuple(hashtags),
        uses=sparse.csr_matrix((often, (who, which)), (accounts, len(hashtags)), dtype=np.int64),
    )


def _matrix(
    rows: Ints, columns: Ints, counts: Ints, kept: npt.NDArray[np.bool_], everything: bool, shape: tuple[int, int]
) -> sparse.csr_matrix:
    """CSR of summed counts; scipy sums repeated pairs while converting."""
    if not everything:
        rows, columns, counts = rows[kept], columns[kept], counts[kept]
    matrix = sparse.coo_matrix((counts, (rows, columns)), shape).tocsr()
    matrix.sort_indices()
    return matrix


def _row_sums(matrix: sparse.csr_matrix) -> npt.NDArray[np.int64]:
    return np.asarray(matrix.sum(axis=1, dtype=np.int64)).ravel().astype(np.int64)


def _indices(values: npt.ArrayLike, below: int, name: str) -> Ints:
    given = np.asarray(values)
    if given.size == 0:
        return np.zeros(0, np.int32)
    if given.ndim != 1 or not np.issubdtype(given.dtype, np.integer):
        raise ValueError(f"{name} must be a one-dimensional array of integers")
    if given.min() < 0 or given.max() >= below:
        raise ValueError(f"{name} holds an index outside 0..{below - 1}")
    return given.astype(np.int32, copy=False)


def _counts(values: npt.ArrayLike, length: int, name: str) -> Ints:
    given = np.asarray(values)
    if given.shape != (length,):
        raise ValueError(f"{name} must have {length} values")
    if length == 0:
        return np.zeros(0, np.int32)
    if not np.issubdtype(given.dtype, np.integer):
        raise ValueError(f"{name} must be integers")
    if given.min() < 1:
        raise ValueError(f"{name} must be at least 1")
    return given.astype(np.int32, copy=False)
