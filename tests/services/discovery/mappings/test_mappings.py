"""Column mappings over HTTP."""

import json
from typing import Any

import pytest

from shared.schemas.import_mappings import EXAMPLE
from tests.house import Tenant


async def test_a_mapping_is_kept_changed_and_dropped(tenant: Tenant) -> None:
    async with tenant.client("discovery") as client:
        made = await client.post("/v1/import-mappings", json={"name": "followers", "mapping": EXAMPLE})
        assert made.status_code == 201
        place = made.headers["location"]
        again = await client.post("/v1/import-mappings", json={"name": "followers", "mapping": EXAMPLE})
        assert again.status_code == 409
        changed = await client.put(place, json={**EXAMPLE, "delimiter": ";"})
        assert changed.json()["mapping"]["delimiter"] == ";"
        listed = (await client.get("/v1/import-mappings")).json()["items"]
        assert listed == [changed.json()] == [(await client.get(place)).json()]
        assert (await client.delete(place)).status_code == 204
        assert (await client.get(place)).status_code == 404


@pytest.mark.parametrize(
    ("record", "reason"),
    [
        ({"kind": "creator", "platform": "x", "columns": {"likes": "Likes"}}, "no field of a creator: likes"),
        ({"kind": "creator", "columns": {"handle": "User"}}, "`platform` is either given or the name of a column"),
        (
            {"kind": "post", "platform": "x", "columns": {"platform": "Network"}},
            "`platform` is either given or the name of a column",
        ),
    ],
)
async def test_a_mapping_that_cannot_work_is_refused(tenant: Tenant, record: dict[str, Any], reason: str) -> None:
    async with tenant.client("discovery") as client:
        answer = await client.post("/v1/import-mappings", json={"name": "bad", "mapping": {"records": [record]}})
    assert answer.status_code == 422
    assert reason in answer.text


@pytest.mark.parametrize("name", ["a\0b", "\ud800"], ids=["NUL", "half a surrogate pair"])
async def test_a_column_that_no_answer_can_repeat_is_refused_all_the_same(tenant: Tenant, name: str) -> None:
    record = {"kind": "comment", "platform": "x", "columns": {name: "text"}}
    body = json.dumps({"name": "odd", "mapping": {"records": [record]}})
    answer = await tenant.client("discovery").post(
        "/v1/import-mappings", content=body, headers={"Content-Type": "application/json"}
    )
    assert answer.status_code == 422, answer.text
    assert "/mapping/records/0/columns/" in answer.text
