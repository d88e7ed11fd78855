"""The seeded network is what its ground truth says."""

from collections import Counter

import pytest

from tests.bluesky.seed import FOLLOWER_BAND, HASHTAG, Planted, build

SEEDS = range(20)


@pytest.fixture(scope="module", params=SEEDS)
def planted(request: pytest.FixtureRequest) -> Planted:
    return build(request.param)


def _uses_hashtag(text: str) -> bool:
    return HASHTAG.lower() in text.lower().split()


def _commenters_under(planted: Planted, posts: set[str]) -> set[str]:
    return {post["by"] for post in planted.spec["posts"] if post.get("reply") in posts}


def _own_posts(planted: Planted, names: set[str] | frozenset[str]) -> set[str]:
    return {post["id"] for post in planted.spec["posts"] if post["by"] in names and "reply" not in post}


def test_equal_seeds_give_equal_networks() -> None:
    assert build(7) == build(7)
    assert build(7) != build(8)


def test_at_least_sixty_accounts_each_with_one_part(planted: Planted) -> None:
    parts = [
        *planted.hashtag_users,
        *planted.first_hop,
        *planted.second_hop,
        *planted.too_big,
        *planted.too_small,
        *planted.other_niches,
        *planted.fans,
        *planted.giveaway,
        *planted.chatterer,
    ]
    assert len(parts) >= 60
    assert sorted(parts) == sorted(account["name"] for account in planted.spec["accounts"])


def test_at_least_twelve_creators_of_whom_at_most_six_use_the_hashtag(planted: Planted) -> None:
    assert len(planted.creators) >= 12
    users = {post["by"] for post in planted.spec["posts"] if _uses_hashtag(post["text"])}
    assert users & planted.creators == planted.hashtag_users
    assert len(planted.hashtag_users) <= 6
    assert users <= planted.hashtag_users | planted.outside_band


def test_first_hop_comments_under_hashtag_posts_and_second_hop_only_beyond(planted: Planted) -> None:
    tagged = {post["id"] for post in planted.spec["posts"] if _uses_hashtag(post["text"])}
    first = _commenters_under(planted, tagged | _own_posts(planted, planted.hashtag_users))
    assert planted.first_hop <= first
    assert len(planted.second_hop) == 3
    assert not planted.second_hop & first
    assert planted.second_hop <= _commenters_under(planted, _own_posts(planted, planted.first_hop))


def test_follows_give_every_account_the_follower_count_it_was_planted_with(planted: Planted) -> None:
    counted = Counter(whom for _, whom in planted.spec["follows"])
    assert {name: counted[name] for name in planted.followers} == dict(planted.followers)
    assert len({tuple(pair) for pair in planted.spec["follows"]}) == len(planted.spec["follows"])
    low, high = FOLLOWER_BAND
    assert all(low <= planted.followers[name] <= high for name in planted.creators | planted.giveaway)
    assert all(planted.followers[name] > high for name in planted.too_big)
    assert all(planted.followers[name] < low for name in planted.too_small)


def test_creators_have_at_least_four_posts_of_their_own_and_fans_fewer_than_three(planted: Planted) -> None:
    own = Counter(post["by"] for post in planted.spec["posts"] if "reply" not in post)
    assert all(own[name] >= 4 for name in planted.creators | planted.other_niches)
    assert all(own[name] < 3 for name in planted.fans)


def test_the_giveaway_account_comments_under_every_post_of_others(planted: Planted) -> None:
    (giveaway,) = planted.giveaway
    answered = {post["reply"] for post in planted.spec["posts"] if post["by"] == giveaway and "reply" in post}
    everybody = frozenset(planted.followers) - planted.giveaway - planted.chatterer
    assert answered == _own_posts(planted, everybody)


def test_handles_fit_what_a_server_allows(planted: Planted) -> None:
    assert all(3 <= len(account["name"]) <= 18 for account in planted.spec["accounts"])
