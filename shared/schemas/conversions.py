"""Conversions on the wire: purchases, leads and the like, their refunds, and who is credited by which rule."""

from enum import StrEnum
from typing import Annotated, Self

from pydantic import ConfigDict, Field, model_validator

from shared.schemas.base import (
    Body,
    Currency,
    Flag,
    Hashtag,
    JobStatus,
    Key,
    LineText,
    MinorUnits,
    Natural,
    Schema,
    Share,
    ShortText,
    SignedMinorUnits,
    Term,
    UtcTime,
)
from shared.schemas.campaigns import Signal
from shared.schemas.ids import CampaignId, CodeId, ConversionId, HitId, ImportId, KeyId, LinkId, PageId, PartnershipId
from shared.schemas.imports import LineFault

# A source's own identifier of an order, lead or refund: with the source's name, what is counted once.
ExternalId = Annotated[str, Field(min_length=1, max_length=255, pattern=r"^[^\u0000]+$", examples=["order-1001"])]
# A customer, already hashed by the sender: never a name or an address. As the SHA-256 (hex) of the e-mail address in
# lower case it also tells a creator's own orders.
CustomerRef = Annotated[
    str, Field(min_length=8, max_length=128, pattern=r"^[A-Za-z0-9_=+/.:-]+$", examples=["c1f0e9a7b35d"])
]


class ConversionKind(StrEnum):
    """What happened."""

    PURCHASE = "purchase"
    LEAD = "lead"
    SIGN_UP = "sign_up"
    DOWNLOAD = "download"
    DONATION = "donation"
    PLEDGE = "pledge"


class ConversionCreate(Body):
    """A conversion. With `external_id`, the same source and id is counted once however often it is sent."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "kind": "purchase",
                    "occurred_at": "2027-03-02T09:30:00Z",
                    "amount_minor": 8990,
                    "currency": "GBP",
                    "code": "ANA10",
                    "external_id": "order-1001",
                    "source": "shop",
                }
            ]
        }
    )

    kind: ConversionKind
    occurred_at: UtcTime
    amount_minor: MinorUnits | None = None
    currency: Currency | None = None
    discount_minor: MinorUnits | None = None
    code: Term | None = None
    click_id: Annotated[Term | None, Field(description="The value of the click parameter.")] = None
    page_id: PageId | None = None
    hashtags: Annotated[tuple[Hashtag, ...], Field(max_length=50)] = ()
    external_id: ExternalId | None = None
    source: Key = "api"
    campaign_id: CampaignId | None = None
    new_customer: Flag | None = None
    customer_ref: CustomerRef | None = None
    livemode: Annotated[Flag, Field(description="False is a test: kept, and in no report.")] = True
    revised_at: Annotated[
        UtcTime | None,
        Field(description="When the source last changed it: of several versions the newest counts."),
    ] = None

    @model_validator(mode="after")
    def _amount_has_currency(self) -> Self:
        if self.currency is None and (self.amount_minor is not None or self.discount_minor is not None):
            raise ValueError("an amount needs its currency")
        return self


class RefundCreate(Body):
    """A refund of a conversion; without an amount, of all that is left. It may come before its conversion."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "occurred_at": "2027-03-09T10:00:00Z",
                    "amount_minor": 2000,
                    "currency": "GBP",
                    "external_id": "refund-1001-1",
                }
            ]
        }
    )

    occurred_at: UtcTime
    amount_minor: MinorUnits | None = None
    currency: Currency | None = None
    external_id: ExternalId | None = None
    reason: LineText | None = None

    @model_validator(mode="after")
    def _amount_has_currency(self) -> Self:
        if (self.amount_minor is None) != (self.currency is None):
            raise ValueError("amount_minor and currency go together")
        return self


class RefundByOrderCreate(RefundCreate):
    """A refund by its order's own id, which may come before the order does."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "source": "shop",
                    "order_external_id": "order-1001",
                    "occurred_at": "2027-03-09T10:00:00Z",
                    "amount_minor": 2000,
                    "currency": "GBP",
                    "external_id": "refund-1001-1",
                }
            ]
        }
    )

    source: Key = "api"
    order_external_id: ExternalId


class Credit(Schema):
    """What one partnership is credited with; over all credits of a model the amounts add up to the conversion's."""

    partnership_id: PartnershipId
    share: Share
    amount_minor: SignedMinorUnits | None = None
    currency: Currency | None = None


class Touchpoint(Schema):
    """A click, code use, page or hashtag post before the conversion; `used` when the rules let it count."""

    signal: Signal
    partnership_id: PartnershipId
    at: UtcTime | None = None
    hit_id: HitId | None = None
    link_id: LinkId | None = None
    code_id: CodeId | None = None
    page_id: PageId | None = None
    used: bool
    reason: LineText


class AttributionState(StrEnum):
    """Whether a conversion found its creator."""

    PENDING = "pending"
    ATTRIBUTED = "attributed"
    UNATTRIBUTED = "unattributed"


class Attribution(Schema):
    """Why these credits: what was considered, which rule won, what the other models would have given."""

    state: AttributionState
    partnership_id: Annotated[PartnershipId | None, Field(description="Whose touch decided.")] = None
    model: Key | None = None
    rule: LineText | None = None
    credits: tuple[Credit, ...] = ()
    considered: tuple[Touchpoint, ...] = ()
    other_models: dict[Key, tuple[Credit, ...]] = {}  # noqa: RUF012  # pydantic copies it
    decided_at: UtcTime | None = None


class Refund(Schema):
    """A refund as stored. `amount_minor` is what it took of the conversion, null while the conversion is not here."""

    source: Key | None = None
    order_external_id: ExternalId | None = None
    conversion_id: ConversionId | None = None
    occurred_at: UtcTime
    amount_minor: MinorUnits | None = None
    external_id: ExternalId | None = None
    reason: LineText | None = None
    created_at: UtcTime


class Conversion(Schema):
    """A conversion with its refunds and its attribution; unattributed ones are kept and shown."""

    id: ConversionId
    kind: ConversionKind
    occurred_at: UtcTime
    amount_minor: MinorUnits | None = None
    currency: Currency | None = None
    discount_minor: MinorUnits | None = None
    refunded_minor: MinorUnits = 0
    code: ShortText | None = None
    click_id: ShortText | None = None
    external_id: ExternalId | None = None
    source: Key
    campaign_id: CampaignId | None = None
    new_customer: bool | None = None
    livemode: bool = True
    voided: bool = False
    refunds: tuple[Refund, ...] = ()
    attribution: Attribution
    created_at: UtcTime
    created_by: KeyId | None = None


class ConversionImport(Schema):
    """A CSV file of conversions on its way: lines recorded, known before, and at fault (the first hundred are named).

    `lines` is null until the file was read.
    """

    id: ImportId
    status: JobStatus
    source: Key
    lines: Natural | None = None
    lines_done: Natural
    recorded: Natural
    repeated: Natural
    faulty: Natural
    faults: tuple[LineFault, ...] = ()
    error: LineText | None = None
    created_at: UtcTime
    finished_at: UtcTime | None = None
