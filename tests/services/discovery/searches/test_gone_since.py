"""What was deleted, suspended or ran out after a search is told by none of its answers, though the search found it."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime

import pytest
from sqlalchemy import text

from services.discovery.deletions import service as deletions
from shared.schemas.creators import AccountStatus
from tests.house import Tenant
from tests.services.discovery.searches.archive import niche
from tests.services.discovery.searches.test_search_archive import candidates, handles, search

ANSWERS = ("candidates", "evidence", "export")


@pytest.fixture
async def searched(tenant: Tenant) -> AsyncIterator[Tenant]:
    await niche().store(tenant.house.runtime("discovery"), tenant)
    yield tenant
    # what is gone is remembered for the whole installation, and other tests have people of the same names
    async with tenant.house.runtime("discovery").database.system_session() as session:
        await session.execute(text("DELETE FROM discovery.gone"))


async def answers(tenant: Tenant, search_id: str) -> dict[str, str]:
    async with tenant.client("discovery") as client:
        return {name: (await client.get(f"/v1/searches/{search_id}/{name}")).text for name in ANSWERS}


async def examples(tenant: Tenant, search_id: str) -> set[str]:
    items = await candidates(tenant, search_id)
    return {one for item in items for talk in item["provenance"]["comments"] for one in talk["examples"]}


async def run(tenant: Tenant, sql: str, **parameters: object) -> list[str]:
    """The first column of what a statement returns."""
    async with tenant.house.runtime("discovery").database.tenant_session(tenant.workspace_id) as session:
        return [row[0] for row in await session.execute(text(sql), parameters)]


async def test_no_text_of_another_is_kept_with_a_candidate(searched: Tenant) -> None:
    found = await search(searched)
    shown = await examples(searched, found["id"])
    assert shown
    kept = "".join(await run(searched, "SELECT provenance::text FROM discovery.candidates"))
    assert not [one for one in shown if one in kept]


async def test_a_deleted_comment_is_not_told_any_more(searched: Tenant) -> None:
    found = await search(searched)
    before = await examples(searched, found["id"])
    chosen = sorted(before)[0]
    ids = await run(searched, "SELECT platform_id FROM discovery.comments WHERE text = :text", text=chosen)
    async with searched.house.runtime("discovery").database.system_session() as session:
        await deletions.forget_posts(session, platform="instagram", platform_ids=ids)
    assert await examples(searched, found["id"]) == before - {chosen}
    assert not [name for name, body in (await answers(searched, found["id"])).items() if chosen in body]


async def test_a_comment_that_may_be_kept_no_longer_is_not_told_any_more(searched: Tenant) -> None:
    found = await search(searched)
    assert await examples(searched, found["id"])
    await run(searched, "UPDATE discovery.comments SET expires_at = :now RETURNING 1", now=datetime.now(UTC))
    assert await examples(searched, found["id"]) == set()


@pytest.mark.parametrize("status", [AccountStatus.DELETED, AccountStatus.SUSPENDED])
async def test_an_account_that_is_gone_is_in_no_answer(searched: Tenant, status: AccountStatus) -> None:
    """It is neither a candidate nor named as the one under whose posts others commented."""
    found = await search(searched)
    before = handles(await candidates(searched, found["id"]))
    assert "hop1a" in before
    [platform_id] = await run(searched, "SELECT platform_id FROM discovery.creators WHERE handle = 'hop1a'")
    async with searched.house.runtime("discovery").database.system_session() as session:
        await deletions.change_accounts(session, platform="instagram", statuses={platform_id: status})
    assert handles(await candidates(searched, found["id"])) == [name for name in before if name != "hop1a"]
    bodies = await answers(searched, found["id"])
    assert not [name for name, body in bodies.items() if "hop1a" in body]


async def test_an_account_that_is_back_is_told_again(searched: Tenant) -> None:
    found = await search(searched)
    before = handles(await candidates(searched, found["id"]))
    [platform_id] = await run(searched, "SELECT platform_id FROM discovery.creators WHERE handle = 'hop1a'")
    async with searched.house.runtime("discovery").database.system_session() as session:
        for status in (AccountStatus.SUSPENDED, AccountStatus.ACTIVE):
            await deletions.change_accounts(session, platform="instagram", statuses={platform_id: status})
    assert handles(await candidates(searched, found["id"])) == before
