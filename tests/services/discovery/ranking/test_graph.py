"""Rows become one graph, whatever their order, and bad rows are refused."""

import numpy as np
import pytest

from services.discovery.ranking.graph import build_graph
from services.discovery.ranking.rank import Query, rank_creators
from tests.services.discovery.ranking.graphs import graph_of


def test_repeated_pairs_are_summed_and_self_comments_dropped() -> None:
    graph = graph_of(3, [(0, 1, 2), (0, 1, 3), (1, 1, 50), (2, 0, 1)])
    assert graph.outgoing.toarray().tolist() == [[0, 5, 0], [0, 0, 0], [1, 0, 0]]
    assert graph.commented.tolist() == [5, 0, 1]
    assert graph.received.tolist() == [1, 5, 0]


def test_a_dispute_under_one_post_weighs_less_than_comments_under_many() -> None:
    rows = {"accounts": 30, "source": [0, 1, *range(4, 30)], "target": [2, 3, *[5] * 26], "comments": [9, 9, *[1] * 26]}
    graph = build_graph(**rows, posts=[1, 9, *[1] * 26])  # type: ignore[arg-type]  # one mapping for brevity
    assert graph.degree[0] < graph.degree[1]
    assert build_graph(**rows).degree[0] == pytest.approx(build_graph(**rows).degree[1])  # type: ignore[arg-type]  # as above


def test_steps_of_every_connected_account_add_up_to_one() -> None:
    graph = graph_of(5, [(0, 1, 2), (1, 2, 1), (2, 0, 7)])
    assert np.asarray(graph.steps.sum(axis=1)).ravel() == pytest.approx([1, 1, 1, 0, 0], abs=1e-6)


@pytest.mark.parametrize(
    ("source", "target", "comments"),
    [([0], [9], [1]), ([-1], [0], [1]), ([0], [1], [0]), ([0, 1], [1], [1, 1]), ([0], [1], [1, 1]), ([0.5], [1], [1])],
)
def test_impossible_rows_are_refused(source: list[float], target: list[int], comments: list[int]) -> None:
    with pytest.raises(ValueError, match=r"source|target|comments"):
        build_graph(accounts=3, source=source, target=target, comments=comments)


def test_a_graph_without_accounts_or_rows_ranks_nobody() -> None:
    assert rank_creators(graph_of(0, []), Query()) == []
    assert [row.account for row in rank_creators(graph_of(3, []), Query(seeds=[1]))] == [0, 2]
