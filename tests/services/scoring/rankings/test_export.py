"""Rankings as files."""

import csv
import io
import json

from shared.schemas.identity import Scope
from tests.house import Tenant, make_tenant
from tests.services.scoring.conftest import Serve
from tests.services.scoring.rankings.test_rankings import candidates, rank, scores


async def test_the_table_has_a_line_per_candidate_in_rank_order(tenant: Tenant, serve: Serve) -> None:
    ranking = await rank(tenant, serve(candidates(5)))
    async with tenant.client("scoring") as client:
        answer = await client.get(f"/v1/rankings/{ranking['id']}/export", params={"format": "csv"})
    assert answer.headers["content-type"] == "text/csv; charset=utf-8"
    lines = list(csv.DictReader(io.StringIO(answer.text)))
    listed = await scores(tenant, ranking)
    assert [line["handle"] for line in lines] == [score["creator"]["handle"] for score in listed]
    assert [line["rank"] for line in lines] == ["1", "2", "3", "4", ""]
    assert float(lines[0]["score"]) == listed[0]["value"]


async def test_lines_of_json_are_the_listed_scores(tenant: Tenant, serve: Serve) -> None:
    ranking = await rank(tenant, serve(candidates(4)))
    async with tenant.client("scoring") as client:
        answer = await client.get(f"/v1/rankings/{ranking['id']}/export", params={"format": "ndjson"})
    assert [json.loads(line) for line in answer.text.splitlines()] == await scores(tenant, ranking)


async def test_an_export_needs_its_scope(tenant: Tenant, serve: Serve) -> None:
    ranking = await rank(tenant, serve(candidates(1)))
    reader = await make_tenant(tenant.house, scopes=[Scope.READ])
    async with reader.client("scoring") as client:
        answer = await client.get(f"/v1/rankings/{ranking['id']}/export", params={"format": "csv"})
    assert answer.status_code == 403


async def test_a_platform_that_permits_no_export_is_refused(tenant: Tenant, serve: Serve) -> None:
    stub = serve(candidates(2))
    stub.permitted_uses = {"bluesky": ["discovery", "scoring", "profiling"]}
    ranking = await rank(tenant, stub)
    async with tenant.client("scoring") as client:
        answer = await client.get(f"/v1/rankings/{ranking['id']}/export", params={"format": "csv"})
    assert (answer.status_code, answer.json()["code"]) == (403, "not_permitted")


async def test_a_name_that_is_a_formula_is_made_a_text(tenant: Tenant, serve: Serve) -> None:
    made = [
        one.model_copy(update={"creator": one.creator.model_copy(update={"display_name": "=1+1"})})
        for one in candidates(1)
    ]
    ranking = await rank(tenant, serve(made))
    async with tenant.client("scoring") as client:
        answer = await client.get(f"/v1/rankings/{ranking['id']}/export", params={"format": "csv"})
    assert next(csv.DictReader(io.StringIO(answer.text)))["display_name"] == "'=1+1"
