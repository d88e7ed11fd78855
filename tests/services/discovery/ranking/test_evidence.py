"""Reasons are counts that can be counted again."""

import pytest

from services.discovery.ranking.evidence import Contact, Evidence, HashtagUse
from services.discovery.ranking.rank import Query, rank_creators
from tests.services.discovery.ranking.graphs import Comment, Use, graph_of

SHE, SEEDS = 10, [0, 1, 2, 3]


def evidence_of(comments: list[Comment], uses: list[Use], query: Query, account: int = SHE) -> Evidence:
    ranked = rank_creators(graph_of(80, comments, uses), query)
    return next(row.evidence for row in ranked if row.account == account)


def story() -> list[Comment]:
    """She commented 9 times under 3 of 4 seeds; 31 of her 36 commenters also comment there; one seed answered."""
    comments = [(SHE, 0, 5), (SHE, 1, 3), (SHE, 2, 1), (1, SHE, 2)]
    comments += [(fan, SHE, 1) for fan in range(20, 55)]
    comments += [(fan, fan % 4, 1) for fan in range(20, 50)] + [(1, 3, 1), (60, 0, 1)]
    return comments + [(stranger, 70 + number, 1) for stranger in range(61, 70) for number in range(10)]


def test_the_path_says_how_often_under_how_many_seeds_and_how_many_commenters_are_shared() -> None:
    evidence = evidence_of(story(), [], Query(seeds=SEEDS))
    (near,) = evidence.nearness
    assert (near.hashtag, near.members, near.given, near.given_to) == (None, 4, 9, 3)
    assert (near.received, near.received_from) == (2, 1)
    assert (near.shared_commenters, evidence.commenters, evidence.comments) == (31, 36, 37)
    assert near.contacts == (Contact(0, 5, 0), Contact(1, 3, 2), Contact(2, 1, 0))
    assert (near.reached_from, near.voices) == (4, 4)
    assert near.lift > 1


def test_own_uses_of_the_briefs_hashtags_are_listed_and_no_others() -> None:
    uses = [(SHE, "trailrunning", 14), (SHE, "love", 3), (0, "trailrunning", 1), (0, "ultra", 1)]
    evidence = evidence_of(story(), uses, Query(hashtags=["ultra", "trailrunning"]))
    assert evidence.hashtags == (HashtagUse("trailrunning", 14),)
    assert [near.hashtag for near in evidence.nearness] == ["trailrunning", "ultra"]


def test_a_hashtag_user_is_not_counted_as_her_own_neighbour() -> None:
    comments = [(fan, SHE, 1) for fan in (20, 21, 22)] + [(20, 0, 1)]
    uses = [(SHE, "trailrunning", 1), (0, "trailrunning", 1)]
    (near,) = evidence_of(comments, uses, Query(hashtags=["trailrunning"])).nearness
    assert near.members == 1
    assert near.shared_commenters == 1


def test_strongest_edges_are_real_comments_with_what_chance_would_give() -> None:
    evidence = evidence_of(story(), [], Query(seeds=SEEDS))
    total = sum(times for _, _, times in story())
    rows = {(source, target): times for source, target, times in story()}
    assert 0 < len(evidence.strongest) <= 5
    for edge in evidence.strongest:
        assert edge.comments == rows[edge.source, edge.target]
        commented = sum(times for source, _, times in story() if source == edge.source)
        received = sum(times for _, target, times in story() if target == edge.target)
        assert edge.expected == pytest.approx(commented * received / total)
    assert 0 < sum({edge.source + edge.target - SHE: edge.share for edge in evidence.strongest}.values()) <= 1 + 1e-9


def test_comments_from_ones_own_circle_are_told_apart() -> None:
    pod = range(10, 15)
    comments = [(one, other, 4) for one in pod for other in pod if one != other]
    evidence = evidence_of([*comments, (20, SHE, 3), (21, 0, 1), (20, 0, 1)], [], Query(seeds=[0]))
    assert (evidence.circle_members, evidence.circle_comments, evidence.comments) == (5, 16, 19)


def test_an_account_out_of_reach_has_empty_reasons_and_score_zero() -> None:
    ranked = rank_creators(graph_of(80, [(1, 0, 1), (30, 31, 1)]), Query(seeds=[0], limit=None))
    last = next(row for row in ranked if row.account == 30)
    assert last.score == 0
    assert last.evidence.strongest == ()
    assert last.evidence.nearness[0].lift == last.evidence.nearness[0].reached_from == 0
