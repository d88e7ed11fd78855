"""Claims about what a real Chromium does with tracking links: prefetch, prerender, click."""

import json
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from starlette.types import Receive, Scope, Send

from services.attribution.app import in_front
from services.attribution.hits.judging import Judge
from shared.schemas.base import rfc3339
from tests.house import Tenant, make_tenant, open_house
from tests.services.attribution import making, orders
from tests.services.attribution.hits.browser import CHROMIUM, WITHOUT, Browser, chromium, html, serving
from tests.services.attribution.hits.visits import eventually

pytestmark = pytest.mark.skipif(CHROMIUM is None, reason=WITHOUT)


@pytest.fixture
async def alone(fresh_database_url: str, tmp_path: Path) -> AsyncIterator[Tenant]:
    async with AsyncExitStack() as stack:
        yield await make_tenant(await open_house(stack, fresh_database_url, tmp_path / "home"))


@pytest.fixture
async def browser(tmp_path: Path) -> AsyncIterator[Browser]:
    async with chromium(tmp_path / "profile") as opened:
        yield opened


async def verdicts(tenant: Tenant) -> list[str]:
    while await Judge().judge_new(tenant.house.runtime("attribution")):
        pass
    items = (await tenant.client("attribution").get("/v1/hits")).json()["items"]
    return sorted(item["verdict"] for item in items)


def post_with(rules: dict[str, Any], tenant: Tenant, slug: str) -> Any:
    """A creator's post on the host of the links, whose page tells the browser to fetch the link ahead."""
    front = in_front(tenant.house.app("attribution"))
    post = html(f"<script type=speculationrules>{json.dumps(rules)}</script><a id=link href=/r/{slug}>spring picks</a>")

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        await (post if scope["path"] == "/post" else front)(scope, receive, send)

    return app


def ahead(kinds: str, slug: str) -> dict[str, Any]:
    rule = {"source": "list", "urls": [f"/r/{slug}"], "eagerness": "immediate"}
    return {kind: [rule] for kind in kinds.split("+")}


async def held_back(tenant: Tenant, count: int) -> None:
    front = tenant.house.app("attribution").state.hits
    await eventually(lambda: front.held_back >= count, seconds=20)


@pytest.mark.parametrize("kind", ["prefetch", "prerender", "prefetch+prerender"])
async def test_what_chromium_fetches_ahead_is_no_click_and_the_click_after_it_is_one(
    alone: Tenant, browser: Browser, kind: str
) -> None:
    async with serving(html("<h1>the shop</h1>")) as shop:
        link = await making.link(alone, destination_url=f"{shop}/spring")
        async with serving(post_with(ahead(kind, link["slug"]), alone, link["slug"])) as host:
            await browser.open(f"{host}/post")
            await held_back(alone, 1)
            await browser.click("#link")
            await browser.until("document.querySelector('h1')?.textContent", "the shop")
            assert str(await browser.evaluate("location.href")).startswith(f"{shop}/spring?gs_click=hit_")
        assert await verdicts(alone) == ["human", "prefetch"]


@pytest.mark.parametrize("kind", ["prefetch", "prerender", "prefetch+prerender"])
async def test_whoever_never_clicks_leaves_no_click(alone: Tenant, browser: Browser, kind: str) -> None:
    link = await making.link(alone)
    async with serving(post_with(ahead(kind, link["slug"]), alone, link["slug"])) as host:
        await browser.open(f"{host}/post")
        await held_back(alone, 1)
        await browser.open("about:blank")
        await browser.until("location.href", "about:blank")
    assert await verdicts(alone) == ["prefetch"]


async def test_a_landing_page_loads_nothing_from_elsewhere_and_a_click_on_it_ends_as_an_attributed_conversion(
    alone: Tenant, browser: Browser
) -> None:
    async with serving(html("<h1>the shop</h1>")) as shop:
        link = await making.link(alone, destination_url=f"{shop}/spring")
        page = await making.post(
            alone,
            "/v1/pages",
            {"partnership_id": link["partnership_id"], "link_id": link["id"], "title": "Ana's spring picks"},
        )
        async with serving(in_front(alone.house.app("attribution"))) as host:
            await browser.open(f"{host}/p/{page['slug']}")
            await browser.until("document.readyState", "complete")
            await browser.until("document.querySelector('h1')?.textContent", "Ana's spring picks")
            assert [url for url in browser.requests if not url.startswith((f"{host}/p/", "data:,"))] == []
            assert await browser.evaluate("getComputedStyle(document.querySelector('a.go')).fontWeight") == "600"
            await browser.call("Audits.enable")
            await browser.call("Audits.checkContrast", reportAAA=True)
            assert browser.issues == []
            roles = await browser.roles()
            assert {("main", ""), ("heading", "Ana's spring picks"), ("link", "Continue")} <= set(roles)
            assert [name for role, name in roles if role == "RootWebArea"] == ["Ana's spring picks"]
            await browser.click("a.go")
            await browser.until("document.querySelector('h1')?.textContent", "the shop")
            click = await browser.evaluate("new URL(location.href).searchParams.get('gs_click')")
    assert await verdicts(alone) == ["human"]
    bought = await orders.convert(alone, click_id=click, occurred_at=rfc3339(datetime.now(UTC)))
    assert bought["attribution"]["state"] == "attributed"
    assert [one["signal"] for one in bought["attribution"]["considered"]] == ["click"]
    assert bought["attribution"]["partnership_id"] == link["partnership_id"]
