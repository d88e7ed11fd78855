"""How many of the sampled commenters look real, as a prevalence that allows for the classifier's own mistakes."""

import math
from dataclasses import dataclass

from services.scoring.authenticity.account_model import Account, AccountModel, account_model
from services.scoring.authenticity.comments import MIN_PEOPLE
from services.scoring.evidence import Evidence, plausible
from services.scoring.statistics.intervals import FULL, Z90, share_width
from shared.schemas.evidence import Commenter


@dataclass(frozen=True, slots=True)
class Prevalence:
    """Share of accounts that look fake, 0 to 1, with a 90 % interval. `looked_at` could be judged, of `sampled`."""

    looked_at: int
    sampled: int
    called_fake: int
    share: float
    low: float
    high: float
    width_points: float


def account_of(commenter: Commenter, evidence: Evidence) -> Account:
    created = commenter.account_created_at
    return Account(
        followers=plausible(commenter.followers),
        following=plausible(commenter.following),
        posts=plausible(commenter.posts),
        has_bio=commenter.has_bio,
        has_avatar=commenter.has_avatar,
        age_days=None if created is None else evidence.age_days(created),
    )


def prevalence_of(called_fake: int, looked_at: int, model: AccountModel) -> tuple[float, float, float]:
    """Rogan and Gladen (1978): the share called fake, corrected for sensitivity and specificity, with its interval.

    The interval is Wilson's on the raw share, corrected by every corner of the ranges that the training sources span:
    where they disagree about the classifier, it is wide.
    """
    raw = called_fake / looked_at
    spread = Z90 * math.sqrt(raw * (1 - raw) / looked_at + Z90**2 / (4 * looked_at**2))
    scale = 1 + Z90**2 / looked_at
    middle = raw + Z90**2 / (2 * looked_at)
    corners = [(s, t) for s in model.sensitivity for t in model.specificity]
    low = min(_corrected((middle - spread) / scale, *corner) for corner in corners)
    high = max(_corrected((middle + spread) / scale, *corner) for corner in corners)
    point = _corrected(raw, sum(model.sensitivity) / 2, sum(model.specificity) / 2)
    return min(max(point, low), high), low, high


def _corrected(share: float, sensitivity: float, specificity: float) -> float:
    return min(1.0, max(0.0, (share + specificity - 1.0) / (sensitivity + specificity - 1.0)))


def prevalence(evidence: Evidence) -> Prevalence | None:
    """None when fewer than MIN_PEOPLE commenters' profiles are known well enough to be judged."""
    model = account_model()
    chances = [model.probability(account_of(commenter, evidence)) for commenter in evidence.commenters]
    judged = [chance for chance in chances if chance is not None]
    if len(judged) < MIN_PEOPLE:
        return None
    called = sum(chance < model.fake_below for chance in judged)
    share, low, high = prevalence_of(called, len(judged), model)
    weakest = model.sensitivity[0] + model.specificity[0] - 1.0
    # the sources' disagreement stays, however many are looked at
    width = min(FULL, (share_width(len(judged)) + FULL * (model.specificity[1] - model.specificity[0])) / weakest)
    return Prevalence(len(judged), len(evidence.commenters), called, share, low, high, width)
