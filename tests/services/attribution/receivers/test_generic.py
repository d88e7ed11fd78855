"""What is read from a generic sender's webhooks."""

from datetime import UTC, datetime

from services.attribution.receiver import Inbound, OrderFact, OrderRefund
from services.attribution.receivers.generic import RECEIVER
from shared.schemas.conversions import ConversionKind
from shared.schemas.receivers import ReceiverSettings
from tests.services.attribution.receivers.senders import own_order, own_refund, raw

MAPPED = ReceiverSettings.model_validate(
    {
        "mapping": {
            "event": "/kind",
            "orders": ["donated"],
            "refunds": ["returned"],
            "kind": "donation",
            "currency": "EUR",
            "fields": {
                "external_id": "/gift/ref",
                "occurred_at": "/gift/when",
                "amount": "/gift/sum",
                "code": "/gift/codes/0",
                "refund_id": "/id",
            },
        }
    }
)


def test_the_published_vector_of_standard_webhooks_is_accepted() -> None:
    inbound = Inbound(
        headers={
            "webhook-id": "msg_p5jXN8AQM9LWM0D4loKWxJek",
            "webhook-timestamp": "1614265330",
            "webhook-signature": "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=",
        },
        query={},
        body=b'{"test": 2432232314}',
        at=datetime.fromtimestamp(1614265330, UTC),
    )
    RECEIVER.verify(inbound, ["whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"], ReceiverSettings())


def test_our_own_form_needs_no_mapping() -> None:
    (order,) = RECEIVER.read(raw(own_order()), ReceiverSettings())
    (refund,) = RECEIVER.read(raw(own_refund()), ReceiverSettings())
    assert isinstance(order, OrderFact)
    assert isinstance(refund, OrderRefund)
    assert (order.external_id, order.amount_minor, order.code) == ("order-1", 8000, "ANA10")
    assert (refund.order_external_id, refund.external_id, refund.amount_minor) == ("order-1", "refund-1", 2000)


def test_a_mapping_reads_any_form() -> None:
    gift = {"ref": 77, "when": "2027-03-01T10:00:00+05:30", "sum": 25.5, "codes": ["ANA"]}
    (order,) = RECEIVER.read(raw({"kind": "donated", "gift": gift}), MAPPED)
    assert order == OrderFact(
        external_id="77",
        occurred_at=datetime(2027, 3, 1, 4, 30, tzinfo=UTC),
        revised_at=datetime(2027, 3, 1, 4, 30, tzinfo=UTC),
        kind=ConversionKind.DONATION,
        amount_minor=2550,
        currency="EUR",
        code="ANA",
    )


def test_an_event_that_the_mapping_does_not_name_is_none_of_ours() -> None:
    assert RECEIVER.read(raw({"kind": "viewed"}), MAPPED) == ()
