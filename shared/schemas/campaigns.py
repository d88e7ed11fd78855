"""Campaigns on the wire: goals, time zone, owned accounts, and how conversions are credited."""

from enum import StrEnum
from typing import Annotated, Self

from pydantic import ConfigDict, Field, model_validator

from shared.schemas.base import AccountRef, Body, Currency, Day, Key, Money, Name, Schema, Sha256, TimeZone, UtcTime
from shared.schemas.brief import AccountRefs, Brief, BriefKind, Goal
from shared.schemas.ids import CampaignId, KeyId, RankingId, SearchId

# The name of the URL parameter that carries the click's identifier.
ClickParameter = Annotated[
    str, Field(min_length=1, max_length=32, pattern=r"^[A-Za-z][A-Za-z0-9_-]*$", examples=["gs_click"])
]
DEFAULT_CLICK_PARAMETER = "gs_click"
Goals = Annotated[tuple[Goal, ...], Field(max_length=20)]


class Signal(StrEnum):
    """What ties a conversion to a partnership."""

    CODE = "code"
    CLICK = "click"
    PAGE = "page"
    VISITOR = "visitor"
    HASHTAG = "hashtag"


DEFAULT_PRECEDENCE = (Signal.CODE, Signal.CLICK, Signal.PAGE, Signal.VISITOR)


class AttributionRules(Body):
    """How a conversion finds its creator: days that a touchpoint counts, and which signal goes first."""

    window_days: Annotated[int, Field(strict=True, ge=1, le=365)] = 30
    precedence: Annotated[tuple[Signal, ...], Field(max_length=5)] = DEFAULT_PRECEDENCE

    @model_validator(mode="after")
    def _each_once(self) -> Self:
        if len(set(self.precedence)) != len(self.precedence):
            raise ValueError("each signal is named once in precedence")
        return self


class CampaignStatus(StrEnum):
    """The life of a campaign."""

    DRAFT = "draft"
    ACTIVE = "active"
    ENDED = "ended"


class CampaignCreate(Body):
    """A campaign. What is left out is taken from the brief: name, goals, owned accounts, zone (else UTC), days."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "name": "Spring launch",
                    "timezone": "Europe/London",
                    "currency": "GBP",
                    "goals": [{"stage": "conversion", "metric": "conversions", "target": 200}],
                    "owned_accounts": ["bluesky:fellside.example.com"],
                    "brief": {"brand": {"name": "Fellside Shoes"}, "hashtags": ["fellrunning"]},
                }
            ]
        }
    )

    name: Name | None = None
    brief: Brief | None = None
    search_id: SearchId | None = None
    ranking_id: RankingId | None = None
    goals: Goals | None = None
    timezone: TimeZone | None = None
    currency: Currency | None = None
    owned_accounts: AccountRefs | None = None
    starts_on: Day | None = None
    ends_on: Day | None = None
    budget: Money | None = None
    attribution: AttributionRules = AttributionRules()
    model: Key = "last_touch"
    click_parameter: ClickParameter = DEFAULT_CLICK_PARAMETER
    commission_on_donations: Annotated[bool, Field(strict=True)] = False
    generated: Annotated[
        bool, Field(strict=True, description="Its data is made up, as in the example; its report opens with GENERATED.")
    ] = False

    @model_validator(mode="after")
    def _named_and_ordered(self) -> Self:
        if self.name is None and self.brief is None:
            raise ValueError("a name is needed, or a brief to take it from")
        if self.starts_on is not None and self.ends_on is not None and self.ends_on < self.starts_on:
            raise ValueError("ends_on lies before starts_on")
        return self


class CampaignChange(Body):
    """What changes about a campaign; a field left out stays."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"status": "active", "ends_on": "2027-03-31"}]})

    name: Name | None = None
    status: CampaignStatus | None = None
    goals: Goals | None = None
    owned_accounts: AccountRefs | None = None
    starts_on: Day | None = None
    ends_on: Day | None = None
    budget: Money | None = None
    attribution: AttributionRules | None = None
    model: Key | None = None
    click_parameter: ClickParameter | None = None


class Campaign(Schema):
    """A campaign. Posting days are days of its time zone."""

    id: CampaignId
    name: Name
    kind: BriefKind
    status: CampaignStatus
    brief: Brief | None = None
    brief_hash: Sha256 | None = None
    search_id: SearchId | None = None
    ranking_id: RankingId | None = None
    goals: tuple[Goal, ...] = ()
    timezone: TimeZone
    currency: Currency | None = None
    owned_accounts: tuple[AccountRef, ...] = ()
    starts_on: Day | None = None
    ends_on: Day | None = None
    budget: Money | None = None
    attribution: AttributionRules
    model: Key
    click_parameter: ClickParameter
    commission_on_donations: bool = False
    generated: bool = False
    created_at: UtcTime
    updated_at: UtcTime
    created_by: KeyId | None = None
