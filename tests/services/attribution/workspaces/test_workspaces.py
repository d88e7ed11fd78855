"""Ending a workspace: its keys, then its rows in every service; nobody else's."""

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from pathlib import Path
from uuid import UUID

import asyncpg
import pytest

from shared.schemas.ids import encode
from tests.contracts.catalogue import build_world
from tests.house import House, Tenant, make_tenant, open_house

SCHEMAS = ("identity", "discovery", "scoring", "attribution")


@pytest.fixture
async def alone(fresh_database_url: str, tmp_path: Path) -> AsyncIterator[House]:
    async with AsyncExitStack() as stack:
        yield await open_house(stack, fresh_database_url, tmp_path)


async def rows_of(house: House, workspace_id: UUID) -> dict[str, int]:
    """Tables that hold rows of a workspace, with how many."""
    connection = await asyncpg.connect(house.runtime("attribution").database.url.replace("+asyncpg", ""))
    try:
        tables = await connection.fetch(
            """SELECT n.nspname || '.' || c.relname FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
            JOIN pg_attribute a ON a.attrelid = c.oid AND a.attname = 'workspace_id' AND NOT a.attisdropped
            WHERE n.nspname = ANY($1) AND c.relkind IN ('r', 'p') AND NOT c.relispartition""",
            list(SCHEMAS),
        )
        counts = {
            name: await connection.fetchval(f"SELECT count(*) FROM {name} WHERE workspace_id = $1", workspace_id)
            for (name,) in tables
        }
        return {name: count for name, count in counts.items() if count}
    finally:
        await connection.close()


async def end(by: Tenant, workspace_id: UUID) -> int:
    async with by.client("attribution") as client:
        return (await client.delete(f"/v1/workspaces/{encode('wsp', workspace_id)}")).status_code


@pytest.mark.slow
async def test_an_ended_workspace_leaves_no_row_in_any_service_and_others_keep_theirs(alone: House) -> None:
    ended, kept = await make_tenant(alone), await make_tenant(alone)
    await build_world(ended)
    await build_world(kept)
    before = await rows_of(alone, kept.workspace_id)
    assert await end(kept, ended.workspace_id) == 202
    await alone.run_jobs()
    assert await rows_of(alone, ended.workspace_id) == {}
    assert await rows_of(alone, kept.workspace_id) == before


async def test_its_keys_end_with_it(alone: House) -> None:
    ended, kept = await make_tenant(alone), await make_tenant(alone)
    assert await end(kept, ended.workspace_id) == 202
    async with ended.client("attribution") as client:
        assert (await client.get("/v1/campaigns")).status_code == 401


async def test_a_second_deletion_finds_nothing(alone: House) -> None:
    ended, kept = await make_tenant(alone), await make_tenant(alone)
    assert [await end(kept, ended.workspace_id), await end(kept, ended.workspace_id)] == [202, 404]


async def test_a_key_cannot_end_its_own_workspace(tenant: Tenant) -> None:
    assert await end(tenant, tenant.workspace_id) == 409
