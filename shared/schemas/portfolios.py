"""Portfolios on the wire: creators chosen together under a budget, and how far from the best that can be."""

from enum import StrEnum
from typing import Annotated, Self

from pydantic import ConfigDict, Field, model_validator

from shared.schemas.base import (
    Body,
    Currency,
    JobStatus,
    LineText,
    MinorUnits,
    Name,
    Natural,
    Schema,
    Share,
    ShortText,
    SmallNatural,
    SmallPositive,
    Term,
    UtcTime,
)
from shared.schemas.creators import CreatorRef
from shared.schemas.ids import CreatorId, KeyId, PortfolioId, RankingId

Reach = Annotated[float, Field(ge=0, le=1e15)]


class CreatorFee(Body):
    """What one creator costs: the fee, and how many products."""

    creator_id: CreatorId
    amount_minor: MinorUnits = 0
    product_units: SmallNatural = 0


class LimitBy(StrEnum):
    """What a limit counts by: platform, the creator's country or language, or the hashtag that most posts carry."""

    PLATFORM = "platform"
    COUNTRY = "country"
    LANGUAGE = "language"
    TOPIC = "topic"


class PortfolioLimit(Body):
    """At most this many of the chosen share a platform, country, language or topic; without a key, each of them."""

    by: LimitBy
    key: Term | None = None
    max: SmallPositive


class PortfolioCreate(Body):
    """What to choose from a finished ranking's eligible candidates.

    Creators without a fee of their own cost `default_fee_minor`, plus `default_fee_per_thousand_minor` for each
    thousand followers; whose followers are unknown are left out while that is asked.
    """

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "ranking_id": "rnk_01kz7kpps0fg8skbh5vs8fs3n4",
                    "budget_minor": 300000,
                    "currency": "GBP",
                    "default_fee_minor": 5000,
                    "default_fee_per_thousand_minor": 1000,
                    "limits": [{"by": "platform", "max": 6}],
                }
            ]
        }
    )

    ranking_id: RankingId
    name: Name | None = None
    budget_minor: MinorUnits
    currency: Currency
    fees: Annotated[tuple[CreatorFee, ...], Field(max_length=5_000)] = ()
    default_fee_minor: MinorUnits = 0
    default_fee_per_thousand_minor: MinorUnits = 0
    default_product_units: SmallNatural = 0
    product_units: Annotated[SmallNatural | None, Field(description="Products there are; null: no limit.")] = None
    unit_cost_minor: MinorUnits = 0
    creators_max: SmallPositive | None = None
    candidates_max: Annotated[
        int, Field(strict=True, ge=1, le=10_000, description="How many of the best ranked are looked at.")
    ] = 1_000
    must_have: Annotated[tuple[CreatorId, ...], Field(max_length=500)] = ()
    exclude: Annotated[tuple[CreatorId, ...], Field(max_length=5_000)] = ()
    limits: Annotated[tuple[PortfolioLimit, ...], Field(max_length=50)] = ()

    @model_validator(mode="after")
    def _agrees(self) -> Self:
        if set(self.must_have) & set(self.exclude):
            raise ValueError("a creator cannot be a must-have and excluded")
        ids = [fee.creator_id for fee in self.fees]
        if len(ids) != len(set(ids)):
            raise ValueError("a creator has two fees")
        return self


class PortfolioChoice(Schema):
    """One chosen creator, in the order of choice. `gain` is the reach that it added to those before it.

    `reach` is its own: people of the target audience that look real; estimated, see the portfolio's notes.
    """

    creator: CreatorRef
    rank: SmallNatural | None = None
    cost_minor: MinorUnits
    product_units: SmallNatural
    reach: Reach
    gain: Reach
    overlap_share: Annotated[Share | None, Field(description="Part of its reach that the others had; null: not known.")]
    must_have: bool = False


class PortfolioResult(Schema):
    """What was chosen. No choice within the limits reaches more than `upper_bound`; `at_least_share` is the reach over
    that bound. `sample_rate` is the part of the commenters in the sketches, `relative_error` its standard error."""

    choices: tuple[PortfolioChoice, ...]
    reach: Reach
    upper_bound: Reach
    at_least_share: Share
    cost_minor: MinorUnits
    product_units: SmallNatural
    considered: Natural
    left_out: Natural
    sample_rate: Share
    relative_error: Annotated[float, Field(ge=0)]
    notes: tuple[LineText, ...] = ()


class Portfolio(Schema):
    """A portfolio and how far it is."""

    id: PortfolioId
    name: Name
    status: JobStatus
    ranking_id: RankingId
    request: PortfolioCreate
    result: PortfolioResult | None = None
    error: LineText | None = None
    method: ShortText = "lazy greedy for budgeted maximum coverage, improved by exchanges"
    created_at: UtcTime
    created_by: KeyId | None = None
    finished_at: UtcTime | None = None
