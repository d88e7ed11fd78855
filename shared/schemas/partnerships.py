"""Partnerships on the wire: a partner's relation to one campaign, its states, history and versioned terms."""

from enum import StrEnum
from typing import Annotated, Self

from pydantic import ConfigDict, Field, model_validator

from shared.schemas.base import (
    BasisPoints,
    Body,
    Currency,
    Day,
    Days,
    Flag,
    LineText,
    MinorUnits,
    Name,
    Platform,
    Schema,
    Sha256,
    SmallNatural,
    SmallPositive,
    Term,
    UtcTime,
)
from shared.schemas.brief import CompensationKind, Terms
from shared.schemas.campaigns import AttributionRules
from shared.schemas.ids import AccountId, CampaignId, DeliverableId, KeyId, PartnerId, PartnershipId

# What a post says when neither terms nor brief say otherwise.
DEFAULT_DISCLOSURE = "#ad"
# Pieces that one version of terms may promise.
MAX_PIECES = 500


class PartnershipState(StrEnum):
    """From first sight to renewal; the last three are ends."""

    NEW = "new"
    SHORTLISTED = "shortlisted"
    APPROVED = "approved"
    CONTACTED = "contacted"
    NEGOTIATING = "negotiating"
    AGREED = "agreed"
    ACTIVE = "active"
    COMPLETED = "completed"
    REJECTED = "rejected"
    DECLINED = "declined"
    DO_NOT_CONTACT = "do_not_contact"


class Due(StrEnum):
    """When a compensation falls due."""

    SIGNING = "signing"
    POST = "post"
    APPROVAL = "approval"
    CONVERSION = "conversion"


class CompensationTier(Body):
    """From this many conversions on, this rate instead."""

    from_conversions: SmallNatural
    amount_minor: MinorUnits | None = None
    percent_bp: BasisPoints | None = None

    @model_validator(mode="after")
    def _one_rate(self) -> Self:
        if (self.amount_minor is None) == (self.percent_bp is None):
            raise ValueError("either amount_minor or percent_bp is needed")
        return self


class Compensation(Body):
    """One part of what a partner gets: an amount, or basis points (1 % is 100) of what a conversion brings.

    `cap_minor` bounds the sum; `units` at `cost_minor` each are products; `currency` belongs to all amounts.
    """

    kind: CompensationKind
    amount_minor: MinorUnits | None = None
    percent_bp: BasisPoints | None = None
    currency: Currency | None = None
    tiers: Annotated[tuple[CompensationTier, ...], Field(max_length=20)] = ()
    cap_minor: MinorUnits | None = None
    units: SmallNatural | None = None
    cost_minor: MinorUnits | None = None
    due: Due | None = None

    @model_validator(mode="after")
    def _consistent(self) -> Self:
        if self.amount_minor is not None and self.percent_bp is not None:
            raise ValueError("either amount_minor or percent_bp, not both")
        amounts = (self.amount_minor, self.cap_minor, self.cost_minor, *(tier.amount_minor for tier in self.tiers))
        if self.currency is None and any(amount is not None for amount in amounts):
            raise ValueError("an amount needs its currency")
        if self.kind is CompensationKind.FEE and self.amount_minor is None:
            raise ValueError("a fee needs amount_minor and currency")
        if self.kind is CompensationKind.COMMISSION and self.amount_minor is None and self.percent_bp is None:
            raise ValueError("a commission needs amount_minor or percent_bp")
        return self


class DeliverableKind(StrEnum):
    """What is promised."""

    POST = "post"
    VIDEO = "video"
    LIVE = "live"
    STORY = "story"
    BLOG = "blog"
    TESTIMONIAL = "testimonial"
    EVENT = "event"
    GIVEAWAY = "giveaway"


class DeliverableTerm(Body):
    """A promise: how many of what, on which account, between which days of the campaign's zone."""

    kind: DeliverableKind
    account_id: AccountId | None = None
    platform: Platform | None = None
    count: Annotated[int, Field(strict=True, ge=1, le=100)] = 1
    due_from: Day | None = None
    due_to: Day | None = None
    keep_live_days: Days | None = None

    @model_validator(mode="after")
    def _ordered(self) -> Self:
        if self.due_from is not None and self.due_to is not None and self.due_to < self.due_from:
            raise ValueError("due_to lies before due_from")
        return self


class ApprovalKind(StrEnum):
    """What of a post the brand may check before it appears."""

    NONE = "none"
    FACTS_AND_DISCLOSURE = "facts_and_disclosure"
    FULL = "full"


class UsageRights(Body):
    """Where and until when the brand may use the content."""

    channels: Terms = ()
    until: Day | None = None
    paid_boost: Flag = False


class Exclusivity(Body):
    """For which categories the partner promises nobody else, until when."""

    categories: Terms = ()
    until: Day | None = None


class DisclosureTerms(Body):
    """How the partner's posts say that they are advertising: the wording, and the platform's own label."""

    text: Term
    label: Term | None = None


class Agreed(Body):
    """Who agreed, when, to which document (SHA-256 of it)."""

    by: Name
    at: UtcTime
    document_hash: Sha256 | None = None


