"""Shopify: orders paid, orders cancelled, refunds; both header styles.

Fields and headers as in Shopify's webhook documentation. The topic stands in an unsigned header, so what a delivery is
gets read from its body, and the delivery id, unsigned too, is not what makes two deliveries the same.
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

# An order in one of these was paid; what followed comes as refunds.
_PAID = frozenset({"paid", "partially_refunded", "refunded", "partially_paid"})


def verify(inbound: Inbound, secrets: Sequence[str], _: ReceiverSettings) -> None:
    """Base64 HMAC-SHA256 of the raw body under the app's client secret."""
    given = inbound.headers.get("x-shopify-hmac-sha256") or inbound.headers.get("shopify-hmac-sha256")
    if not given:
        raise Refused("no Shopify signature")
    check_hmac(inbound.body, secrets, given, encoding="base64")


def topic(inbound: Inbound) -> str | None:
    return optional_text(inbound.headers.get("x-shopify-topic") or inbound.headers.get("shopify-topic"))


def read(body: bytes, settings: ReceiverSettings) -> tuple[Fact, ...]:
    content = json_object(body)
    if "order_id" in content and ("transactions" in content or "refund_line_items" in content):
        return (_refund(content, livemode=True),)
    if "line_items" not in content and "financial_status" not in content:
        return ()
    order = _order(content, settings)
    refunds = content.get("refunds")
    if not isinstance(refunds, list):
        refunds = []
    # an order's own list of refunds repeats what refunds/create tells, under the same ids
    return (*order, *(_refund(one, livemode=content.get("test") is not True) for one in refunds))


def _order(content: dict[str, Any], settings: ReceiverSettings) -> tuple[Fact, ...]:
    cancelled = content.get("cancelled_at") is not None
    if optional_text(content.get("financial_status")) not in _PAID:
        return ()  # never paid: cancelled or not, nothing was sold
    money, amount = _subtotal(content)
    customer = content.get("customer")
    customer = customer if isinstance(customer, dict) else {}
    orders = customer.get("orders_count")
    codes = [one.get("code") for one in _dicts(content.get("discount_codes"))]
    created = moment(content.get("processed_at") or content.get("created_at"), "created_at")
    fact = OrderFact(
        external_id=text(content.get("id"), "the order's id"),
        occurred_at=created,
        revised_at=moment(content["updated_at"], "updated_at") if content.get("updated_at") else created,
        amount_minor=amount,
        currency=money,
        discount_minor=minor(content["total_discounts"], money) if content.get("total_discounts") else None,
        code=next((found for found in (optional_text(code) for code in codes) if found), None),
        click_id=_click(content, settings.click_parameter),
        customer=hashed_customer(customer.get("email") or content.get("email") or customer.get("id")),
        new_customer=orders <= 1 if type(orders) is int else None,
        livemode=content.get("test") is not True,
        voided=cancelled,
    )
    return (fact,)


def _subtotal(content: dict[str, Any]) -> tuple[str, int]:
    """Currency and what was paid for goods after discounts, without shipping; as ordered, before any refund."""
    for name in ("subtotal_price_set", "current_subtotal_price_set"):
        shop = content.get(name)
        shop = shop.get("shop_money") if isinstance(shop, dict) else None
        if isinstance(shop, dict):
            money = currency(shop.get("currency_code"))
            return money, minor(shop.get("amount"), money)
    money = currency(content.get("currency"))
    return money, minor(content.get("subtotal_price", content.get("total_price")), money)


def _click(content: dict[str, Any], parameter: str) -> str | None:
    for one in _dicts(content.get("note_attributes")):
        if one.get("name") == parameter:
            return optional_text(one.get("value"))
    return click_in(content.get("landing_site"), parameter)


def _refund(content: object, *, livemode: bool) -> OrderRefund:
    """What went back for goods: the refunded lines, or without lines the money that moved, less shipping."""
    if not isinstance(content, dict):
        raise Unreadable("a refund is an object")
    paid_back = [
        one for one in _dicts(content.get("transactions"))
        if one.get("kind") == "refund" and one.get("status", "success") == "success"
    ]  # fmt: skip
    money = next((currency(one["currency"]) for one in paid_back if one.get("currency")), None)
    lines = _dicts(content.get("refund_line_items"))
    money = money or next((found for found in (_line_currency(line) for line in lines) if found), None)
    amount = 0  # a restock of nothing paid has neither
    if money is not None:
        with_subtotal = [line for line in lines if line.get("subtotal") is not None]
        if with_subtotal:
            amount = sum(minor(line["subtotal"], money) for line in with_subtotal)
        else:
            amount = sum(minor(one.get("amount"), money) for one in paid_back)
            amount -= sum(
                abs(minor(one.get("amount", 0), money)) for one in _dicts(content.get("order_adjustments"))
                if one.get("kind") == "shipping_refund"
            )  # fmt: skip
    at = moment(content.get("processed_at") or content.get("created_at"), "created_at")
    return OrderRefund(
        order_external_id=text(content.get("order_id"), "order_id"),
        external_id=text(content.get("id"), "the refund's id"),
        occurred_at=at,
        revised_at=at,
        amount_minor=max(0, amount),
        currency=money,
        reason=optional_text(content.get("note"), limit=1000),
        livemode=livemode and not any(one.get("test") is True for one in paid_back),
    )


def _line_currency(line: dict[str, Any]) -> str | None:
    shop = line.get("subtotal_set")
    shop = shop.get("shop_money") if isinstance(shop, dict) else None
    return currency(shop["currency_code"]) if isinstance(shop, dict) and shop.get("currency_code") else None


def _dicts(value: object) -> list[dict[str, Any]]:
    return [one for one in value if isinstance(one, dict)] if isinstance(value, list) else []


RECEIVER = Receiver(
    title="Shopify", verify=verify, read=read, topic=topic, secret_hint="the app's client secret"  # noqa: S106  # a hint
)  # fmt: skip
