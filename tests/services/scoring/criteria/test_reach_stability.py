"""Reach stability: views for the followers there are."""

from services.scoring.context import context_of
from services.scoring.criteria.reach_stability import REACH_STABILITY
from services.scoring.criterion import Outcome
from services.scoring.evidence import Evidence
from tests.services.scoring.made import brief, bundle, post


def assess(views: list[int | None], followers: int | None = 8_000) -> Outcome:
    posts = [post(n, counts={"views": count}) for n, count in enumerate(views)]
    return REACH_STABILITY.assess(Evidence(bundle(posts, followers=followers)), context_of(brief()))


def test_more_views_raise_it() -> None:
    values = [assess([views] * 5).value or 0 for views in (100, 1_600, 20_000)]
    assert values[0] < values[1] < values[2]


def test_a_platform_without_views_abstains() -> None:
    assert assess([None, None]).reasons == ("the number of views is not known",)
    assert assess([100], followers=None).reasons == ("the number of followers is not known",)


def test_unknown_views_of_one_post_change_nothing_of_the_others() -> None:
    assert assess([500, 500, None]).value == assess([500, 500]).value
