"""Choosing creators together: budgeted maximum coverage by lazy greedy and exchanges, with an upper bound.

Reach is a facility-location sum: each sampled person counts with the largest weight that any chosen creator gives it,
which is monotone and submodular. Minoux (1978) for the lazy evaluation; Khuller, Moss and Naor (1999) for comparing
the greedy by gain per cost with the greedy by gain and the best single; Leskovec et al. (2007) for the online bound.
"""

import heapq
import math
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace

_EXCHANGE_ROUNDS = 4
# Exchanges look at this many creators of the largest reach.
_EXCHANGE_OPTIONS = 200
# The bound tightens as the choice grows; it is taken every few steps, and only at the ends for very many creators.
_BOUND_EVERY, _BOUND_FEW = 6, 2_000


@dataclass(frozen=True, slots=True, eq=False)
class Option:
    """One creator to choose: costs, the weight of each person of its audience, and a part nobody else has.

    `people` maps a person's number to the reach it stands for; `groups` are the (by, key) pairs that limits count.
    """

    index: int
    cost: int
    units: int
    people: dict[int, float]
    alone: float
    groups: frozenset[tuple[str, str]]

    @property
    def reach(self) -> float:
        return self.alone + math.fsum(self.people.values())


@dataclass(frozen=True, slots=True)
class Constraints:
    """What a choice must keep. `limits` are (by, key or None, maximum); a key of None limits each key of `by`."""

    budget: int
    units: int | None = None
    count: int | None = None
    limits: tuple[tuple[str, str | None, int], ...] = ()
    must_have: frozenset[int] = frozenset()


@dataclass(frozen=True, slots=True)
class Chosen:
    """A choice in its order with each one's gain, and what no choice can exceed."""

    order: tuple[Option, ...]
    gains: tuple[float, ...]
    reach: float
    upper_bound: float


class Infeasible(Exception):  # noqa: N818  # reads as what happened
    """The must-haves alone break a constraint; the message says which."""


@dataclass
class _Cover:
    """The people covered so far, each with its largest weight."""

    best: dict[int, float] = field(default_factory=dict)
    alone: float = 0.0

    def gain(self, option: Option) -> float:
        best = self.best
        return option.alone + math.fsum(
            weight - best.get(person, 0.0) for person, weight in option.people.items() if weight > best.get(person, 0.0)
        )

    def add(self, option: Option) -> None:
        for person, weight in option.people.items():
            if weight > self.best.get(person, 0.0):
                self.best[person] = weight
        self.alone += option.alone


@dataclass
class _Room:
    """What is left of the constraints."""

    constraints: Constraints
    cost: int = 0
    units: int = 0
    count: int = 0
    groups: Counter[tuple[str, str]] = field(default_factory=Counter)

    def fits(self, option: Option) -> bool:
        limits = self.constraints
        if self.cost + option.cost > limits.budget:
            return False
        if limits.units is not None and self.units + option.units > limits.units:
            return False
        if limits.count is not None and self.count >= limits.count:
            return False
        return all(
            self.groups[group] < most
            for by, key, most in limits.limits
            for group in option.groups
            if group[0] == by and key in (None, group[1])
        )

    def add(self, option: Option) -> None:
        self.cost += option.cost
        self.units += option.units
        self.count += 1
        self.groups.update(option.groups)


def select(options: Sequence[Option], constraints: Constraints) -> Chosen:
    """The best of two greedy choices and the best single one, improved by exchanges; ties go to the earlier option.

    Raises Infeasible when the must-haves alone do not fit.
    """
    must = sorted((option for option in options if option.index in constraints.must_have), key=lambda one: one.index)
    room, cover = _Room(constraints), _Cover()
    for option in must:
        if not room.fits(option):
            raise Infeasible("the must-haves alone do not fit the budget, the products or the limits")
        room.add(option)
        cover.add(option)
    bound = math.inf
    candidates = []
    for key in (_per_cost, _plain):
        order, found = _greedy(options, constraints, must, key)
        bound = min(bound, found)
        candidates.append(order)
    singles = [[*must, option] for option in options if option not in must and room.fits(option)]
    if singles:
        candidates.append(max(singles, key=lambda order: (_reach(order), -order[-1].index)))
    best = max(candidates, key=lambda order: (_reach(order), -len(order)))
    best = _exchanged(best, options, constraints, len(must))
    order, gains = _in_order(best, len(must))
    reach = _reach(order)
    return Chosen(tuple(order), tuple(gains), reach, max(bound, reach))


