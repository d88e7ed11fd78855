"""Reach stability: how many views a usual post gets for the followers there are, among peers."""

import math

from services.scoring import rates
from services.scoring.context import Context
from services.scoring.criterion import Criterion, Outcome, abstained, data_used, scored
from services.scoring.evidence import Evidence
from services.scoring.peers import tier_of
from services.scoring.statistics.intervals import median
from services.scoring.statistics.shrinkage import posterior


class ReachStability(Criterion):
    """Views per follower, shrunk towards peers, as a percentile. Grows with every post's views."""

    version = "1"
    title = "Reach stability"

    def assess(self, evidence: Evidence, context: Context) -> Outcome:
        observed = rates.views_per_follower(evidence)
        if observed is None:
            missing = "followers" if not evidence.followers else "views"
            return abstained(f"the number of {missing} is not known")
        platform, tier = evidence.bundle.creator.platform, tier_of(evidence.followers)
        peers = context.benchmarks.peers(platform, observed.measure, tier)
        if peers is None:
            return abstained(f"there is no benchmark of views on {platform}")
        found = posterior(observed.log_rates, peers)
        usual = math.exp(median(list(observed.log_rates)))
        reasons = [
            f"the median of {len(observed.posts)} posts has {usual:.2f} views per follower",
            f"drawn towards the peers' {peers.median_rate:.2f}, that is above {found.percentile:.0f} of 100 of them",
            f"peers from: {peers.source}",
        ]
        if len(observed.posts) >= 4:
            low, high = _quartiles(list(observed.log_rates))
            reasons.insert(1, f"the middle half of the posts lies between {low:.2f} and {high:.2f} views per follower")
        return scored(
            found.percentile,
            found.width,
            reasons,
            data_used=data_used(posts=len(observed.posts), times=[post.at for post in observed.posts]),
        )


def _quartiles(log_rates: list[float]) -> tuple[float, float]:
    ordered = sorted(log_rates)
    quarter = len(ordered) // 4
    return math.exp(ordered[quarter]), math.exp(ordered[-quarter - 1])


REACH_STABILITY = ReachStability()
