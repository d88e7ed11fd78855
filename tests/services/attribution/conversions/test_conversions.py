"""Conversions over HTTP: counted once, credited with a reason, refunded in any order."""

import hashlib
from typing import Any

import pytest

from tests.house import Tenant
from tests.services.attribution import making
from tests.services.attribution.making import Json
from tests.services.attribution.orders import balances, convert, creator, get, order


def credit(found: Json) -> dict[str, int]:
    return {one["partnership_id"]: one["amount_minor"] for one in found["attribution"]["credits"]}


async def test_a_conversion_is_credited_to_the_creator_of_its_code_with_the_reason(tenant: Tenant) -> None:
    ana = await creator(tenant, code="ANA10")
    made = await convert(tenant, code="ana-10")
    assert made["attribution"]["state"] == "attributed"
    assert made["attribution"]["rule"] == "code decides"
    assert credit(made) == {ana["id"]: 10_000}
    assert made["attribution"]["model"] == "last_touch"
    assert sorted(made["attribution"]["other_models"]) == [
        "code_first", "first_touch", "linear", "position_based", "time_decay",
    ]  # fmt: skip
    assert made == await get(tenant, f"/v1/conversions/{made['id']}")


async def test_the_same_conversion_sent_again_is_counted_once(tenant: Tenant) -> None:
    await creator(tenant, code="ANA10")
    first = await convert(tenant, code="ANA10")
    again = await making.post(tenant, "/v1/conversions", order(code="ANA10"), expect=200)
    assert again == first
    assert len((await get(tenant, "/v1/conversions"))["items"]) == 1


async def test_the_same_id_with_another_amount_is_a_conflict_and_a_later_revision_counts(tenant: Tenant) -> None:
    ana = await creator(tenant, code="ANA10")
    await convert(tenant, code="ANA10")
    await making.post(tenant, "/v1/conversions", order(amount=500, code="ANA10"), expect=409)
    revised = order(amount=500, code="ANA10", revised_at="2027-03-03T00:00:00Z")
    changed = await making.post(tenant, "/v1/conversions", revised, expect=200)
    assert credit(changed) == {ana["id"]: 500}
    assert (await balances(tenant))[ana["id"]] == (50, 0, 0)


async def test_two_sources_may_use_the_same_id(tenant: Tenant) -> None:
    one, two = await convert(tenant), await convert(tenant, source="till")
    assert one["id"] != two["id"]


async def test_a_conversion_of_nobody_is_kept_and_shown(tenant: Tenant) -> None:
    made = await convert(tenant, code="NOBODY")
    assert (made["attribution"]["state"], made["attribution"]["credits"]) == ("unattributed", [])
    listed = await get(tenant, "/v1/conversions", state="unattributed")
    assert [one["id"] for one in listed["items"]] == [made["id"]]


async def test_a_lead_without_an_amount_has_a_share_and_no_amount(tenant: Tenant) -> None:
    await creator(tenant, code="ANA10")
    made = await convert(tenant, amount=None, kind="lead", code="ANA10")
    (only,) = made["attribution"]["credits"]
    assert (only["share"], only["amount_minor"]) == (1.0, None)


async def test_a_code_of_two_campaigns_goes_to_the_campaign_that_is_named(tenant: Tenant) -> None:
    spring, autumn = await making.campaign(tenant), await making.campaign(tenant)
    await creator(tenant, campaign=spring, code="SAVE")
    ben = await creator(tenant, campaign=autumn, code="SAVE")
    made = await convert(tenant, code="SAVE", campaign_id=autumn["id"])
    assert credit(made) == {ben["id"]: 10_000}
    reasons = [one["reason"] for one in made["attribution"]["considered"] if not one["used"]]
    assert reasons == ["belongs to another campaign than the conversion names"]


async def test_a_code_of_two_campaigns_goes_to_the_one_whose_dates_hold_the_conversion(tenant: Tenant) -> None:
    spring = await creator(tenant, code="SAVE", starts_at="2027-02-01T00:00:00Z", ends_at="2027-04-01T00:00:00Z")
    await creator(tenant, code="SAVE", starts_at="2027-09-01T00:00:00Z", ends_at="2027-10-01T00:00:00Z")
    made = await convert(tenant, code="SAVE")
    assert credit(made) == {spring["id"]: 10_000}


