"""Interactions per post against followers or views: the observations of the engagement criterion and the benchmarks."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from services.scoring.evidence import Evidence, PostView, plausible
from services.scoring.statistics.shrinkage import log_rate
from shared.schemas.base import Count
from shared.schemas.posts import Engagement

BY_FOLLOWERS = "engagement_by_followers"
BY_VIEWS = "engagement_by_views"
VIEWS_PER_FOLLOWER = "views_per_follower"
# Real conversation counts more than likes.
WEIGHTS = {"likes": 1, "comments": 2, "shares": 2, "reposts": 2, "quotes": 2, "saves": 2}
_OPTIONAL: dict[str, Callable[[Engagement], Count]] = {
    "shares": lambda counts: counts.shares,
    "reposts": lambda counts: counts.reposts,
    "quotes": lambda counts: counts.quotes,
    "saves": lambda counts: counts.saves,
}


@dataclass(frozen=True, slots=True)
class Observed:
    """Log rates of posts in the order of `posts`, what they are measured against, and which counts are in them."""

    measure: str
    posts: Sequence[PostView]
    log_rates: Sequence[float]
    counted: tuple[str, ...]
    likes: int
    comments: int


def _likes(counts: Engagement) -> int | None:
    """Likes, or where a platform has votes instead, their balance."""
    likes = plausible(counts.likes)
    return likes if likes is not None else plausible(counts.score)


def engagement(evidence: Evidence) -> list[Observed]:
    """Engagement per post, against followers and against views, as far as each is known.

    Only posts whose likes and comments are both known count; shares, reposts, quotes and saves are added where every
    such post has them, because an unknown count is not zero.
    """
    usable = [
        (post, likes, comments)
        for post in evidence.posts
        if (likes := _likes(post.post.counts)) is not None
        and (comments := plausible(post.post.counts.comments)) is not None
    ]
    followers = evidence.followers
    views = {id(post): views for post, _, _ in usable if (views := plausible(post.post.counts.views))}
    viewed = [entry for entry in usable if id(entry[0]) in views]
    found = []
    if viewed:
        found.append(_observed(BY_VIEWS, viewed, [views[id(post)] for post, _, _ in viewed]))
    if usable and followers:
        found.append(_observed(BY_FOLLOWERS, usable, [followers] * len(usable)))
    return found


def _observed(measure: str, usable: Sequence[tuple[PostView, int, int]], bases: Sequence[int]) -> Observed:
    """(post, likes, comments) entries against their bases."""
    extra = {
        name: values
        for name, read in _OPTIONAL.items()
        if None not in (values := [plausible(read(post.post.counts)) for post, _, _ in usable])
    }
    rates = []
    for index, (_, likes, comments) in enumerate(usable):
        total = likes * WEIGHTS["likes"] + comments * WEIGHTS["comments"]
        total += sum((values[index] or 0) * WEIGHTS[name] for name, values in extra.items())
        rates.append(log_rate(total, bases[index]))
    return Observed(
        measure, [post for post, _, _ in usable], rates, ("likes", "comments", *extra),
        sum(likes for _, likes, _ in usable), sum(comments for _, _, comments in usable),
    )  # fmt: skip


def views_per_follower(evidence: Evidence) -> Observed | None:
    """Views per follower of each post; None when views or followers are unknown."""
    followers = evidence.followers
    posts = [(post, views) for post in evidence.posts if (views := plausible(post.post.counts.views)) is not None]
    if not followers or not posts:
        return None
    return Observed(
        VIEWS_PER_FOLLOWER, [post for post, _ in posts], [log_rate(views, followers) for _, views in posts], ("views",),
        0, 0,
    )  # fmt: skip
