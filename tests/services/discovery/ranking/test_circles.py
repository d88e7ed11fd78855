"""Reciprocal circles are found, and nothing larger or looser than one."""

from itertools import permutations

import numpy as np

from tests.services.discovery.ranking.graphs import Comment, graph_of


def clique(members: range, comments: int) -> list[Comment]:
    return [(one, other, comments) for one, other in permutations(members, 2)]


def test_a_pod_is_one_circle_named_by_its_smallest_account() -> None:
    graph = graph_of(10, [*clique(range(2, 7), 3), (0, 2, 9), (2, 0, 9)])
    assert graph.circle.tolist() == [-1, -1, 2, 2, 2, 2, 2, -1, -1, -1]


def test_courtesy_comments_make_no_circle() -> None:
    assert (graph_of(5, clique(range(5), 1)).circle == -1).all()


def test_one_sided_devotion_makes_no_circle() -> None:
    one_sided = [(one, other, 5) for one in range(6) for other in range(one + 1, 6)]
    assert (graph_of(6, one_sided).circle == -1).all()


def test_a_mutual_triangle_is_friendship_and_no_circle() -> None:
    assert (graph_of(3, clique(range(3), 5)).circle == -1).all()


def test_a_community_of_more_than_fifty_is_no_circle() -> None:
    assert (graph_of(51, clique(range(51), 2)).circle == -1).all()
    assert (graph_of(50, clique(range(50), 2)).circle == 0).all()


def test_accounts_with_too_many_mutual_partners_are_left_out() -> None:
    hub = [row for other in range(10, 230) for row in ((0, other, 2), (other, 0, 2))]
    graph = graph_of(230, [*hub, *clique(range(5), 3)])
    assert graph.circle[:5].tolist() == [-1, 1, 1, 1, 1]
    assert np.all(graph.circle[5:] == -1)
