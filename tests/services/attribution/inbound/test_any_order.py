"""Shuffled and tripled deliveries, with payouts in between, end in the same balances for every sender."""

from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from services.attribution.worker import JOB_SETS
from shared.kit import jobs
from shared.schemas.receivers import ReceiverSettings
from tests.house import House, Tenant, make_tenant
from tests.services.attribution import making
from tests.services.attribution.inbound.deliveries import Mailbox, mailbox
from tests.services.attribution.making import Json
from tests.services.attribution.orders import balances, creator, get
from tests.services.attribution.receivers.senders import (
    SENDERS,
    dub_event,
    dub_sale,
    own_order,
    own_refund,
    shopify_order,
    shopify_refund,
    stripe_charge,
    stripe_checkout,
    stripe_dispute,
    stripe_event,
    woocommerce_order,
)


def shopify() -> list[Any]:
    ben = [{"code": "BEN10", "amount": "1.00", "type": "fixed_amount"}]
    plain: Json = {"landing_site": "/"}
    return [
        shopify_order(1, **plain),
        shopify_order(2, discount_codes=ben, **plain),
        shopify_order(
            2, discount_codes=ben, cancelled_at="2027-03-03T00:00:00Z", updated_at="2027-03-03T00:00:00Z", **plain
        ),
        shopify_order(3, discount_codes=ben, subtotal_price_set={}, current_subtotal_price_set={}, **plain),
        shopify_refund(501, 1, "20.00"),
        shopify_refund(502, 1, "13.33"),
        shopify_refund(503, 3, "80.00"),
    ]


def stripe() -> list[Any]:
    plain: Json = {"client_reference_id": None}
    ben = {"metadata": {"code": "BEN10"}}
    return [
        stripe_event("checkout.session.completed", stripe_checkout("pi_1", **plain), 1),
        stripe_event("checkout.session.completed", stripe_checkout("pi_2", **ben, **plain), 2),
        stripe_event("checkout.session.completed", stripe_checkout("pi_3", **ben, **plain), 3),
        stripe_event("charge.refunded", stripe_charge(2400, "pi_1"), 4, created=1803990000),
        stripe_event("charge.refunded", stripe_charge(4800, "pi_1"), 5, created=1803990100),
        stripe_event("charge.dispute.created", stripe_dispute("needs_response", "pi_2"), 6, created=1803990000),
        stripe_event("charge.dispute.closed", stripe_dispute("won", "pi_2"), 7, created=1804990000),
        stripe_event("charge.dispute.created", stripe_dispute("lost", "pi_3"), 8, created=1803990000),
    ]


def woocommerce() -> list[Any]:
    refunds = [{"id": 9, "reason": "torn", "total": "-10.10"}, {"id": 10, "reason": "", "total": "-5.05"}]
    plain: Json = {"meta_data": []}
    ben = [{"id": 1, "code": "ben10", "discount": "1.00"}]
    return [
        woocommerce_order(1, **plain),
        woocommerce_order(1, date_modified_gmt="2027-03-02T00:00:00", refunds=refunds[:1], **plain),
        woocommerce_order(1, date_modified_gmt="2027-03-03T00:00:00", status="completed", refunds=refunds, **plain),
        woocommerce_order(2, coupon_lines=ben, **plain),
        woocommerce_order(2, coupon_lines=ben, date_modified_gmt="2027-03-04T00:00:00", status="cancelled", **plain),
        woocommerce_order(3, coupon_lines=ben, **plain),
    ]


def dub() -> list[Any]:
    return [
        dub_event("link.clicked", 1),
        dub_sale(2),
        dub_sale(3),
        dub_sale(4, "in_2", 1234),
        dub_event("lead.created", 5),
    ]


def generic() -> list[Any]:
    return [
        own_order("o1"), own_order("o2", 999, code="BEN10"), own_order("o3", 1, code="BEN10"),
        own_refund("r1", "o1", 3000), own_refund("r2", "o1", 1), own_refund("r3", "o2", 999),
        own_refund("r4", "never-ordered", 5),
    ]  # fmt: skip


