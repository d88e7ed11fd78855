"""The senders of inbound webhooks, played: bodies as they come, signed as they sign."""

import base64
import hashlib
import hmac
import json
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from services.attribution.receiver import Inbound
from shared.schemas.receivers import ReceiverKind, ReceiverMapping, ReceiverSettings

SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
OTHER_SECRET = "whsec_C2FVsBQIhrscChlQIMV+b5sSYspob7oD"
NOW = datetime(2027, 3, 2, 12, tzinfo=UTC)

Signer = Callable[[bytes, str, datetime, str], tuple[dict[str, str], dict[str, str]]]


def raw(content: Any) -> bytes:
    return json.dumps(content, separators=(",", ":")).encode()


def _mac(secret: bytes, body: bytes) -> bytes:
    return hmac.new(secret, body, hashlib.sha256).digest()


def sign_shopify(body: bytes, secret: str, _: datetime, delivery: str) -> tuple[dict[str, str], dict[str, str]]:
    return {
        "x-shopify-topic": "orders/paid",
        "x-shopify-hmac-sha256": base64.b64encode(_mac(secret.encode(), body)).decode(),
        "x-shopify-shop-domain": "fellside.example.com",
        "x-shopify-webhook-id": delivery,
    }, {}


def sign_shopify_events(body: bytes, secret: str, _: datetime, delivery: str) -> tuple[dict[str, str], dict[str, str]]:
    return {
        "shopify-topic": "orders/paid",
        "shopify-hmac-sha256": base64.b64encode(_mac(secret.encode(), body)).decode(),
        "shopify-event-id": delivery,
    }, {}


def sign_stripe(body: bytes, secret: str, now: datetime, _: str) -> tuple[dict[str, str], dict[str, str]]:
    stamp = str(int(now.timestamp()))
    good = _mac(secret.encode(), f"{stamp}.".encode() + body).hex()
    return {"stripe-signature": f"t={stamp},v1={'0' * 64},v1={good},v0=ignored"}, {}


def sign_woocommerce(body: bytes, secret: str, now: datetime, _: str) -> tuple[dict[str, str], dict[str, str]]:
    return {
        "x-wc-webhook-topic": "order.updated",
        "x-wc-webhook-signature": base64.b64encode(_mac(secret.encode(), body)).decode(),
        "x-wc-webhook-delivery-id": hashlib.md5(str(int(now.timestamp())).encode()).hexdigest(),  # noqa: S324  # as it does
    }, {}


def sign_dub(body: bytes, secret: str, _: datetime, __: str) -> tuple[dict[str, str], dict[str, str]]:
    return {"dub-signature": _mac(secret.encode(), body).hex()}, {}


def sign_bitly(_: bytes, secret: str, __: datetime, ___: str) -> tuple[dict[str, str], dict[str, str]]:
    return {}, {"key": secret}


def sign_bitly_basic(_: bytes, secret: str, __: datetime, ___: str) -> tuple[dict[str, str], dict[str, str]]:
    return {"authorization": f"Basic {base64.b64encode(secret.encode()).decode()}"}, {}


def sign_standard(body: bytes, secret: str, now: datetime, delivery: str) -> tuple[dict[str, str], dict[str, str]]:
    stamp = str(int(now.timestamp()))
    key = base64.b64decode(secret.removeprefix("whsec_"))
    signature = base64.b64encode(_mac(key, f"{delivery}.{stamp}.".encode() + body)).decode()
    return {"webhook-id": delivery, "webhook-timestamp": stamp, "webhook-signature": f"v1a,xx v1,{signature}"}, {}


def shopify_order(number: int = 1001, **more: Any) -> dict[str, Any]:
    return {
        "id": number,
        "name": f"#{number}",
        "confirmation_number": "ABC123",
        "checkout_token": "9f1",
        "created_at": "2027-03-01T10:00:00-05:00",
        "processed_at": "2027-03-01T10:00:01-05:00",
        "updated_at": "2027-03-01T10:00:05-05:00",
        "cancelled_at": None,
        "financial_status": "paid",
        "test": False,
        "currency": "GBP",
        "subtotal_price": "80.00",
        "subtotal_price_set": {"shop_money": {"amount": "80.00", "currency_code": "GBP"}},
        "current_subtotal_price_set": {"shop_money": {"amount": "80.00", "currency_code": "GBP"}},
        "total_price": "101.00",
        "total_discounts": "10.00",
        "discount_codes": [{"code": "ANA10", "amount": "10.00", "type": "percentage"}],
        "landing_site": "/spring?utm_source=x&gs_click=hit_01kz7kpps0fg8skbh5vs8fs3n4",
        "note_attributes": [],
        "customer": {"id": 7, "email": " Jo@Example.com ", "first_name": "Jo", "last_name": "Doe"},
        "billing_address": {"country_code": "GB"},
        "line_items": [{"id": 1, "quantity": 1, "price": "90.00"}],
        "refunds": [],
    } | more


