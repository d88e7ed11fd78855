"""The client of the scoring service, against the service itself."""

import pytest

from shared.clients.scoring import ScoringClient
from shared.kit.errors import NotFound
from shared.kit.ids import new_id
from shared.schemas.rankings import RankingCreate, WeightPreset
from shared.schemas.scores import ScoresCreate
from shared.schemas.sensitivity import WhatIfCreate
from tests.house import Tenant
from tests.services.scoring.conftest import Serve, serve
from tests.services.scoring.rankings.test_rankings import candidates

__all__ = ["serve"]


def client(tenant: Tenant) -> ScoringClient:
    return ScoringClient(tenant.house.runtime("attribution"), workspace_id=tenant.workspace_id)


async def test_a_ranking_is_made_and_read(tenant: Tenant, serve: Serve) -> None:  # the fixture
    stub = serve(candidates(5))
    scoring = client(tenant)
    made = await scoring.create_ranking(RankingCreate(search_id=stub.search_id, goal=WeightPreset.ENGAGEMENT))
    await tenant.house.run_jobs(rounds=1)
    ranking = await scoring.ranking(made.id)
    assert (ranking.status, ranking.scored) == ("completed", 5)
    scores = [score async for score in scoring.scores(made.id, limit=2)]
    assert [score.rank for score in scores] == [1, 2, 3, 4, None]
    receipt = await scoring.receipt(made.id, scores[0].creator.id)
    assert receipt.score == scores[0]
    tried = await scoring.what_if(made.id, WhatIfCreate(goal=WeightPreset.CAUSE))
    assert len(tried.items) == 4


async def test_problems_come_as_their_exceptions(tenant: Tenant) -> None:
    with pytest.raises(NotFound):
        await client(tenant).ranking(new_id())
    with pytest.raises(NotFound):
        await client(tenant).receipt(new_id(), new_id())


async def test_creators_are_scored_inline(tenant: Tenant) -> None:
    example = ScoresCreate.model_json_schema()["examples"][0]
    found = await client(tenant).score_now(ScoresCreate.model_validate(example))
    assert found.items[0].creator.handle == "ana"
