"""What tests of watches do: make one, let time pass, pull the events."""

from datetime import timedelta
from typing import Any

from sqlalchemy import text

from shared.clients.discovery import DiscoveryClient
from shared.schemas.events import Event
from shared.schemas.ids import decode
from shared.schemas.watches import Watch, WatchCreate
from tests.house import Tenant


def client_of(tenant: Tenant) -> DiscoveryClient:
    return DiscoveryClient(tenant.house.runtime("attribution"), workspace_id=tenant.workspace_id)


async def watch(tenant: Tenant, **body: Any) -> Watch:
    return await client_of(tenant).create_watch(WatchCreate.model_validate(body))


async def pass_time(tenant: Tenant, watch_id: Any, span: timedelta, *, snapshots: bool = True) -> None:
    """As if all of the watch had happened so much earlier."""
    parameters = {"span": span, "id": watch_id}
    back = "- CAST(:span AS interval)"
    async with tenant.house.runtime("discovery").database.tenant_session(tenant.workspace_id) as session:
        await session.execute(
            text(
                f"""UPDATE discovery.watches SET created_at = created_at {back}, due_at = due_at {back},
                next_run_at = next_run_at {back}, last_run_at = last_run_at {back} WHERE id = :id"""
            ),
            parameters,
        )
        await session.execute(
            text(
                f"""UPDATE discovery.watch_accounts SET due_at = due_at {back}, next_run_at = next_run_at {back},
                last_run_at = last_run_at {back} WHERE watch_id = :id"""
            ),
            parameters,
        )
        await session.execute(text(f"UPDATE discovery.followed_creators SET read_at = read_at {back}"), {"span": span})
        if snapshots:
            await session.execute(
                text(f"UPDATE discovery.creator_snapshots SET day = CAST(day {back} AS date)"), {"span": span}
            )


async def events(tenant: Tenant) -> list[Event]:
    """All that can be pulled, in pages of two."""
    client = client_of(tenant)
    found: list[Event] = []
    after: str | None = None
    while True:
        feed = await client.events(after=after, limit=2)
        found += feed.items
        after = feed.after
        if not feed.has_more:
            return found


async def read(tenant: Tenant, made: Watch) -> Watch:
    return await client_of(tenant).watch(made.id)


def search_of(wire_id: str) -> Any:
    return decode("sch", wire_id)
