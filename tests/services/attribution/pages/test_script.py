"""Claims about the script for brands' own pages, in a real Chromium."""

import re
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from services.attribution.app import in_front
from tests.house import Tenant
from tests.services.attribution.hits.browser import CHROMIUM, WITHOUT, Browser, chromium, html, serving
from tests.services.attribution.hits.visits import visitor

CLICK = "hit_01m8fgsvy6fsq9nqq7m6y1av0a"


@pytest.fixture
async def browser(tmp_path: Path) -> AsyncIterator[Browser]:
    async with chromium(tmp_path / "profile") as opened:
        yield opened


async def test_it_is_cached_for_a_day_and_then_asked_for_by_its_tag(tenant: Tenant) -> None:
    answer = await visitor(tenant).get("/gs.js")
    assert (answer.status_code, answer.headers["cache-control"]) == (200, "public, max-age=86400")
    again = await visitor(tenant).get("/gs.js", headers={"If-None-Match": answer.headers["etag"]})
    assert (again.status_code, again.content) == (304, b"")


async def test_it_names_no_host_but_its_example(tenant: Tenant) -> None:
    text = (await visitor(tenant).get("/gs.js")).text
    assert set(re.findall(r"https?://[^\s\"/]+", text)) == {"https://go.example.com"}
    assert not re.search(r"fetch|XMLHttpRequest|sendBeacon|eval|import\(", text)


@pytest.mark.skipif(CHROMIUM is None, reason=WITHOUT)
async def test_the_click_id_is_kept_and_carried_to_the_shop_and_into_forms(tenant: Tenant, browser: Browser) -> None:
    async with (
        serving(in_front(tenant.house.app("attribution"))) as ours,
        serving(html("<h1>the shop</h1>")) as shop,
        serving(html("<h1>elsewhere</h1>")) as elsewhere,
    ):
        host = shop.removeprefix("http://")
        page = (
            f'<script src="{ours}/gs.js" data-hosts="{host}"></script>'
            f'<p><a id="shop" href="{shop}/buy?a=1#top">buy</a></p><p><a id="else" href="{elsewhere}/">else</a></p>'
            '<form id="form" data-groundswell action="/sent"><button id="send">send</button></form>'
        )
        async with serving(html(page)) as brand:
            await browser.open(f"{brand}/?gs_click={CLICK}")
            await browser.until("window.groundswell && groundswell.clickId()", CLICK)
            assert await browser.evaluate("document.cookie") == ""
            await browser.open(f"{brand}/second")
            await browser.until("location.pathname", "/second")
            await browser.until("window.groundswell && groundswell.clickId()", CLICK)
            await browser.click("#send")
            await browser.until("location.pathname", "/sent")
            assert await browser.evaluate("new URLSearchParams(location.search).get('gs_click')") == CLICK
            await browser.click("#else")
            await browser.until("document.querySelector('h1')?.textContent", "elsewhere")
            assert await browser.evaluate("location.search") == ""
            await browser.open(f"{brand}/third")
            await browser.until("location.pathname", "/third")
            await browser.until("!!document.querySelector('#shop')", True)
            await browser.click("#shop")
            await browser.until("document.querySelector('h1')?.textContent", "the shop")
            assert await browser.evaluate("location.search + location.hash") == f"?a=1&gs_click={CLICK}#top"
            assert all(url.startswith((ours, shop, elsewhere, brand, "about:")) for url in browser.requests)
            assert [url for url in browser.requests if url.startswith(ours)] in ([f"{ours}/gs.js"] * n for n in (1, 4))


@pytest.mark.skipif(CHROMIUM is None, reason=WITHOUT)
async def test_what_is_no_click_id_is_not_kept_and_a_cookie_is_set_only_when_asked_for(
    tenant: Tenant, browser: Browser
) -> None:
    async with serving(in_front(tenant.house.app("attribution"))) as ours:
        script = f'<script src="{ours}/gs.js" data-parameter="ref" data-cookie-days="7"></script>'
        async with serving(html(script)) as brand:
            await browser.open(f"{brand}/?ref=%3Cimg%20src=x%3E")
            await browser.until("!!window.groundswell && groundswell.clickId()", None)
            await browser.until("document.readyState", "complete")
            assert await browser.evaluate("sessionStorage.length + document.cookie") == "0"
            await browser.open(f"{brand}/?ref={CLICK}")
            await browser.until("window.groundswell && groundswell.clickId()", CLICK)
            assert await browser.evaluate("document.cookie") == f"ref={CLICK}"
