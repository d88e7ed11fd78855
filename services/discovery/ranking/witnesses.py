"""Who speaks for a candidate: the seeds, and the users of each hashtag, in groups that get one voice each."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType

import numpy as np
import numpy.typing as npt
from scipy import sparse

from services.discovery.ranking.graph import InteractionGraph

Floats = npt.NDArray[np.float64]

VOICES = 16  # walks for all seeds together, and for all hashtags together
LEAST_INFORMATIVE = 0.05
_NOTHING_TOLD: Mapping[str, float] = MappingProxyType({})


@dataclass(frozen=True, slots=True)
class Family:
    """Witnesses of one kind: all seeds (hashtag None), or everybody who uses one hashtag of the brief.

    `voices` are columns of the start matrix. `weight` is how much the family tells, 0.05 to 1.
    """

    hashtag: str | None
    members: npt.NDArray[np.int64]
    voices: tuple[int, ...]
    weight: float


def call_witnesses(
    graph: InteractionGraph, seeds: Sequence[int], hashtags: Sequence[str], told: Mapping[str, float] = _NOTHING_TOLD
) -> tuple[list[Family], sparse.csr_matrix]:
    """The families, and the starts of their walks: one column per voice, summing to one.

    Every hashtag is a witness of its own, so that accounts near the users of both come before accounts near many users
    of one. Members of one reciprocal circle share a voice: a pod cannot outvote the others by all of it using the tag.
    """
    families: list[Family] = []
    columns: list[sparse.csr_matrix] = []

    def add(hashtag: str | None, members: npt.NDArray[np.int64], weights: Floats, voices: int, weight: float) -> None:
        voice = _voices(members, weights, graph.circle[members], voices)
        count = int(voice.max()) + 1
        matrix = sparse.csr_matrix((weights, (members, voice)), (graph.accounts, count))
        matrix = matrix @ sparse.diags(1 / np.asarray(matrix.sum(axis=0)).ravel())
        begin = sum(column.shape[1] for column in columns)
        families.append(Family(hashtag, members, tuple(range(begin, begin + count)), weight))
        columns.append(matrix)

    chosen = np.unique(np.asarray(list(seeds), dtype=np.int64))
    if len(chosen):
        add(None, chosen, np.ones(len(chosen)), VOICES, 1.0)
    known = {name: place for place, name in enumerate(graph.hashtags)}
    asked = [known[name] for name in sorted(set(hashtags)) if name in known]
    tagged = int((np.diff(graph.uses.indptr) > 0).sum())
    asked_uses = graph.uses[:, asked].tocsc()
    for number, place in enumerate(asked):
        column = asked_uses[:, [number]].tocoo()
        order = np.argsort(column.row)
        users, often = column.row[order].astype(np.int64), column.data[order]
        if len(users):
            add(
                graph.hashtags[place],
                users,
                _devotion(graph, users, often),
                max(2, VOICES // len(asked)),
                max(LEAST_INFORMATIVE, _informative(len(users), tagged) * told.get(graph.hashtags[place], 1.0)),
            )
    if not columns:
        return [], sparse.csr_matrix((graph.accounts, 0))
    return families, sparse.hstack(columns).tocsr()


def _devotion(
    graph: InteractionGraph, users: npt.NDArray[np.int64], often: npt.NDArray[np.int64]
) -> npt.NDArray[np.float64]:
    """How much an account stands for a hashtag: log(1 + uses) times the tag's share of all its hashtag uses.

    The logarithm tempers volume and the share tempers breadth, so accounts that hang every tag on every post weigh
    little (term frequency as in Salton and Buckley 1988, normalised by the account's own total).
    """
    total = np.asarray(graph.uses[users].sum(axis=1)).ravel()
    return np.asarray(np.log1p(often) * often / total, np.float64)


def _informative(users: int, tagged: int) -> float:
    """Inverse document frequency (Sparck Jones 1972) scaled to 0..1: a tag that everybody uses tells nothing."""
    return max(LEAST_INFORMATIVE, 1 - float(np.log1p(users) / np.log1p(tagged)))


def _voices(
    members: npt.NDArray[np.int64], weights: Floats, circle: npt.NDArray[np.int32], most: int
) -> npt.NDArray[np.int64]:
    """Deal the members out to at most `most` voices, heaviest first, circles kept together."""
    order = np.lexsort((members, -np.asarray(weights)))
    voice = np.empty(len(members), np.int64)
    taken: dict[int, int] = {}
    dealt = 0
    for place in order:
        group = int(circle[place])
        if group >= 0 and group in taken:
            voice[place] = taken[group]
            continue
        voice[place] = dealt % most
        if group >= 0:
            taken[group] = dealt % most
        dealt += 1
    return voice
