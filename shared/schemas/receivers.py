"""Inbound webhooks on the wire: one endpoint per sender with its own secret, and what was delivered to it."""

from enum import StrEnum
from typing import Annotated, Self

from pydantic import ConfigDict, Field, model_validator

from shared.schemas.base import Body, Flag, Key, LineText, LongText, Natural, Schema, ShortText, SmallNatural, UtcTime
from shared.schemas.campaigns import DEFAULT_CLICK_PARAMETER, ClickParameter
from shared.schemas.conversions import ConversionKind
from shared.schemas.ids import DeliveryId, KeyId, PartnershipId, ReceiverId


class ReceiverKind(StrEnum):
    """Who sends: the file name of the receiver."""

    SHOPIFY = "shopify"
    STRIPE = "stripe"
    WOOCOMMERCE = "woocommerce"
    DUB = "dub"
    BITLY = "bitly"
    GENERIC = "generic"


class SignatureScheme(StrEnum):
    """How a generic sender proves itself."""

    STANDARD_WEBHOOKS = "standard_webhooks"
    HMAC_SHA256 = "hmac_sha256"


class SignatureEncoding(StrEnum):
    """How the signature is written in its header."""

    HEX = "hex"
    BASE64 = "base64"


class SignatureRule(Body):
    """How a generic sender signs. `header`, `encoding` and `prefix` belong to `hmac_sha256`."""

    scheme: SignatureScheme = SignatureScheme.STANDARD_WEBHOOKS
    header: Annotated[str, Field(min_length=1, max_length=100, pattern=r"^[A-Za-z0-9-]+$")] = "X-Signature"
    encoding: SignatureEncoding = SignatureEncoding.HEX
    prefix: Annotated[str, Field(max_length=20, pattern=r"^[\x21-\x7e]*$", examples=["sha256="])] = ""


# Where in the sender's JSON a value lies (RFC 6901).
JsonPointer = Annotated[
    str, Field(min_length=1, max_length=300, pattern=r"^(/[^\u0000]*)+$", examples=["/data/order/total"])
]


class MappedField(StrEnum):
    """Our field that a value of the sender's JSON fills."""

    EXTERNAL_ID = "external_id"
    OCCURRED_AT = "occurred_at"
    REVISED_AT = "revised_at"
    AMOUNT = "amount"
    AMOUNT_MINOR = "amount_minor"
    CURRENCY = "currency"
    CODE = "code"
    CLICK_ID = "click_id"
    CUSTOMER = "customer"
    NEW_CUSTOMER = "new_customer"
    REFUND_ID = "refund_id"
    REASON = "reason"
    LINK = "link"
    LIVEMODE = "livemode"


Values = Annotated[tuple[ShortText, ...], Field(max_length=20)]


class ReceiverMapping(Body):
    """How a sender's JSON is read: a pointer per field, and which values of `event` are orders, refunds or clicks.

    Without `event`, everything is an order. `amount` is a decimal in major units, `amount_minor` an integer.
    """

    event: JsonPointer | None = None
    orders: Values = ()
    refunds: Values = ()
    clicks: Values = ()
    kind: ConversionKind = ConversionKind.PURCHASE
    fields: Annotated[dict[MappedField, JsonPointer], Field(max_length=20)]
    currency: Annotated[
        str | None, Field(min_length=3, max_length=3, pattern=r"^[A-Z]{3}$", description="Where the sender names none.")
    ] = None


class ReceiverSettings(Body):
    """What a receiver needs to know beside the secret."""

    click_parameter: ClickParameter = DEFAULT_CLICK_PARAMETER
    signature: SignatureRule = SignatureRule()
    mapping: ReceiverMapping | None = None
    links: Annotated[
        dict[Annotated[str, Field(min_length=1, max_length=500, pattern=r"^[^\u0000]+$")], PartnershipId],
        Field(max_length=5_000, description="The sender's own links (id, key or short URL) and whose they are."),
    ] = {}  # noqa: RUF012  # pydantic copies it


ReceiverSecret = Annotated[str, Field(min_length=8, max_length=500, pattern=r"^[\x20-\x7e]+$")]


class ReceiverCreate(Body):
    """An endpoint for one sender. Without a secret, one is made and shown this once (Standard Webhooks form)."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [{"kind": "shopify", "secret": "the-secret-of-the-shop", "description": "the shop's webhooks"}]
        }
    )

    kind: ReceiverKind
    source: Annotated[Key | None, Field(description="Names its conversions; unique. Default: the kind.")] = None
    secret: ReceiverSecret | None = None
    description: LineText | None = None
    settings: ReceiverSettings = ReceiverSettings()

    @model_validator(mode="after")
    def _senders_that_choose_their_secret(self) -> Self:
        if self.secret is None and self.kind in (ReceiverKind.SHOPIFY, ReceiverKind.STRIPE, ReceiverKind.DUB):
            raise ValueError(f"{self.kind} makes the secret itself: give it")
        return self


class ReceiverChange(Body):
    """What changes about a receiver; a field left out stays. A new secret is given by its own call."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"enabled": False}]})

    description: LineText | None = None
    enabled: Flag | None = None
    settings: ReceiverSettings | None = None


class ReceiverSecretCreate(Body):
    """A new secret; the old one is good for `keep_old_hours` more. Without a secret, one is made."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"secret": "the-next-secret-of-the-shop"}]})

    secret: ReceiverSecret | None = None
    keep_old_hours: Annotated[int, Field(strict=True, ge=0, le=720)] = 24


class Receiver(Schema):
    """An endpoint for one sender. Its secrets are not shown."""

    id: ReceiverId
    kind: ReceiverKind
    source: Key
    url: LineText
    description: LineText | None = None
    enabled: bool
    settings: ReceiverSettings
    old_secret_until: UtcTime | None = None
    created_at: UtcTime
    updated_at: UtcTime
    created_by: KeyId | None = None


class ReceiverCreated(Receiver):
    """A new receiver, or one with a new secret, which is shown this once when it was made here."""

    secret: ShortText | None = None


class InboundState(StrEnum):
    """What became of a delivery that was accepted."""

    RECEIVED = "received"
    PROCESSED = "processed"
    IGNORED = "ignored"
    RETRYING = "retrying"
    FAILED = "failed"


class InboundDelivery(Schema):
    """A delivery that was accepted and kept; `detail` says what it became, or why it failed."""

    id: DeliveryId
    receiver_id: ReceiverId
    state: InboundState
    topic: ShortText | None = None
    detail: LongText | None = None
    attempts: SmallNatural
    bytes: Natural
    received_at: UtcTime
    processed_at: UtcTime | None = None
