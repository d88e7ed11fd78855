"""The order of a ranking: packed values, weights and people's decisions in, ranks and their certainty out."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from uuid import UUID

import numpy as np

from services.scoring.vectors import Ranks, Totals, Vectors, ranks, totals
from shared.schemas.rankings import GateState
from shared.schemas.sensitivity import Sensitivity, TiedRange


@dataclass(frozen=True)
class Order:
    """Vectors with their totals and ranks under some weights."""

    vectors: Vectors
    totals: Totals
    ranks: Ranks

    @property
    def eligible(self) -> int:
        return int(self.vectors.eligible.sum())


def with_decisions(vectors: Vectors, decisions: Sequence[tuple[UUID, str]]) -> Vectors:
    """Vectors without those whom a person kept out: (creator, state) pairs."""
    out = {creator for creator, state in decisions if state == GateState.FAILED}
    if not out:
        return vectors
    keeps = np.array([creator not in out for creator in vectors.creators], dtype=np.bool_)
    return replace(vectors, eligible=vectors.eligible & keeps)


def order(vectors: Vectors, weights: Mapping[str, int]) -> Order:
    found = totals(vectors, weights)
    return Order(vectors, found, ranks(vectors, found))


def sensitivity(found: Order, weights: Mapping[str, int]) -> Sensitivity:
    """Which ranks are certain within the intervals, and how much the first ten hang on single criteria."""
    count = found.eligible
    rows = found.ranks.order[:count]
    best, worst = found.ranks.best[rows], found.ranks.worst[rows]
    # the first k are surely the best k when nobody behind can come before them
    furthest = np.maximum.accumulate(worst) if count else worst
    cuts = [k for k in range(1, count) if furthest[k - 1] <= k]
    edges = [0, *cuts, count] if count else []
    tied = [TiedRange(from_rank=start + 1, to_rank=end) for start, end in pairwise(edges) if end - start > 1]
    first = {int(row) for row in rows[:10]}
    swings = {}
    for name, weight in sorted(weights.items()):
        rest = {other: points for other, points in weights.items() if other != name}
        if weight and any(rest.values()):
            again = order(found.vectors, rest)
            swings[name] = len(first & {int(row) for row in again.ranks.order[: min(10, count)]})
    return Sensitivity(
        eligible=count,
        certain_ranks=int((best == worst).sum()),
        certain_cuts=tuple(cuts[:1_000]),
        tied=tuple(tied[:1_000]),
        weight_swings=swings,
    )
