"""What one candidate brings to a portfolio: its reach, its people as hashes, what limits count it by."""

import hashlib
import math
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from services.scoring import rates
from services.scoring.authenticity.combined import authenticity
from services.scoring.context import Context
from services.scoring.criteria.audience_fit import AUDIENCE_FIT
from services.scoring.criteria.niche_focus import GENERIC_HASHTAGS
from services.scoring.criterion import MICRO
from services.scoring.evidence import Evidence
from services.scoring.peers import tier_of
from services.scoring.portfolios.select import Option
from services.scoring.statistics.intervals import median
from shared.schemas.evidence import EvidenceBundle

_HASH_BITS = 64
# More people than this are sampled by their hash, the same ones in every audience.
MAX_PEOPLE = 400_000
# An audience of which nothing says how much of it is real or fits counts with these shares.
_REAL_UNKNOWN, _FIT_UNKNOWN = 0.7, 0.5


@dataclass(frozen=True, slots=True)
class Audience:
    """A candidate's audience. `reach` people of the target audience that look real see a usual post (an estimate);
    `people` are 64-bit hashes of those whose comments were sampled. `notes` say what had to be assumed."""

    reach: float
    people: tuple[int, ...]
    followers: int | None
    groups: frozenset[tuple[str, str]]
    notes: tuple[str, ...]


def audience_of(bundle: EvidenceBundle, context: Context) -> Audience | None:
    """None when neither views nor followers are known: no reach can be estimated."""
    evidence = Evidence(bundle)
    notes = []
    observed = rates.views_per_follower(evidence)
    followers = evidence.followers
    if observed is not None and followers:
        reach = followers * math.exp(median(list(observed.log_rates)))
    elif followers:
        peers = context.benchmarks.peers(bundle.creator.platform, rates.VIEWS_PER_FOLLOWER, tier_of(followers))
        reach = followers * (peers.median_rate if peers is not None else 0.1)
        notes.append("views are not known: the usual share of followers is assumed")
    else:
        return None
    real = authenticity(evidence)
    if real.prevalence is not None:
        reach *= 1.0 - real.prevalence.share
    else:
        reach *= _REAL_UNKNOWN
        notes.append(f"how much of the audience is real is not known: {_REAL_UNKNOWN:.0%} are assumed")
    if context.terms.asked_segments:
        fit = AUDIENCE_FIT.assess(evidence, context)
        if fit.value is not None:
            reach *= fit.value / (100 * MICRO)
        else:
            reach *= _FIT_UNKNOWN
            notes.append(f"how much of the audience fits is not known: {_FIT_UNKNOWN:.0%} are assumed")
    people = tuple(sorted({person_hash(commenter.pseudonym) for commenter in evidence.commenters}))
    if not people:
        notes.append("no commenters were sampled: overlaps are not known and none is assumed")
    return Audience(round(reach, 6), people, followers, _groups(evidence), tuple(notes))


def person_hash(pseudonym: str) -> int:
    """64 bits that are the same for one person in every audience."""
    return int.from_bytes(hashlib.blake2b(pseudonym.encode(), digest_size=_HASH_BITS // 8).digest(), "big")


def _groups(evidence: Evidence) -> frozenset[tuple[str, str]]:
    creator = evidence.bundle.creator
    found = {("platform", creator.platform)}
    if creator.country:
        found.add(("country", creator.country))
    if creator.language:
        found.add(("language", creator.language.partition("-")[0]))
    tags = Counter(tag for post in evidence.posts for tag in post.tags - GENERIC_HASHTAGS)
    if tags:
        found.add(("topic", min(tags, key=lambda tag: (-tags[tag], tag))))
    return frozenset(found)


@dataclass(frozen=True, slots=True)
class Sketches:
    """Options over sampled people. `rate` of the people are in; the relative standard error of a total is stated."""

    options: tuple[Option, ...]
    rate: float
    relative_error: float


def sketches(audiences: Sequence[tuple[Audience, int, int]], *, max_people: int = MAX_PEOPLE) -> Sketches:
    """Options of (audience, cost, product units) triples, numbered in their order.

    People are sampled by their hash, so that two audiences keep the same of their common ones (coordinated sampling,
    Cohen and Kaplan 2007). Each stands for an equal part of its creator's reach.
    """
    everyone = len({person for audience, _, _ in audiences for person in audience.people})
    rate = 1.0 if everyone <= max_people else max_people / everyone
    limit = int(rate * 2**_HASH_BITS)
    numbers: dict[int, int] = {}
    options = []
    for index, (audience, cost, units) in enumerate(audiences):
        kept = [person for person in audience.people if person < limit]
        people: Mapping[int, float] = {}
        if kept:
            weight = audience.reach / len(kept)
            people = {numbers.setdefault(person, len(numbers)): weight for person in kept}
        options.append(Option(index, cost, units, dict(people), 0.0 if kept else audience.reach, audience.groups))
    # a share seen among n sampled people has a standard error of at most 1 / (2 sqrt n); relative to the whole
    return Sketches(tuple(options), rate, 1.0 / math.sqrt(max(1, len(numbers))))
