"""Dub: clicks on its links, leads and sales.

`Dub-Signature` is the hex HMAC-SHA256 of the raw body; there is no signed time. The shape of `link.clicked` is Dub's
documented one; leads and sales carry the same click and link, the customer, and the sale's amount in minor units.
"""

from collections.abc import Sequence
from typing import Any

from services.attribution.receiver import (
    ClickFact,
    Fact,
    Inbound,
    OrderFact,
    Receiver,
    Refused,
    Unreadable,
    bounded,
    check_hmac,
    currency,
    hashed_customer,
    json_object,
    moment,
    optional_text,
    text,
)
from shared.schemas.conversions import ConversionKind
from shared.schemas.receivers import ReceiverSettings


def verify(inbound: Inbound, secrets: Sequence[str], _: ReceiverSettings) -> None:
    given = inbound.headers.get("dub-signature")
    if not given:
        raise Refused("no Dub signature")
    check_hmac(inbound.body, secrets, given, encoding="hex")


def key(inbound: Inbound) -> str:
    return "event:" + text(json_object(inbound.body).get("id"), "the event's id")


def topic(inbound: Inbound) -> str | None:
    return optional_text(json_object(inbound.body).get("event"))


def read(body: bytes, _: ReceiverSettings) -> tuple[Fact, ...]:
    event = json_object(body)
    kind = text(event.get("event"), "event")
    if kind not in ("link.clicked", "lead.created", "sale.created"):
        return ()
    data = event.get("data")
    if not isinstance(data, dict):
        raise Unreadable("data is missing")
    at = moment(event.get("createdAt"), "createdAt")
    click = _click(data)
    if kind == "link.clicked":
        if click is None:
            raise Unreadable("data.click is missing")
        return (click,)
    order = _order(kind, data, event, click)
    before = (click,) if click is not None else ()
    return (*before, OrderFact(**order, occurred_at=at, revised_at=at))


def _click(data: dict[str, Any]) -> ClickFact | None:
    click, link = data.get("click"), data.get("link")
    if not isinstance(click, dict) or not isinstance(link, dict) or not click.get("timestamp"):
        return None
    names = (link.get(name) for name in ("externalId", "id", "shortLink", "key", "partnerId", "tenantId"))
    return ClickFact(
        external_id=text(click.get("id"), "the click's id"),
        at=moment(click["timestamp"], "timestamp"),
        links=tuple(found for found in (optional_text(name, limit=500) for name in names) if found),
        referrer=optional_text(click.get("referer")),
    )


def _order(kind: str, data: dict[str, Any], event: dict[str, Any], click: ClickFact | None) -> dict[str, Any]:
    customer = data.get("customer")
    customer = customer if isinstance(customer, dict) else {}
    given = data.get("click")
    click_id = click.external_id if click else optional_text(given.get("id") if isinstance(given, dict) else None)
    order: dict[str, Any] = {
        "customer": hashed_customer(customer.get("email") or customer.get("externalId")),
        "click_id": click_id,
        "kind": ConversionKind.LEAD,
        "external_id": text(event.get("id"), "the event's id"),
    }
    if kind == "sale.created":
        sale = data.get("sale")
        if not isinstance(sale, dict):
            raise Unreadable("data.sale is missing")
        order |= {
            "kind": ConversionKind.PURCHASE,
            # the same invoice can be told of by two events
            "external_id": optional_text(sale.get("invoiceId"), limit=255) or order["external_id"],
            "amount_minor": max(0, bounded(sale.get("amount"), "amount")),
            "currency": currency(sale.get("currency")),
        }
    return order


RECEIVER = Receiver(
    title="Dub", verify=verify, read=read, key=key, topic=topic, secret_hint="the webhook's secret, whsec_…"  # noqa: S106  # a hint
)  # fmt: skip
