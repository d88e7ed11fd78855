"""The ledger on the wire: double entry, so that every entry sums to zero; balances and payouts."""

from enum import StrEnum
from typing import Annotated, Self

from pydantic import ConfigDict, Field, model_validator

from shared.schemas.base import (
    Body,
    Currency,
    Flag,
    LineText,
    MinorUnits,
    Natural,
    Schema,
    ShortText,
    SignedMinorUnits,
    UtcTime,
)
from shared.schemas.ids import CampaignId, ConversionId, KeyId, LedgerEntryId, PartnerId, PartnershipId, PayoutId


class EntryKind(StrEnum):
    """Why money moved."""

    ACCRUAL = "accrual"
    HOLD = "hold"
    APPROVAL = "approval"
    REFUND = "refund"
    REVERSAL = "reversal"
    FEE = "fee"
    PAYOUT = "payout"
    ADJUSTMENT = "adjustment"


class LedgerAccount(StrEnum):
    """Where money stands: spent by the brand, held, due to the partner, paid."""

    EXPENSE = "expense"
    HELD = "held"
    DUE = "due"
    PAID = "paid"


class LedgerLine(Schema):
    """One side of an entry; over an entry's lines the amounts sum to zero."""

    account: LedgerAccount
    amount_minor: SignedMinorUnits
    currency: Currency


class LedgerEntry(Schema):
    """An entry: never changed, only followed by another."""

    id: LedgerEntryId
    kind: EntryKind
    partnership_id: PartnershipId
    campaign_id: CampaignId
    conversion_id: ConversionId | None = None
    payout_id: PayoutId | None = None
    lines: tuple[LedgerLine, ...]
    hold_until: UtcTime | None = None
    memo: LineText | None = None
    at: UtcTime
    created_by: KeyId | None = None


class Balance(Schema):
    """What a partnership has in one currency: held, due, paid."""

    partnership_id: PartnershipId
    currency: Currency
    held_minor: SignedMinorUnits
    due_minor: SignedMinorUnits
    paid_minor: SignedMinorUnits


ConversionIds = Annotated[tuple[ConversionId, ...], Field(max_length=1_000)]


class CommissionApprovalCreate(Body):
    """Approve what is held and past its hold time; without a filter, of the whole workspace.

    `early` approves before the hold time is over, of the conversions that are named.
    """

    model_config = ConfigDict(json_schema_extra={"examples": [{"campaign_id": "cmp_01kz7kpps0fg8skbh5vs8fs3n4"}]})

    campaign_id: CampaignId | None = None
    partnership_ids: Annotated[tuple[PartnershipId, ...], Field(max_length=1_000)] = ()
    conversion_ids: ConversionIds = ()
    early: Flag = False

    @model_validator(mode="after")
    def _early_is_named(self) -> Self:
        if self.early and not self.conversion_ids:
            raise ValueError("early needs conversion_ids: who approves early names what")
        return self


class CommissionHoldCreate(Body):
    """Hold the commissions of some conversions back until they are released; paid ones stay paid."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {"conversion_ids": ["cnv_01kz7kpps0fg8skbh5vs8fs3n4"], "reason": "the code is on a coupon site"}
            ]
        }
    )

    conversion_ids: Annotated[tuple[ConversionId, ...], Field(min_length=1, max_length=1_000)]
    reason: LineText


class CommissionReleaseCreate(Body):
    """Let held-back commissions go on; they are approved as others are."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"conversion_ids": ["cnv_01kz7kpps0fg8skbh5vs8fs3n4"]}]})

    conversion_ids: Annotated[tuple[ConversionId, ...], Field(min_length=1, max_length=1_000)]


class FeeApprovalCreate(Body):
    """The fees of a partnership's terms fall due; what was posted before is not posted again."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"memo": "both posts are up"}]})

    memo: LineText | None = None


class LedgerChange(Schema):
    """What a call moved: entries written, and their sum by currency."""

    entries: Natural
    amounts_minor: dict[Currency, MinorUnits] = {}  # noqa: RUF012  # pydantic copies it


class PayoutCreate(Body):
    """A batch of everything due in one currency; without partnerships, of all."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"currency": "GBP"}]})

    currency: Currency
    campaign_id: CampaignId | None = None
    partnership_ids: Annotated[tuple[PartnershipId, ...], Field(max_length=1_000)] = ()
    memo: LineText | None = None


class PayoutLine(Schema):
    """What one partner gets in a batch."""

    partnership_id: PartnershipId
    partner_id: PartnerId
    partner_name: ShortText
    amount_minor: MinorUnits


class Payout(Schema):
    """A payout batch. The product pays nobody; it records what people paid."""

    id: PayoutId
    currency: Currency
    total_minor: MinorUnits
    partners: Natural
    lines: tuple[PayoutLine, ...] = ()
    memo: LineText | None = None
    created_at: UtcTime
    created_by: KeyId | None = None
