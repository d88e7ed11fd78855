"""Claims about landing pages."""

import re
from html.parser import HTMLParser
from typing import Any

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.attribution.pages.html import STYLE, Content, render
from tests.house import Tenant
from tests.services.attribution import making
from tests.services.attribution.hits.visits import visitor

TEXT = st.text(min_size=1, max_size=30)


class Seen(HTMLParser):
    """Every tag with its attributes, and all text."""

    def __init__(self, document: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.text = ""
        self.feed(document)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))

    def handle_data(self, data: str) -> None:
        self.text += data


async def made(tenant: Tenant, **body: Any) -> dict[str, Any]:
    partner = await making.partner(tenant, name="Ana")
    campaign = await making.campaign(tenant, brief={"brand": {"name": "Fellside"}, "disclosure": {"text": "Advert"}})
    partnership = await making.partnership(tenant, campaign_id=campaign["id"], partner_id=partner["id"], approved=True)
    link = await making.link(tenant, partnership_id=partnership["id"])
    code = await making.post(tenant, "/v1/codes", {"partnership_id": partnership["id"], "code": "ANA10"})
    return await making.post(
        tenant,
        "/v1/pages",
        {
            "partnership_id": partnership["id"], "link_id": link["id"], "code_id": code["id"],
            "title": "Ana's spring picks", "offer": "10 % off", **body,
        },
    )  # fmt: skip


async def show(tenant: Tenant, page: dict[str, Any]) -> httpx.Response:
    return await visitor(tenant).get(f"/p/{page['slug']}")


async def test_a_page_shows_brand_creator_offer_code_and_disclosure(tenant: Tenant) -> None:
    page = await made(tenant)
    answer = await show(tenant, page)
    seen = Seen(answer.text)
    assert (answer.status_code, answer.headers["content-type"]) == (200, "text/html; charset=utf-8")
    for text in ("Fellside", "Ana", "Ana's spring picks", "10 % off", "ANA10", "Advert", "Continue"):
        assert text in seen.text
    assert page["url"].endswith(f"/p/{page['slug']}")


async def test_the_button_is_the_link_and_its_click_is_counted(tenant: Tenant) -> None:
    page = await made(tenant)
    hrefs = [values["href"] for tag, values in Seen((await show(tenant, page)).text).tags if tag == "a"]
    answer = await visitor(tenant).get(str(hrefs[0]))
    assert answer.status_code == 302
    assert "gs_click=hit_" in answer.headers["location"]


async def test_a_page_asks_no_other_host_and_may_not(tenant: Tenant) -> None:
    answer = await show(tenant, await made(tenant))
    assert "default-src 'none'" in answer.headers["content-security-policy"]
    assert not re.search(r"https?://|//[a-z]", answer.text)
    assert {tag for tag, _ in Seen(answer.text).tags}.isdisjoint({"script", "img", "iframe", "form", "object"})


async def test_a_page_has_what_readers_of_the_screen_need(tenant: Tenant) -> None:
    tags = Seen((await show(tenant, await made(tenant))).text).tags
    names = [tag for tag, _ in tags]
    assert ("html", {"lang": "en"}) in tags
    assert [names.count(tag) for tag in ("title", "main", "h1")] == [1, 1, 1]


async def test_a_page_of_an_expired_code_does_not_show_it(tenant: Tenant) -> None:
    partnership = await making.partnership(tenant, approved=True)
    body = {"partnership_id": partnership["id"], "code": "LATE10", "ends_at": "2020-01-01T00:00:00Z"}
    code = await making.post(tenant, "/v1/codes", body)
    link = await making.link(tenant, partnership_id=partnership["id"])
    page = await making.post(
        tenant, "/v1/pages",
        {"partnership_id": partnership["id"], "link_id": link["id"], "code_id": code["id"], "title": "Late"},
    )  # fmt: skip
    assert "LATE10" not in (await show(tenant, page)).text


async def test_a_disabled_page_is_gone_and_an_unknown_one_not_found(tenant: Tenant) -> None:
    page = await made(tenant)
    await tenant.client("attribution").patch(f"/v1/pages/{page['id']}", json={"disabled": True})
    assert (await show(tenant, page)).status_code == 410
    assert (await visitor(tenant).get("/p/nobody-made-this")).status_code == 404


async def test_links_and_codes_of_another_partnership_or_workspace_are_unknown(
    tenant: Tenant, other_tenant: Tenant
) -> None:
    ours, theirs = await making.link(tenant), await making.link(other_tenant)
    rival = await making.link(tenant)
    for link in (theirs, rival):
        body = {"partnership_id": ours["partnership_id"], "link_id": link["id"], "title": "x"}
        await making.post(tenant, "/v1/pages", body, expect=404)
    page = await made(tenant)
    assert (await other_tenant.client("attribution").get(f"/v1/pages/{page['id']}")).status_code == 404
    assert (await other_tenant.client("attribution").patch(f"/v1/pages/{page['id']}", json={})).status_code == 404


async def test_no_page_before_approval(tenant: Tenant) -> None:
    link = await making.link(tenant)
    waiting = await making.partnership(tenant)
    body = {"partnership_id": waiting["id"], "link_id": link["id"], "title": "x"}
    assert (await making.post(tenant, "/v1/pages", body, expect=409))["code"] == "not_approved"


@given(title=TEXT, offer=st.none() | TEXT, brand=TEXT, code=st.none() | TEXT)
def test_no_text_becomes_markup(title: str, offer: str | None, brand: str, code: str | None) -> None:
    harmless = Content("en", "x", "x", "x", "x" if offer else None, "x" if code else None, "x", "/r/x", "x")
    content = Content("en", title, brand, "x", offer, code, "x", "/r/x", "x")
    assert [tag for tag, _ in Seen(render(content)).tags] == [tag for tag, _ in Seen(render(harmless)).tags]


def luminance(colour: str) -> float:
    """Relative luminance of `#rgb` or `#rrggbb` (WCAG 2.2)."""
    digits = colour.lstrip("#")
    digits = "".join(digit * 2 for digit in digits) if len(digits) == 3 else digits
    channels = [int(digits[place : place + 2], 16) / 255 for place in (0, 2, 4)]
    linear = [value / 12.92 if value <= 0.04045 else ((value + 0.055) / 1.055) ** 2.4 for value in channels]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


@pytest.mark.parametrize("scheme", [0, 1], ids=["light", "dark"])
@pytest.mark.parametrize(("text", "ground"), [("ink", "paper"), ("quiet", "paper"), ("on-strong", "strong")])
def test_contrast_is_at_least_seven_to_one(scheme: int, text: str, ground: str) -> None:
    colours = dict(re.findall(r"--([a-z-]+):(#[0-9a-f]+)", STYLE.split("@media")[scheme]))
    high, low = sorted((luminance(colours[text]), luminance(colours[ground])), reverse=True)
    assert (high + 0.05) / (low + 0.05) >= 7
