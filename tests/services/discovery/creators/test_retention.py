"""What may be kept no longer is forgotten."""

from typing import Any

from sqlalchemy import text

from services.discovery.creators.jobs import LOOPS
from tests.house import Tenant
from tests.services.discovery.creators.test_creators import fill


async def rows(tenant: Tenant, query: str) -> list[Any]:
    async with tenant.house.runtime("discovery").database.tenant_session(tenant.workspace_id) as session:
        return [tuple(row) for row in (await session.execute(text(query))).all()]


async def change(tenant: Tenant, statement: str) -> None:
    async with tenant.house.runtime("discovery").database.tenant_session(tenant.workspace_id) as session:
        await session.execute(text(statement))


async def run_loop(tenant: Tenant) -> None:
    while await LOOPS[0].work(tenant.house.runtime("discovery")):
        pass


async def test_an_imported_comment_expires_with_the_evidence(tenant: Tenant) -> None:
    await fill(tenant)
    found = await rows(tenant, "SELECT expires_at - observed_at = interval '30 days' FROM discovery.comments")
    assert found == [(True,)]


async def test_of_an_expired_comment_the_text_goes_and_who_spoke_to_whom_stays(tenant: Tenant) -> None:
    await fill(tenant)
    await change(tenant, "UPDATE discovery.comments SET text = 'Which shoes?'")
    await run_loop(tenant)
    assert await rows(tenant, "SELECT text FROM discovery.comments") == [("Which shoes?",)]
    await change(tenant, "UPDATE discovery.comments SET expires_at = now() - interval '1 second'")
    await run_loop(tenant)
    assert await rows(tenant, "SELECT text, author_id IS NOT NULL FROM discovery.comments") == [(None, True)]


async def test_of_expired_creators_and_posts_only_their_identity_stays(tenant: Tenant) -> None:
    await fill(tenant)
    await change(tenant, "INSERT INTO discovery.post_hashtags SELECT workspace_id, 'run', id FROM discovery.posts")
    for table in ("creators", "posts"):
        await change(tenant, f"UPDATE discovery.{table} SET expires_at = now() - interval '1 second'")
    await run_loop(tenant)
    kept = await rows(tenant, "SELECT DISTINCT handle, followers, counts::text, stub FROM discovery.creators")
    assert kept == [(None, None, "{}", True)]
    assert await rows(tenant, "SELECT DISTINCT text, created_at, stub FROM discovery.posts") == [(None, None, True)]
    assert await rows(tenant, "SELECT key FROM discovery.post_hashtags") == []
