"""Delivery, awareness and engagement as posts tell them: pure."""

from collections.abc import Iterable, Sequence
from datetime import date, datetime
from typing import Any

from services.attribution.reports.facts import Piece, Post
from services.attribution.reports.figures import Clock, measured, partly, unavailable, weakest
from shared.schemas.base import Trust
from shared.schemas.reports import Figure, RateDenominator, ReportAwareness, ReportDelivery, ReportEngagement

_NO_POST = "no post is known, by a watch or by hand"
_ACTIONS = ("likes", "comments", "shares", "saves")
_INEXACT = frozenset({"rounded", "lower_bound", "fuzzed"})


def delivery(posts: Sequence[Post], pieces: Sequence[Piece], *, today: date, clock: Clock) -> ReportDelivery:
    """Promised pieces and known posts. A piece is late when it came after its last day, or did not and that is over."""
    trust = weakest(post.trust for post in posts)
    late = sum(piece.due_to is not None and (piece.delivered_on or today) > piece.due_to for piece in pieces)
    if posts:
        posted = measured(len(posts), trust=trust)
    else:
        posted = measured(0, note=_NO_POST) if pieces else unavailable(_NO_POST)
    return ReportDelivery(
        promised=measured(len(pieces)) if pieces else unavailable("the terms promise no pieces"),
        posted=posted,
        late=measured(late) if pieces else unavailable("the terms promise no pieces"),
        disclosed=_yes([post.disclosed for post in posts], trust=trust, clock=clock),
        still_live=_yes([post.still_live for post in posts], trust=trust, clock=clock),
    )


def _yes(answers: Sequence[bool | None], *, trust: Trust, clock: Clock) -> Figure:
    if not answers:
        return unavailable(_NO_POST)
    known = [answer for answer in answers if answer is not None]
    return partly(sum(known), known=len(known), of=len(answers), trust=trust, otherwise="nobody has looked")


def awareness(posts: Sequence[Post], *, hashtags: Iterable[str] | None, several: bool) -> ReportAwareness:
    """How many saw the posts. `hashtags` are keys of the line's own hashtags, None where it has none.

    Reach counts people, and the people of several posts are partly the same: the largest post's is a lower bound, and
    over several creators (`several`) there is none.
    """
    own = set(hashtags) if hashtags is not None else set()
    tagged = [post for post in posts if own & set(post.hashtags)]
    if several:
        reach = unavailable("people reached by several creators are partly the same: never summed")
    else:
        reach = _largest(posts, "reach")
    return ReportAwareness(
        impressions=metric(posts, "impressions"),
        views=metric(posts, "views"),
        reach=reach,
        hashtag_posts=_hashtag_posts(posts, tagged) if hashtags is not None else unavailable("no hashtag was issued"),
        mentions=unavailable("mentions come as a daily series of the campaign"),
        share_of_voice=unavailable("competitors' mentions are not watched"),
    )


def _hashtag_posts(posts: Sequence[Post], tagged: Sequence[Post]) -> Figure:
    if not posts:
        return unavailable(_NO_POST)
    return measured(len(tagged), at=max(post.seen_at for post in posts), trust=weakest(p.trust for p in posts))


def engagement(posts: Sequence[Post]) -> ReportEngagement:
    """What people did with the posts; the rate is over views, else over impressions, of posts that tell both."""
    rate, denominator = _rate(posts)
    return ReportEngagement(
        likes=metric(posts, "likes"),
        comments=metric(posts, "comments"),
        shares=metric(posts, "shares"),
        saves=metric(posts, "saves"),
        rate=rate,
        rate_denominator=denominator,
        sentiment=unavailable("comments are not read for sentiment"),
    )


def metric(posts: Sequence[Post], name: str) -> Figure:
    """The sum of one number under posts; its unknown share counts posts that do not tell it."""
    if not posts:
        return unavailable(_NO_POST)
    told = [(post, value) for post in posts if (value := _value(post, name)) is not None]
    if not told:
        return unavailable("no post tells it")
    return partly(
        sum(value for _, value in told),
        known=len(told),
        of=len(posts),
        at=min(_seen(post, name) for post, _ in told),
        trust=weakest(_trust(post, name) for post, _ in told),
    )


def _largest(posts: Sequence[Post], name: str) -> Figure:
    told = [(value, post) for post in posts if (value := _value(post, name)) is not None]
    if not told:
        return unavailable("no post tells it" if posts else _NO_POST)
    value, post = max(told, key=lambda one: one[0])
    if len(posts) == 1:
        return measured(value, at=_seen(post, name), trust=_trust(post, name))
    return measured(
        value, at=_seen(post, name), trust=Trust.ESTIMATED, note="of the largest post: its readers read others too"
    )


def _rate(posts: Sequence[Post]) -> tuple[Figure, RateDenominator | None]:
    for denominator in (RateDenominator.VIEWS, RateDenominator.IMPRESSIONS):
        told = [post for post in posts if _value(post, denominator) and _value(post, "likes") is not None]
        if not told:
            continue
        below = sum(_value(post, denominator) or 0 for post in told)
        actions = [[_value(post, name) for name in _ACTIONS] for post in told]
        known = sum(value is not None for values in actions for value in values)
        above = sum(value or 0 for values in actions for value in values)
        figure = Figure(
            value=round(above / below, 6),
            trust=weakest(_trust(post, name) for post in told for name in (denominator, "likes")),
            as_of=min(_seen(post, "likes") for post in told),
            unknown_share=(1 - known / (len(told) * len(_ACTIONS))) or None,
            note="likes, comments, shares and saves as far as they are told",
        )
        return figure, denominator
    return unavailable("no post tells both likes and views"), None


def _count(post: Post, name: str) -> dict[str, Any]:
    found = post.metrics.get(name)
    return found if isinstance(found, dict) else {"value": found}


def _value(post: Post, name: str) -> int | None:
    value = _count(post, name).get("value")
    return int(value) if value is not None else None


def _trust(post: Post, name: str) -> Trust:
    if post.trust is Trust.MEASURED and _count(post, name).get("state") in _INEXACT:
        return Trust.ESTIMATED
    return post.trust


def _seen(post: Post, name: str) -> datetime:
    told = _count(post, name).get("observed_at")
    return datetime.fromisoformat(told) if isinstance(told, str) else post.seen_at
