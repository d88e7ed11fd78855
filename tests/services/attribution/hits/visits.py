"""Visits to tracking links, as a browser or a program makes them."""

import asyncio
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import httpx

from services.attribution.hits.ids import HitIds
from services.attribution.hits.record import HitRecord, Outcome
from shared.schemas.ids import decode
from tests.house import Tenant
from tests.services.attribution.hits.agents import CHROME_ANDROID


async def eventually(happens: Callable[[], bool], *, seconds: float = 10) -> None:
    """Wait until something that another task or process does has happened; TimeoutError when it does not."""
    async with asyncio.timeout(seconds):
        while not happens():  # noqa: ASYNC110  # another process sets no event of ours
            await asyncio.sleep(0.01)


def visitor(tenant: Tenant, *, agent: str = CHROME_ANDROID) -> httpx.AsyncClient:
    app = tenant.house.app("attribution")
    return httpx.AsyncClient(
        transport=httpx.ASGITransport(app=app), base_url="http://go.test", headers={"User-Agent": agent}
    )


async def visit(
    tenant: Tenant, link: dict[str, Any], *, agent: str = CHROME_ANDROID, method: str = "GET",
    headers: dict[str, str] | None = None, expect: str | None = None,
) -> str:  # fmt: skip
    """Ask for the link; the click id that it was answered with, empty when there is none."""
    answer = await visitor(tenant, agent=agent).request(method, f"/r/{link['slug']}", headers=headers or {})
    location = answer.headers.get("location", "")
    if expect is not None:
        assert location == expect
    return httpx.URL(location).params.get("gs_click", "") if location else ""


def record(tenant: Tenant, link: dict[str, Any], *, at: datetime | None = None) -> HitRecord:
    """A hit of a browser as the redirect would write it, at any moment."""
    at = at or datetime.now(UTC)
    number = HitIds().next(round(at.timestamp() * 1000))
    return HitRecord(
        tenant.workspace_id, UUID(int=number), decode("lnk", link["id"]), at, "GET", Outcome.REDIRECTED,
        CHROME_ANDROID, None, None, None,
    )  # fmt: skip