async def test_the_code_of_a_and_the_returning_customer_of_c(tenant: Tenant) -> None:
    campaign = await making.campaign(tenant, model="linear")
    ana = await creator(tenant, campaign=campaign, code="ANA10")
    cleo = await creator(tenant, campaign=campaign, code="CLEO")
    customer = "c" * 64
    await convert(tenant, 1, code="CLEO", customer_ref=customer, occurred_at="2027-03-01T12:00:00Z")
    made = await convert(tenant, 2, 101, code="ANA10", customer_ref=customer)
    assert made["attribution"]["rule"] == "code decides, before visitor of other creators"
    assert credit(made) == {cleo["id"]: 50, ana["id"]: 51}
    assert made["attribution"]["other_models"]["last_touch"][0]["partnership_id"] == ana["id"]


async def test_a_returning_customer_is_known_also_when_the_first_order_arrives_last(tenant: Tenant) -> None:
    cleo = await creator(tenant, code="CLEO")
    customer = "c" * 64
    later = await convert(tenant, 2, customer_ref=customer)
    assert later["attribution"]["state"] == "unattributed"
    await convert(tenant, 1, code="CLEO", customer_ref=customer, occurred_at="2027-03-01T12:00:00Z")
    await tenant.house.run_jobs()
    later = await get(tenant, f"/v1/conversions/{later['id']}")
    assert credit(later) == {cleo["id"]: 10_000}
    assert later["attribution"]["considered"][0]["reason"].startswith("decides: the customer bought before")


async def test_a_creators_own_order_earns_nothing(tenant: Tenant) -> None:
    partner = await making.partner(
        tenant, contact_routes=[{"kind": "email", "value": "Ana@Example.com", "source": "profile"}]
    )
    ana = await creator(tenant, partner=partner, code="ANA10")
    own = hashlib.sha256(b"ana@example.com").hexdigest()
    made = await convert(tenant, code="ANA10", customer_ref=own)
    assert made["attribution"]["state"] == "unattributed"
    assert made["attribution"]["considered"][0]["reason"] == "the creator's own order earns nothing"
    assert ana["id"] not in await balances(tenant)


async def test_a_hashtag_assists_and_takes_nothing(tenant: Tenant) -> None:
    ana = await creator(tenant)
    await making.post(tenant, "/v1/hashtags", {"partnership_id": ana["id"], "hashtag": "#FellsideWithAna"})
    made = await convert(tenant, hashtags=["fellsidewithana"])
    assert made["attribution"]["state"] == "unattributed"
    assert [one["signal"] for one in made["attribution"]["considered"]] == ["hashtag"]


async def test_a_test_conversion_is_credited_and_moves_no_money(tenant: Tenant) -> None:
    ana = await creator(tenant, code="ANA10")
    made = await convert(tenant, code="ANA10", livemode=False)
    assert credit(made) == {ana["id"]: 10_000}
    assert await balances(tenant) == {}


async def test_a_conversion_keeps_the_terms_of_its_day(tenant: Tenant) -> None:
    ana = await creator(tenant, code="ANA10")
    better = {"compensation": [{"kind": "commission", "percent_bp": 2000}], "hold_days": 0}
    answer = await tenant.client("attribution").put(f"/v1/partnerships/{ana['id']}/terms", json=better)
    if answer.status_code == 405:
        answer = await tenant.client("attribution").post(f"/v1/partnerships/{ana['id']}/terms", json=better)
    assert answer.status_code in (200, 201), answer.text
    await convert(tenant, 1, code="ANA10", occurred_at="2020-01-01T00:00:00Z")
    assert (await balances(tenant))[ana["id"]] == (1_000, 0, 0)
    await convert(tenant, 2, code="ANA10", occurred_at="2099-01-01T00:00:00Z")
    assert (await balances(tenant))[ana["id"]] == (3_000, 0, 0)


