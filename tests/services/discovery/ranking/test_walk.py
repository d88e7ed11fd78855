"""The walk is personalised PageRank over degree, and narrowing a large graph does not change who is found."""

import numpy as np
import pytest
from scipy import sparse

from services.discovery.ranking.graph import InteractionGraph
from services.discovery.ranking.walk import Walk, lifts
from tests.services.discovery.ranking.graphs import graph_of


def random_graph(accounts: int = 300, comments: int = 2_000) -> InteractionGraph:
    rng = np.random.default_rng(7)
    popularity = rng.pareto(1.2, accounts) + 1
    authors = rng.choice(accounts, comments, p=popularity / popularity.sum())
    return graph_of(
        accounts,
        [(int(who), int(whom), 1) for who, whom in zip(rng.integers(0, accounts, comments), authors, strict=True)],
    )


def start_at(graph: InteractionGraph, *accounts: int) -> sparse.csr_matrix:
    voices = range(len(accounts))
    return sparse.csr_matrix((np.ones(len(accounts)), (accounts, voices)), (graph.accounts, len(accounts)))


def test_lifts_are_personalised_pagerank_divided_by_degree() -> None:
    graph = random_graph()
    _, found = lifts(graph, start_at(graph, 3, 5), Walk(steps=400, doubt=0.0))
    transition = graph.steps.toarray().T.astype(np.float64)
    home = start_at(graph, 3, 5).toarray()
    pagerank = np.linalg.solve(np.eye(graph.accounts) - 0.85 * transition, 0.15 * home)
    with np.errstate(invalid="ignore"):
        expected = pagerank / (graph.degree / graph.degree.sum())[:, None]
    touched = graph.degree > 0
    assert found[touched] == pytest.approx(expected[touched], rel=1e-3, abs=1e-4)


def test_lifts_of_one_start_average_to_one_over_where_walks_are_anyway() -> None:
    graph = random_graph()
    _, found = lifts(graph, start_at(graph, 3), Walk(doubt=0.0))
    assert float(found[:, 0] @ (graph.degree / graph.degree.sum())) == pytest.approx(1.0, rel=1e-4)


def test_doubt_pulls_down_quiet_accounts_more_than_busy_ones() -> None:
    graph = random_graph()
    _, plain = lifts(graph, start_at(graph, 3), Walk(doubt=0.0))
    _, doubted = lifts(graph, start_at(graph, 3), Walk(doubt=0.5))
    reached = plain[:, 0] > 0
    kept = doubted[reached, 0] / plain[reached, 0]
    assert np.corrcoef(np.log(graph.degree[reached]), kept)[0, 1] > 0.7
    assert (kept < 1).all()


def test_an_account_without_any_edge_is_reached_from_itself_only() -> None:
    graph = graph_of(4, [(0, 1, 1)])
    _, found = lifts(graph, start_at(graph, 3, 0), Walk())
    assert found[3, 0] > 1
    assert found[3, 1] == found[0, 0] == found[2, 0] == 0


def test_narrowing_keeps_the_starts_and_the_order_of_the_nearest() -> None:
    graph = random_graph(2_000, 8_000)
    everybody, whole = lifts(graph, start_at(graph, 3, 5, 8), Walk())
    inside, part = lifts(graph, start_at(graph, 3, 5, 8), Walk(region=800))
    assert len(everybody) == 2_000
    assert len(inside) <= 800
    assert {3, 5, 8} <= set(inside.tolist())
    nearest = set(np.argsort(-np.log1p(whole).sum(axis=1))[:30].tolist())
    narrowed = set(inside[np.argsort(-np.log1p(part).sum(axis=1))[:30]].tolist())
    assert len(nearest & narrowed) >= 28
