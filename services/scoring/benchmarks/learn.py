"""Learning benchmarks from what the workspace's creators showed, over the shipped priors (empirical Bayes)."""

import math
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from services.scoring import rates
from services.scoring.evidence import Evidence
from services.scoring.peers import ANY, Benchmarks, shipped, tier_of
from services.scoring.statistics.shrinkage import Peers, clipped
from shared.schemas.evidence import EvidenceBundle

# The shipped prior speaks as loudly as this many creators, its within-spread as this many posts beyond the first.
PRIOR_CREATORS = 20
PRIOR_POSTS = 100
# Fewer creators than this make no cell of their own.
MIN_CREATORS = 5


@dataclass(frozen=True, slots=True)
class Observation:
    """One creator's log rates in short: their mean, their variance (None for one post) and how many there were."""

    creator_id: UUID
    platform: str
    measure: str
    tier: str
    mean: float
    variance: float | None
    posts: int
    observed_at: datetime
    expires_at: datetime


def observe(bundle: EvidenceBundle) -> list[Observation]:
    """What one bundle adds to the benchmarks."""
    evidence = Evidence(bundle)
    platform, tier = bundle.creator.platform, tier_of(evidence.followers)
    found = []
    for observed in (*rates.engagement(evidence), rates.views_per_follower(evidence)):
        if observed is None:
            continue
        prior = shipped().peers(platform, observed.measure, tier)
        if prior is None:
            continue
        values = clipped(observed.log_rates, within=prior.within)
        count = len(values)
        mean = math.fsum(values) / count
        variance = math.fsum((value - mean) ** 2 for value in values) / (count - 1) if count > 1 else None
        found.append(
            Observation(
                bundle.creator.id, platform, observed.measure, tier, round(mean, 6),
                None if variance is None else round(variance, 6), count, bundle.observed_at, bundle.expires_at,
            )
        )  # fmt: skip
    return found


def learn(observations: Iterable[Observation]) -> Benchmarks:
    """Benchmarks of the workspace: every shipped cell, and a learned one per platform and tier with enough creators."""
    priors = shipped()
    by_platform: dict[tuple[str, str], list[Observation]] = defaultdict(list)
    for observation in observations:
        by_platform[observation.platform, observation.measure].append(observation)
    cells = dict(priors.cells)
    for (platform, measure), group in sorted(by_platform.items()):
        prior = priors.peers(platform, measure, ANY)
        if prior is None or len(group) < MIN_CREATORS:
            continue
        within = _within(group, prior)
        whole = _cell(group, prior, within, f"{platform}, all sizes")
        cells[platform, measure, ANY] = whole
        by_tier: dict[str, list[Observation]] = defaultdict(list)
        for observation in group:
            by_tier[observation.tier].append(observation)
        for tier, members in sorted(by_tier.items()):
            if len(members) >= MIN_CREATORS:
                # a tier leans on its platform's prior for that size, with the platform's own within-spread
                base = priors.peers(platform, measure, tier) or whole
                cells[platform, measure, tier] = _cell(members, base, within, f"{platform}, {tier}")
    return Benchmarks(cells)


def _within(group: Sequence[Observation], prior: Peers) -> float:
    """Pooled standard deviation of posts around their creator."""
    weights = [(one.posts - 1, one.variance) for one in group if one.variance is not None]
    freedom = PRIOR_POSTS + sum(weight for weight, _ in weights)
    total = PRIOR_POSTS * prior.within**2 + math.fsum(sorted(weight * variance for weight, variance in weights))
    return math.sqrt(total / freedom)


def _cell(group: Sequence[Observation], prior: Peers, within: float, where: str) -> Peers:
    count = len(group)
    weight = PRIOR_CREATORS + count
    mean = (PRIOR_CREATORS * prior.mean + math.fsum(sorted(one.mean for one in group))) / weight
    # the spread of the observed means is the creators' own plus the noise of their few posts
    noise = [within * within / one.posts for one in group]
    spread = math.fsum(sorted((one.mean - mean) ** 2 - extra for one, extra in zip(group, noise, strict=True)))
    between2 = (PRIOR_CREATORS * prior.between**2 + spread) / weight
    return Peers(
        mean=round(mean, 6),
        between=round(math.sqrt(max(between2, 0.04)), 6),
        within=round(max(within, 0.05), 6),
        creators=count,
        source=f"{count} creators of this workspace ({where}) over: {prior.source}",
    )
