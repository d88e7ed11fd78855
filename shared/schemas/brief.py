"""The brief: what a campaign looks for. A value, passed inline, stored with its version and hash."""

import hashlib
import json
from enum import StrEnum
from typing import Annotated, Any, Self

from pydantic import ConfigDict, Field, model_validator

from shared.schemas.base import (
    AccountRef,
    Body,
    Country,
    Currency,
    Day,
    Days,
    Hashtag,
    Key,
    Language,
    LineText,
    LongText,
    MinorUnits,
    Name,
    Natural,
    Platform,
    Real,
    Share,
    SmallNatural,
    SmallPositive,
    Term,
    TimeZone,
    WebUrl,
)

# Raised when the meaning of a stored brief changes, not when an optional field is added.
BRIEF_VERSION = 1

Terms = Annotated[tuple[Term, ...], Field(max_length=200)]
Hashtags = Annotated[tuple[Hashtag, ...], Field(max_length=200)]
AccountRefs = Annotated[tuple[AccountRef, ...], Field(max_length=500)]
Urls = Annotated[tuple[WebUrl, ...], Field(max_length=100)]


class BriefKind(StrEnum):
    """What the campaign is for."""

    PRODUCT = "product"
    SERVICE = "service"
    CAUSE = "cause"
    POLITICAL = "political"


class GoalStage(StrEnum):
    """The stage a goal belongs to; also names a preset of weights."""

    AWARENESS = "awareness"
    ENGAGEMENT = "engagement"
    GROWTH = "growth"
    CONVERSION = "conversion"


class CompensationKind(StrEnum):
    """What a creator may get."""

    NONE = "none"
    VOLUNTEER = "volunteer"
    PRODUCT = "product"
    FEE = "fee"
    COMMISSION = "commission"
    FOLLOWER_DISCOUNT = "follower_discount"
    GIVEAWAY = "giveaway"


class Brand(Body):
    """Whose campaign it is. Competitors are names or handles; their mentions are shown beside the brand's."""

    name: Name
    handles: AccountRefs = ()
    urls: Urls = ()
    products: Terms = ()
    competitors: Terms = ()


class Segment(Body):
    """One part of the audience. Places are towns or regions by name; age bands are only compared with own reports."""

    countries: Annotated[tuple[Country, ...], Field(max_length=250)] = ()
    places: Terms = ()
    languages: Annotated[tuple[Language, ...], Field(max_length=50)] = ()
    age_bands: Annotated[
        tuple[Annotated[str, Field(max_length=7, pattern=r"^[0-9]{1,3}(-[0-9]{1,3}|\+)$")], ...],
        Field(max_length=20, examples=[["18-24", "65+"]]),
    ] = ()
    interests: Terms = ()
    journey_stage: Term | None = None


class Audience(Body):
    """Whom the campaign wants to reach."""

    description: LongText | None = None
    segments: Annotated[tuple[Segment, ...], Field(max_length=50)] = ()


class FollowerBand(Body):
    """How many followers a creator may have, both ends included."""

    min: Natural = 1_000
    max: Natural = 100_000

    @model_validator(mode="after")
    def _ordered(self) -> Self:
        if self.min > self.max:
            raise ValueError("the band's min is above its max")
        return self

    def holds(self, followers: int | None) -> bool | None:
        """Whether this many followers lie in the band; None when the number is not known."""
        return None if followers is None else self.min <= followers <= self.max


class Tone(Body):
    """How the brand talks."""

    words: Terms = ()
    avoid: Terms = ()
    guide_url: WebUrl | None = None


class Safety(Body):
    """The brief's own lists for brand safety; a flag is confirmed by a person."""

    blocked_terms: Terms = ()
    blocked_topics: Terms = ()
    max_sponsored_share: Share | None = None


class BriefBudget(Body):
    """What may be spent: money, and products with their cost each."""

    amount_minor: MinorUnits | None = None
    currency: Currency | None = None
    product_units: SmallNatural | None = None
    unit_cost_minor: MinorUnits | None = None

    @model_validator(mode="after")
    def _has_currency(self) -> Self:
        if self.currency is None and (self.amount_minor is not None or self.unit_cost_minor is not None):
            raise ValueError("an amount needs its currency")
        return self


