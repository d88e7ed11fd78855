"""Small niche creators come first; celebrities, giveaways, busybodies and pods do not."""

from itertools import permutations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from services.discovery.ranking.graph import InteractionGraph, build_graph
from services.discovery.ranking.rank import Query, RankedCreator, rank_creators
from tests.services.discovery.ranking.graphs import Comment, Use, audience, graph_of

NICHE, OTHERS = range(10), range(10, 30)
FANS, OTHER_FANS = range(40, 100), range(100, 220)
CELEBRITY, GIVEAWAY, BUSYBODY = 30, 31, 32
POD = range(220, 230)
ACCOUNTS = 230


def town() -> tuple[list[Comment], list[Use]]:
    """A niche of ten, twenty other creators, their audiences, and the usual nuisances."""
    rng = np.random.default_rng(3)
    comments = audience(rng, FANS, list(NICHE), 3) + audience(rng, OTHER_FANS, list(OTHERS), 4)
    comments += [(fan, CELEBRITY, 2) for fan in (*FANS, *OTHER_FANS)]
    comments += [(fan, GIVEAWAY, 1) for fan in (*FANS, *OTHER_FANS)]
    comments += [(BUSYBODY, author, 4) for author in (*NICHE, *OTHERS, CELEBRITY, GIVEAWAY)]
    comments += [(one, other, 15) for one, other in permutations(POD, 2)]
    uses = [(account, "trailrunning", 5) for account in (0, 1, 2, 3)]
    uses += [(account, "fyp", 3) for account in (*NICHE, *OTHERS, GIVEAWAY)]
    return comments, uses


def order(ranked: list[RankedCreator]) -> list[int]:
    return [row.account for row in ranked]


def test_from_three_seeds_the_rest_of_the_niche_comes_first() -> None:
    ranked = order(rank_creators(graph_of(ACCOUNTS, *town()), Query(seeds=[0, 1, 2], eligible=publishes())))
    assert set(ranked[:7]) == set(NICHE) - {0, 1, 2}


def test_from_a_hashtag_that_some_of_the_niche_uses_the_whole_niche_comes_first() -> None:
    ranked = order(rank_creators(graph_of(ACCOUNTS, *town()), Query(hashtags=["trailrunning"], eligible=publishes())))
    assert set(ranked[:10]) == set(NICHE)


def test_celebrity_giveaway_and_busybody_come_after_the_niche_even_when_they_use_its_hashtag() -> None:
    comments, uses = town()
    spam = [(account, "trailrunning", 9) for account in (GIVEAWAY, BUSYBODY)]
    spam += [(account, f"tag{number}", 9) for account in (GIVEAWAY, BUSYBODY) for number in range(40)]
    ranked = order(rank_creators(graph_of(ACCOUNTS, comments, uses + spam), Query(hashtags=["trailrunning"])))
    creators = [account for account in ranked if account in {*NICHE, CELEBRITY, GIVEAWAY, BUSYBODY}]
    assert set(creators[:10]) == set(NICHE)


def test_a_pod_that_uses_the_hashtag_does_not_outvote_the_niche() -> None:
    comments, uses = town()
    spam = [(account, "trailrunning", 5) for account in POD]
    courting = [(account, author, 1) for account in POD for author in (0, 1)]
    graph = graph_of(ACCOUNTS, comments + courting, uses + spam)
    ranked = order(rank_creators(graph, Query(hashtags=["trailrunning"], eligible=publishes())))
    assert not set(ranked[:10]) & set(POD)
    loose = InteractionGraph(
        **{**{name: getattr(graph, name) for name in graph.__slots__}, "circle": np.full(ACCOUNTS, -1, np.int32)}
    )
    unguarded = order(rank_creators(loose, Query(hashtags=["trailrunning"], eligible=publishes())))
    assert len(set(unguarded[:10]) & set(POD)) > 0, "the circles are what keeps the pod down"


