"""What a step is expected to bring, learned during the search from what such steps brought so far: pure.

Steps are grouped in arms, each a path from the general to the special: `comments/n3/s0/t` are conversations under posts
of authors near to the brief, none of whose conversations was read, under posts with one of its hashtags. What the steps
of an arm bring is taken as Poisson, with a rate per unit of exposure: a call, or for conversations a comment that is to
be read. With a Gamma prior of mean m and the weight of s units, and a worth of w seen in e units, the rate's posterior
is Gamma(s m + w, s + e) (Gelman and others 2013, Bayesian Data Analysis, section 2.6). The prior of an arm is the
posterior mean of the more general one, so that few observations say little and many say everything.

A step is priced at the posterior's mean plus one standard deviation: optimism where little is known (Lai and Robbins
1985, Advances in Applied Mathematics 6), with no random number in it. Worths are whole numbers, so that no sum depends
on the order of its rows: the same committed state always names the same next step.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from math import sqrt

import numpy as np
import numpy.typing as npt

UNIT = 10_000
"""A creator who is surely near to the brief and surely in its follower band."""

# How much of a creator's worth each kind of step brings: that somebody is there, is in the band, and publishes.
FOUND, COUNTED, READ = 0.5, 0.3, 0.2
FREE, NAMED = 2_000_000.0, 1_000_000.0
"""Priorities of steps that cost no quota, and of what the brief itself names; above all that is learned."""

_BEST = 50
_NEAR = (500, 3_000, 6_000)
_MOST_COMMENTS, _USUAL_COMMENTS, _USUAL_CALLS = 100, 5, 4
_MOST_READ = 3
_POSTS_OPENED = 3

# Prior rates, and the exposure that each weighs; then by what factor the more special arms differ before anything is
# known: conversations under near authors hold near commenters, and so do those where the search began.
_PRIORS = {"hashtag": (4.0, 1.0), "comments": (0.05, 20.0)}
_TILT = {"n3": 2.0, "n2": 1.2, "n1": 0.6, "n0": 0.2, "h0": 1.0, "h1": 0.5, "h2": 0.3, "h3": 0.2}
PLACES = tuple(_TILT)


@dataclass(frozen=True, slots=True)
class Yield:
    """What the steps of an arm had to read, in units of exposure, and what it was worth, in ten-thousandths."""

    exposure: int
    worth: int


class Yields:
    """What each arm of one source brought so far; a general arm is the sum of its special ones."""

    def __init__(self, arms: Mapping[str, Yield]) -> None:
        self.arms = arms
        self._sums: dict[str, Yield] = defaultdict(lambda: Yield(0, 0))
        for arm, brought in arms.items():
            parts = arm.split("/")
            for depth in range(1, len(parts) + 1):
                prefix = "/".join(parts[:depth])
                so_far = self._sums[prefix]
                self._sums[prefix] = Yield(so_far.exposure + brought.exposure, so_far.worth + brought.worth)

    def rate(self, arm: str) -> float:
        """Worth that a step of the arm is expected to bring per unit of exposure: an upper estimate, in creators."""
        parts = arm.split("/")
        mean, strength = _PRIORS[parts[0]]
        alpha, beta = mean * strength, strength
        for depth in range(1, len(parts) + 1):
            known = self._sums.get("/".join(parts[:depth]), Yield(0, 0))
            mean *= _TILT.get(parts[depth - 1], 1.0) if depth > 1 else 1.0
            alpha, beta = strength * mean + known.worth / UNIT, strength + known.exposure
            mean = alpha / beta
        return mean + sqrt(alpha) / beta

    def prices(self, hashtags: Iterable[str]) -> dict[str, float]:
        """For every arm the priority of its steps per unit of exposure: creators found per call."""
        found = {f"hashtag/{tag}": FOUND * self.rate(f"hashtag/{tag}") for tag in hashtags}
        for place in PLACES:
            for read in range(_MOST_READ + 1):
                for tagged in "tp":
                    arm = f"comments/{place}/s{read}/{tagged}"
                    found[arm] = FOUND * self.rate(arm)
            # a feed brings nobody, and opens conversations: so many calls more for what those bring
            calls = self.arms.get(f"calls/{place}", Yield(0, 0)).exposure
            read_there = self._sums.get(f"comments/{place}", Yield(0, 0)).exposure
            usual = (_USUAL_COMMENTS * _USUAL_CALLS + read_there) / (_USUAL_CALLS + calls)
            share = _POSTS_OPENED / (_POSTS_OPENED + 1)
            found[f"author_posts/{place}/open"] = share * usual * found[f"comments/{place}/s0/p"]
            found[f"author_posts/{place}/end"] = 0.0
        return found


def exposure_of(comments: int | None) -> int:
    """How many comments a call is likely to show of so many; unknown: a usual number."""
    return _USUAL_COMMENTS if comments is None else min(max(comments, 1), _MOST_COMMENTS)


def guess(yields: Mapping[str, Yield], hop: int) -> int:
    """What an account is worth that no ranking has seen yet, in ten-thousandths: like others at its distance."""
    prior = 4_000 if hop == 0 else 800
    known = yields.get("new/0" if hop == 0 else "new/1", Yield(0, 0))
    return (5 * prior + known.worth) // (5 + known.exposure)


def nearness(score: npt.NDArray[np.float64], eligible: npt.NDArray[np.bool_]) -> npt.NDArray[np.int64]:
    """How near accounts are to the brief, in ten-thousandths: their score as a share of the mean of the best 50."""
    best = np.sort(score[eligible])[::-1][:_BEST]
    top = float(best.mean()) if len(best) else 0.0
    if top <= 0:
        return np.zeros(len(score), np.int64)
    return np.asarray(np.round(np.clip(score / top, 0.0, 1.0) * UNIT), np.int64)


def worth(
    near: npt.NDArray[np.int64],
    eligible: npt.NDArray[np.bool_],
    counted: npt.NDArray[np.bool_],
    group: npt.NDArray[np.int64],
) -> npt.NDArray[np.int64]:
    """What each account is worth, in ten-thousandths; 0 where something known fails the candidate rule.

    Where the followers are not known (`counted` is false), nearness times the share of those of its `group` whose
    profile was seen and who may be candidates, with a Beta(1, 3) prior.
    """
    found = np.where(eligible, near, 0)
    for one in np.unique(group[~counted]):
        here = (group == one) & counted
        share = (1 + int((here & eligible).sum())) / (4 + int(here.sum()))
        hidden = (group == one) & ~counted
        found[hidden] = np.round(found[hidden] * share).astype(np.int64)
    return np.asarray(found, np.int64)


def due(*, steps_done: int, learned_at: int | None, members: int) -> bool:
    """Whether to learn again: every ten steps at first, more rarely the longer the search and the larger its graph."""
    since = steps_done - (learned_at or 0)
    return since >= max(10, (learned_at or 0) // 10, members // 2_000)


def bounds() -> list[int]:
    """Between them lie the four places `n0` to `n3` of an account, by its nearness."""
    return list(_NEAR)
