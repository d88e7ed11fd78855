"""Claims about what posts tell: sums, trust, reach that is never summed, rates with their denominator."""

from datetime import UTC, date, datetime
from typing import Any
from uuid import UUID

from services.attribution.reports.facts import Piece, Post
from services.attribution.reports.figures import Clock
from services.attribution.reports.published import awareness, delivery, engagement
from shared.schemas.base import Trust
from shared.schemas.reports import RateDenominator

WHO = UUID(int=1)
CLOCK = Clock(days_over=True, windows_over=True)
TODAY = date(2027, 3, 10)
SEEN = datetime(2027, 3, 9, tzinfo=UTC)


def post(
    *, trust: Trust = Trust.MEASURED, disclosed: bool | None = True, tags: tuple[str, ...] = (), **metrics: Any
) -> Post:
    counts = {
        name: value if isinstance(value, dict) else {"value": value, "state": "exact"}
        for name, value in metrics.items()
    }
    return Post(WHO, None, date(2027, 3, 2), trust, disclosed, None, counts, tags, SEEN)


def piece(*, due: date | None, delivered: date | None = None) -> Piece:
    return Piece(WHO, None, "delivered" if delivered else "open", due, delivered)


def test_a_number_that_some_posts_hide_has_its_unknown_share() -> None:
    found = engagement([post(likes=10), post(likes=5), post(likes={"value": None, "state": "hidden"}), post()])
    assert (found.likes.value, found.likes.unknown_share) == (15, 0.5)
    assert found.saves.value is None


def test_creators_numbers_are_called_so_and_rounded_ones_are_estimates() -> None:
    assert engagement([post(likes=10), post(likes=5, trust=Trust.CREATOR_REPORTED)]).likes.trust == "creator_reported"
    rounded = {"value": 1200, "state": "rounded"}
    assert engagement([post(likes=10), post(likes=rounded)]).likes.trust == "estimated"


def test_reach_is_never_summed() -> None:
    posts = [post(reach=900), post(reach=700)]
    one = awareness(posts, hashtags=None, several=False).reach
    assert (one.value, one.trust) == (900, "estimated")
    assert awareness(posts, hashtags=None, several=True).reach.value is None
    assert awareness(posts[:1], hashtags=None, several=False).reach.trust == "measured"


def test_the_rate_is_over_views_or_else_over_impressions() -> None:
    over_views = engagement([post(likes=8, comments=1, shares=1, saves=0, views=100, impressions=500)])
    assert (over_views.rate.value, over_views.rate_denominator) == (0.1, RateDenominator.VIEWS)
    over_impressions = engagement([post(likes=5, impressions=500)])
    assert (over_impressions.rate.value, over_impressions.rate_denominator) == (0.01, RateDenominator.IMPRESSIONS)
    assert engagement([post(likes=5)]).rate.value is None
    assert engagement([post(likes=5, views=0)]).rate.value is None


def test_hashtag_posts_are_those_with_the_creators_own_tag() -> None:
    posts = [post(tags=("fellsidewithana",)), post(tags=("trailrunning",))]
    assert awareness(posts, hashtags=["fellsidewithana"], several=False).hashtag_posts.value == 1
    assert awareness(posts, hashtags=None, several=False).hashtag_posts.value is None


def test_a_piece_is_late_when_it_came_after_its_last_day_or_did_not_come() -> None:
    pieces = [
        piece(due=date(2027, 3, 5), delivered=date(2027, 3, 5)),
        piece(due=date(2027, 3, 5), delivered=date(2027, 3, 6)),
        piece(due=date(2027, 3, 9)),
        piece(due=date(2027, 3, 10)),
        piece(due=None),
    ]
    found = delivery([post()], pieces, today=TODAY, clock=CLOCK)
    assert (found.promised.value, found.posted.value, found.late.value) == (5, 1, 2)


def test_nothing_promised_and_nothing_seen_is_unknown_not_zero() -> None:
    found = delivery([], [], today=TODAY, clock=CLOCK)
    assert (found.promised.value, found.posted.value, found.disclosed.value) == (None, None, None)


def test_disclosure_that_nobody_looked_at_is_unknown() -> None:
    found = delivery([post(disclosed=True), post(disclosed=None)], [], today=TODAY, clock=CLOCK)
    assert (found.disclosed.value, found.disclosed.unknown_share) == (1, 0.5)
    assert delivery([post(disclosed=None)], [], today=TODAY, clock=CLOCK).disclosed.value is None
