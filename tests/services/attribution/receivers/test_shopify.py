"""What is read from Shopify's webhooks."""

from datetime import UTC, datetime

from services.attribution.receiver import OrderFact, OrderRefund, hashed_customer
from services.attribution.receivers.shopify import RECEIVER
from shared.schemas.receivers import ReceiverSettings
from tests.services.attribution.receivers.senders import raw, shopify_order, shopify_refund

SETTINGS = ReceiverSettings()


def test_a_paid_order_is_its_goods_after_discounts_without_shipping() -> None:
    assert RECEIVER.read(raw(shopify_order()), SETTINGS) == (
        OrderFact(
            external_id="1001",
            occurred_at=datetime(2027, 3, 1, 15, 0, 1, tzinfo=UTC),
            revised_at=datetime(2027, 3, 1, 15, 0, 5, tzinfo=UTC),
            amount_minor=8000,
            currency="GBP",
            discount_minor=1000,
            code="ANA10",
            click_id="hit_01kz7kpps0fg8skbh5vs8fs3n4",
            customer=hashed_customer("jo@example.com"),
        ),
    )


def test_a_refund_is_of_the_goods_and_not_of_taxes() -> None:
    (refund,) = RECEIVER.read(raw(shopify_refund(amount="20.00")), SETTINGS)
    assert isinstance(refund, OrderRefund)
    assert (refund.order_external_id, refund.external_id, refund.amount_minor) == ("1001", "501", 2000)


def test_a_restock_without_money_refunds_zero() -> None:
    content = shopify_refund() | {"refund_line_items": [], "transactions": []}
    (refund,) = RECEIVER.read(raw(content), SETTINGS)
    assert isinstance(refund, OrderRefund)
    assert refund.amount_minor == 0


def test_a_refund_without_lines_is_the_money_less_shipping() -> None:
    content = shopify_refund() | {
        "refund_line_items": [],
        "order_adjustments": [{"kind": "shipping_refund", "amount": "-4.00"}],
    }
    (refund,) = RECEIVER.read(raw(content), SETTINGS)
    assert isinstance(refund, OrderRefund)
    assert refund.amount_minor == 2000


def test_a_cancelled_order_is_void_and_an_unpaid_one_is_nothing() -> None:
    cancelled = shopify_order(cancelled_at="2027-03-02T10:00:00Z", financial_status="refunded")
    (order,) = RECEIVER.read(raw(cancelled), SETTINGS)
    assert isinstance(order, OrderFact)
    assert order.voided
    assert RECEIVER.read(raw(shopify_order(financial_status="pending")), SETTINGS) == ()


def test_the_refunds_inside_an_order_have_the_ids_of_their_own_webhooks() -> None:
    facts = RECEIVER.read(raw(shopify_order(refunds=[shopify_refund()])), SETTINGS)
    assert facts[1:] == RECEIVER.read(raw(shopify_refund()), SETTINGS)


def test_a_shops_test_order_is_not_live() -> None:
    (order,) = RECEIVER.read(raw(shopify_order(test=True)), SETTINGS)
    assert isinstance(order, OrderFact)
    assert not order.livemode


def test_the_click_may_come_as_a_note_attribute_of_another_name() -> None:
    content = shopify_order(note_attributes=[{"name": "via", "value": "hit_x"}])
    (order,) = RECEIVER.read(raw(content), ReceiverSettings(click_parameter="via"))
    assert isinstance(order, OrderFact)
    assert order.click_id == "hit_x"


def test_other_topics_are_none_of_ours() -> None:
    assert RECEIVER.read(b'{"id": 1, "title": "a product"}', SETTINGS) == ()
