"""From the accounts that a search saw to its candidates: pure; reasons come as numbers and as words."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

import numpy as np
import numpy.typing as npt

from services.discovery.ranking.graph import InteractionGraph, build_graph
from services.discovery.ranking.rank import Query, RankedCreator, rank_creators, score_creators
from services.discovery.searches import expectation
from services.discovery.searches.relevance import Words, nearness
from services.discovery.searches.rule import Account, Reason, fails
from shared.schemas.brief import Brief
from shared.schemas.searches import SearchCreate

MAX_CANDIDATES = 10_000
# Far from the topic: next to no words in common, and met by the walks no more often than by chance.
FAR_BY_TEXT = 0.02
CHANCE = float(np.log(2.0))
CONTACTS = 5


@dataclass(frozen=True)
class Seen:
    """Everything that a ranking reads, in the order of `accounts`."""

    accounts: Sequence[Account]
    words: Sequence[Words]
    edges: Sequence[tuple[UUID, UUID, int, int]]  # who commented under whose posts, comments, distinct posts
    uses: Sequence[tuple[UUID, str, int]]  # who used which hashtag on how many posts
    never: frozenset[UUID] = frozenset()  # excluded accounts and the brand's own
    known: frozenset[UUID] = frozenset()  # partners already, where the search leaves these out
    keys: Mapping[str, str] = field(default_factory=dict)  # the brief's hashtags: key to spelling
    told: Mapping[str, float] = field(default_factory=dict)  # how much each of them tells, as far as that is known
    fans: frozenset[UUID] = frozenset()  # who talked to the brand: candidates however far from the topic


@dataclass(frozen=True)
class Found:
    """One candidate, best first."""

    account: Account
    ranked: RankedCreator
    relevance: float | None
    led_by: tuple[tuple[Account, int, int], ...]  # accounts nearer to the start: comments and posts under them


@dataclass(frozen=True)
class Outcome:
    """The candidates, best first, and why each of the other accounts is none; where the search began is neither."""

    found: list[Found]
    left_out: dict[UUID, Reason]


def find(seen: Seen, request: SearchCreate, now: datetime) -> Outcome:
    """Rank the accounts that may be candidates."""
    accounts = seen.accounts
    if not accounts:
        return Outcome([], {})
    failing = [_fails(one, seen, request, now) for one in accounts]
    graph, posts, query, relevance = _asked(seen, request, failing)
    found = []
    left_out = {
        one.id: reason or Reason.OUTRANKED for one, reason in zip(accounts, failing, strict=True) if not one.is_seed
    }
    for ranked in rank_creators(graph, query):
        near = relevance[ranked.account]
        if near < FAR_BY_TEXT and ranked.interaction <= CHANCE and accounts[ranked.account].id not in seen.fans:
            left_out[accounts[ranked.account].id] = Reason.FAR_FROM_TOPIC
            continue
        del left_out[accounts[ranked.account].id]
        found.append(
            Found(
                account=accounts[ranked.account],
                ranked=ranked,
                relevance=None if np.isnan(near) else float(near),
                led_by=_led_by(graph, posts, accounts, ranked.account),
            )
        )
    return Outcome(found, left_out)


def _fails(one: Account, seen: Seen, request: SearchCreate, now: datetime) -> Reason | None:
    return fails(one, brief=request.brief, filters=request.filters, never=seen.never, known=seen.known, now=now)


@dataclass(frozen=True)
class Standing:
    """What the search knows of each account now, in the order of `Seen.accounts`, in ten-thousandths."""

    near: npt.NDArray[np.int64]
    worth: npt.NDArray[np.int64]


def standing(seen: Seen, request: SearchCreate, now: datetime) -> Standing:
    """How near every account is to the brief, and what it is worth: by the scores of the ranking."""
    if not seen.accounts:
        return Standing(np.zeros(0, np.int64), np.zeros(0, np.int64))
    graph, _, query, _ = _asked(seen, request, [_fails(one, seen, request, now) for one in seen.accounts])
    eligible = np.asarray(query.eligible)
    near = expectation.nearness(score_creators(graph, query).score, eligible)
    counted = np.array([one.followers is not None for one in seen.accounts])
    spoken_to = np.minimum(np.diff(graph.outgoing.indptr), 3)
    hops = np.array([min(one.hop, 1) for one in seen.accounts])
    return Standing(near, expectation.worth(near, eligible, counted, hops * 4 + spoken_to))


def _asked(
    seen: Seen, request: SearchCreate, failing: Sequence[Reason | None]
) -> tuple[InteractionGraph, dict[tuple[int, int], int], Query, npt.NDArray[np.float64]]:
    accounts = seen.accounts
    place = {one.id: number for number, one in enumerate(accounts)}
    graph, posts = _graph(seen, place)
    relevance = nearness(seen.words, _terms(request.brief))
    eligible = np.array([reason is None for reason in failing])
    query = Query(
        seeds=[number for number, one in enumerate(accounts) if one.is_seed],
        hashtags=list(seen.keys) if request.hashtags else [],
        told=seen.told,
        relevance=relevance,
        eligible=eligible,
        limit=MAX_CANDIDATES,
    )
    return graph, posts, query, relevance


def _graph(seen: Seen, place: Mapping[UUID, int]) -> tuple[InteractionGraph, dict[tuple[int, int], int]]:
    edges = [
        (place[source], place[target], comments, posts)
        for source, target, comments, posts in seen.edges
        if source in place and target in place
    ]
    edges.sort()
    columns: list[Any] = [np.array(column, np.int64) for column in zip(*edges, strict=True)] or [[], [], [], []]
    uses = sorted((place[one], key, times) for one, key, times in seen.uses if one in place)
    names = sorted({key for _, key, _ in uses})
    number = {key: at for at, key in enumerate(names)}
    graph = build_graph(
        accounts=len(seen.accounts),
        source=columns[0],
        target=columns[1],
        comments=columns[2],
        posts=columns[3],
        hashtags=names,
        use_account=np.array([one for one, _, _ in uses], np.int64),
        use_hashtag=np.array([number[key] for _, key, _ in uses], np.int64),
        uses=np.array([times for _, _, times in uses], np.int64),
    )
    return graph, {(source, target): posts for source, target, _, posts in edges}


def _led_by(
    graph: InteractionGraph, posts: Mapping[tuple[int, int], int], accounts: Sequence[Account], account: int
) -> tuple[tuple[Account, int, int], ...]:
    """Under whom the candidate commented, accounts nearer to the start first, then by comments."""
    part = slice(graph.outgoing.indptr[account], graph.outgoing.indptr[account + 1])
    rows = [
        (accounts[other], int(comments), posts[account, int(other)])
        for other, comments in zip(graph.outgoing.indices[part], graph.outgoing.data[part], strict=True)
    ]
    rows.sort(key=lambda row: (row[0].hop, -row[1], row[0].handle or "", str(row[0].id)))
    return tuple(rows[:CONTACTS])


def _terms(brief: Brief) -> list[str]:
    interests = [term for segment in brief.audience.segments for term in segment.interests]
    return [*brief.topics, *interests, *brief.issues]


def reasons(found: Found, keys: Mapping[str, str]) -> list[str]:
    """The evidence path in words, with the numbers that can be counted again."""
    lines = [
        f"posted #{keys.get(use.hashtag, use.hashtag)} {_times(use.uses)}" for use in found.ranked.evidence.hashtags
    ]
    for near in found.ranked.evidence.nearness:
        whose = (
            "of your seeds" if near.hashtag is None else f"accounts that post #{keys.get(near.hashtag, near.hashtag)}"
        )
        if near.given:
            lines.append(f"commented {_times(near.given)} under {near.given_to} {whose}")
        if near.received:
            lines.append(f"{near.received_from} {whose} commented {_times(near.received)} there")
        if near.shared_commenters:
            lines.append(f"{near.shared_commenters} of their commenters also comment under {whose.removeprefix('of ')}")
    if not any(near.given for near in found.ranked.evidence.nearness):
        for one, comments, _ in found.led_by[:2]:
            name = f"@{one.handle}" if one.handle else "an account"
            lines.append(f"commented {_times(comments)} under {name}, {_distance(one.hop)}")
    return lines[:12]


def _distance(hop: int) -> str:
    return "where the search began" if hop == 0 else f"{hop} {'step' if hop == 1 else 'steps'} from where it began"


def _times(count: int) -> str:
    return "once" if count == 1 else f"{count} times"
