"""What tests of live readings do: follow a stream on loopback, wait for what it changes, kill who reads."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from typing import Any

from sqlalchemy import text

from services.discovery.live.jobs import follow
from services.discovery.live.reading import Pace
from services.discovery.settings import DiscoverySettings
from tests.house import Tenant
from tests.services.discovery.connectors.jetstream_server import Stream
from tests.services.discovery.watches.watching import watch

QUICK = Pace(lease=0.8, batch=0.05, refresh=0.1, pause=0.05, longest_pause=0.2)
BRIEF = {"brand": {"name": "Fellside Shoes"}, "hashtags": ["#FellRunning"]}


@contextmanager
def configured(tenant: Tenant, **given: object) -> Iterator[None]:
    """Other settings, for as long as the context lasts."""
    runtime = tenant.house.runtime("discovery")
    before = runtime.settings
    runtime.settings = DiscoverySettings.model_validate({**before.model_dump(), **given})
    try:
        yield
    finally:
        runtime.settings = before


class Worker:
    """One worker's reading."""

    def __init__(self, tenant: Tenant) -> None:
        self._shutdown = asyncio.Event()
        self._task = asyncio.create_task(follow(tenant.house.runtime("discovery"), self._shutdown, pace=QUICK))

    async def stop(self) -> None:
        """As at a shutdown, which waits for it."""
        self._shutdown.set()
        await asyncio.wait_for(self._task, timeout=3)

    async def kill(self) -> None:
        """It says nothing to anybody any more."""
        self._task.cancel()
        await asyncio.wait({self._task})


@asynccontextmanager
async def working(tenant: Tenant) -> AsyncIterator[Worker]:
    """A worker, which is killed at the end where nobody stopped it."""
    worker = Worker(tenant)
    try:
        yield worker
    finally:
        await worker.kill()


@asynccontextmanager
async def reading(tenant: Tenant, stream: Stream) -> AsyncIterator[Worker]:
    """A worker follows the stream, which stays open."""
    stream.holds = True
    async with stream.running():
        with configured(tenant, discovery_bluesky_jetstream_url=stream.url):
            async with working(tenant) as worker:
                yield worker


async def until(holds: Callable[[], Awaitable[bool]]) -> None:
    """Wait for it; fails after some seconds."""
    async with asyncio.timeout(8):
        while not await holds():  # noqa: ASYNC110  # what is waited for stands in the database
            await asyncio.sleep(0.02)


async def asked(stream: Stream, times: int) -> None:
    async def holds() -> bool:
        return len(stream.asked) >= times

    await until(holds)


async def stands(tenant: Tenant) -> dict[str, Any]:
    """The reading as it is stored; empty where there is none."""
    async with tenant.house.runtime("discovery").database.system_session() as session:
        row = (await session.execute(text("SELECT * FROM discovery.live_readings"))).mappings().one_or_none()
    return dict(row) if row is not None else {}


async def cursor_is(tenant: Tenant, at: int) -> None:
    async def holds() -> bool:
        return bool((await stands(tenant)).get("cursor") == str(at))

    await until(holds)


async def live_state(tenant: Tenant) -> dict[str, Any]:
    """As operators see it."""
    async with tenant.client("discovery") as client:
        items = (await client.get("/v1/platforms", params={"limit": 100})).json()["items"]
    (found,) = [one["live"] for one in items if one["platform"] == "bluesky"]
    assert isinstance(found, dict)
    return found


async def repeat_search(
    tenant: Tenant, *, brief: dict[str, Any] = BRIEF, sources: tuple[str, ...] = ("bluesky",)
) -> Any:
    """A watch that repeats a search; the search itself makes no call in these tests."""
    async with tenant.client("discovery") as client:
        made = await client.post("/v1/searches", json={"brief": brief, "sources": list(sources)})
        assert made.status_code == 202, made.text
        search_id = made.json()["id"]
        assert (await client.post(f"/v1/searches/{search_id}/cancel")).status_code == 200
    return await watch(tenant, search_id=search_id)
