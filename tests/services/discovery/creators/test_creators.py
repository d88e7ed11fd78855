"""Creators over HTTP."""

import json
from typing import Any

import pytest

from services.discovery.imports.jobs import JOBS
from shared.kit.jobs import drain
from tests.house import Tenant

CREATOR = {"kind": "creator", "platform": "instagram"}
POST = {"kind": "post", "platform": "instagram", "author_id": "1"}
LINES: list[dict[str, Any]] = [
    {**CREATOR, "platform_id": "1", "handle": "ana", "followers": 4200},
    {**CREATOR, "platform_id": "2", "handle": "Ben", "followers": {"value": 90000, "state": "rounded"}},
    {**CREATOR, "platform_id": "3", "handle": "cy", "posts": {"state": "hidden"}},
    {**CREATOR, "platform_id": "4", "handle": "dee", "followers": 0},
    {**CREATOR, "platform_id": "5", "handle": "eva", "followers": 5000, "noindex": True},
    {"kind": "creator", "platform": "tiktok", "platform_id": "1", "handle": "ana", "followers": 10},
    {**POST, "platform_id": "p1", "created_at": "2026-11-02T06:00:00Z"},
    {**POST, "platform_id": "p2", "created_at": "2026-10-02T06:00:00Z"},
    {"kind": "comment", "platform": "instagram", "post_id": "p1", "author_id": "9", "author_handle": "only_mentioned"},
]  # fmt: skip


async def fill(tenant: Tenant) -> None:
    async with tenant.client("discovery") as client:
        body = b"".join(json.dumps(line).encode() + b"\n" for line in LINES)
        sent = await client.post("/v1/imports", content=body, headers={"Content-Type": "application/x-ndjson"})
        assert sent.status_code == 202, sent.text
    await drain(tenant.house.runtime("discovery"), [JOBS])


async def listed(tenant: Tenant, **params: Any) -> list[str]:
    """Platform and handle of every creator of the list, all pages."""
    found: list[str] = []
    cursor = None
    async with tenant.client("discovery") as client:
        while True:
            answer = await client.get("/v1/creators", params={**params, **({"cursor": cursor} if cursor else {})})
            assert answer.status_code == 200, answer.text
            found += [f"{one['platform']}:{one['handle']}" for one in answer.json()["items"]]
            cursor = answer.json()["next_cursor"]
            if cursor is None:
                return sorted(found)


@pytest.mark.parametrize(
    ("params", "expected"),
    [
        ({}, ["instagram:Ben", "instagram:ana", "instagram:cy", "instagram:dee", "tiktok:ana"]),
        ({"limit": 2}, ["instagram:Ben", "instagram:ana", "instagram:cy", "instagram:dee", "tiktok:ana"]),
        ({"platform": "tiktok"}, ["tiktok:ana"]),
        ({"handle": "@ana"}, ["instagram:ana", "tiktok:ana"]),
        ({"min_followers": 1000, "max_followers": 50000}, ["instagram:ana", "instagram:cy"]),
        ({"min_followers": 1000, "unknown": "exclude"}, ["instagram:Ben", "instagram:ana"]),
        ({"max_followers": 0, "unknown": "exclude"}, ["instagram:dee"]),
        ({"unknown": "exclude", "platform": "instagram"}, ["instagram:Ben", "instagram:ana", "instagram:dee"]),
    ],
)
async def test_creators_are_listed_by_platform_handle_and_band(
    tenant: Tenant, params: dict[str, Any], expected: list[str]
) -> None:
    await fill(tenant)
    assert await listed(tenant, **params) == expected


async def test_a_count_that_is_not_known_says_why_and_is_not_zero(tenant: Tenant) -> None:
    await fill(tenant)
    async with tenant.client("discovery") as client:
        items = (await client.get("/v1/creators", params={"platform": "instagram"})).json()["items"]
        found = {one["handle"]: one["counts"] for one in items}
    assert found["cy"]["followers"] == {"value": None, "state": "not_provided", "observed_at": None}
    assert found["cy"]["posts"]["state"] == "hidden"
    assert found["Ben"]["followers"]["state"] == "rounded"
    assert found["dee"]["followers"]["value"] == 0


async def test_a_creator_shows_when_it_posted_last(tenant: Tenant) -> None:
    await fill(tenant)
    async with tenant.client("discovery") as client:
        ana = (await client.get("/v1/creators", params={"platform": "instagram", "handle": "ana"})).json()["items"][0]
        found = (await client.get(f"/v1/creators/{ana['id']}")).json()
    assert found == ana
    assert (found["last_posted_at"], found["stub"], found["source"]) == ("2026-11-02T06:00:00Z", False, "archive")


async def test_another_workspace_finds_no_creator(tenant: Tenant, other_tenant: Tenant) -> None:
    await fill(tenant)
    async with tenant.client("discovery") as client:
        known = (await client.get("/v1/creators")).json()["items"][0]["id"]
    async with other_tenant.client("discovery") as client:
        assert (await client.get(f"/v1/creators/{known}")).status_code == 404
    assert await listed(other_tenant) == []


async def test_a_band_the_wrong_way_round_is_a_fault(tenant: Tenant) -> None:
    async with tenant.client("discovery") as client:
        answer = await client.get("/v1/creators", params={"min_followers": 2, "max_followers": 1})
    assert (answer.status_code, answer.json()["errors"][0]["pointer"]) == (422, "query/min_followers")
