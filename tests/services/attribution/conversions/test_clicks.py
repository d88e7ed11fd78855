"""Conversions that carry a click: waited for until it is judged, credited to the link's creator."""

from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from sqlalchemy import text

from services.attribution.conversions import repository
from tests.house import Tenant
from tests.services.attribution import making
from tests.services.attribution.making import Json
from tests.services.attribution.orders import convert, creator, get

PHONE = (
    "Mozilla/5.0 (iPhone; CPU iPhone OS 18_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.5 "
    "Mobile/15E148 Safari/604.1"
)
NOW = "2099-01-01T00:00:00Z"


async def click(tenant: Tenant, link: Json, *, user_agent: str = PHONE) -> str:
    """Follow a tracking link; the click id that it puts into the destination."""
    async with tenant.client("attribution") as client:
        answer = await client.get(f"/r/{link['slug']}", headers={"User-Agent": user_agent, "Authorization": ""})
    assert answer.status_code == 302, answer.text
    return parse_qs(urlsplit(answer.headers["location"]).query)["gs_click"][0]


async def now(tenant: Tenant) -> str:
    """A moment just after everything that happened so far."""
    async with tenant.house.runtime("attribution").database.tenant_session(tenant.workspace_id) as session:
        found = await session.execute(
            text("SELECT to_char(now() AT TIME ZONE 'UTC', 'YYYY-MM-DD\"T\"HH24:MI:SS.US\"Z\"')")
        )
        return str(found.scalar_one())


async def decided(tenant: Tenant, made: Json) -> Json:
    """The conversion after the worker has looked at it again."""
    async with tenant.house.runtime("attribution").database.tenant_session(tenant.workspace_id) as session:
        await session.execute(text("UPDATE attribution.conversions SET look_at = now() - interval '1 second'"))
    await tenant.house.run_jobs(1)
    return await get(tenant, f"/v1/conversions/{made['id']}")


def credited(found: Json) -> list[Any]:
    return [one["partnership_id"] for one in found["attribution"]["credits"]]


async def test_a_purchase_after_a_click_is_credited_once_the_click_is_judged(tenant: Tenant) -> None:
    ana = await creator(tenant)
    click_id = await click(tenant, await making.link(tenant, partnership_id=ana["id"]))
    made = await convert(tenant, click_id=click_id, occurred_at=await now(tenant))
    assert made["attribution"]["state"] == "pending"
    await tenant.house.run_jobs(1)
    found = await decided(tenant, made)
    assert (found["attribution"]["rule"], credited(found)) == ("click decides", [ana["id"]])


async def test_a_verdict_that_comes_while_it_is_decided_gives_nothing_to_an_earlier_click(
    tenant: Tenant, monkeypatch: pytest.MonkeyPatch
) -> None:
    campaign = await making.campaign(tenant)
    ana, ben = await creator(tenant, campaign=campaign), await creator(tenant, campaign=campaign)
    await click(tenant, await making.link(tenant, partnership_id=ana["id"]))
    await tenant.house.run_jobs(1)
    click_id = await click(tenant, await making.link(tenant, partnership_id=ben["id"]))
    read = repository.evidence

    async def judged_meanwhile(*given: Any, **more: Any) -> Any:
        found = await read(*given, **more)
        monkeypatch.setattr(repository, "evidence", read)
        await tenant.house.run_jobs(1)
        return found

    monkeypatch.setattr(repository, "evidence", judged_meanwhile)
    made = await convert(tenant, click_id=click_id, occurred_at=await now(tenant))
    assert made["attribution"]["state"] == "pending"
    found = await decided(tenant, made)
    assert (found["attribution"]["rule"], credited(found)[-1]) == (
        "click decides, before visitor of other creators", ben["id"],
    )  # fmt: skip


async def test_a_code_of_a_stands_before_the_click_of_b_and_both_are_explained(tenant: Tenant) -> None:
    campaign = await making.campaign(tenant)
    ana = await creator(tenant, campaign=campaign, code="ANA10")
    ben = await creator(tenant, campaign=campaign)
    click_id = await click(tenant, await making.link(tenant, partnership_id=ben["id"]))
    await tenant.house.run_jobs(1)
    made = await convert(tenant, 1, click_id=click_id, code="ANA10", occurred_at=await now(tenant))
    assert (made["attribution"]["rule"], credited(made)) == (
        "code decides, before click of other creators", [ana["id"]],
    )  # fmt: skip
    assert made["attribution"]["other_models"]["first_touch"][0]["partnership_id"] == ben["id"]
    rules = {"attribution": {"precedence": ["click", "code"]}}
    await tenant.client("attribution").patch(f"/v1/campaigns/{campaign['id']}", json=rules)
    made = await convert(tenant, 2, click_id=click_id, code="ANA10", occurred_at=await now(tenant))
    assert credited(made) == [ben["id"]]


async def test_a_bots_click_brings_nobody_a_conversion(tenant: Tenant) -> None:
    ana = await creator(tenant)
    link = await making.link(tenant, partnership_id=ana["id"])
    click_id = await click(tenant, link, user_agent="Googlebot/2.1 (+http://www.google.com/bot.html)")
    await tenant.house.run_jobs(1)
    made = await convert(tenant, click_id=click_id, occurred_at=await now(tenant))
    assert made["attribution"]["state"] == "unattributed"
    assert made["attribution"]["considered"][0]["reason"] == "the click was judged bot"


async def test_a_click_older_than_the_window_of_the_terms_does_not_count(tenant: Tenant) -> None:
    ana = await creator(tenant, terms={"attribution": {"window_days": 7}})
    click_id = await click(tenant, await making.link(tenant, partnership_id=ana["id"]))
    await tenant.house.run_jobs(1)
    made = await convert(tenant, click_id=click_id, occurred_at=NOW)
    assert made["attribution"]["considered"][0]["reason"] == "lies more than 7 days before the conversion"


async def test_a_click_that_never_comes_is_given_up_and_the_rest_decides(tenant: Tenant) -> None:
    ana = await creator(tenant, code="ANA10")
    made = await convert(tenant, click_id="hit_01kz7kpps0fg8skbh5vs8fs3n4", code="ANA10")
    assert (await decided(tenant, made))["attribution"]["state"] == "pending"
    async with tenant.house.runtime("attribution").database.tenant_session(tenant.workspace_id) as session:
        await session.execute(text("UPDATE attribution.conversions SET waits_since = now() - interval '11 minutes'"))
    found = await decided(tenant, made)
    assert (found["attribution"]["state"], credited(found)) == ("attributed", [ana["id"]])


async def test_the_click_of_another_workspace_brings_nothing(tenant: Tenant, other_tenant: Tenant) -> None:
    ana = await creator(other_tenant)
    click_id = await click(other_tenant, await making.link(other_tenant, partnership_id=ana["id"]))
    await tenant.house.run_jobs(1)
    made = await convert(tenant, click_id=click_id, occurred_at=await now(tenant))
    assert made["attribution"]["considered"] == []


async def test_a_landing_page_ties_a_conversion_to_its_creator(tenant: Tenant) -> None:
    ana = await creator(tenant)
    link = await making.link(tenant, partnership_id=ana["id"])
    body = {"partnership_id": ana["id"], "link_id": link["id"], "title": "Ana's picks"}
    page = await making.post(tenant, "/v1/pages", body)
    made = await convert(tenant, page_id=page["id"])
    assert (made["attribution"]["rule"], credited(made)) == ("page decides", [ana["id"]])
