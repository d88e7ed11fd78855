"""Pods: groups of accounts that comment on each other by agreement, found as dense reciprocal subgraphs.

Superfans comment often and get nothing back; a pod's members comment on each other, both ways, most with most.
"""

from collections import defaultdict
from dataclasses import dataclass

from services.scoring.evidence import Evidence
from shared.schemas.evidence import SELF

# A pod has at least this many members beside the creator, each in both directions with at least CORE of them.
MIN_MEMBERS = 4
CORE = 3
# Of a reciprocal pair's comments, the rarer direction has at least this share: a fan who was thanked once is no pod.
MIN_BALANCE = 0.2


@dataclass(frozen=True, slots=True)
class Pod:
    """The members by pseudonym, the reciprocal edges among them and the creator, and their part of the comments."""

    members: tuple[str, ...]
    edges: tuple[tuple[str, str], ...]
    comment_share: float
    density: float


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
    neighbours = _reciprocal(weights)
    around = neighbours.get(SELF, set())
    members = _core({name: neighbours[name] & around for name in around})
    accounts = len({name for pair in weights for name in pair} - {SELF})
    if len(members) < MIN_MEMBERS:
        return PodSearch(accounts, len(weights), None)
    inside = sorted((first, second) for first in members for second in neighbours[first] & members if first < second)
    possible = len(members) * (len(members) - 1) / 2
    everything = sum(commenter.comments_here for commenter in evidence.commenters)
    theirs = sum(commenter.comments_here for commenter in evidence.commenters if commenter.pseudonym in members)
    edges = (*((SELF, name) for name in sorted(members)), *inside)
    pod = Pod(tuple(sorted(members)), edges, theirs / everything if everything else 0.0, len(inside) / possible)
    return PodSearch(accounts, len(weights), pod)


def _reciprocal(weights: dict[tuple[str, str], int]) -> dict[str, set[str]]:
    neighbours: dict[str, set[str]] = defaultdict(set)
    for (source, target), count in weights.items():
        back = weights.get((target, source), 0)
        if count and back and min(count, back) / max(count, back) >= MIN_BALANCE:
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