def test_a_generic_hashtag_adds_little_to_a_telling_one() -> None:
    graph = graph_of(ACCOUNTS, *town())
    telling = rank_creators(graph, Query(hashtags=["trailrunning"], eligible=publishes()))
    both = rank_creators(graph, Query(hashtags=["trailrunning", "fyp"], eligible=publishes()))
    assert set(order(both)[:10]) == set(NICHE)
    weight = {row.account: row.interaction for row in both}
    assert all(abs(weight[row.account] - row.interaction) < 0.35 * row.interaction for row in telling[:10])


def test_users_of_both_hashtags_neighbourhood_come_before_users_of_one() -> None:
    rng = np.random.default_rng(5)
    here, there = list(range(10)), list(range(10, 20))
    comments = audience(rng, range(40, 80), here, 3) + audience(rng, range(80, 120), there, 3)
    uses = [(account, "running", 4) for account in (*here[:4], *there[:4])] + [
        (account, "alps", 4) for account in here[3:6]
    ]
    ranked = order(
        rank_creators(graph_of(120, comments, uses), Query(hashtags=["running", "alps"], eligible=np.arange(120) < 20))
    )
    assert set(ranked[:10]) == set(here)


def test_in_a_search_of_sixty_accounts_creators_two_hops_away_come_before_other_commenters() -> None:
    # the seeds' commenters 10-15 also comment under 5-9, who nobody of the other accounts knows; 20-29 commented at a
    # seed once and otherwise under 30-39
    comments = [(fan, seed, 1) for fan in range(10, 16) for seed in (0, 1)]
    comments += [(fan, planted, 1) for fan, planted in zip(range(10, 16), (5, 6, 7, 8, 9, 5), strict=True)]
    comments += [(passer, passer % 3, 1) for passer in range(20, 30)]
    comments += [(passer, 30 + (passer + shift) % 10, 1) for passer in range(20, 30) for shift in range(4)]
    eligible = np.isin(np.arange(60), [*range(5, 10), *range(20, 40)])
    ranked = order(rank_creators(graph_of(60, comments), Query(seeds=[0, 1, 2], eligible=eligible)))
    assert set(ranked[:5]) == set(range(5, 10))


def test_hashtag_users_without_a_single_comment_come_before_accounts_nothing_is_known_of() -> None:
    ranked = rank_creators(graph_of(6, [], [(4, "pottery", 2), (2, "pottery", 7)]), Query(hashtags=["pottery"]))
    assert set(order(ranked)[:2]) == {2, 4}
    assert ranked[1].score > ranked[2].score == 0


def test_without_seeds_or_known_hashtags_relevance_decides_and_unknown_stands_in_the_middle() -> None:
    relevance = np.array([0.1, np.nan, 0.9, 0.5])
    ranked = rank_creators(graph_of(4, [(0, 1, 1)]), Query(hashtags=["unheard"], relevance=relevance))
    assert order(ranked) == [2, 3, 1, 0] or order(ranked) == [2, 1, 3, 0]
    assert [row.topic is None for row in sorted(ranked, key=lambda row: row.account)] == [False, True, False, False]


def test_relevance_moves_an_account_past_an_equal_one() -> None:
    comments = [(5, 0, 1), (5, 1, 1), (5, 2, 1), (6, 3, 1)]
    relevance = np.array([np.nan, 0.2, 0.8, 0.5, np.nan, np.nan, np.nan])
    ranked = rank_creators(graph_of(7, comments), Query(seeds=[0], relevance=relevance))
    by_account = {row.account: row for row in ranked}
    assert by_account[1].interaction == pytest.approx(by_account[2].interaction)
    assert by_account[2].score > by_account[1].score


def test_seeds_are_returned_only_when_asked_for() -> None:
    graph = graph_of(ACCOUNTS, *town())
    assert 0 not in order(rank_creators(graph, Query(seeds=[0, 1], limit=None)))
    assert 0 in order(rank_creators(graph, Query(seeds=[0, 1], limit=None, return_seeds=True)))