class TermsInput(Body):
    """What was agreed with a partner. Sending terms again makes a new version; a conversion keeps those of its day."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "compensation": [
                        {"kind": "fee", "amount_minor": 15000, "currency": "GBP", "due": "post"},
                        {"kind": "commission", "percent_bp": 1000, "due": "conversion"},
                    ],
                    "deliverables": [{"kind": "post", "count": 2, "due_from": "2027-03-01", "due_to": "2027-03-14"}],
                    "disclosure": {"text": "#ad"},
                }
            ]
        }
    )

    accounts: Annotated[tuple[AccountId, ...], Field(max_length=20)] = ()
    compensation: Annotated[tuple[Compensation, ...], Field(max_length=20)] = ()
    deliverables: Annotated[tuple[DeliverableTerm, ...], Field(max_length=100)] = ()
    hours_per_week: Annotated[int, Field(strict=True, ge=0, le=168)] | None = None
    must_say: Terms = ()
    must_not_say: Terms = ()
    embargo_until: UtcTime | None = None
    approval: ApprovalKind = ApprovalKind.FACTS_AND_DISCLOSURE
    max_revisions: SmallNatural | None = None
    usage_rights: UsageRights = UsageRights()
    exclusivity: Exclusivity = Exclusivity()
    disclosure: Annotated[DisclosureTerms | None, Field(description="Default: the brief's wording, else `#ad`.")] = None
    attribution: Annotated[AttributionRules | None, Field(description="Default: the campaign's.")] = None
    hold_days: Days = 30
    starts_on: Day | None = None
    ends_on: Day | None = None
    renewal: LineText | None = None
    adult_attested_at: UtcTime | None = None
    agreed: Agreed | None = None

    @model_validator(mode="after")
    def _ordered(self) -> Self:
        if self.starts_on is not None and self.ends_on is not None and self.ends_on < self.starts_on:
            raise ValueError("ends_on lies before starts_on")
        if sum(line.count for line in self.deliverables) > MAX_PIECES:
            raise ValueError(f"terms promise at most {MAX_PIECES} pieces")
        return self


class TermsVersion(Schema):
    """One version of a partnership's terms; versions count from 1 and never change."""

    version: SmallPositive
    terms: TermsInput
    created_at: UtcTime
    created_by: KeyId | None = None


class PartnershipCreate(Body):
    """A partner is considered for a campaign."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "campaign_id": "cmp_01kz7kpps0fg8skbh5vs8fs3n4",
                    "partner_id": "ptr_01kz7kpps0fg8skbh5vs8fs3n4",
                    "terms": {"compensation": [{"kind": "product", "units": 1}]},
                }
            ]
        }
    )

    campaign_id: CampaignId
    partner_id: PartnerId
    terms: TermsInput | None = None
    note: LineText | None = None


class ApprovalCreate(Body):
    """A person's approval; the key's scope says who may."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"note": "agreed in Monday's meeting"}]})

    note: LineText | None = None


class TransitionCreate(Body):
    """A partnership moves on. A rejection, a suppression and every way back out of one need a reason."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"to": "contacted", "reason": "wrote by mail"}]})

    to: PartnershipState
    reason: LineText | None = None

    @model_validator(mode="after")
    def _rejection_has_reason(self) -> Self:
        if self.to is PartnershipState.REJECTED and not self.reason:
            raise ValueError("a rejection needs its reason")
        return self


class StateChange(Schema):
    """One step of a partnership's history, with who made it."""

    state: PartnershipState
    reason: LineText | None = None
    at: UtcTime
    by: KeyId | None = None


class DeliverableState(StrEnum):
    """What became of a promise. `overdue` is open behind its last day; `cancelled` was replaced by newer terms."""

    OPEN = "open"
    DELIVERED = "delivered"
    OVERDUE = "overdue"
    MISSED = "missed"
    WAIVED = "waived"
    CANCELLED = "cancelled"


class DecidedState(StrEnum):
    """What a person may say of a promise: it was kept, will not come, is let go, or waits after all."""

    OPEN = "open"
    DELIVERED = "delivered"
    MISSED = "missed"
    WAIVED = "waived"


class DeliverableChange(Body):
    """What a person says of a promised piece. `delivered_at` defaults to now; missed and waived need a reason."""

    model_config = ConfigDict(
        json_schema_extra={"examples": [{"state": "delivered", "delivered_at": "2026-11-20T08:15:00Z"}]}
    )

    state: DecidedState
    delivered_at: UtcTime | None = None
    reason: LineText | None = None

    @model_validator(mode="after")
    def _explained(self) -> Self:
        if self.state in (DecidedState.MISSED, DecidedState.WAIVED) and not (self.reason or "").strip():
            raise ValueError(f"{self.state} needs a reason")
        if self.delivered_at is not None and self.state is not DecidedState.DELIVERED:
            raise ValueError("delivered_at belongs to what was delivered")
        return self


class Deliverable(Schema):
    """A promised piece, by number of its terms' line. `reason` and `changed_by` are those of a person's last word."""

    id: DeliverableId
    partnership_id: PartnershipId
    terms_version: SmallPositive | None = None
    kind: DeliverableKind
    account_id: AccountId | None = None
    platform: Platform | None = None
    due_from: Day | None = None
    due_to: Day | None = None
    keep_live_days: SmallNatural | None = None
    state: DeliverableState
    delivered_at: UtcTime | None = None
    reason: LineText | None = None
    changed_at: UtcTime | None = None
    changed_by: KeyId | None = None


class Partnership(Schema):
    """A partner's relation to one campaign. `disclosure_text` is the wording in force."""

    id: PartnershipId
    campaign_id: CampaignId
    partner_id: PartnerId
    partner_name: Name
    state: PartnershipState
    history: tuple[StateChange, ...] = ()
    terms: TermsVersion | None = None
    disclosure_text: LineText
    approved_at: UtcTime | None = None
    approved_by: KeyId | None = None
    deliverables: tuple[Deliverable, ...] = ()
    note: LineText | None = None
    created_at: UtcTime
    updated_at: UtcTime
    created_by: KeyId | None = None