class Goal(Body):
    """A target for one metric; the baseline is its value before the campaign, null when nobody knows it."""

    stage: GoalStage
    metric: Key
    target: Real
    by: Day | None = None
    baseline: Real | None = None


class Disclosure(Body):
    """How a post says that it is advertising. Jurisdictions are country codes, or `EU`."""

    jurisdictions: Annotated[
        tuple[Annotated[str, Field(max_length=16, pattern=r"^[A-Z]{2}(-[A-Z0-9]{1,3})?$")], ...], Field(max_length=50)
    ] = ()
    text: LineText | None = None
    labels: Annotated[tuple[Term, ...], Field(max_length=20)] = ()


class Political(Body):
    """Who stands behind a political campaign. Nothing about anybody's opinions is stored."""

    sponsor_legal_name: Name
    authorised_by: Name | None = None
    subject: LineText
    election_date: Day | None = None
    disclaimer_text: LineText


class Brief(Body):
    """What a campaign looks for. Only `brand.name` is needed to store it; see `missing_for_search` for a search."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "brand": {"name": "Fellside Shoes", "handles": ["bluesky:fellside.example.com"]},
                    "topics": ["trail running"],
                    "hashtags": ["#trailrunning", "fellrunning"],
                    "platforms": ["bluesky"],
                    "follower_band": {"min": 1000, "max": 50000},
                    "timezone": "Europe/London",
                }
            ]
        }
    )

    brand: Brand
    # declared after the brand, since its default reads the brand's name
    name: Name = Field(default_factory=lambda data: data["brand"].name, description="Default: `brand.name`.")
    kind: BriefKind = BriefKind.PRODUCT
    audience: Audience = Audience()
    topics: Terms = ()
    hashtags: Hashtags = ()
    hashtags_excluded: Hashtags = ()
    values: Terms = ()
    issues: Terms = ()
    seeds: AccountRefs = ()
    owned_accounts: AccountRefs = ()
    exclude: AccountRefs = ()
    platforms: Annotated[tuple[Platform, ...], Field(max_length=50)] = ()
    follower_band: FollowerBand = FollowerBand()
    active_within_days: Days | None = None
    formats: Annotated[tuple[Key, ...], Field(max_length=20)] = ()
    tone: Tone = Tone()
    reference_images: Urls = ()
    safety: Safety = Safety()
    budget: BriefBudget = BriefBudget()
    compensation: Annotated[tuple[CompensationKind, ...], Field(max_length=10)] = ()
    creators_wanted: SmallPositive | None = None
    goals: Annotated[tuple[Goal, ...], Field(max_length=20)] = ()
    starts_on: Day | None = None
    ends_on: Day | None = None
    timezone: Annotated[TimeZone | None, Field(description="Posting days are days of this zone.")] = None
    must_say: Terms = ()
    must_not_say: Terms = ()
    disclosure: Disclosure = Disclosure()
    political: Political | None = None

    @model_validator(mode="after")
    def _days_are_ordered(self) -> Self:
        if self.starts_on is not None and self.ends_on is not None and self.ends_on < self.starts_on:
            raise ValueError("ends_on lies before starts_on")
        return self


def missing_for_search(brief: Brief) -> list[str]:
    """What a search still needs, by name; an empty list when the brief can be searched."""
    if brief.topics or brief.hashtags or brief.seeds:
        return []
    return ["one of topics, hashtags, seeds"]


def _without_empty(value: Any) -> Any:  # noqa: ANN401  # walks JSON
    if not isinstance(value, dict):
        return value
    cleaned = {key: _without_empty(item) for key, item in value.items()}
    return {key: item for key, item in cleaned.items() if item not in (None, [], {})}


def brief_hash(brief: Brief) -> str:
    """SHA-256, in hex, of the brief's canonical JSON.

    Sorted keys, no spaces, UTF-8, empty fields left out: so that a later optional field does not change old hashes.
    """
    content = {"version": BRIEF_VERSION, "brief": _without_empty(brief.model_dump(mode="json"))}
    text = json.dumps(content, sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False)
    return hashlib.sha256(text.encode()).hexdigest()