SCENARIOS: dict[str, Callable[[], list[Any]]] = {
    "shopify": shopify, "stripe": stripe, "woocommerce": woocommerce, "dub": dub, "generic": generic,
}  # fmt: skip
State = tuple[dict[str, int], dict[str, tuple[int, tuple[tuple[str, int | None], ...]]]]


async def work_off(tenant: Tenant) -> None:
    await jobs.drain(tenant.house.runtime("attribution"), list(JOB_SETS))


async def pay_out(tenant: Tenant) -> None:
    """Approve all there is, ahead of its hold time, and pay what is due."""
    held = {one["conversion_id"] for one in (await get(tenant, "/v1/ledger/entries", limit=500))["items"]} - {None}
    if held:
        body = {"conversion_ids": sorted(held), "early": True}
        await making.post(tenant, "/v1/ledger/approvals", body, expect=200)
    answer = await tenant.client("attribution").post("/v1/payouts", json={"currency": "GBP"})
    assert answer.status_code in (201, 409), answer.text


async def run(house: House, name: str, contents: list[Any], payouts_after: set[int]) -> State:
    """Deliver in this order to a fresh workspace; what every creator has in the end, and every conversion."""
    tenant = await make_tenant(house)
    campaign = await making.campaign(tenant)
    ana = await creator(tenant, campaign=campaign, code="ANA10")
    ben = await creator(tenant, campaign=campaign, code="BEN10")
    names = {ana["id"]: "ana", ben["id"]: "ben"}
    links = ReceiverSettings.model_validate({"links": {"ext_ana": ana["id"]}})
    box: Mailbox = await mailbox(tenant, name, settings=links if name == "dub" else None)
    for number, content in enumerate(contents):
        assert (await box.post(content)).status_code == 202
        if number in payouts_after:
            await work_off(tenant)
            await pay_out(tenant)
    await work_off(tenant)
    assert {one["state"] for one in await box.deliveries()} == {"processed"}
    await pay_out(tenant)
    found = await balances(tenant)
    entries = (await get(tenant, "/v1/ledger/entries", limit=500))["items"]
    assert sum(line["amount_minor"] for entry in entries for line in entry["lines"]) == 0
    conversions = {
        one["external_id"]: (
            one["refunded_minor"],
            tuple((names[part["partnership_id"]], part["amount_minor"]) for part in one["attribution"]["credits"]),
        )
        for one in (await get(tenant, "/v1/conversions", limit=500))["items"]
    }
    # who never had anything and who has nothing any more are the same
    return {name: sum(found.get(who, (0, 0, 0))) for who, name in names.items()}, conversions


_in_order: dict[str, State] = {}


@pytest.mark.parametrize("name", SCENARIOS)
@settings(max_examples=4, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
async def test_any_order_and_number_of_deliveries_ends_in_the_same_balances(
    house: House, name: str, data: st.DataObject
) -> None:
    contents = SCENARIOS[name]()
    if name not in _in_order:
        _in_order[name] = await run(house, name, contents, set())
    order = data.draw(st.permutations([*range(len(contents))] * 3))
    payouts = data.draw(st.sets(st.integers(0, len(order) - 1), max_size=3))
    assert await run(house, name, [contents[place] for place in order], payouts) == _in_order[name]


def test_every_sender_of_money_has_a_scenario() -> None:
    # Bitly tells of clicks only
    assert {sender.kind.value for sender in SENDERS.values()} - {"bitly"} == set(SCENARIOS)


async def test_the_balances_are_what_a_person_would_reckon(house: House) -> None:
    money, conversions = await run(house, "shopify", shopify(), set())
    # 80.00 less 33.33 refunded, ten per cent of it; Ben's orders were cancelled and refunded
    assert money == {"ana": 467, "ben": 0}
    assert conversions == {"1": (3_333, (("ana", 4_667),)), "2": (8_000, (("ben", 0),)), "3": (8_000, (("ben", 0),))}
    money, _ = await run(house, "stripe", stripe(), set())
    # half of 80.00 refunded for Ana; of Ben's two, one dispute was won and one lost
    assert money == {"ana": 400, "ben": 800}
