"""Why an account was ranked: its hashtags, its comments under the seeds, the commenters it shares with them."""

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
from scipy import sparse

from services.discovery.ranking.backbone import expected
from services.discovery.ranking.graph import InteractionGraph
from services.discovery.ranking.witnesses import Family

Ints = npt.NDArray[np.integer[Any]]

CONTACTS = 5  # accounts named per candidate
EDGES = 5  # strongest edges named per candidate


@dataclass(frozen=True, slots=True)
class HashtagUse:
    """Posts of this account with that hashtag of the brief."""

    hashtag: str
    uses: int


@dataclass(frozen=True, slots=True)
class Contact:
    """Comments between the candidate and one account of a family."""

    account: int
    given: int  # by the candidate, under that account's posts
    received: int  # by that account, under the candidate's posts


@dataclass(frozen=True, slots=True)
class Nearness:
    """What ties a candidate to one family: the seeds (hashtag None) or the users of one hashtag.

    Reads as "commented `given` times under `given_to` of your seeds; `shared_commenters` of her commenters also comment
    there". `lift` is how much more often than by chance (1) walks from the family come by, the geometric mean of 1 plus
    each voice's lift, minus 1; `reached_from` of `voices` came by more often than by chance.
    """

    hashtag: str | None
    members: int
    given: int
    given_to: int
    received: int
    received_from: int
    shared_commenters: int
    lift: float
    reached_from: int
    voices: int
    contacts: tuple[Contact, ...]  # most comments first


@dataclass(frozen=True, slots=True)
class Edge:
    """An edge of the candidate that carried most of the walk to it.

    `expected` is the number of comments that both accounts' activity would give by chance. `share` is the part of the
    candidate's lift that came along this edge and the one in the other direction, 0..1.
    """

    source: int
    target: int
    comments: int
    expected: float
    share: float


@dataclass(frozen=True, slots=True)
class Evidence:
    """Everything that speaks for or against one ranked account, in numbers that can be counted again."""

    hashtags: tuple[HashtagUse, ...]
    nearness: tuple[Nearness, ...]
    strongest: tuple[Edge, ...]
    commenters: int  # distinct accounts that commented under the candidate's posts
    circle_members: int  # accounts in the candidate's reciprocal circle, itself included; 0: in none
    circle_comments: int  # comments received from that circle
    comments: int  # comments received from anybody


def gather(
    graph: InteractionGraph,
    ranked: npt.NDArray[np.int64],
    families: list[Family],
    voices: npt.NDArray[np.float32],
    carried: npt.NDArray[np.float64],
) -> list[Evidence]:
    """Evidence of each ranked account: `voices`: its lift from each start; `carried`: the mean lift of everybody."""
    outgoing, incoming = graph.outgoing[ranked], graph.incoming[ranked]
    near = [_nearness(graph, ranked, outgoing, incoming, family, voices) for family in families]
    circles, sizes = np.unique(graph.circle[graph.circle >= 0], return_counts=True)
    size_of = dict(zip(circles.tolist(), sizes.tolist(), strict=True))
    asked = [family.hashtag for family in families if family.hashtag is not None]
    places = [graph.hashtags.index(name) for name in asked]
    uses = graph.uses[ranked][:, places].toarray() if places else np.zeros((len(ranked), 0), np.int64)
    everything = float(graph.commented.sum())
    found = []
    for row, account in enumerate(ranked.tolist()):
        circle = int(graph.circle[account])
        commenters, comments = _row(incoming, row)
        from_circle = comments[graph.circle[commenters] == circle].sum() if circle >= 0 else 0
        found.append(
            Evidence(
                hashtags=tuple(
                    HashtagUse(name, int(count)) for name, count in zip(asked, uses[row], strict=True) if count
                ),
                nearness=tuple(family[row] for family in near),
                strongest=_strongest(graph, account, carried, everything),
                commenters=len(commenters),
                circle_members=size_of.get(circle, 0),
                circle_comments=int(from_circle),
                comments=int(comments.sum()),
            )
        )
    return found


def _nearness(
    graph: InteractionGraph,
    ranked: npt.NDArray[np.int64],
    outgoing: sparse.csr_matrix,
    incoming: sparse.csr_matrix,
    family: Family,
    voices: npt.NDArray[np.float32],
) -> list[Nearness]:
    member = np.zeros(graph.accounts, bool)
    member[family.members] = True
    # how many of the family each account commented under: one is not enough if that one is the candidate itself
    commented = np.asarray(graph.incoming[family.members].astype(bool).sum(axis=0)).ravel()
    lift = voices[:, family.voices]
    mean = np.expm1(np.log1p(lift.astype(np.float64)).mean(axis=1))
    reached = (lift > 1).sum(axis=1)
    result = []
    for row, account in enumerate(ranked.tolist()):
        to, given = _row(outgoing, row)
        by, received = _row(incoming, row)
        to, given = to[member[to]], given[member[to]]
        shared = int((commented[by] > int(member[account])).sum())
        by, received = by[member[by]], received[member[by]]
        result.append(
            Nearness(
                hashtag=family.hashtag,
                members=len(family.members) - int(member[account]),
                given=int(given.sum()),
                given_to=len(to),
                received=int(received.sum()),
                received_from=len(by),
                shared_commenters=shared,
                lift=float(mean[row]),
                reached_from=int(reached[row]),
                voices=len(family.voices),
                contacts=_contacts(to, given, by, received),
            )
        )
    return result


def _contacts(to: Ints, given: Ints, by: Ints, received: Ints) -> tuple[Contact, ...]:
    wrote = dict(zip(to.tolist(), given.tolist(), strict=True))
    got = dict(zip(by.tolist(), received.tolist(), strict=True))
    contacts = [Contact(other, wrote.get(other, 0), got.get(other, 0)) for other in wrote.keys() | got.keys()]
    contacts.sort(key=lambda contact: (-contact.given - contact.received, contact.account))
    return tuple(contacts[:CONTACTS])


def _strongest(
    graph: InteractionGraph, account: int, carried: npt.NDArray[np.float64], everything: float
) -> tuple[Edge, ...]:
    others, chance = _row(graph.steps, account)
    flow = chance * carried[others]
    total = float(flow.sum())
    if total <= 0:
        return ()
    edges: list[Edge] = []
    for place in np.lexsort((others, -flow))[:EDGES]:
        other, share = int(others[place]), float(flow[place]) / total
        if share <= 0:
            break
        for source, target in ((account, other), (other, account)):
            to, given = _row(graph.outgoing, source)
            place_of = int(np.searchsorted(to, target))
            if place_of < len(to) and to[place_of] == target:
                comments = int(given[place_of])
                by_chance = float(expected(graph.commented[source], graph.received[target], everything))
                edges.append(Edge(source, target, comments, by_chance, share))
    return tuple(edges[:EDGES])


def _row(matrix: sparse.csr_matrix, row: int) -> tuple[npt.NDArray[Any], npt.NDArray[Any]]:
    part = slice(matrix.indptr[row], matrix.indptr[row + 1])
    return matrix.indices[part], matrix.data[part]
