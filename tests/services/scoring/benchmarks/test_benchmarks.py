"""Benchmarks: shipped priors with their sources, learned cells over them."""

import math
import random
from datetime import timedelta
from typing import Any

import pytest

from services.scoring.benchmarks.learn import MIN_CREATORS, Observation, learn
from services.scoring.peers import ANY, Benchmarks, shipped, tier_of
from services.scoring.rates import BY_FOLLOWERS
from shared.kit.ids import new_id
from tests.house import Tenant
from tests.services.scoring.conftest import Serve
from tests.services.scoring.made import NOW
from tests.services.scoring.rankings.test_rankings import candidates, rank


def observed(count: int, mean: float, *, tier: str = "nano", posts: int = 20) -> list[Observation]:
    rng = random.Random(count)
    return [
        Observation(
            new_id(), "instagram", BY_FOLLOWERS, tier, mean + rng.gauss(0, 0.5), 0.25, posts, NOW,
            NOW + timedelta(days=9),
        )
        for _ in range(count)
    ]  # fmt: skip


def test_every_shipped_cell_names_its_source() -> None:
    assert all(peers.source and peers.creators == 0 for peers in shipped().cells.values())
    assert any("Statista" in peers.source for peers in shipped().cells.values())


@pytest.mark.parametrize(
    ("followers", "tier"), [(None, "unknown"), (0, "below_1k"), (999, "below_1k"), (1_000, "nano"), (10**9, "large")]
)
def test_tiers(followers: int | None, tier: str) -> None:
    assert tier_of(followers) == tier


def test_much_own_data_outweighs_the_prior_and_little_does_not() -> None:
    prior = shipped().peers("instagram", BY_FOLLOWERS, "nano")
    assert prior is not None
    means = []
    for count in (0, MIN_CREATORS, 2_000):
        cell = learn(observed(count, -2.0)).peers("instagram", BY_FOLLOWERS, "nano")
        assert cell is not None
        means.append(cell.mean)
    assert means[0] == prior.mean
    assert prior.mean < means[1] < -3.0
    assert abs(means[2] + 2.0) < 0.1


def test_fewer_creators_than_five_make_no_cell() -> None:
    assert learn(observed(MIN_CREATORS - 1, -2.0)).cells == shipped().cells


def test_spreads_are_learned_apart_from_the_noise_of_few_posts() -> None:
    cell = learn(observed(3_000, -4.0, posts=3)).peers("instagram", BY_FOLLOWERS, "nano")
    assert cell is not None
    assert abs(cell.between - math.sqrt(0.25 - 0.25 / 3)) < 0.05
    assert abs(cell.within - 0.5) < 0.05


def test_the_order_of_creators_does_not_matter() -> None:
    observations = observed(40, -3.0)
    assert learn(observations) == learn(observations[::-1])


def test_a_set_comes_back_from_json_as_it_was() -> None:
    learned = learn(observed(50, -3.0))
    again = Benchmarks.from_json(learned.as_json())
    assert (again, again.digest) == (learned, learned.digest)


def test_an_unknown_platform_falls_back_to_any() -> None:
    assert shipped().peers("nowhere", BY_FOLLOWERS, "unknown") == shipped().cells[ANY, BY_FOLLOWERS, ANY]


async def listed(tenant: Tenant, **params: Any) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = []
    async with tenant.client("scoring") as client:
        while True:
            answer = await client.get("/v1/benchmarks", params=params)
            assert answer.status_code == 200, answer.text
            found.extend(answer.json()["items"])
            if answer.json()["next_cursor"] is None:
                return found
            params = {**params, "cursor": answer.json()["next_cursor"]}


async def test_a_ranking_teaches_its_own_workspace_only(tenant: Tenant, other_tenant: Tenant, serve: Serve) -> None:
    before = await listed(tenant, limit=7)
    assert len({(cell["platform"], cell["measure"], cell["tier"]) for cell in before}) == len(before)
    assert {cell["creators"] for cell in before} == {0}
    await rank(tenant, serve(candidates(9)))
    taught = {(cell["platform"], cell["tier"]): cell["creators"] for cell in await listed(tenant, platform="bluesky")}
    assert taught["bluesky", "nano"] == 8
    assert {cell["creators"] for cell in await listed(other_tenant)} == {0}
