"""Pods: groups of accounts that comment on each other by agreement, found as dense subgraphs around the creator.

Superfans comment often and get nothing back, nor do they comment on each other; a pod's members comment on most of the
others. Members who leave out a part of the comments break single pairs, so the group is judged as a whole.
"""

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field

from services.scoring.evidence import Evidence
from shared.schemas.evidence import SELF

# A pod has at least this many members beside the creator, each in touch with at least CORE of the others.
MIN_MEMBERS = 5
CORE = 3
# Of all ordered pairs of members so many comment, and of the members so many get comments of the creator.
MIN_DENSITY = 0.3
MIN_RETURNED = 0.25


@dataclass(frozen=True, slots=True)
class Pod:
    """The members by pseudonym, the pairs in touch (the creator's with each first), their part of the comments, and the
    share of ordered pairs of members that comment. `comments` counts by (from, to) along the edges."""

    members: tuple[str, ...]
    edges: tuple[tuple[str, str], ...]
    comment_share: float
    density: float
    comments: Mapping[tuple[str, str], int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class PodSearch:
    """What was looked at: accounts and edges; `pod` None when there is none."""

    accounts: int
    edges: int
    pod: Pod | None


def find_pod(evidence: Evidence) -> PodSearch | None:
    """The creator's pod. None when no interaction among commenters, nor of the creator with them, is known."""
    weights: dict[tuple[str, str], int] = defaultdict(int)
    for edge in evidence.interactions:
        if edge.source != edge.target:
            weights[edge.source, edge.target] += edge.comments
    backs = [commenter for commenter in evidence.commenters if commenter.creator_commented_back is not None]
    for commenter in backs:
        weights.setdefault((commenter.pseudonym, SELF), commenter.comments_here)
        weights.setdefault((SELF, commenter.pseudonym), commenter.creator_commented_back or 0)
    if not weights:
        return None
    neighbours = _in_touch(weights)
    around = neighbours.get(SELF, set())
    members = _core({name: neighbours[name] & around for name in around})
    accounts = len({name for pair in weights for name in pair} - {SELF})
    directed = sum(count > 0 for (source, target), count in weights.items() if {source, target} <= members)
    density = directed / (len(members) * (len(members) - 1)) if len(members) > 1 else 0.0
    returned = sum(weights.get((SELF, member), 0) > 0 for member in members)
    if len(members) < MIN_MEMBERS or density < MIN_DENSITY or returned < MIN_RETURNED * len(members):
        return PodSearch(accounts, len(weights), None)
    inside = sorted((first, second) for first in members for second in neighbours[first] & members if first < second)
    everything = sum(commenter.comments_here for commenter in evidence.commenters)
    theirs = sum(commenter.comments_here for commenter in evidence.commenters if commenter.pseudonym in members)
    edges = (*((SELF, name) for name in sorted(members)), *inside)
    counts = {pair: weights.get(pair, 0) for one, other in edges for pair in ((one, other), (other, one))}
    pod = Pod(tuple(sorted(members)), edges, theirs / everything if everything else 0.0, density, counts)
    return PodSearch(accounts, len(weights), pod)


def _in_touch(weights: dict[tuple[str, str], int]) -> dict[str, set[str]]:
    neighbours: dict[str, set[str]] = defaultdict(set)
    for (source, target), count in weights.items():
        if count:
            neighbours[source].add(target)
            neighbours[target].add(source)
    return neighbours


def _core(graph: dict[str, set[str]]) -> set[str]:
    """The largest subgraph in which everybody has at least CORE neighbours (Seidman's k-core, 1983)."""
    left = {name: set(others) & graph.keys() for name, others in graph.items()}
    weak = [name for name, others in left.items() if len(others) < CORE]
    while weak:
        name = weak.pop()
        if name not in left:
            continue
        for other in left.pop(name):
            others = left.get(other)
            if others is not None:
                others.discard(name)
                if len(others) < CORE:
                    weak.append(other)
    return set(left)
