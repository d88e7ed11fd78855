"""From an interaction graph and a brief to ranked creators with reasons: the entry of this folder.

The score of an account is a mean of logarithms of lifts, so it is read like a log-likelihood ratio in nats:

    score = mean over witnesses w of log(1 + lift_w) + log(relevance over mean relevance)

1. `backbone`: every edge weighs as much as its comments surprise, given both accounts' activity.
2. `circles`: groups that keep commenting on each other are found; each gets one voice.
3. `witnesses`: the seeds, and the users of each hashtag of the brief, split into voices.
4. `walk`: from each voice a walk with restart, divided by where walks are anyway. A celebrity, a giveaway and an
   account that comments on everything have lift near 1, whoever asks.
5. Here: the logarithm makes voices agree rather than shout. Ten seeds that each find an account a little more often
   than by chance count for more than one seed that sees nobody else, which is how a pod or a single loyal friend looks.
   A sum of log lifts is the naive Bayes combination of witnesses; 1 is added so that silence is not a veto.

Everything is pure and deterministic: equal scores are ordered by index, and the order of input rows is irrelevant.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt

from services.discovery.ranking.evidence import Evidence, gather
from services.discovery.ranking.graph import InteractionGraph
from services.discovery.ranking.walk import Walk, lifts
from services.discovery.ranking.witnesses import Family, call_witnesses


@dataclass(frozen=True, slots=True, eq=False)
class Query:
    """What to rank for. Arrays have one value per account of the graph.

    `seeds` are account indices, `hashtags` names as the graph has them; unknown names are ignored. `told`: how
    much a hashtag tells beyond this graph, 0..1, 1 where nothing is said: #love counts for little. `relevance` is how
    near an account's own posts are to the topic, 0..1, nan where unknown. `eligible` says who may be returned (follower
    band, opt-outs, exclusions: the caller's decision); None means everybody. Seeds are not returned unless asked for.
    """

    seeds: Sequence[int] = ()
    hashtags: Sequence[str] = ()
    told: Mapping[str, float] = field(default_factory=dict)
    relevance: npt.NDArray[np.floating[Any]] | None = None
    eligible: npt.NDArray[np.bool_] | None = None
    return_seeds: bool = False
    limit: int | None = 1000


@dataclass(frozen=True, slots=True)
class Parameters:
    """Fixed weights; the benchmarks in tests/benchmarks/discovery report these values and no others."""

    walk: Walk = field(default_factory=Walk)
    relevance_floor: float = 0.05  # added above and below the line: text similarity is never proof of the contrary


DEFAULT = Parameters()


@dataclass(frozen=True, slots=True)
class RankedCreator:
    """One account, best first. `score` = `interaction` + `topic`, in nats; 0 means: nothing known speaks for it."""

    account: int
    score: float
    interaction: float
    topic: float | None  # None: relevance unknown
    evidence: Evidence


@dataclass(frozen=True, slots=True, eq=False)
class Scores:
    """What the walks say of every account: `reached` holds the lifts of the accounts `inside`, one column a voice."""

    score: npt.NDArray[np.float64]
    interaction: npt.NDArray[np.float64]
    topic: npt.NDArray[np.float64]
    families: list[Family]
    inside: npt.NDArray[np.int64]
    reached: npt.NDArray[np.float32]


def score_creators(graph: InteractionGraph, query: Query, parameters: Parameters = DEFAULT) -> Scores:
    """The scores of all accounts, eligible or not. Raises ValueError as `rank_creators` does."""
    _check(graph, query)
    families, starts = call_witnesses(graph, query.seeds, query.hashtags, query.told)
    interaction = np.zeros(graph.accounts)
    inside = np.zeros(0, np.int64)
    reached = np.zeros((0, 0), np.float32)
    if families:
        inside, reached = lifts(graph, starts, parameters.walk)
        interaction[inside] = _agreement(families, reached)
    topic = _topic(graph.accounts, query, parameters)
    return Scores(interaction + np.nan_to_num(topic, nan=0.0), interaction, topic, families, inside, reached)


def rank_creators(graph: InteractionGraph, query: Query, parameters: Parameters = DEFAULT) -> list[RankedCreator]:
    """Eligible accounts, best first, at most `query.limit`. Nobody eligible is dropped but by that limit.

    Raises ValueError on seeds outside the graph and on arrays of another length.
    """
    found = score_creators(graph, query, parameters)
    score, interaction, topic = found.score, found.interaction, found.topic
    families, inside, reached = found.families, found.inside, found.reached
    ranked = _best(graph, query, score)
    voices = np.zeros((len(ranked), reached.shape[1]), np.float32)
    carried = np.zeros(graph.accounts)
    if families:
        place = np.searchsorted(inside, ranked)
        known = (place < len(inside)) & (inside[np.minimum(place, len(inside) - 1)] == ranked)
        voices[known] = reached[place[known]]
        carried[inside] = np.expm1(interaction[inside])
    reasons = gather(graph, ranked, families, voices, carried)
    return [
        RankedCreator(
            account=account,
            score=float(score[account]),
            interaction=float(interaction[account]),
            topic=None if np.isnan(topic[account]) else float(topic[account]),
            evidence=evidence,
        )
        for account, evidence in zip(ranked.tolist(), reasons, strict=True)
    ]


def _agreement(families: list[Family], reached: npt.NDArray[np.float32]) -> npt.NDArray[np.float64]:
    """Mean of log(1 + lift) inside a family, then over families by their weight."""
    total = np.zeros(len(reached))
    for family in families:
        voices = np.log1p(reached[:, family.voices], dtype=np.float32).mean(axis=1, dtype=np.float64)
        total += family.weight * voices
    return np.asarray(total / sum(family.weight for family in families))


def _topic(accounts: int, query: Query, parameters: Parameters) -> npt.NDArray[np.float64]:
    """log of relevance over the eligible accounts' mean: the same unit as a log lift; nan where unknown."""
    if query.relevance is None:
        return np.full(accounts, np.nan)
    relevance = np.clip(np.asarray(query.relevance, np.float64), 0, 1)
    considered = relevance if query.eligible is None else relevance[query.eligible]
    known = considered[~np.isnan(considered)]
    if len(known) == 0:
        return np.full(accounts, np.nan)
    floor = parameters.relevance_floor
    return np.asarray(np.log((relevance + floor) / (known.mean() + floor)))


def _best(graph: InteractionGraph, query: Query, score: npt.NDArray[np.float64]) -> npt.NDArray[np.int64]:
    wanted = np.ones(graph.accounts, bool) if query.eligible is None else np.asarray(query.eligible, bool).copy()
    if not query.return_seeds:
        wanted[list(query.seeds)] = False
    accounts = np.flatnonzero(wanted)
    limit = len(accounts) if query.limit is None else max(query.limit, 0)
    if limit < len(accounts):
        # ties at the border go to the smaller index, so keep every account that reaches it before sorting
        border = np.partition(-score[accounts], limit - 1)[limit - 1] if limit else -np.inf
        accounts = accounts[-score[accounts] <= border]
    order = np.lexsort((accounts, -score[accounts]))[:limit]
    return np.asarray(accounts[order], np.int64)


def _check(graph: InteractionGraph, query: Query) -> None:
    for name, values in (("relevance", query.relevance), ("eligible", query.eligible)):
        if values is not None and np.shape(values) != (graph.accounts,):
            raise ValueError(f"{name} must have one value per account")
    if any(not 0 <= seed < graph.accounts for seed in query.seeds):
        raise ValueError("a seed lies outside the graph")
