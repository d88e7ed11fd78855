"""How near accounts' own words are to a brief's topic: lexical, deterministic, and unknown where there are no words."""

import re
import unicodedata
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

_WORD = re.compile(r"[^\W_]+(?:'[^\W_]+)?")
_LINK = re.compile(r"https?://\S+|@\S+")
_UNSPACED = re.compile(r"[\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3040-\u30ff\u3400-\u9fff]")
BRIEF_WEIGHT = 2.0


@dataclass
class Words:
    """What one account wrote: counts of words over its posts and profile, and of those in posts on the topic."""

    all: Counter[str] = field(default_factory=Counter)
    on_topic: Counter[str] = field(default_factory=Counter)


def words_of(text: str) -> Iterable[str]:
    """Words in lower case without accents; scripts that do not space their words give pairs of characters."""
    plain = unicodedata.normalize("NFKD", _LINK.sub(" ", text).casefold())
    plain = "".join(character for character in plain if not unicodedata.combining(character))
    for match in _WORD.finditer(plain):
        word = match.group()
        if _UNSPACED.search(word) and len(word) > 2:
            yield from (word[place : place + 2] for place in range(len(word) - 1))
        elif len(word) > 1:
            yield word


def nearness(accounts: Sequence[Words], terms: Iterable[str]) -> npt.NDArray[np.float64]:
    """The cosine between each account's words and the topic's, 0..1; nan for accounts without words.

    Words weigh log(1 + times) * log(accounts / accounts that use the word), as in Salton and Buckley 1988. The topic is
    the brief's own terms, enlarged by the words of the posts that carry its hashtags or name its topics: relevance
    feedback (Rocchio 1971) with the posts on topic as relevant ones. All nan where neither has any word.
    """
    nobody = np.full(len(accounts), np.nan)
    spread = Counter(word for one in accounts for word in one.all)
    many = len(accounts)
    place = {word: number for number, word in enumerate(sorted(spread))}
    if not place:
        return nobody
    rarity = np.zeros(len(place))
    for word, number in place.items():
        rarity[number] = np.log((1 + many) / spread[word])
    topic = np.zeros(len(place))
    relevant = 0
    for one in accounts:
        if one.on_topic:
            part = _vector(one.on_topic, place, rarity)
            length = np.linalg.norm(part)
            if length:
                topic += part / length
                relevant += 1
    if relevant:
        topic /= relevant
    asked = _vector(Counter(word for term in terms for word in words_of(term)), place, rarity)
    length = np.linalg.norm(asked)
    if length:
        topic += BRIEF_WEIGHT * asked / length * (0.25 if relevant else 1.0)
    size = np.linalg.norm(topic)
    if not size:
        return nobody
    near = nobody
    for number, one in enumerate(accounts):
        known = [(place[word], times) for word, times in one.all.items() if word in place]
        if known:
            at = np.array([position for position, _ in known])
            weight = np.log1p(np.array([times for _, times in known], np.float64)) * rarity[at]
            near[number] = float(weight @ topic[at] / (np.linalg.norm(weight) * size))
        elif one.all:
            near[number] = 0.0
    return np.asarray(np.clip(near, 0, 1))


def _vector(counts: Counter[str], place: dict[str, int], rarity: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    vector = np.zeros(len(place))
    for word, times in counts.items():
        if word in place:
            vector[place[word]] = np.log1p(times) * rarity[place[word]]
    return vector
