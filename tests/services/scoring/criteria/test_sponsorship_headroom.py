"""Sponsorship headroom: a hump."""

from services.scoring.context import context_of
from services.scoring.criteria.sponsorship_headroom import SPONSORSHIP_HEADROOM
from services.scoring.criterion import Outcome
from services.scoring.evidence import Evidence
from shared.schemas.evidence import EvidencePost
from tests.services.scoring.made import brief, bundle, post


def assess(*posts: EvidencePost) -> Outcome:
    return SPONSORSHIP_HEADROOM.assess(Evidence(bundle(posts)), context_of(brief()))


def mixed(paid: int, of: int, text: str = "New socks #ad") -> Outcome:
    return assess(*(post(n, text if n < paid else "Rain again", tags=["ad"] if n < paid else []) for n in range(of)))


def test_some_paid_posts_are_best_and_many_the_worst() -> None:
    none, some, many = (mixed(paid, 20).value or 0 for paid in (0, 3, 14))
    assert many < none < some


def test_a_competitors_paid_post_costs() -> None:
    assert (mixed(3, 20, "Nordtrail socks #ad").value or 0) == (mixed(3, 20).value or 0) - 30_000_000


def test_posts_of_which_nobody_says_it_are_left_out() -> None:
    silent = [post(50 + n, None, language=None) for n in range(10)]
    assert assess(*silent).value is None
    assert assess(*silent, post(1, "Rain again")).data_used.posts == 1


def test_an_unlabelled_mention_of_the_brand_is_an_observation_only() -> None:
    plain = assess(post(1, "Rain again"), post(2, "Sun again"))
    named = assess(post(1, "Rain again"), post(2, "Fellside Shoes again"))
    assert named.value == plain.value
    assert "an observation, unscored: 1 posts mention the brand" in named.reasons[-1]


def test_old_posts_say_nothing_about_now() -> None:
    assert assess(post(1, "New socks #ad", days_ago=200)).value is None
