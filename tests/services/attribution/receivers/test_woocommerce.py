"""What is read from WooCommerce's webhooks."""

from services.attribution.receiver import OrderFact, OrderRefund
from services.attribution.receivers.woocommerce import RECEIVER
from shared.schemas.receivers import ReceiverSettings
from tests.services.attribution.receivers.senders import NOW, SENDERS, raw, woocommerce_order

SETTINGS = ReceiverSettings()
SENDER = SENDERS["woocommerce"]


def test_the_first_ping_is_known_and_an_order_is_none() -> None:
    assert RECEIVER.is_ping(SENDER.inbound(b"webhook_id=12"))
    assert not RECEIVER.is_ping(SENDER.inbound(b"webhook_id=12&x=1"))
    assert not RECEIVER.is_ping(SENDER.inbound(raw(woocommerce_order())))


def test_an_order_is_its_goods_without_tax_and_shipping() -> None:
    (order,) = RECEIVER.read(raw(woocommerce_order()), SETTINGS)
    assert isinstance(order, OrderFact)
    assert (order.external_id, order.amount_minor, order.code) == ("723", 8000, "ana10")
    assert order.click_id == "hit_01kz7kpps0fg8skbh5vs8fs3n4"


def test_two_orders_of_one_second_share_a_delivery_id_and_are_two_deliveries() -> None:
    one, two = (SENDER.inbound(raw(woocommerce_order(number)), signed_at=NOW) for number in (1, 2))
    assert one.headers["x-wc-webhook-delivery-id"] == two.headers["x-wc-webhook-delivery-id"]
    assert RECEIVER.key(one) != RECEIVER.key(two)


def test_refunds_come_inside_the_order_as_parts_of_its_total() -> None:
    content = woocommerce_order(refunds=[{"id": 9, "reason": "torn", "total": "-50.50"}])
    _, refund = RECEIVER.read(raw(content), SETTINGS)
    assert isinstance(refund, OrderRefund)
    assert (refund.external_id, refund.amount_minor, refund.whole_minor) == ("723:9", 5050, 10100)


def test_an_unpaid_order_is_nothing_and_a_paid_then_cancelled_one_is_void() -> None:
    assert RECEIVER.read(raw(woocommerce_order(status="pending", date_paid_gmt=None)), SETTINGS) == ()
    (order,) = RECEIVER.read(raw(woocommerce_order(status="cancelled")), SETTINGS)
    assert isinstance(order, OrderFact)
    assert order.voided
