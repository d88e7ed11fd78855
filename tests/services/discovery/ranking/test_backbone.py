"""Edges weigh as much as their comments surprise."""

import numpy as np
import pytest
from scipy.stats import poisson

from services.discovery.ranking.backbone import LEAST, MOST, expected, surprise, tail
from tests.services.discovery.ranking.graphs import graph_of


def test_tail_is_the_poisson_survival_function() -> None:
    units = np.array([1, 1, 2, 5, 30])
    mean = np.array([0.001, 3.0, 0.5, 4.0, 2.0])
    assert tail(units, mean) == pytest.approx(poisson.sf(units - 1, mean), rel=1e-9)


def test_expected_comments_of_all_pairs_add_up_to_all_comments() -> None:
    commented, received = np.array([4.0, 1, 0, 5]), np.array([2.0, 2, 6, 0])
    assert expected(commented[:, None], received[None, :], 10.0).sum() == pytest.approx(10.0)


def test_one_comment_under_a_celebrity_weighs_less_than_one_between_quiet_accounts() -> None:
    celebrity = [(fan, 0, 1) for fan in range(1, 100)]
    graph = graph_of(110, [*celebrity, (99, 100, 1), (101, 102, 1)])
    weights = surprise(graph.outgoing.indptr, graph.outgoing.indices, graph.outgoing.data)
    edges = list(zip(*graph.outgoing.nonzero(), strict=True))
    weight_of = {
        (int(source), int(target)): float(weight) for (source, target), weight in zip(edges, weights, strict=True)
    }
    assert weight_of[1, 0] < 0.3 < 1.5 < weight_of[99, 100] < weight_of[101, 102]


def test_weights_stay_between_the_least_and_the_most() -> None:
    graph = graph_of(4, [(0, 1, 1), (2, 3, 10_000), (0, 3, 1)])
    weights = surprise(graph.outgoing.indptr, graph.outgoing.indices, graph.outgoing.data)
    assert weights.min() >= np.float32(LEAST)
    assert weights.max() <= MOST