def shopify_refund(number: int = 501, order: int = 1001, amount: str = "20.00") -> dict[str, Any]:
    return {
        "id": number,
        "order_id": order,
        "created_at": "2027-03-05T09:00:00Z",
        "processed_at": "2027-03-05T09:00:00Z",
        "note": "too small",
        "restock": True,
        "refund_line_items": [{"id": 1, "quantity": 1, "subtotal": amount, "total_tax": "4.00"}],
        "transactions": [{"kind": "refund", "status": "success", "amount": "24.00", "currency": "GBP"}],
        "order_adjustments": [],
    }


def stripe_event(kind: str, found: dict[str, Any], number: int = 1, *, created: int = 1803895200) -> dict[str, Any]:
    return {
        "id": f"evt_{number}", "object": "event", "type": kind, "created": created, "livemode": True,
        "pending_webhooks": 1, "data": {"object": found},
    }  # fmt: skip


def stripe_checkout(payment: str = "pi_1", **more: Any) -> dict[str, Any]:
    return {
        "id": f"cs_{payment}",
        "object": "checkout.session",
        "created": 1803895100,
        "payment_intent": payment,
        "payment_status": "paid",
        "amount_subtotal": 9000,
        "amount_total": 9600,
        "currency": "gbp",
        "total_details": {"amount_discount": 1000, "amount_shipping": 0, "amount_tax": 1600},
        "metadata": {"code": "ANA10"},
        "client_reference_id": "hit_01kz7kpps0fg8skbh5vs8fs3n4",
        "customer_details": {"email": "jo@example.com"},
    } | more


def stripe_charge(refunded: int, payment: str = "pi_1", amount: int = 9600) -> dict[str, Any]:
    return {
        "id": f"ch_{payment}", "object": "charge", "payment_intent": payment, "amount": amount,
        "amount_refunded": refunded, "currency": "gbp", "refunded": refunded == amount,
    }  # fmt: skip


def stripe_dispute(status: str = "needs_response", payment: str = "pi_1", amount: int = 9600) -> dict[str, Any]:
    return {
        "id": f"du_{payment}", "object": "dispute", "payment_intent": payment, "charge": f"ch_{payment}",
        "amount": amount, "currency": "gbp", "reason": "fraudulent", "status": status, "created": 1803990000,
    }  # fmt: skip


def woocommerce_order(number: int = 723, **more: Any) -> dict[str, Any]:
    return {
        "id": number,
        "status": "processing",
        "currency": "GBP",
        "date_created_gmt": "2027-03-01T10:00:00",
        "date_modified_gmt": "2027-03-01T10:00:05",
        "date_paid_gmt": "2027-03-01T10:00:04",
        "discount_total": "10.00",
        "shipping_total": "5.00",
        "total_tax": "16.00",
        "total": "101.00",
        "customer_id": 7,
        "billing": {"email": "jo@example.com"},
        "coupon_lines": [{"id": 1, "code": "ana10", "discount": "10.00"}],
        "line_items": [{"id": 1, "quantity": 1, "total": "80.00"}],
        "meta_data": [{"id": 1, "key": "gs_click", "value": "hit_01kz7kpps0fg8skbh5vs8fs3n4"}],
        "refunds": [],
    } | more


def dub_event(kind: str, number: int = 1, **data: Any) -> dict[str, Any]:
    return {
        "id": f"evt_{number}",
        "event": kind,
        "createdAt": "2027-03-01T10:00:00.000Z",
        "data": {
            "click": {"id": "clk1", "timestamp": "2027-03-01T09:55:00.000Z", "country": "GB", "referer": "t.co"},
            "link": {
                "id": "link_1", "domain": "dub.sh", "key": "ana", "shortLink": "https://dub.sh/ana",
                "externalId": "ext_ana", "partnerId": None,
            },
            **data,
        },
    }  # fmt: skip


