"""Random walks with restart from several starts at once, as lifts over chance."""

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
from scipy import sparse

from services.discovery.ranking.graph import InteractionGraph

Lifts = npt.NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class Walk:
    """Settings of the walk. The defaults are the ones that the benchmarks report."""

    restart: float = 0.15  # chance per step to go back to the start
    steps: int = 10  # beyond ten the order no longer changes
    doubt: float = 0.1  # of a mean degree, added to every degree: one comment is not yet evidence
    region: int = 100_000  # accounts walked on with every start apart; larger graphs are narrowed first


def lifts(graph: InteractionGraph, starts: sparse.csr_matrix, settings: Walk) -> tuple[npt.NDArray[np.int64], Lifts]:
    """For each start, a column that sums to one: how much more often than by chance a walk from it is here.

    Personalised PageRank from each start (Page, Brin, Motwani and Winograd 1999) divided by where a walk without a home
    would be, which on an undirected graph is the degree (Lovasz 1993, Random walks on graphs). So a celebrity, whom
    every walk visits, has lift 1. Every degree is raised by `doubt` mean degrees, which pulls accounts with hardly any
    interaction down. 1 is chance, 0 is out of reach.

    Returns the accounts walked on, ascending, and one row of lifts for each. On graphs above `region` accounts these
    are the ones that one walk from all starts together visits most, by visits over the root of the degree; the others
    are out of reach of every start.
    """
    inside = _region(graph, starts, settings)
    degree, volume = _degrees(graph, settings)
    if len(inside) < graph.accounts:
        steps = graph.steps[inside][:, inside]
        starts = starts[inside]
    else:
        steps = graph.steps
    own = degree[inside]
    reached = _walk(steps, starts.toarray() / own[:, None] * volume, settings)
    trust = own / (own + settings.doubt * volume / graph.accounts)
    reached *= trust[:, None].astype(np.float32)
    return inside, reached


def _walk(steps: sparse.csr_matrix, home: npt.NDArray[Any], settings: Walk) -> Lifts:
    """An account's lift is the mean lift of its neighbours, but for the restart: PageRank over degree."""
    home = (settings.restart * home).astype(np.float32)
    here = home / np.float32(settings.restart)
    for _ in range(settings.steps):
        here = steps @ here
        here *= np.float32(1 - settings.restart)
        here += home
    return np.asarray(here)


def _degrees(graph: InteractionGraph, settings: Walk) -> tuple[npt.NDArray[np.float64], float]:
    """Degrees and their sum; an account without any edge counts as one with `doubt` mean degrees."""
    volume = float(graph.degree.sum()) or float(graph.accounts)
    least = settings.doubt * volume / graph.accounts
    return np.where(graph.degree > 0, graph.degree, least), volume


def _region(graph: InteractionGraph, starts: sparse.csr_matrix, settings: Walk) -> npt.NDArray[np.int64]:
    if graph.accounts <= settings.region:
        return np.arange(graph.accounts)
    degree, volume = _degrees(graph, settings)
    together = np.asarray(starts.mean(axis=1)).ravel()
    reached = _walk(graph.steps, together / degree * volume, settings).astype(np.float64)
    visits = reached * np.sqrt(degree)
    visits[together > 0] = np.inf
    order = np.argpartition(-visits, settings.region)[: settings.region]
    return np.sort(order[visits[order] > 0])
