"""Empirical Bayes for rates on a log scale: few posts are drawn towards the creator's peers, many speak for themselves.

Normal model: a creator's mean log rate is normal around the peers' mean (sd `between`), a post's log rate is normal
around the creator's mean (sd `within`). Efron and Morris (1975), "Data analysis using Stein's estimator".
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from statistics import NormalDist

from services.scoring.statistics.intervals import median, normal_cdf, percentile_width

# Log rates further from the creator's median than this many within-sds are pulled in: one viral post is no habit.
CLIP = 2.5
# Degrees of freedom of the predictive distribution.
TAILS = 12.0


@dataclass(frozen=True, slots=True)
class Peers:
    """The distribution that a creator is compared with: mean and spreads of the log rate; where it was learned."""

    mean: float
    between: float
    within: float
    creators: int
    source: str

    @property
    def median_rate(self) -> float:
        return math.exp(self.mean)


@dataclass(frozen=True, slots=True)
class Posterior:
    """What is known of a creator's mean log rate; `percentile` among peers with the width of its 90 % interval."""

    mean: float
    sd: float
    raw: float
    percentile: float
    width: float

    @property
    def rate(self) -> float:
        return math.exp(self.mean)


def log_rate(count: float, base: float) -> float:
    """The log of `count` interactions per `base` followers or views (above 0); a half is added so that 0 has a log."""
    return math.log((count + 0.5) / base)


def clipped(values: Sequence[float], *, within: float) -> list[float]:
    """Values pulled in to at most CLIP within-sds from their median; each grows when any of the inputs grows."""
    middle = median(list(values))
    reach = CLIP * within
    return [min(max(value, middle - reach), middle + reach) for value in values]


def posterior(log_rates: Sequence[float], peers: Peers) -> Posterior:
    """The posterior of a creator's mean log rate, from one observation up; it grows with each of them.

    Posts weigh the same: weights by how much was counted would draw a post back to the peers when it loses a like,
    and so could raise the mean.
    """
    values = clipped(log_rates, within=peers.within)
    raw = math.fsum(values) / len(values)
    prior = 1.0 / (peers.between * peers.between)
    precision = len(values) / (peers.within * peers.within)
    mean = (prior * peers.mean + precision * raw) / (prior + precision)
    sd = math.sqrt(1.0 / (prior + precision))
    percentile = 100.0 * normal_cdf((mean - peers.mean) / peers.between)
    return Posterior(mean, sd, raw, percentile, percentile_width(sd, peers.between))


def posterior_width(posts: int, peers: Peers) -> float:
    """The width of `posterior` over so many posts: it hangs on their number alone."""
    precision = 1.0 / (peers.between * peers.between) + posts / (peers.within * peers.within)
    return percentile_width(math.sqrt(1.0 / precision), peers.between)


def predictive(found: Posterior, peers: Peers, *, level: float, posts: int = 1) -> tuple[float, float]:
    """An interval for the mean log rate of the creator's next `posts` posts.

    Posts have heavier tails than the normal distribution: the quantile is Student's, after Cornish and Fisher.
    """
    sd = math.sqrt(found.sd * found.sd + peers.within * peers.within / posts)
    z = NormalDist().inv_cdf(0.5 + level / 2)
    first = (z**3 + z) / 4
    second = (5 * z**5 + 16 * z**3 + 3 * z) / 96
    reach = (z + first / TAILS + second / TAILS**2) * sd
    return found.mean - reach, found.mean + reach
