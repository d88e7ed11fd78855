"""WooCommerce: orders with their refunds; the unsigned first ping; delivery ids that collide.

As in WooCommerce's class-wc-webhook.php. Refunds come inside `order.updated`; the delivery id is a hash of the second,
so two orders share it; the topic stands in an unsigned header, so the body says what it is.
"""

import re
from collections.abc import Sequence
from typing import Any

from services.attribution.receiver import (
    Fact,
    Inbound,
    OrderFact,
    OrderRefund,
    Receiver,
    Refused,
    check_hmac,
    click_in,
    currency,
    hashed_customer,
    json_object,
    minor,
    moment,
    optional_text,
    text,
)
from shared.schemas.receivers import ReceiverSettings

_PING = re.compile(rb"webhook_id=\d{1,20}")
_PAID = frozenset({"processing", "completed", "refunded"})
_UNDONE = frozenset({"cancelled", "failed", "trash"})


def verify(inbound: Inbound, secrets: Sequence[str], _: ReceiverSettings) -> None:
    """Base64 HMAC-SHA256 of the raw body under the webhook's secret."""
    given = inbound.headers.get("x-wc-webhook-signature")
    if not given:
        raise Refused("no WooCommerce signature")
    check_hmac(inbound.body, secrets, given, encoding="base64")


def is_ping(inbound: Inbound) -> bool:
    """The form that WooCommerce sends, unsigned, when a webhook is saved: it must get 200 or the webhook stays off."""
    return _PING.fullmatch(inbound.body) is not None


def topic(inbound: Inbound) -> str | None:
    return optional_text(inbound.headers.get("x-wc-webhook-topic"))


def read(body: bytes, settings: ReceiverSettings) -> tuple[Fact, ...]:
    content = json_object(body)
    if "line_items" not in content or "status" not in content:
        return ()  # a coupon, customer or product, or a deletion that names an id only
    status, paid_at = optional_text(content["status"]), content.get("date_paid_gmt")
    if paid_at is None and status not in _PAID:
        return ()  # not paid yet; paying is an update
    money = currency(content.get("currency"))
    total = minor(content.get("total"), money)
    extra = sum(minor(content.get(name) or "0", money, name) for name in ("total_tax", "shipping_total"))
    revised = moment(content.get("date_modified_gmt") or content.get("date_created_gmt"), "date_modified_gmt")
    codes = [one.get("code") for one in _dicts(content.get("coupon_lines"))]
    billing = content.get("billing")
    email = billing.get("email") if isinstance(billing, dict) else None
    order_id = text(content.get("id"), "the order's id")
    order = OrderFact(
        external_id=order_id,
        occurred_at=moment(paid_at or content.get("date_created_gmt"), "date_created_gmt"),
        revised_at=revised,
        amount_minor=max(0, total - extra),
        currency=money,
        discount_minor=minor(content["discount_total"], money) if content.get("discount_total") else None,
        code=next((found for found in (optional_text(code) for code in codes) if found), None),
        click_id=_click(content, settings.click_parameter),
        customer=hashed_customer(email or content.get("customer_id") or None),
        voided=status in _UNDONE,
    )
    refunds = (
        OrderRefund(
            order_external_id=order_id,
            external_id=f"{order_id}:{text(one.get('id'), 'the id of a refund')}",
            occurred_at=revised,
            revised_at=revised,
            amount_minor=abs(minor(one.get("total"), money, "the total of a refund")),
            whole_minor=total or None,
            currency=money,
            reason=optional_text(one.get("reason"), limit=1000),
        )
        for one in _dicts(content.get("refunds"))
    )
    return (order, *refunds)


def _click(content: dict[str, Any], parameter: str) -> str | None:
    """From the order's own field, or from the entry page that WooCommerce's order attribution keeps."""
    meta = {one.get("key"): one.get("value") for one in _dicts(content.get("meta_data")) if _is_text(one.get("key"))}
    for name in (parameter, f"_{parameter}"):
        found = optional_text(meta.get(name))
        if found:
            return found
    return click_in(meta.get("_wc_order_attribution_session_entry"), parameter)


def _is_text(value: object) -> bool:
    return isinstance(value, str)


def _dicts(value: object) -> list[dict[str, Any]]:
    return [one for one in value if isinstance(one, dict)] if isinstance(value, list) else []


RECEIVER = Receiver(
    title="WooCommerce", verify=verify, read=read, topic=topic, is_ping=is_ping,
    secret_hint="the webhook's secret",  # noqa: S106  # a hint
)  # fmt: skip
