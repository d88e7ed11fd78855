"""What is read from Stripe's webhooks."""

import pytest

from services.attribution.receiver import OrderFact, OrderRefund
from services.attribution.receivers.stripe import RECEIVER
from shared.schemas.receivers import ReceiverSettings
from tests.services.attribution.receivers.senders import (
    SENDERS,
    raw,
    stripe_charge,
    stripe_checkout,
    stripe_dispute,
    stripe_event,
)

SETTINGS = ReceiverSettings()


def test_a_paid_checkout_is_its_goods_without_tax_and_shipping_known_by_its_payment() -> None:
    (order,) = RECEIVER.read(raw(stripe_event("checkout.session.completed", stripe_checkout())), SETTINGS)
    assert isinstance(order, OrderFact)
    assert (order.external_id, order.amount_minor, order.currency, order.code) == ("pi_1", 8000, "GBP", "ANA10")
    assert order.click_id == "hit_01kz7kpps0fg8skbh5vs8fs3n4"


def test_an_unpaid_checkout_waits_for_its_payment() -> None:
    session = stripe_checkout(payment_status="unpaid")
    assert RECEIVER.read(raw(stripe_event("checkout.session.completed", session)), SETTINGS) == ()


def test_a_refunded_charge_is_cumulative_and_a_part_of_the_whole_charge() -> None:
    (refund,) = RECEIVER.read(raw(stripe_event("charge.refunded", stripe_charge(2400))), SETTINGS)
    assert isinstance(refund, OrderRefund)
    assert (refund.order_external_id, refund.cumulative_minor, refund.whole_minor) == ("pi_1", 2400, 9600)


@pytest.mark.parametrize(("status", "amount"), [("needs_response", 9600), ("lost", 9600), ("won", 0)])
def test_a_dispute_takes_the_money_until_it_is_won(status: str, amount: int) -> None:
    (refund,) = RECEIVER.read(raw(stripe_event("charge.dispute.closed", stripe_dispute(status))), SETTINGS)
    assert isinstance(refund, OrderRefund)
    assert (refund.external_id, refund.amount_minor) == ("du_pi_1", amount)


def test_deliveries_of_one_event_are_one_though_they_count_pending_webhooks() -> None:
    event = stripe_event("charge.refunded", stripe_charge(2400))
    first, again = (SENDERS["stripe"].inbound(raw(event | {"pending_webhooks": left})) for left in (2, 1))
    assert RECEIVER.key(first) == RECEIVER.key(again)


def test_test_mode_is_not_live() -> None:
    event = stripe_event("checkout.session.completed", stripe_checkout()) | {"livemode": False}
    (order,) = RECEIVER.read(raw(event), SETTINGS)
    assert isinstance(order, OrderFact)
    assert not order.livemode


def test_other_events_are_none_of_ours() -> None:
    assert RECEIVER.read(raw(stripe_event("customer.created", {"id": "cus_1"})), SETTINGS) == ()
