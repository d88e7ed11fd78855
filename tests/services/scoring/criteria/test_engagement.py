"""Engagement: against the right denominator, shrunk to peers, from one post up."""

from collections.abc import Sequence

from hypothesis import given
from hypothesis import strategies as st

from services.scoring.context import context_of
from services.scoring.criteria.engagement import ENGAGEMENT
from services.scoring.criterion import Outcome
from services.scoring.evidence import Evidence
from shared.schemas.evidence import EvidencePost
from tests.services.scoring.made import brief, bundle, post

CONTEXT = context_of(brief())


def posts(likes: Sequence[int], **counts: int | None) -> list[EvidencePost]:
    return [
        post(number, counts={"likes": count, "comments": 3, **counts}, days_ago=number + 1)
        for number, count in enumerate(likes)
    ]


def assess(found: Sequence[EvidencePost], followers: int | None = 8_000, platform: str = "instagram") -> Outcome:
    return ENGAGEMENT.assess(Evidence(bundle(found, followers=followers, platform=platform)), CONTEXT)


def width(outcome: Outcome) -> int:
    assert outcome.low is not None
    assert outcome.high is not None
    return outcome.high - outcome.low


def test_one_post_is_enough_and_stays_close_to_the_peers() -> None:
    one, many = assess(posts([800])), assess(posts([800] * 30))
    assert one.value is not None
    assert many.value is not None
    assert 50_000_000 < one.value < many.value
    assert width(one) > width(many)


def test_unknown_likes_are_not_zero_likes() -> None:
    known = assess(posts([200, 200]))
    hidden = [*posts([200, 200]), post(9, counts={"comments": 3})]
    assert assess(hidden).value == known.value
    assert assess([post(9, counts={"comments": 3})]).value is None


def test_views_are_the_denominator_where_every_post_has_them() -> None:
    outcome = assess(posts([200, 200], views=5_000))
    assert "of views react" in outcome.reasons[0]
    assert "of followers react" in assess(posts([200, 200])).reasons[0]


def test_shares_count_only_where_every_post_has_them() -> None:
    some = [*posts([100], shares=50), *[post(7, counts={"likes": 100, "comments": 3})]]
    assert "(2 posts; likes, comments;" in assess(some).reasons[0]
    assert "(1 posts; likes, comments, shares;" in assess(posts([100], shares=50)).reasons[0]


def test_without_followers_and_views_it_abstains_and_says_so() -> None:
    outcome = assess(posts([100]), followers=None)
    assert outcome.value is None
    assert outcome.reasons == ("neither the number of followers nor of views is known",)


@given(
    st.lists(st.integers(0, 100_000), min_size=1, max_size=12), st.data(), st.integers(1, 50_000),
    st.sampled_from(["instagram", "tiktok", "nowhere"]),
)  # fmt: skip
def test_more_likes_never_lower_it(likes: list[int], data: st.DataObject, more: int, platform: str) -> None:
    which = data.draw(st.integers(0, len(likes) - 1))
    raised = [count + more * (index == which) for index, count in enumerate(likes)]
    before, after = assess(posts(likes), platform=platform), assess(posts(raised), platform=platform)
    assert before.value is not None
    assert after.value is not None
    assert after.value >= before.value


def test_a_viral_post_is_no_habit() -> None:
    usual, viral = assess(posts([100] * 9)), assess(posts([100] * 8 + [5_000_000]))
    assert usual.value is not None
    assert viral.value is not None
    assert viral.value - usual.value < 15_000_000


def test_the_source_of_the_peers_is_named() -> None:
    assert any("Statista" in reason for reason in assess(posts([10])).reasons)


def test_an_absurd_count_is_set_aside() -> None:
    absurd = [*posts([200]), post(8, counts={"likes": 9_007_199_254_740_991, "comments": 1})]
    assert assess(absurd).value == assess(posts([200])).value


def test_a_post_from_the_future_counts_without_its_date() -> None:
    outcome = assess([post(1, counts={"likes": 10, "comments": 1}, days_ago=-900)])
    assert outcome.value is not None
    assert outcome.data_used.newest_at is None


def test_the_denominator_is_the_one_that_leaves_less_open_and_is_named() -> None:
    unseen: dict[str, int | None] = {"likes": 200, "comments": 3}
    some_viewed = [
        *posts([200] * 3, views=4_000),
        *(post(90 + n, counts=unseen) for n in range(9)),
    ]
    most_viewed = [*posts([200] * 39, views=4_000), post(99, counts=unseen)]
    assert "of followers react per post (12 posts" in assess(some_viewed).reasons[0]
    assert "of views react per post (39 posts" in assess(most_viewed).reasons[0]


def test_of_unknown_size_it_is_placed_among_all_sizes_and_never_surer() -> None:
    viewed = posts([200] * 12, views=4_000)
    assert width(assess(viewed, followers=None)) >= width(assess(viewed))
