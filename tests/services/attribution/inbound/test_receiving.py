"""Accepting webhooks: verified, kept, answered 202, worked off later; failures are visible and tried again."""

from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import text

from shared.schemas.receivers import ReceiverSettings
from tests.house import Tenant
from tests.services.attribution import making
from tests.services.attribution.inbound.deliveries import mailbox
from tests.services.attribution.orders import convert, creator, get
from tests.services.attribution.receivers.senders import (
    OTHER_SECRET,
    SENDERS,
    dub_sale,
    own_order,
    shopify_order,
    shopify_refund,
    woocommerce_order,
)

every_sender = pytest.mark.parametrize("name", SENDERS)


@every_sender
async def test_a_delivery_is_answered_202_kept_and_worked_off_later(tenant: Tenant, name: str) -> None:
    box = await mailbox(tenant, name)
    answer = await box.post(box.sender.content)
    assert (answer.status_code, answer.content) == (202, b"")
    (kept,) = await box.deliveries()
    assert (kept["state"], kept["attempts"]) == ("received", 0)
    await tenant.house.run_jobs(1)
    (done,) = await box.deliveries()
    assert (done["state"], done["attempts"]) == ("processed", 1)


@every_sender
async def test_a_wrong_signature_is_401_and_nothing_is_kept(tenant: Tenant, name: str) -> None:
    box = await mailbox(tenant, name)
    answer = await box.post(box.sender.content, secret=OTHER_SECRET)
    assert (answer.status_code, answer.headers["content-type"]) == (401, "application/problem+json")
    assert await box.deliveries() == []


@pytest.mark.parametrize("name", [name for name, sender in SENDERS.items() if sender.signed_time])
async def test_an_old_signed_time_is_401(tenant: Tenant, name: str) -> None:
    box = await mailbox(tenant, name)
    answer = await box.post(box.sender.content, signed_at=datetime.now(UTC) - timedelta(minutes=6))
    assert answer.status_code == 401


@every_sender
async def test_a_replay_with_new_header_ids_is_accepted_and_changes_nothing(tenant: Tenant, name: str) -> None:
    box = await mailbox(tenant, name)
    await box.deliver(box.sender.content, box.sender.content)
    assert len(await box.deliveries()) == 1


@every_sender
async def test_a_verified_body_that_says_nothing_to_us_fails_or_is_ignored_visibly(tenant: Tenant, name: str) -> None:
    box = await mailbox(tenant, name)
    await box.deliver({"unknown": True}, b"no json")
    found = await box.deliveries()
    assert {one["state"] for one in found} <= {"ignored", "failed"}
    assert all(one["detail"] for one in found)
    assert (await get(tenant, "/v1/conversions"))["items"] == []


async def test_woocommerces_unsigned_ping_is_answered_200(tenant: Tenant) -> None:
    box = await mailbox(tenant, "woocommerce")
    answer = await box.post(b"webhook_id=5", secret=OTHER_SECRET)
    assert answer.status_code == 200
    assert await box.deliveries() == []


async def test_during_a_rotation_both_secrets_are_good_and_afterwards_one(tenant: Tenant) -> None:
    box = await mailbox(tenant, "shopify")
    path = f"/v1/receivers/{box.made['id']}/secret"
    await making.post(tenant, path, {"secret": OTHER_SECRET, "keep_old_hours": 24}, expect=200)
    assert (await box.post(shopify_order(1))).status_code == 202
    assert (await box.post(shopify_order(2), secret=OTHER_SECRET)).status_code == 202
    await making.post(tenant, path, {"secret": OTHER_SECRET, "keep_old_hours": 0}, expect=200)
    assert (await box.post(shopify_order(3))).status_code == 401


async def test_a_secret_is_stored_sealed_and_shown_only_when_it_was_made_here(tenant: Tenant) -> None:
    made = await making.post(tenant, "/v1/receivers", {"kind": "generic"})
    assert made["secret"].startswith("whsec_")
    assert "secret" not in await get(tenant, f"/v1/receivers/{made['id']}")
    async with tenant.house.runtime("attribution").database.tenant_session(tenant.workspace_id) as session:
        (stored,) = (await session.execute(text("SELECT secret FROM attribution.receivers"))).scalars()
    assert made["secret"].encode() not in bytes(stored)


async def test_a_failed_delivery_is_tried_again_when_the_mapping_is_given(tenant: Tenant) -> None:
    box = await mailbox(tenant, "bitly", settings=ReceiverSettings())
    await box.deliver(box.sender.content)
    (failed,) = await box.deliveries(state="failed")
    assert "mapping" in failed["detail"]
    change = {"settings": box.sender.settings.model_dump(mode="json")}
    await tenant.client("attribution").patch(f"/v1/receivers/{box.made['id']}", json=change)
    await tenant.house.run_jobs(1)
    assert [one["state"] for one in await box.deliveries()] == ["processed"]


