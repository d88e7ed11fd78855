"""Claims about the feed of events: its order, what it holds back, what it no longer tells."""

import asyncio
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import text

from services.discovery.events import service
from services.discovery.events.service import NewEvent
from shared.clients.discovery import DiscoveryClient
from shared.kit.errors import Invalid, NotFound
from shared.kit.ids import new_id
from shared.schemas.events import CandidateFound, EventKind
from tests.house import Tenant


def client_of(tenant: Tenant) -> DiscoveryClient:
    return DiscoveryClient(tenant.house.runtime("scoring"), workspace_id=tenant.workspace_id)


async def creators(tenant: Tenant, number: int) -> list[UUID]:
    ids = [new_id() for _ in range(number)]
    async with tenant.house.runtime("discovery").database.tenant_session(tenant.workspace_id) as session:
        for one in ids:
            await session.execute(
                text(
                    """INSERT INTO discovery.creators (workspace_id, id, platform, platform_id, counts, withheld, stub,
                    opted_out, source, first_seen_at, observed_at)
                    VALUES (:w, :id, 'bluesky', :name, '{}', '{}', false, false, 'archive', now(), now())"""
                ),
                {"w": tenant.workspace_id, "id": one, "name": str(one)},
            )
    return ids


async def tell(tenant: Tenant, *ids: UUID, wait: asyncio.Event | None = None) -> None:
    """Tell of creators in one transaction, which stays open while `wait` is not set."""
    found = [NewEvent(type=EventKind.CANDIDATE_FOUND, creator_id=one, search_id=new_id()) for one in ids]
    async with tenant.house.runtime("discovery").database.tenant_session(tenant.workspace_id) as session:
        await service.publish(session, workspace_id=tenant.workspace_id, found=found)
        if wait is not None:
            await wait.wait()


async def pulled(tenant: Tenant, after: str | None) -> tuple[list[UUID], str | None]:
    feed = await client_of(tenant).events(after=after)
    return [event.creator_id for event in feed.items if isinstance(event, CandidateFound)], feed.after


async def test_a_follower_gets_every_event_once_whatever_commits_late(tenant: Tenant) -> None:
    """The late transaction began first, so its events come first: what came behind waits for it."""
    ids = await creators(tenant, 4)
    finish = asyncio.Event()
    await tell(tenant, ids[0])
    late = asyncio.create_task(tell(tenant, ids[1], wait=finish))
    await asyncio.sleep(0.2)
    await tell(tenant, ids[2])
    first, after = await pulled(tenant, None)
    finish.set()
    await late
    second, after = await pulled(tenant, after)
    await tell(tenant, ids[3])
    third, after = await pulled(tenant, after)
    assert (first, second, third) == ([ids[0]], [ids[1], ids[2]], [ids[3]])
    assert await pulled(tenant, after) == ([], after)


async def test_pages_go_on_inside_one_transaction(tenant: Tenant) -> None:
    ids = await creators(tenant, 5)
    await tell(tenant, *ids)
    found: list[UUID] = []
    after: str | None = None
    more = True
    while more:
        feed = await client_of(tenant).events(after=after, limit=2)
        found += [event.creator_id for event in feed.items]
        after, more = feed.after, feed.has_more
    assert found == ids


async def test_the_feed_of_a_workspace_holds_nothing_of_another(tenant: Tenant, other_tenant: Tenant) -> None:
    await tell(tenant, *await creators(tenant, 1))
    _, after = await pulled(tenant, None)
    assert await pulled(other_tenant, None) == ([], None)
    with pytest.raises(NotFound):
        await pulled(other_tenant, after)
    with pytest.raises(Invalid):
        await pulled(tenant, "nonsense!")


@pytest.mark.parametrize("change", ["UPDATE discovery.creators SET opted_out = true", "DELETE FROM discovery.creators"])
async def test_what_is_gone_by_now_is_passed_over(tenant: Tenant, change: str) -> None:
    ids = await creators(tenant, 1)
    await tell(tenant, *ids)
    async with tenant.house.runtime("discovery").database.tenant_session(tenant.workspace_id) as session:
        await session.execute(text(change))
    found, after = await pulled(tenant, None)
    assert (found, after is None) == ([], False)


async def test_a_post_is_told_once(tenant: Tenant) -> None:
    (creator_id,) = await creators(tenant, 1)
    event = NewEvent(type=EventKind.POST_PUBLISHED, creator_id=creator_id, post_id=new_id())
    counts: list[Any] = []
    for _ in range(2):
        async with tenant.house.runtime("discovery").database.tenant_session(tenant.workspace_id) as session:
            counts.append(await service.publish(session, workspace_id=tenant.workspace_id, found=[event]))
    assert counts == [1, 0]


async def test_old_events_are_forgotten(tenant: Tenant) -> None:
    ids = await creators(tenant, 2)
    await tell(tenant, *ids)
    runtime = tenant.house.runtime("discovery")
    async with runtime.database.tenant_session(tenant.workspace_id) as session:
        await session.execute(
            text("UPDATE discovery.events SET at = now() - interval '91 days' WHERE creator_id = :id"), {"id": ids[0]}
        )
    await service.expire(runtime)
    assert (await pulled(tenant, None))[0] == [ids[1]]
