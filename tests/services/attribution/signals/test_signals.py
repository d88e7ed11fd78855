"""Fraud signals: what is seen, with its evidence, and that nothing is done about it."""

import hashlib
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import text

from services.attribution.signals.rules import CodeUses, is_coupon_site, leaked_codes
from tests.house import Tenant
from tests.services.attribution import making
from tests.services.attribution.conversions.test_clicks import PHONE, click, now
from tests.services.attribution.making import Json
from tests.services.attribution.orders import balances, convert, creator, get


async def signals(tenant: Tenant, campaign: Json) -> list[tuple[str, Json]]:
    found = await get(tenant, f"/v1/campaigns/{campaign['id']}/signals")
    return [(one["kind"], one) for one in found["items"]]


@pytest.mark.parametrize(
    ("host", "known"), [("retailmenot.com", True), ("www.retailmenot.com", True), ("notretailmenot.com", False)]
)
def test_a_coupon_site_is_known_with_the_hosts_below_it(host: str, known: bool) -> None:
    assert is_coupon_site(host) is known


@pytest.mark.parametrize(("uses", "far", "leaked"), [(10, 8, True), (10, 7, False), (9, 9, False)])
def test_a_code_has_leaked_when_most_of_many_uses_are_far_from_the_creator(uses: int, far: int, leaked: bool) -> None:
    used = CodeUses(UUID(int=1), "ANA10", UUID(int=2), uses, far, far, (), None, None)
    assert bool(leaked_codes([used], campaign_id=UUID(int=3))) is leaked


async def test_a_leaked_code_is_seen_and_a_code_near_its_post_is_not(tenant: Tenant) -> None:
    campaign = await making.campaign(tenant)
    ana = await creator(tenant, campaign=campaign, code="ANA10")
    ben = await creator(tenant, campaign=campaign, code="BEN10")
    post = {"url": "https://bsky.app/profile/b.example.com/post/3k4duaz5vfs2b", "published_at": "2027-03-01T08:00:00Z"}
    await making.post(tenant, "/v1/posts", {"partnership_id": ben["id"], **post})
    for number in range(10):
        await convert(tenant, f"a{number}", code="ANA10")
        await convert(tenant, f"b{number}", code="BEN10")
    ((kind, found),) = await signals(tenant, campaign)
    assert (kind, found["partnership_id"]) == ("leaked_code", ana["id"])
    assert found["evidence"] == {"uses": 10, "without_click": 10, "far_from_posts": 10}
    assert len(found["conversion_ids"]) == 10
    assert (await balances(tenant))[ana["id"]] == (10_000, 0, 0)


async def test_limits_of_a_code_that_the_shop_did_not_keep_are_seen(tenant: Tenant) -> None:
    campaign = await making.campaign(tenant)
    await creator(tenant, campaign=campaign, code="ANA10", max_uses=1, one_per_customer=True)
    for number in range(2):
        await convert(tenant, number, code="ANA10", customer_ref="c" * 64)
    found = await signals(tenant, campaign)
    assert [(kind, one["evidence"]["limit"]) for kind, one in found] == [
        ("code_limit", "max_uses"), ("code_limit", "one_per_customer"),
    ]  # fmt: skip


async def test_a_creators_own_order_is_seen(tenant: Tenant) -> None:
    campaign = await making.campaign(tenant)
    routes: list[Any] = [{"kind": "email", "value": "ana@example.com", "source": "profile"}]
    ana = await creator(
        tenant, campaign=campaign, partner=await making.partner(tenant, contact_routes=routes), code="ANA10"
    )
    made = await convert(tenant, code="ANA10", customer_ref=hashlib.sha256(b"ana@example.com").hexdigest())
    ((kind, found),) = await signals(tenant, campaign)
    assert (kind, found["partnership_id"], found["conversion_ids"]) == ("self_referral", ana["id"], [made["id"]])


async def test_a_conversion_right_after_its_click_is_seen(tenant: Tenant) -> None:
    campaign = await making.campaign(tenant)
    ana = await creator(tenant, campaign=campaign)
    click_id = await click(tenant, await making.link(tenant, partnership_id=ana["id"]))
    at = await now(tenant)
    await tenant.house.run_jobs(1)
    await convert(tenant, click_id=click_id, occurred_at=at)
    assert [kind for kind, _ in await signals(tenant, campaign)] == ["impossible_speed"]


async def test_a_flood_of_one_visitors_clicks_and_a_coupon_site_are_seen(tenant: Tenant) -> None:
    campaign = await making.campaign(tenant)
    ana = await creator(tenant, campaign=campaign)
    link = await making.link(tenant, partnership_id=ana["id"])
    async with tenant.client("attribution") as client:
        headers = {"User-Agent": PHONE, "Authorization": "", "Referer": "https://www.retailmenot.com/view/fellside"}
        for _ in range(50):
            assert (await client.get(f"/r/{link['slug']}", headers=headers)).status_code == 302
    await tenant.house.run_jobs(1)
    found = await signals(tenant, campaign)
    assert [kind for kind, _ in found] == ["leaked_code", "click_flooding"]
    assert found[0][1]["evidence"] == {"referrer": "www.retailmenot.com", "clicks": 50}
    assert (found[1][1]["link_id"], found[1][1]["evidence"]["clicks"]) == (link["id"], 50)


async def test_another_workspaces_signals_are_not_found(tenant: Tenant, other_tenant: Tenant) -> None:
    campaign = await making.campaign(tenant)
    await get(other_tenant, f"/v1/campaigns/{campaign['id']}/signals", expect=404)
    async with other_tenant.house.runtime("attribution").database.tenant_session(other_tenant.workspace_id) as session:
        assert (await session.execute(text("SELECT count(*) FROM attribution.conversions"))).scalar_one() == 0