async def test_a_person_can_retry_a_failed_delivery_and_not_a_done_one(tenant: Tenant) -> None:
    box = await mailbox(tenant, "generic")
    await box.deliver({"type": "order", "data": {}})
    (failed,) = await box.deliveries()
    path = f"/v1/receivers/{box.made['id']}/deliveries/{failed['id']}/retry"
    await making.post(tenant, path, {}, expect=202)
    await tenant.house.run_jobs(1)
    (again,) = await box.deliveries()
    assert (again["state"], again["attempts"]) == ("failed", 2)
    await box.deliver(own_order())
    done = (await box.deliveries(state="processed"))[0]
    await making.post(tenant, f"/v1/receivers/{box.made['id']}/deliveries/{done['id']}/retry", {}, expect=409)


async def test_a_shops_order_and_refund_are_credited_by_its_code(tenant: Tenant) -> None:
    ana = await creator(tenant, code="ANA10")
    box = await mailbox(tenant, "shopify")
    await box.deliver(shopify_refund(), shopify_order(landing_site="/"))
    (found,) = (await get(tenant, "/v1/conversions"))["items"]
    assert (found["source"], found["amount_minor"], found["refunded_minor"]) == ("shopify", 8_000, 2_000)
    assert found["attribution"]["credits"][0]["partnership_id"] == ana["id"]


async def test_a_shops_order_carries_the_click_of_its_landing_page(tenant: Tenant) -> None:
    box = await mailbox(tenant, "shopify")
    await box.deliver(shopify_order())
    (found,) = (await get(tenant, "/v1/conversions"))["items"]
    assert found["click_id"] == "hit_01kz7kpps0fg8skbh5vs8fs3n4"
    assert found["attribution"]["state"] == "pending"


async def test_a_sale_that_dub_counted_belongs_to_the_creator_of_its_link(tenant: Tenant) -> None:
    ana = await creator(tenant)
    settings = ReceiverSettings.model_validate({"links": {"https://dub.sh/ana": ana["id"]}})
    box = await mailbox(tenant, "dub", settings=settings)
    await box.deliver(dub_sale())
    (found,) = (await get(tenant, "/v1/conversions"))["items"]
    assert found["attribution"]["rule"] == "click decides"
    assert found["attribution"]["credits"][0]["partnership_id"] == ana["id"]


async def test_two_shops_with_the_same_order_number_are_told_apart_by_their_source(tenant: Tenant) -> None:
    one = await mailbox(tenant, "woocommerce", source="shop_one")
    two = await mailbox(tenant, "woocommerce", source="shop_two")
    await one.deliver(woocommerce_order(7))
    await two.deliver(woocommerce_order(7))
    assert {found["source"] for found in (await get(tenant, "/v1/conversions"))["items"]} == {"shop_one", "shop_two"}


async def test_a_source_has_one_receiver(tenant: Tenant) -> None:
    await making.post(tenant, "/v1/receivers", {"kind": "generic"})
    await making.post(tenant, "/v1/receivers", {"kind": "generic"}, expect=409)


async def test_an_address_that_is_off_or_unknown_is_404(tenant: Tenant) -> None:
    box = await mailbox(tenant, "shopify")
    await tenant.client("attribution").patch(f"/v1/receivers/{box.made['id']}", json={"enabled": False})
    assert (await box.post(shopify_order())).status_code == 404
    box.made["id"] = "rcv_01kz7kpps0fg8skbh5vs8fs3n4"
    assert (await box.post(shopify_order())).status_code == 404


async def test_an_email_address_in_a_delivery_is_stored_as_a_keyed_digest_only(tenant: Tenant) -> None:
    box = await mailbox(tenant, "shopify")
    await box.deliver(shopify_order())
    async with tenant.house.runtime("attribution").database.tenant_session(tenant.workspace_id) as session:
        customer = (await session.execute(text("SELECT customer FROM attribution.conversions"))).scalar_one()
        row = (await session.execute(text("SELECT c::text FROM attribution.conversions c"))).scalar_one()
    assert len(customer) == 64
    assert "example.com" not in row


async def test_another_workspace_sees_no_receiver_and_no_delivery(tenant: Tenant, other_tenant: Tenant) -> None:
    box = await mailbox(tenant, "shopify")
    await box.deliver(shopify_order())
    ana = await creator(tenant)
    (kept,) = await box.deliveries()
    base = f"/v1/receivers/{box.made['id']}"
    await get(other_tenant, base, expect=404)
    await get(other_tenant, f"{base}/deliveries", expect=404)
    await making.post(other_tenant, f"{base}/secret", {}, expect=404)
    await making.post(other_tenant, f"{base}/deliveries/{kept['id']}/retry", {}, expect=404)
    settings = {"links": {"x": ana["id"]}}
    await making.post(other_tenant, "/v1/receivers", {"kind": "generic", "settings": settings}, expect=404)
    assert (await convert(other_tenant))["attribution"]["state"] == "unattributed"
