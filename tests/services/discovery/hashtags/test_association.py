"""Which hashtags go together, and how much each tells."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from services.discovery.hashtags.association import GENERIC_BELOW, Pair, Sample, information, log_likelihood, related


def niches(seed: int = 1) -> list[set[str]]:
    """Eight niches of thirty accounts, each with tags of its own; #love and #fyp are used by anybody."""
    rng = np.random.default_rng(seed)
    accounts = []
    for niche in range(8):
        for _ in range(30):
            own = {f"n{niche}t{tag}" for tag in rng.choice(8, 4, replace=False)}
            accounts.append(
                own | {tag for tag, share in (("love", 0.5), ("fyp", 0.8), ("rare", 0.1)) if rng.random() < share}
            )
    return accounts  # fmt: skip


def test_tags_of_a_niche_tell_and_tags_of_anybody_do_not() -> None:
    accounts = niches()
    tags = ["n0t0", "n3t5", "love", "fyp", "rare"]
    users = {tag: [one for one in accounts if tag in one] for tag in tags}
    told = information(
        Sample(accounts, users), users={tag: len(group) for tag, group in users.items()}, accounts=len(accounts)
    )
    assert {tag for tag, share in told.items() if share is not None and share < GENERIC_BELOW} == {
        "love",
        "fyp",
        "rare",
    }
    assert min(told["n0t0"] or 0, told["n3t5"] or 0) > 2 * GENERIC_BELOW


def test_nothing_is_said_of_tags_of_a_few_accounts() -> None:
    accounts = niches()
    group = accounts[:3]
    assert information(Sample(accounts, {"x": group}), users={"x": 3}, accounts=len(accounts)) == {"x": None}
    assert information(Sample(group, {"n0t0": group}), users={"n0t0": 3}, accounts=3) == {"n0t0": None}


def test_what_goes_together_is_found_and_chance_is_not() -> None:
    found = related(
        [Pair("mud", 30, 25), Pair("love", 500, 52), Pair("once", 1, 1)], asked_users=100, accounts=1_000, tests=400,
        level=0.05,
    )  # fmt: skip
    assert [one.key for one in found] == ["mud"]
    assert (found[0].expected, found[0].together) == (3.0, 25)
    assert found[0].p_value == pytest.approx(400 * stats.hypergeom.sf(24, 1_000, 100, 30))


def test_many_tests_need_more() -> None:
    pair = [Pair("mud", 10, 4)]
    assert related(pair, asked_users=100, accounts=1_000, tests=1, level=0.05)
    assert not related(pair, asked_users=100, accounts=1_000, tests=10_000, level=0.05)


def test_chance_alone_is_found_no_more_often_than_the_level() -> None:
    rng = np.random.default_rng(7)
    wrong = 0
    for _ in range(200):
        pairs = [Pair(f"t{tag}", 50, int(rng.hypergeometric(100, 900, 50))) for tag in range(40)]
        wrong += bool(related(pairs, asked_users=100, accounts=1_000, tests=40, level=0.05))
    assert wrong / 200 <= 0.05 + 3 * (0.05 * 0.95 / 200) ** 0.5


@given(st.integers(1, 50), st.integers(0, 50), st.integers(0, 50), st.integers(0, 200))
def test_g_squared_is_that_of_scipy(both: int, one: int, other: int, neither: int) -> None:
    table = np.array([[both, one], [other, neither]])
    mine = log_likelihood(both, both + one, both + other, both + one + other + neither)
    if (table.sum(axis=0) > 0).all() and (table.sum(axis=1) > 0).all():
        theirs = stats.chi2_contingency(table, correction=False, lambda_="log-likelihood").statistic
        assert mine == pytest.approx(float(theirs), abs=1e-6)
