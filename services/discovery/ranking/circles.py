"""Reciprocal circles: small groups that keep commenting on each other, of which engagement pods are one kind."""

import numpy as np
import numpy.typing as npt
from scipy import sparse
from scipy.sparse.csgraph import connected_components

AGAIN = 2  # comments in each direction: once is courtesy
PARTNERS = 2  # partners that both ends share: the pair belongs to at least two mutual triangles
LARGEST = 50  # accounts: beyond it mutual comments are a community, not an arrangement
BUSIEST = 200  # mutual partners: an account with more cannot be told from a hub, and would cost quadratic time
ROWS = 20_000  # rows of the triangle count at a time


def reciprocal_circles(outgoing: sparse.csr_matrix, incoming: sparse.csr_matrix) -> npt.NDArray[np.int32]:
    """The circle of every account, numbered by its smallest account, or -1.

    A tie is mutual when each commented under the other at least twice. Ties that lie in at least two mutual triangles
    are kept (the first round of peeling a 4-truss, Cohen 2008, Trusses: cohesive subgraphs for social network
    analysis); connected parts of up to 50 accounts are circles. Belonging to one is no accusation: friends form circles
    too. It only means that its members' word for each other counts once.
    """
    accounts = outgoing.shape[0]
    label = np.full(accounts, -1, np.int32)
    given = _pattern(outgoing)
    mutual = given.multiply(_pattern(incoming)).tocsr()
    busy = np.diff(mutual.indptr) > BUSIEST
    if busy.any():
        calm = sparse.diags((~busy).astype(np.float32))
        mutual = (calm @ mutual @ calm).tocsr()
        mutual.eliminate_zeros()
    inside = np.flatnonzero(np.diff(mutual.indptr) > PARTNERS)  # fewer ties cannot share two partners across one
    if len(inside) == 0:
        return label
    mutual = mutual[inside][:, inside]
    parts = []
    for begin in range(0, len(inside), ROWS):
        rows = mutual[begin : begin + ROWS]
        shared = (rows @ mutual).multiply(rows).tocsr()
        shared.data = (shared.data >= PARTNERS).astype(np.float32)
        shared.eliminate_zeros()
        parts.append(shared)
    count, component = connected_components(sparse.vstack(parts).tocsr(), directed=False)
    size = np.bincount(component, minlength=count)
    circle = (size[component] > 1) & (size[component] <= LARGEST)
    first = np.full(count, accounts, np.int64)
    np.minimum.at(first, component, inside)
    label[inside[circle]] = first[component[circle]]
    return label


def _pattern(matrix: sparse.csr_matrix) -> sparse.csr_matrix:
    """1 where there were at least AGAIN comments."""
    often = matrix.data >= AGAIN
    pattern = sparse.csr_matrix((often.astype(np.float32), matrix.indices.copy(), matrix.indptr.copy()), matrix.shape)
    pattern.eliminate_zeros()
    return pattern
