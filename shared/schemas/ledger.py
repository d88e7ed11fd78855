"""The ledger on the wire: double entry, so that every entry sums to zero; balances and payouts."""

from enum import StrEnum
from typing import Annotated

from pydantic import ConfigDict, Field

from shared.schemas.base import (
    Body,
    Currency,
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