def _per_cost(gain: float, option: Option) -> float:
    return gain / max(option.cost, 1)


def _plain(gain: float, option: Option) -> float:
    return gain


def _greedy(
    options: Sequence[Option], constraints: Constraints, must: list[Option], key: Callable[[float, Option], float]
) -> tuple[list[Option], float]:
    """The greedy choice and the least upper bound seen on its way."""
    room, cover, order = _Room(constraints), _Cover(), list(must)
    for option in must:
        room.add(option)
        cover.add(option)
    rest = [option for option in options if option.index not in constraints.must_have]
    base = replace(room, groups=Counter(room.groups))
    heap = [
        (-key(gain, option), option.index, gain, len(must), option)
        for option in rest
        if (gain := cover.gain(option)) > 0
    ]
    heapq.heapify(heap)
    covered = _reach(order)
    bound = covered + _most([(gain, option) for _, _, gain, _, option in heap], constraints, base)
    while heap:
        _, index, gain, seen, option = heapq.heappop(heap)
        if not room.fits(option):
            continue
        if seen != len(order):
            gain = cover.gain(option)
            if gain > 0:
                heapq.heappush(heap, (-key(gain, option), index, gain, len(order), option))
            continue
        room.add(option)
        cover.add(option)
        order.append(option)
        covered += gain
        if len(order) % _BOUND_EVERY == 0 and len(rest) <= _BOUND_FEW:
            bound = min(bound, covered + _most([(cover.gain(one), one) for one in rest], constraints, base))
    return order, min(bound, covered + _most([(cover.gain(one), one) for one in rest], constraints, base))


def _most(gains: Sequence[tuple[float, Option]], constraints: Constraints, room: _Room) -> float:
    """At most this can any feasible choice add: the fractional knapsack by cost, or by number, whichever is less.

    Submodularity bounds the gain of a set by the sum of its members' gains; leaving out the other limits only raises
    the bound.
    """
    known = [(gain, option.cost) for gain, option in gains if gain > 0 and option.cost <= constraints.budget]
    left, most = constraints.budget - room.cost, 0.0
    for gain, cost in sorted(known, key=lambda pair: -pair[0] / max(pair[1], 1e-9)):
        if cost <= left:
            most += gain
            left -= cost
        else:
            most += gain * left / cost
            break
    if constraints.count is not None:
        best = heapq.nlargest(max(0, constraints.count - room.count), (gain for gain, _ in known))
        most = min(most, math.fsum(best))
    return most


def _reach(order: Sequence[Option]) -> float:
    best: dict[int, float] = {}
    for option in order:
        for person, weight in option.people.items():
            if weight > best.get(person, 0.0):
                best[person] = weight
    return math.fsum(best.values()) + math.fsum(option.alone for option in order)


def _exchanged(order: list[Option], options: Sequence[Option], constraints: Constraints, fixed: int) -> list[Option]:
    """Swap one chosen for one that is not, or add one, while that helps; a few rounds at most."""
    strong = heapq.nsmallest(_EXCHANGE_OPTIONS, options, key=lambda option: (-option.reach, option.index))
    for _ in range(_EXCHANGE_ROUNDS):
        best, best_reach = None, _reach(order)
        chosen = {option.index for option in order}
        for place in range(fixed, len(order) + 1):
            kept = [option for number, option in enumerate(order) if number != place]
            room, cover = _Room(constraints), _Cover()
            for option in kept:
                room.add(option)
                cover.add(option)
            base = _reach(kept)
            for option in strong:
                if option.index in chosen or base + option.reach <= best_reach or not room.fits(option):
                    continue
                reach = base + cover.gain(option)
                if reach > best_reach * (1 + 1e-9):
                    best, best_reach = [*kept, option], reach
        if best is None:
            break
        order = best
    return order


def _in_order(order: Sequence[Option], fixed: int) -> tuple[list[Option], list[float]]:
    """The chosen by falling gain behind the must-haves, with the gains of that order."""
    cover, left = _Cover(), list(order[fixed:])
    result, gains = list(order[:fixed]), []
    for option in result:
        gains.append(cover.gain(option))
        cover.add(option)
    while left:
        best = max(left, key=lambda option: (cover.gain(option), -option.index))
        gains.append(cover.gain(best))
        cover.add(best)
        result.append(best)
        left.remove(best)
    return result, gains
