"""Authenticity in its parts: the account, the audience and its comments, pods, growth; each with value and width."""

from collections.abc import Sequence
from dataclasses import dataclass

from services.scoring.authenticity.account_model import Account, account_model
from services.scoring.authenticity.audience import Prevalence, prevalence
from services.scoring.authenticity.comments import CommentQuality, comment_quality
from services.scoring.authenticity.growth import Growth, growth
from services.scoring.authenticity.pods import PodSearch, find_pod
from services.scoring.evidence import Evidence, plausible
from services.scoring.statistics.curves import curve
from services.scoring.statistics.intervals import FULL, share_width

WEIGHTS = {"account": 20, "audience": 30, "comments": 20, "pods": 15, "growth": 15}
_POD_POINTS = ((0.0, 100.0), (0.1, 80.0), (0.3, 40.0), (0.6, 10.0), (1.0, 0.0))
_BOUGHT_POINTS = ((0.0, 100.0), (0.05, 70.0), (0.15, 35.0), (0.4, 5.0), (1.0, 0.0))


@dataclass(frozen=True, slots=True)
class Part:
    """One part: points and the width of its interval; value None when it is unknown. `reason` says what was seen."""

    name: str
    value: float | None
    width: float
    reason: str


@dataclass(frozen=True, slots=True)
class Authenticity:
    """The parts and their weighted mean; unknown parts leave the interval as wide as their weight."""

    parts: tuple[Part, ...]
    value: float | None
    width: float
    prevalence: Prevalence | None
    comments: CommentQuality | None
    pods: PodSearch | None
    growth: Growth | None


def authenticity(evidence: Evidence) -> Authenticity:
    """Every part of one candidate's authenticity; computed once per evidence."""
    found = evidence.memo.get("authenticity")
    if not isinstance(found, Authenticity):
        found = _authenticity(evidence)
        evidence.memo["authenticity"] = found
    return found


def _authenticity(evidence: Evidence) -> Authenticity:
    share, quality = prevalence(evidence), comment_quality(evidence)
    pods, grown = find_pod(evidence), growth(evidence)
    parts = (_account(evidence), _audience(evidence, share), _comments(evidence, quality), _pods(pods), _growth(grown))
    known = [part for part in parts if part.value is not None]
    weight = sum(WEIGHTS[part.name] for part in known)
    value = sum(WEIGHTS[part.name] * (part.value or 0.0) for part in known) / weight if weight else None
    width = sum(WEIGHTS[part.name] * part.width for part in parts) / sum(WEIGHTS.values())
    return Authenticity(parts, value, width, share, quality, pods, grown)


def _account(evidence: Evidence) -> Part:
    profile = evidence.bundle.creator
    account = Account(
        followers=evidence.followers,
        following=plausible(profile.counts.following),
        posts=plausible(profile.counts.posts),
        has_bio=None if profile.bio_text is None else bool(profile.bio_text.strip()),
        has_avatar=None if profile.avatar_url is None else True,
        has_link=True if profile.website or profile.links else None,
        age_days=None if profile.created_at is None else evidence.age_days(profile.created_at),
    )
    model = account_model()
    chance, known = model.probability(account), model.known_features(account)
    if profile.is_bot:
        return Part("account", 0.0, 20.0, "account: says itself that it is automated")
    if chance is None:
        return Part("account", None, FULL, "account: too little of its profile is known to judge it")
    # six features are all there are; a model of labels that differ by source stays unsure even then
    width = max(30.0, FULL - 12.0 * known)
    return Part("account", FULL * chance, width, f"account: {chance:.0%} likely real by {known} traits of its profile")


def _audience(evidence: Evidence, found: Prevalence | None) -> Part:
    people = evidence.words_for_audience
    if found is None:
        return Part("audience", None, FULL, f"audience: too few profiles of {people} are known")
    return Part(
        "audience", FULL * (1.0 - found.share), found.width_points,
        f"audience: of {found.looked_at} {people} whose profiles are known, {found.share:.0%} look made "
        f"({found.low:.0%} to {found.high:.0%}); who comments is no random sample of who follows",
    )  # fmt: skip


def _comments(evidence: Evidence, found: CommentQuality | None) -> Part:
    if found is None:
        return Part("comments", None, FULL, "comments: fewer than 10 people with comments that can be read")
    return Part(
        "comments", found.value, share_width(found.read),
        f"comments: of {found.read} by {found.people} people {found.generic} are generic praise, {found.duplicated} "
        f"repeat others' words, {found.emoji_only} are emoji alone",
    )  # fmt: skip


def _pods(found: PodSearch | None) -> Part:
    if found is None:
        return Part("pods", None, FULL, "pods: it is not known who comments on whom")
    width = share_width(found.edges)
    if found.pod is None:
        return Part("pods", FULL, width, f"pods: no group among {found.accounts} accounts comments on each other")
    pod = found.pod
    return Part(
        "pods", curve(pod.comment_share, _POD_POINTS), width,
        f"pods: {len(pod.members)} accounts around the creator comment on {pod.density:.0%} of each other and wrote "
        f"{pod.comment_share:.0%} of the comments",
    )  # fmt: skip


def _growth(found: Growth | None) -> Part:
    if found is None:
        return Part("growth", None, FULL, "growth: too few daily counts of followers are known")
    value, width = curve(found.bought_share, _BOUGHT_POINTS), share_width(found.snapshots)
    if not found.jumps:
        return Part("growth", value, width, f"growth: no jump in {found.snapshots} counts over {found.days:.0f} days")
    return Part("growth", value, width, f"growth: {_jumps(found)}")


def _jumps(found: Growth) -> str:
    shown: Sequence[str] = [
        f"+{jump.gained:,} until {jump.at:%Y-%m-%d} ({jump.cause.replace('_', ' ')}: {jump.reason})"
        for jump in found.jumps[:4]
    ]
    return "; ".join(shown)