def test_nobody_eligible_is_dropped_and_ties_go_by_index() -> None:
    eligible = publishes()
    ranked = rank_creators(graph_of(ACCOUNTS, *town()), Query(seeds=[0], eligible=eligible, limit=None))
    assert sorted(order(ranked)) == [account for account in np.flatnonzero(eligible).tolist() if account != 0]
    keys = [(-row.score, row.account) for row in ranked]
    assert keys == sorted(keys)


def test_a_limit_cuts_the_same_list() -> None:
    graph = graph_of(ACCOUNTS, *town())
    whole = order(rank_creators(graph, Query(seeds=[0], limit=None)))
    for limit in (0, 1, 17, 150, 1_000):
        assert order(rank_creators(graph, Query(seeds=[0], limit=limit))) == whole[:limit]


@pytest.mark.parametrize(
    "query",
    [Query(seeds=[ACCOUNTS]), Query(seeds=[-1]), Query(relevance=np.zeros(3)), Query(eligible=np.ones(3, bool))],
)
def test_impossible_queries_are_refused(query: Query) -> None:
    with pytest.raises(ValueError, match=r"seed|one value per account"):
        rank_creators(graph_of(ACCOUNTS, *town()), query)


@settings(max_examples=25, deadline=None)
@given(
    rows=st.lists(st.tuples(st.integers(0, 14), st.integers(0, 14), st.integers(1, 6)), max_size=60),
    uses=st.lists(st.tuples(st.integers(0, 14), st.integers(0, 2), st.integers(1, 9)), max_size=20),
    seed=st.integers(0, 14),
    shuffle=st.integers(0, 2**32 - 1),
)
def test_the_order_of_rows_and_split_counts_change_nothing(
    rows: list[Comment], uses: list[tuple[int, int, int]], seed: int, shuffle: int
) -> None:
    rng = np.random.default_rng(shuffle)
    split = [part for source, target, times in rows for part in [(source, target, 1)] * times]
    split = [split[place] for place in rng.permutation(len(split))]
    mixed = [uses[place] for place in rng.permutation(len(uses))]
    query = Query(seeds=[seed], hashtags=["a", "b"], limit=None)
    assert rank_creators(built(rows, uses), query) == rank_creators(built(split, mixed), query)


def built(rows: list[Comment], uses: list[tuple[int, int, int]]) -> InteractionGraph:
    source, target, comments = np.array(rows, np.int64).reshape(-1, 3).T
    account, hashtag, often = np.array(uses, np.int64).reshape(-1, 3).T
    return build_graph(
        accounts=15,
        source=source,
        target=target,
        comments=comments,
        hashtags=["a", "b", "c"],
        use_account=account,
        use_hashtag=hashtag,
        uses=often,
    )


def publishes() -> np.ndarray[tuple[int], np.dtype[np.bool_]]:
    """Everybody but the audiences."""
    accounts = np.arange(ACCOUNTS)
    return (accounts < 40) | (accounts >= POD.start)


def test_a_hashtag_that_tells_little_counts_for_little() -> None:
    people = 12
    tags = [(0, 0, 3), (1, 0, 3), (2, 0, 3), (3, 1, 3), (4, 1, 3), (5, 1, 3)]
    comments = [(6, 0), (6, 1), (6, 2), (7, 3), (7, 4), (7, 5)]
    graph = build_graph(
        accounts=people, source=[one for one, _ in comments], target=[other for _, other in comments],
        comments=[2] * len(comments), hashtags=("love", "moss"), use_account=[one for one, _, _ in tags],
        use_hashtag=[tag for _, tag, _ in tags], uses=[times for _, _, times in tags],
    )  # fmt: skip
    wanted = np.isin(np.arange(people), [6, 7])
    even = rank_creators(graph, Query(hashtags=("love", "moss"), eligible=wanted))
    told = rank_creators(graph, Query(hashtags=("love", "moss"), told={"love": 0.05}, eligible=wanted))
    assert even[0].score == pytest.approx(even[1].score)
    assert [one.account for one in told] == [7, 6]
    assert told[0].score > told[1].score
