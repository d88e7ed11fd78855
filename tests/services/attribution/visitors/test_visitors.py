"""Claims about what tracking links keep of visitors: no cookie unless a workspace turns it on."""

from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
from sqlalchemy import text

from tests.house import Tenant
from tests.services.attribution import making
from tests.services.attribution.hits.visits import eventually, visitor


async def turn_cookies(tenant: Tenant, link: dict[str, Any], *, on: bool) -> None:
    """Change the setting and wait until the redirect knows."""
    await visitor(tenant).get(f"/r/{link['slug']}", headers={"Sec-GPC": "1"})
    front = tenant.house.app("attribution").state.hits
    answer = await tenant.client("attribution").put("/v1/visitor-settings", json={"cookie": on})
    assert answer.json()["cookie"] is on
    await eventually(lambda: (front.links.known("", link["slug"]).cookie is not None) is on)


async def pseudonyms(tenant: Tenant) -> list[bytes | None]:
    async with tenant.house.runtime("attribution").database.tenant_session(tenant.workspace_id) as session:
        rows = await session.execute(text("SELECT visitor FROM attribution.hits ORDER BY id"))
        return [row.visitor for row in rows]


async def test_without_being_asked_a_link_gives_no_cookie(tenant: Tenant) -> None:
    link = await making.link(tenant)
    answer = await visitor(tenant).get(f"/r/{link['slug']}")
    assert (answer.status_code, "set-cookie" in answer.headers) == (302, False)
    assert (await tenant.client("attribution").get("/v1/visitor-settings")).json()["cookie"] is False


async def test_with_cookies_on_a_browser_is_known_by_its_cookie_for_a_day(tenant: Tenant) -> None:
    link = await making.link(tenant)
    await turn_cookies(tenant, link, on=True)
    first = await visitor(tenant).get(f"/r/{link['slug']}")
    given = first.headers["set-cookie"]
    assert "HttpOnly; SameSite=Lax" in given
    assert "Path=/r/" in given
    cookie = given.partition(";")[0]
    again = await visitor(tenant, agent="another browser").get(
        f"/r/{link['slug']}", headers={"Cookie": f"a=b; {cookie}"}
    )
    assert "set-cookie" not in again.headers
    await visitor(tenant).get(f"/r/{link['slug']}")
    _, one, same, other = await pseudonyms(tenant)
    assert one == same != other
    assert cookie.partition("=")[2].encode() not in (one or b"")


async def test_who_sends_global_privacy_control_gets_no_cookie_and_no_pseudonym(tenant: Tenant) -> None:
    link = await making.link(tenant)
    await turn_cookies(tenant, link, on=True)
    answer = await visitor(tenant).get(f"/r/{link['slug']}", headers={"Sec-GPC": "1"})
    assert "set-cookie" not in answer.headers
    assert await pseudonyms(tenant) == [None, None]


async def test_a_prefetch_gets_no_cookie(tenant: Tenant) -> None:
    link = await making.link(tenant)
    await turn_cookies(tenant, link, on=True)
    answer = await visitor(tenant).get(f"/r/{link['slug']}", headers={"Sec-Purpose": "prefetch"})
    assert (answer.status_code, "set-cookie" in answer.headers) == (503, False)


async def test_cookies_turned_off_end_and_other_workspaces_never_gave_any(tenant: Tenant, other_tenant: Tenant) -> None:
    link, foreign = await making.link(tenant), await making.link(other_tenant)
    await turn_cookies(tenant, link, on=True)
    answers: list[httpx.Response] = [await visitor(tenant).get(f"/r/{foreign['slug']}")]
    await turn_cookies(tenant, link, on=False)
    answers.append(await visitor(tenant).get(f"/r/{link['slug']}"))
    assert ["set-cookie" in answer.headers for answer in answers] == [False, False]


async def test_days_out_of_order_are_refused_and_foreign_links_unknown(tenant: Tenant, other_tenant: Tenant) -> None:
    link = await making.link(tenant)
    today = datetime.now(UTC).date()
    path = f"/v1/links/{link['id']}/visitors"
    span = {"from": str(today), "to": str(today - timedelta(days=1))}
    assert (await tenant.client("attribution").get(path, params=span)).status_code == 422
    assert (await other_tenant.client("attribution").get(path)).status_code == 404
