"""Growth anomalies: days on which a creator's followers jumped, with the likely cause."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from itertools import pairwise

from services.scoring.evidence import Evidence, plausible
from services.scoring.statistics.intervals import median

MIN_SNAPSHOTS = 14
# A jump is this many robust standard deviations above the usual day, and this share of the followers before it.
_DEVIATIONS = 6.0
_MIN_SHARE = 0.02
_MAD_TO_SD = 1.4826
# A post goes viral when it has this many times the creator's median of interactions.
_VIRAL = 5.0
_BEFORE_DAYS, _AFTER_DAYS = 3.0, 1.0


class Cause(StrEnum):
    """Why followers jumped, as far as the evidence tells."""

    VIRAL_POST = "viral_post"
    GIVEAWAY = "giveaway"
    BOUGHT = "bought"
    UNEXPLAINED = "unexplained"


@dataclass(frozen=True, slots=True)
class Jump:
    """One anomaly: until when, how many followers more than usual, what share of those before, and why."""

    at: datetime
    gained: int
    share: float
    cause: Cause
    reason: str


@dataclass(frozen=True, slots=True)
class Growth:
    """What the snapshots show; `days` is the time they span."""

    snapshots: int
    days: float
    jumps: tuple[Jump, ...]

    @property
    def bought_share(self) -> float:
        """Followers that came in jumps without a cause, as a share of those there were; 0 to 1."""
        return min(1.0, math.fsum(jump.share for jump in self.jumps if jump.cause is Cause.BOUGHT))


def growth(evidence: Evidence) -> Growth | None:
    """None for fewer than MIN_SNAPSHOTS known counts of followers; missing days are gaps, not zeros."""
    series = sorted(
        {
            snapshot.at: value
            for snapshot in sorted(evidence.bundle.snapshots, key=lambda one: (one.at, one.count.value or -1))
            if snapshot.metric == "followers"
            and evidence.time(snapshot.at) is not None
            and (value := plausible(snapshot.count)) is not None
        }.items()
    )
    if len(series) < MIN_SNAPSHOTS:
        return None
    steps = [
        ((later - earlier).total_seconds() / 86_400, after - before)
        for (earlier, before), (later, after) in pairwise(series)
    ]
    rates = [gain / max(days, 1e-3) for days, gain in steps]
    usual = median(rates)
    spread = _MAD_TO_SD * median([abs(rate - usual) for rate in rates])
    # followers are whole: a quiet account's spread of 0 would make a jump of every new one
    limit = usual + _DEVIATIONS * max(spread, 1.0, 0.001 * series[0][1])
    jumps = []
    for index, (rate, (days, gain)) in enumerate(zip(rates, steps, strict=True)):
        extra = gain - usual * days
        before = series[index][1]
        if rate > limit and extra > _MIN_SHARE * max(before, 1):
            at = series[index + 1][0]
            cause, reason = _cause(evidence, series, index, at, extra)
            jumps.append(Jump(at, round(extra), min(1.0, extra / max(before, 1)), cause, reason))
    span = (series[-1][0] - series[0][0]).total_seconds() / 86_400
    return Growth(len(series), span, tuple(jumps))


def _cause(
    evidence: Evidence, series: Sequence[tuple[datetime, int]], index: int, at: datetime, extra: float
) -> tuple[Cause, str]:
    near = [
        post
        for post in evidence.posts
        if post.at is not None and -_AFTER_DAYS <= (at - post.at).total_seconds() / 86_400 <= _BEFORE_DAYS
    ]
    giveaway = next((post for post in near if post.giveaway), None)
    if giveaway is not None:
        return Cause.GIVEAWAY, "a giveaway was posted in the days before"
    measured = {
        post.post.id: likes + 2 * (plausible(post.post.counts.comments) or 0)
        for post in evidence.posts
        if (likes := plausible(post.post.counts.likes)) is not None
    }
    if not measured:
        return Cause.UNEXPLAINED, "no post's reactions are known, so nothing can be compared"
    typical = max(1.0, median([float(count) for count in measured.values()]))
    best = max((measured[post.post.id] for post in near if post.post.id in measured), default=0)
    if best >= _VIRAL * typical:
        return Cause.VIRAL_POST, f"a post of those days has {best / typical:.0f} times the usual reactions"
    if not evidence.bundle.sampling.posts_complete and not near:
        return Cause.UNEXPLAINED, "not all posts of those days were read"
    later = series[index + 2 :]
    lost = series[index + 1][1] - min((count for _, count in later), default=series[index + 1][1])
    drop = f", and {lost / extra:.0%} of them left again" if lost > 0.1 * extra else ""
    return Cause.BOUGHT, f"no post of those days explains it{drop}"
