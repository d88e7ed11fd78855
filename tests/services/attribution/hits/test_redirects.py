"""Claims about GET /r/{slug}: the redirect, the click id, what is stored before it is answered."""

from typing import Any
from uuid import UUID

import httpx
import pytest
from sqlalchemy import text

from services.attribution.tracking.service import forget_cached_links
from shared.schemas.ids import decode
from tests.house import Tenant
from tests.services.attribution import making
from tests.services.attribution.hits.agents import CHROME_ANDROID
from tests.services.attribution.hits.visits import eventually, visitor


async def stored(tenant: Tenant) -> list[dict[str, Any]]:
    async with tenant.house.runtime("attribution").database.tenant_session(tenant.workspace_id) as session:
        rows = await session.execute(text("SELECT * FROM attribution.hits ORDER BY id"))
        return [dict(row) for row in rows.mappings()]


async def test_a_hit_is_on_disk_before_it_is_answered_and_its_id_goes_along(tenant: Tenant) -> None:
    link = await making.link(tenant, destination_url="https://shop.example.com/p?a=1#part", utm={"source": "ana"})
    answer = await visitor(tenant).get(f"/r/{link['slug']}", headers={"Referer": "https://bsky.app/profile/ana?x=1"})
    (hit,) = await stored(tenant)
    click = httpx.URL(answer.headers["location"]).params["gs_click"]
    assert answer.status_code == 302
    assert answer.headers["cache-control"] == "no-store"
    assert answer.headers["location"] == f"https://shop.example.com/p?a=1&utm_source=ana&gs_click={click}#part"
    assert decode("hit", click) == UUID(str(hit["id"]))
    assert (hit["method"], hit["user_agent"], hit["referrer_host"]) == ("GET", CHROME_ANDROID, "bsky.app")


async def test_the_name_of_the_click_parameter_is_the_campaigns_unless_the_link_has_its_own(tenant: Tenant) -> None:
    campaign = await making.campaign(tenant, click_parameter="ref")
    made = await making.partnership(tenant, campaign_id=campaign["id"], approved=True)
    for parameter, body in (("ref", {}), ("cid", {"click_parameter": "cid"})):
        link = await making.link(tenant, partnership_id=made["id"], **body)
        answer = await visitor(tenant).get(f"/r/{link['slug']}")
        assert f"?{parameter}=hit_" in answer.headers["location"]


async def test_a_slug_is_found_in_any_case(tenant: Tenant) -> None:
    link = await making.link(tenant, slug=f"Ana-{tenant.workspace_id.hex[-12:]}")
    assert (await visitor(tenant).get(f"/r/{link['slug'].upper()}")).status_code == 302


@pytest.mark.parametrize(
    "header",
    [
        {"Sec-Purpose": "prefetch"},
        {"Sec-Purpose": "prefetch;prerender"},
        {"Sec-Purpose": "prefetch;anonymous-client-ip"},
        {"Purpose": "prefetch"},
        {"X-Moz": "prefetch"},
        {"X-Purpose": "preview"},
    ],
)
async def test_a_prefetch_is_held_back_without_a_location(tenant: Tenant, header: dict[str, str]) -> None:
    link = await making.link(tenant)
    answer = await visitor(tenant).get(f"/r/{link['slug']}", headers=header)
    assert (answer.status_code, answer.headers["cache-control"]) == (503, "no-store")
    assert "location" not in answer.headers
    assert [hit["outcome"] for hit in await stored(tenant)] == ["held_back"]


async def test_head_is_answered_like_get_without_a_body(tenant: Tenant) -> None:
    link = await making.link(tenant)
    answer = await visitor(tenant).head(f"/r/{link['slug']}")
    assert (answer.status_code, answer.content) == (302, b"")
    assert [hit["method"] for hit in await stored(tenant)] == ["HEAD"]


async def test_other_methods_are_refused_and_not_stored(tenant: Tenant) -> None:
    link = await making.link(tenant)
    answer = await visitor(tenant).post(f"/r/{link['slug']}")
    assert (answer.status_code, answer.headers["allow"]) == (405, "GET, HEAD")
    assert await stored(tenant) == []


@pytest.mark.parametrize("slug", ["nobody-made-this", "", "a/b", "x" * 100, "%00", "ü"])
async def test_an_unknown_slug_is_not_found(tenant: Tenant, slug: str) -> None:
    assert (await visitor(tenant).get(f"/r/{slug}")).status_code == 404


@pytest.mark.parametrize(
    ("body", "status", "outcome"),
    [
        ({"ends_at": "2020-01-01T00:00:00Z"}, 410, "expired"),
        ({"ends_at": "2020-01-01T00:00:00Z", "expired_url": "https://shop.example.com/over"}, 302, "expired"),
        ({"starts_at": "2100-01-01T00:00:00Z"}, 404, "not_started"),
    ],
)
async def test_a_link_out_of_its_time_leads_elsewhere_and_the_hit_is_kept(
    tenant: Tenant, body: dict[str, Any], status: int, outcome: str
) -> None:
    link = await making.link(tenant, **body)
    answer = await visitor(tenant).get(f"/r/{link['slug']}")
    assert (answer.status_code, answer.headers.get("location")) == (status, body.get("expired_url"))
    assert [hit["outcome"] for hit in await stored(tenant)] == [outcome]


async def test_the_visitor_is_a_pseudonym_of_one_workspace_and_one_day(tenant: Tenant, other_tenant: Tenant) -> None:
    hits = []
    for who in (tenant, tenant, other_tenant):
        link = await making.link(who)
        await visitor(who).get(f"/r/{link['slug']}")
    hits = [hit["visitor"] for hit in [*await stored(tenant), *await stored(other_tenant)]]
    assert hits[0] == hits[1] != hits[2]
    assert len(hits[0]) == 16


async def test_global_privacy_control_means_no_pseudonym(tenant: Tenant) -> None:
    link = await making.link(tenant)
    await visitor(tenant).get(f"/r/{link['slug']}", headers={"Sec-GPC": "1"})
    assert [hit["visitor"] for hit in await stored(tenant)] == [None]


async def test_another_workspace_sees_no_hits(tenant: Tenant, other_tenant: Tenant) -> None:
    link = await making.link(tenant)
    await visitor(tenant).get(f"/r/{link['slug']}")
    assert len(await stored(tenant)) == 1
    assert await stored(other_tenant) == []


async def test_the_links_of_a_deleted_workspace_lead_nowhere(tenant: Tenant) -> None:
    link = await making.link(tenant)
    assert (await visitor(tenant).get(f"/r/{link['slug']}")).status_code == 302
    assert (await tenant.client("attribution").delete("/v1/workspace-data")).status_code == 204
    async with tenant.house.runtime("attribution").database.system_session() as session:
        await forget_cached_links(session)
    front = tenant.house.app("attribution").state.hits
    await eventually(lambda: front.links.known("", link["slug"]) is None)
    assert (await visitor(tenant).get(f"/r/{link['slug']}")).status_code == 404


async def test_a_change_of_a_link_reaches_the_redirect(tenant: Tenant) -> None:
    link = await making.link(tenant)
    await visitor(tenant).get(f"/r/{link['slug']}")
    front = tenant.house.app("attribution").state.hits
    known = front.links.known("", link["slug"])
    body = {"destination_url": "https://shop.example.com/summer"}
    await tenant.client("attribution").patch(f"/v1/links/{link['id']}", json=body)
    await eventually(lambda: front.links.known("", link["slug"]) is not known)
    answer = await visitor(tenant).get(f"/r/{link['slug']}")
    assert answer.headers["location"].startswith("https://shop.example.com/summer?gs_click=hit_")
