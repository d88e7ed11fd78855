"""Rankings on the wire: a brief and a search go in; ranked scores with criteria, reasons and evidence come out."""

from enum import StrEnum
from typing import Annotated, Self

from pydantic import ConfigDict, Field, model_validator

from shared.schemas.base import (
    Body,
    Interval,
    JobStatus,
    Key,
    LineText,
    Name,
    Natural,
    Schema,
    Sha256,
    Share,
    ShortText,
    SmallNatural,
    UtcTime,
)
from shared.schemas.brief import Brief
from shared.schemas.creators import CreatorRef
from shared.schemas.ids import BundleId, KeyId, RankingId, SearchId

# Points per criterion; only their proportions matter.
Weights = Annotated[
    dict[Key, Annotated[int, Field(strict=True, ge=0, le=1_000)]],
    Field(min_length=1, max_length=50, examples=[{"engagement": 25, "niche_focus": 10}]),
]


class WeightPreset(StrEnum):
    """The default weights by goal."""

    AWARENESS = "awareness"
    ENGAGEMENT = "engagement"
    GROWTH = "growth"
    CONVERSION = "conversion"
    CAUSE = "cause"


class RankingCreate(Body):
    """A ranking of a search's candidates. The brief defaults to the search's, the weights to the preset's."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {"search_id": "sch_01kz7kpps0fg8skbh5vs8fs3n4", "goal": "engagement"},
                {"search_id": "sch_01kz7kpps0fg8skbh5vs8fs3n4", "weights": {"engagement": 25, "niche_focus": 10}},
            ]
        }
    )

    search_id: SearchId
    brief: Brief | None = None
    goal: WeightPreset | None = None
    weights: Weights | None = None
    name: Name | None = None

    @model_validator(mode="after")
    def _weighs_something(self) -> Self:
        if self.weights is not None and not any(self.weights.values()):
            raise ValueError("at least one weight is above 0")
        return self


class Ranking(Schema):
    """A ranking and how far it is."""

    id: RankingId
    name: Name
    status: JobStatus
    search_id: SearchId
    brief: Brief
    brief_version: SmallNatural
    brief_hash: Sha256
    goal: WeightPreset | None = None
    weights: dict[Key, SmallNatural]
    candidates: Natural | None = None
    bundles_stored: Natural = 0
    scored: Natural = 0
    ineligible: Natural = 0
    code_version: ShortText | None = None
    warnings: tuple[LineText, ...] = ()
    error: LineText | None = None
    created_at: UtcTime
    created_by: KeyId | None = None
    finished_at: UtcTime | None = None


class RankingEvent(Schema):
    """The data of one server-sent event of a ranking."""

    ranking_id: RankingId
    status: JobStatus
    candidates: Natural | None = None
    bundles_stored: Natural = 0
    scored: Natural = 0


class ExportFormat(StrEnum):
    """How a ranking or a search is downloaded."""

    CSV = "csv"
    NDJSON = "ndjson"


class GateState(StrEnum):
    """What a gate decided; `needs_person` waits for somebody's confirmation."""

    PASSED = "passed"
    FAILED = "failed"
    UNKNOWN = "unknown"
    NOT_APPLICABLE = "not_applicable"
    NEEDS_PERSON = "needs_person"


class EvidenceKind(StrEnum):
    """What a piece of evidence is."""

    POST = "post"
    COMMENT = "comment"
    COMMENTER = "commenter"
    PROFILE = "profile"
    SNAPSHOT = "snapshot"
    REPORT = "report"
    IMAGE = "image"


class EvidenceLink(Schema):
    """A piece of evidence: by identifier within the bundle, and by public address where there is one."""

    kind: EvidenceKind
    ref: LineText | None = None
    url: LineText | None = None
    note: LineText | None = None
    at: UtcTime | None = None


class DataUsed(Schema):
    """What a result rests on: how much, and how old (times of the data, not of the calculation)."""

    posts: Natural = 0
    comments: Natural = 0
    accounts: Natural = 0
    snapshots: Natural = 0
    oldest_at: UtcTime | None = None
    newest_at: UtcTime | None = None


class GateResult(Schema):
    """One gate: decides eligibility, is shown, is not scored."""

    name: Key
    state: GateState
    reason: LineText
    evidence: tuple[EvidenceLink, ...] = ()


class CriterionStatus(StrEnum):
    """Whether a criterion gave a value. An abstention widens the total; `not_applicable` gives its weight away."""

    SCORED = "scored"
    ABSTAINED = "abstained"
    NOT_APPLICABLE = "not_applicable"


class CriterionPart(Schema):
    """One part of a criterion, shown apart: its value 0 to 100 with a 90 % interval, null where it is not known."""

    name: Key
    value: Annotated[float, Field(ge=0, le=100)] | None = None
    interval: Interval | None = None
    reason: LineText


class CriterionResult(Schema):
    """One criterion: value 0 to 100, or null with the reason of its abstention.

    `weight` is the points asked for, `share` (0 to 1) what they weigh after redistribution, `contribution` the points
    of the score that come from here. Values are rounded to 1e-6, and the contributions add up to the score exactly.
    """

    name: Key
    weight: SmallNatural
    share: Annotated[float, Field(ge=0, le=1)]
    status: CriterionStatus
    value: Annotated[float, Field(ge=0, le=100)] | None = None
    interval: Interval | None = None
    contribution: float | None = None
    reasons: tuple[LineText, ...] = ()
    parts: tuple[CriterionPart, ...] = ()
    evidence: tuple[EvidenceLink, ...] = ()
    data_used: DataUsed = DataUsed()
    version: ShortText | None = None

    @model_validator(mode="after")
    def _value_agrees(self) -> Self:
        if (self.value is not None) != (self.status is CriterionStatus.SCORED):
            raise ValueError("a criterion has a value exactly when it is scored")
        return self


class Observation(Schema):
    """Something to know about a candidate that is shown and never scored."""

    name: Key
    text: LineText
    evidence: tuple[EvidenceLink, ...] = ()


class Score(Schema):
    """The score of one candidate: the criteria's weighted sum, 0 to 100, with its interval, reasons and data age.

    Rank 1 is the best; null for whom a gate keeps out. `value` is null when every criterion abstained.
    """

    creator: CreatorRef
    rank: Annotated[int, Field(ge=1, le=2_147_483_647)] | None = None
    eligible: bool
    value: Annotated[float, Field(ge=0, le=100)] | None = None
    interval: Interval | None = None
    rank_low: Annotated[SmallNatural | None, Field(description="The best rank that the intervals leave open.")] = None
    rank_high: Annotated[SmallNatural | None, Field(description="The worst rank that the intervals leave open.")] = None
    known_share: Annotated[
        Share | None, Field(description="Part of the weight that was scored; the rest abstained.")
    ] = None
    gates: tuple[GateResult, ...] = ()
    criteria: tuple[CriterionResult, ...] = ()
    reasons: tuple[LineText, ...] = ()
    observations: tuple[Observation, ...] = ()
    data_used: DataUsed = DataUsed()
    data_age_days: Annotated[float, Field(ge=0)] | None = None
    bundle_id: BundleId | None = None
    bundle_hash: Sha256 | None = None
    scored_at: UtcTime
    evidence_expires_at: UtcTime | None = None
