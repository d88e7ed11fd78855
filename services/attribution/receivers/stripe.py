"""Stripe: paid checkouts, refunds, disputes.

Signature and events as in Stripe's documentation. Events come out of order and more than once; `amount_refunded` is
cumulative. Conversions are known by their payment, which refunds and disputes name too.
"""

from collections.abc import Sequence
from typing import Any

from services.attribution.receiver import (
    Fact,
    Inbound,
    OrderFact,
    OrderRefund,
    Receiver,
    Refused,
    Unreadable,
    bounded,
    check_age,
    check_hmac,
    currency,
    hashed_customer,
    json_object,
    moment,
    optional_text,
    text,
)
from shared.schemas.receivers import ReceiverSettings

_PAID = ("checkout.session.completed", "checkout.session.async_payment_succeeded")
# The money of a dispute is with the customer unless the dispute ended in one of these.
_DISPUTE_KEPT = frozenset({"won", "warning_needs_response", "warning_under_review", "warning_closed"})


def verify(inbound: Inbound, secrets: Sequence[str], _: ReceiverSettings) -> None:
    """`t=<unix>,v1=<hex>`: HMAC-SHA256 of `<t>.<raw body>`; one of several v1 must fit, other schemes are ignored."""
    parts = [part.strip().partition("=") for part in inbound.headers.get("stripe-signature", "").split(",")]
    times = [value for name, _, value in parts if name == "t"]
    signatures = [value for name, _, value in parts if name == "v1"][:10]
    if len(times) != 1 or not times[0].isascii() or not times[0].isdigit() or len(times[0]) > 12 or not signatures:
        raise Refused("no Stripe signature")
    signed = times[0].encode() + b"." + inbound.body
    fitting = 0
    for signature in signatures:
        try:
            check_hmac(signed, secrets, signature, encoding="hex")
            fitting += 1
        except Refused:
            continue
    if not fitting:
        raise Refused("the signature does not fit")
    check_age(int(times[0]), inbound.at)


def key(inbound: Inbound) -> str:
    """The event's id: deliveries of one event differ in how many webhooks are pending."""
    return "event:" + text(json_object(inbound.body).get("id"), "the event's id")


def topic(inbound: Inbound) -> str | None:
    return optional_text(json_object(inbound.body).get("type"))


def read(body: bytes, settings: ReceiverSettings) -> tuple[Fact, ...]:
    event = json_object(body)
    kind = text(event.get("type"), "type")
    data = event.get("data")
    found = data.get("object") if isinstance(data, dict) else None
    if not isinstance(found, dict):
        raise Unreadable("data.object is missing")
    live = event.get("livemode") is not False
    if kind in _PAID:
        return _checkout(found, event, settings, live=live)
    if kind == "charge.refunded":
        return (_refund(found, event, live=live),)
    if kind.startswith("charge.dispute."):
        return (_dispute(found, event, live=live),)
    return ()


def _checkout(
    session: dict[str, Any], event: dict[str, Any], settings: ReceiverSettings, *, live: bool
) -> tuple[Fact, ...]:
    if session.get("payment_status") not in ("paid", "no_payment_required"):
        return ()  # an asynchronous payment is told of again when it succeeds
    money = currency(session.get("currency"))
    details = session.get("total_details")
    details = details if isinstance(details, dict) else {}
    extra = sum(bounded(details.get(name) or 0, name) for name in ("amount_tax", "amount_shipping"))
    metadata = session.get("metadata")
    metadata = metadata if isinstance(metadata, dict) else {}
    customer = session.get("customer_details")
    email = customer.get("email") if isinstance(customer, dict) else None
    fact = OrderFact(
        external_id=text(session.get("payment_intent") or session.get("id"), "the session's id"),
        occurred_at=moment(session.get("created"), "created"),
        revised_at=moment(event.get("created"), "created"),
        amount_minor=max(0, bounded(session.get("amount_total"), "amount_total") - extra),
        currency=money,
        discount_minor=bounded(details["amount_discount"], "amount_discount") if "amount_discount" in details else None,
        code=optional_text(metadata.get("code")) or _promotion_code(session),
        click_id=optional_text(metadata.get(settings.click_parameter) or session.get("client_reference_id")),
        customer=hashed_customer(email or session.get("customer")),
        livemode=live,
    )
    return (fact,)


def _promotion_code(session: dict[str, Any]) -> str | None:
    """The code as typed, where the sender expands it; otherwise only Stripe's own id is there, which says nothing."""
    discounts = session.get("discounts")
    for one in discounts if isinstance(discounts, list) else ():
        promotion = one.get("promotion_code") if isinstance(one, dict) else None
        if isinstance(promotion, dict):
            return optional_text(promotion.get("code"))
    return None


def _refund(charge: dict[str, Any], event: dict[str, Any], *, live: bool) -> OrderRefund:
    so_far = bounded(charge.get("amount_refunded"), "amount_refunded")
    charge_id = text(charge.get("id"), "the charge's id")
    return OrderRefund(
        order_external_id=text(charge.get("payment_intent") or charge_id, "payment_intent"),
        external_id=f"{charge_id}:{so_far}",
        occurred_at=moment(event.get("created"), "created"),
        revised_at=moment(event.get("created"), "created"),
        cumulative_minor=max(0, so_far),
        whole_minor=bounded(charge.get("amount"), "amount"),
        currency=currency(charge.get("currency")),
        livemode=live,
    )


def _dispute(dispute: dict[str, Any], event: dict[str, Any], *, live: bool) -> OrderRefund:
    kept = optional_text(dispute.get("status")) in _DISPUTE_KEPT
    return OrderRefund(
        order_external_id=text(dispute.get("payment_intent") or dispute.get("charge"), "payment_intent"),
        external_id=text(dispute.get("id"), "the dispute's id"),
        occurred_at=moment(dispute.get("created"), "created"),
        revised_at=moment(event.get("created"), "created"),
        amount_minor=0 if kept else max(0, bounded(dispute.get("amount"), "amount")),
        currency=currency(dispute.get("currency")),
        reason=f"dispute: {optional_text(dispute.get('reason')) or 'no reason given'}",
        livemode=live,
    )


RECEIVER = Receiver(
    title="Stripe", verify=verify, read=read, key=key, topic=topic, secret_hint="the endpoint's secret, whsec_…"  # noqa: S106  # a hint
)  # fmt: skip
