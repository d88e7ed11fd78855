"""Engagement: how actively the audience reacts, as a percentile among creators of the same platform and size."""

import math
from collections.abc import Sequence

from services.scoring import rates
from services.scoring.context import Context
from services.scoring.criterion import Criterion, Outcome, abstained, data_used, scored
from services.scoring.evidence import Evidence, PostView
from services.scoring.peers import UNKNOWN_TIER, tier_of
from services.scoring.rates import Observed
from services.scoring.statistics.intervals import median
from services.scoring.statistics.shrinkage import Peers, posterior, posterior_width

_MIN_FOR_TREND = 8


class Engagement(Criterion):
    """Likes, comments (and shares, reposts, quotes, saves where known) per follower or per view, shrunk towards the
    peers' mean (empirical Bayes). Of the two denominators it takes the one that leaves less open. Grows with every
    interaction it reads."""

    version = "2"
    title = "Engagement"

    def assess(self, evidence: Evidence, context: Context) -> Outcome:
        measured = rates.engagement(evidence)
        if not measured:
            return abstained(_why_not(evidence))
        platform, tier = evidence.bundle.creator.platform, tier_of(evidence.followers)
        placed = [
            (_width(observed, peers, tier, context.benchmarks.sizes(platform, observed.measure)), observed, peers)
            for observed in measured
            if (peers := context.benchmarks.peers(platform, observed.measure, tier)) is not None
        ]
        if not placed:
            return abstained(f"there is no benchmark for {measured[0].measure} on {platform}")
        width, observed, peers = min(placed, key=lambda entry: entry[0])
        found = posterior(observed.log_rates, peers)
        base = "views" if observed.measure == rates.BY_VIEWS else "followers"
        count = len(observed.posts)
        react = f"{_percent(math.exp(found.raw))} of {base} react per post"
        counted = f"{', '.join(observed.counted)}; comments, shares and saves count twice"
        drawn = f"drawn towards the peers' median of {_percent(peers.median_rate)}: {_percent(found.rate)}"
        reasons = [
            f"{react} ({count} posts; {counted})",
            f"{drawn}, more than {found.percentile:.0f} of 100 {_peer_words(platform, tier, peers.creators)}",
            f"{observed.comments} comments to {observed.likes} likes",
            f"peers from: {peers.source}",
        ]
        reasons.extend(_trend(observed.posts, observed.log_rates))
        best = sorted(zip(observed.log_rates, observed.posts, strict=True), key=lambda pair: -pair[0])[:3]
        return scored(
            found.percentile,
            width,
            reasons,
            evidence=(post.link(f"{_percent(math.exp(rate))} of {base}") for rate, post in best),
            data_used=data_used(posts=count, times=[post.at for post in observed.posts]),
        )


def _width(observed: Observed, peers: Peers, tier: str, sizes: Sequence[Peers]) -> float:
    """Of a creator of unknown size nobody knows among whom to place it: the widest that could be right."""
    possible = sizes if tier == UNKNOWN_TIER else [peers]
    return max(posterior_width(len(observed.log_rates), one) for one in possible)


def _why_not(evidence: Evidence) -> str:
    if not evidence.posts:
        return "no posts were read"
    if not evidence.followers and not any(post.post.counts.views.known for post in evidence.posts):
        return "neither the number of followers nor of views is known"
    return f"no post of {len(evidence.posts)} has both its likes and its comments known"


def _peer_words(platform: str, tier: str, creators: int) -> str:
    size = "any size" if tier == "unknown" else f"the tier {tier}"
    return f"{f'{creators} ' if creators else ''}creators of {size} on {platform}"


def _percent(rate: float) -> str:
    return f"{100 * rate:.2f} %"


def _trend(posts: Sequence[PostView], log_rates: Sequence[float]) -> list[str]:
    """The newer half against the older half of the dated posts; shown, not scored."""
    dated = [rate for post, rate in zip(posts, log_rates, strict=True) if post.at is not None]
    if len(dated) < _MIN_FOR_TREND:
        return []
    half = len(dated) // 2
    change = math.exp(median(dated[:half]) - median(dated[-half:])) - 1
    return [f"trend: the newer half of the posts does {change:+.0%} against the older half"]


ENGAGEMENT = Engagement()