async def test_a_click_that_is_not_stored_yet_is_waited_for(tenant: Tenant) -> None:
    made = await convert(tenant, click_id="hit_01kz7kpps0fg8skbh5vs8fs3n4")
    assert (made["attribution"]["state"], made["attribution"]["rule"]) == ("pending", "the click is not stored yet")


async def test_a_click_id_of_somebody_else_is_not_waited_for(tenant: Tenant) -> None:
    assert (await convert(tenant, click_id="fbclid-123"))["attribution"]["state"] == "unattributed"


REFUNDS = [
    ({"amount_minor": 3_000, "currency": "GBP"}, 7_000),
    ({}, 0),
]


@pytest.mark.parametrize(("body", "left"), REFUNDS)
async def test_a_refund_shrinks_credit_and_commission_pro_rata(tenant: Tenant, body: Json, left: int) -> None:
    ana = await creator(tenant, code="ANA10")
    made = await convert(tenant, code="ANA10")
    refund = {"occurred_at": "2027-03-09T10:00:00Z", **body}
    refunded = await making.post(tenant, f"/v1/conversions/{made['id']}/refunds", refund)
    assert refunded["refunded_minor"] == 10_000 - left
    assert credit(refunded) == {ana["id"]: left}
    assert (await balances(tenant))[ana["id"]] == (left // 10, 0, 0)


async def test_the_same_refund_sent_again_is_counted_once(tenant: Tenant) -> None:
    made = await convert(tenant)
    body = {"occurred_at": "2027-03-09T10:00:00Z", "amount_minor": 100, "currency": "GBP", "external_id": "r1"}
    for _ in range(2):
        refunded = await making.post(tenant, f"/v1/conversions/{made['id']}/refunds", body)
    assert (refunded["refunded_minor"], len(refunded["refunds"])) == (100, 1)


async def test_a_refund_that_comes_before_its_order_waits_for_it(tenant: Tenant) -> None:
    ana = await creator(tenant, code="ANA10")
    refund = {
        "source": "shop", "order_external_id": "order-1", "occurred_at": "2027-03-09T10:00:00Z",
        "amount_minor": 3_000, "currency": "GBP", "external_id": "r1",
    }  # fmt: skip
    await making.post(tenant, "/v1/refunds", refund)
    assert len((await get(tenant, "/v1/refunds", waiting=True))["items"]) == 1
    made = await convert(tenant, code="ANA10")
    assert (made["refunded_minor"], credit(made)) == (3_000, {ana["id"]: 7_000})
    assert (await balances(tenant))[ana["id"]] == (700, 0, 0)
    assert (await get(tenant, "/v1/refunds", waiting=True))["items"] == []


@pytest.mark.parametrize(
    "body",
    [{"amount_minor": 1, "currency": "EUR"}, {"amount_minor": 1}],
)
async def test_a_refund_in_another_currency_or_in_none_is_refused(tenant: Tenant, body: Json) -> None:
    made = await convert(tenant)
    refund = {"occurred_at": "2027-03-09T10:00:00Z", **body}
    await making.post(tenant, f"/v1/conversions/{made['id']}/refunds", refund, expect=422)


async def test_another_workspace_sees_none_of_it(tenant: Tenant, other_tenant: Tenant) -> None:
    campaign = await making.campaign(tenant)
    made = await convert(tenant)
    await get(other_tenant, f"/v1/conversions/{made['id']}", expect=404)
    refund = {"occurred_at": "2027-03-09T10:00:00Z"}
    await making.post(other_tenant, f"/v1/conversions/{made['id']}/refunds", refund, expect=404)
    await making.post(other_tenant, "/v1/conversions", order(campaign_id=campaign["id"]), expect=404)
    assert (await get(other_tenant, "/v1/conversions"))["items"] == []


async def test_eight_at_once_make_one_conversion(tenant: Tenant) -> None:
    import asyncio

    ana = await creator(tenant, code="ANA10")

    async def send() -> int:
        answer = await tenant.client("attribution").post("/v1/conversions", json=order(code="ANA10"))
        return answer.status_code

    statuses: list[Any] = await asyncio.gather(*(send() for _ in range(8)))
    assert sorted(statuses) == [200] * 7 + [201]
    assert (await balances(tenant))[ana["id"]] == (1_000, 0, 0)