def dub_sale(number: int = 1, invoice: str | None = "in_1", amount: int = 8000) -> dict[str, Any]:
    return dub_event(
        "sale.created",
        number,
        eventName="Purchase",
        customer={"id": "cus_1", "externalId": "7", "email": "jo@example.com"},
        sale={"amount": amount, "currency": "gbp", "paymentProcessor": "stripe", "invoiceId": invoice},
    )


def own_order(number: str = "order-1", amount: int = 8000, **more: Any) -> dict[str, Any]:
    data = {
        "external_id": number, "occurred_at": "2027-03-01T10:00:00Z", "amount_minor": amount, "currency": "GBP",
        "code": "ANA10", "customer": "jo@example.com",
    }  # fmt: skip
    return {"type": "order", "data": data | more}


def own_refund(number: str = "refund-1", order: str = "order-1", amount: int = 2000) -> dict[str, Any]:
    return {
        "type": "refund",
        "data": {
            "external_id": order, "refund_id": number, "occurred_at": "2027-03-05T10:00:00Z", "amount_minor": amount,
            "currency": "GBP",
        },
    }  # fmt: skip


BITLY_MAPPING = ReceiverMapping.model_validate(
    {
        "event": "/event",
        "clicks": ["engagement"],
        "fields": {"click_id": "/id", "occurred_at": "/ts", "link": "/bitlink"},
    }
)


@dataclass(frozen=True)
class Sender:
    """One way of sending: the receiver it goes to, how it signs, and a body that is read as at least one fact."""

    kind: ReceiverKind
    sign: Signer
    content: dict[str, Any]
    settings: ReceiverSettings = field(default_factory=ReceiverSettings)
    signed_time: bool = False
    signed_body: bool = True

    def inbound(
        self, body: bytes, *, secret: str = SECRET, at: datetime = NOW, signed_at: datetime = NOW, delivery: str = "d1"
    ) -> Inbound:
        headers, query = self.sign(body, secret, signed_at, delivery)
        return Inbound(headers=headers, query=query, body=body, at=at)


SENDERS = {
    "shopify": Sender(ReceiverKind.SHOPIFY, sign_shopify, shopify_order()),
    "shopify_events": Sender(ReceiverKind.SHOPIFY, sign_shopify_events, shopify_order()),
    "stripe": Sender(
        ReceiverKind.STRIPE,
        sign_stripe,
        stripe_event("checkout.session.completed", stripe_checkout()),
        signed_time=True,
    ),
    "stripe_refund": Sender(
        ReceiverKind.STRIPE, sign_stripe, stripe_event("charge.refunded", stripe_charge(2400)), signed_time=True
    ),
    "stripe_dispute": Sender(
        ReceiverKind.STRIPE, sign_stripe, stripe_event("charge.dispute.created", stripe_dispute()), signed_time=True
    ),
    "shopify_refund": Sender(ReceiverKind.SHOPIFY, sign_shopify, shopify_refund()),
    "woocommerce": Sender(ReceiverKind.WOOCOMMERCE, sign_woocommerce, woocommerce_order()),
    "dub": Sender(ReceiverKind.DUB, sign_dub, dub_sale()),
    "bitly": Sender(
        ReceiverKind.BITLY,
        sign_bitly,
        {"event": "engagement", "id": "e1", "ts": 1803895200, "bitlink": "bit.ly/ana"},
        ReceiverSettings(mapping=BITLY_MAPPING),
        signed_body=False,
    ),
    "bitly_basic": Sender(
        ReceiverKind.BITLY,
        sign_bitly_basic,
        {"event": "engagement", "id": "e1", "ts": 1803895200, "bitlink": "bit.ly/ana"},
        ReceiverSettings(mapping=BITLY_MAPPING),
        signed_body=False,
    ),
    "generic": Sender(ReceiverKind.GENERIC, sign_standard, own_order(), signed_time=True),
    "generic_hmac": Sender(
        ReceiverKind.GENERIC,
        lambda body, secret, _, __: ({"x-hub-signature-256": f"sha256={_mac(secret.encode(), body).hex()}"}, {}),
        own_order(),
        ReceiverSettings.model_validate(
            {"signature": {"scheme": "hmac_sha256", "header": "X-Hub-Signature-256", "prefix": "sha256="}}
        ),
    ),
}
