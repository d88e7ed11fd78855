"""Other weights and certainty on the wire: what a ranking would be, which of its ranks are sure, what people decide."""

from typing import Annotated, Literal, Self

from pydantic import ConfigDict, Field, model_validator

from shared.schemas.base import Body, Interval, Key, LineText, Natural, Schema, SmallNatural, UtcTime
from shared.schemas.creators import CreatorRef
from shared.schemas.ids import CreatorId, KeyId
from shared.schemas.rankings import GateState, WeightPreset, Weights

Rank = Annotated[int, Field(ge=1, le=2_147_483_647)]
Points = Annotated[float, Field(ge=0, le=100)]


class WhatIfCreate(Body):
    """Weights to try: points per criterion, or a preset."""

    model_config = ConfigDict(
        json_schema_extra={"examples": [{"weights": {"engagement": 40, "brand_affinity": 20}, "limit": 20}]}
    )

    weights: Weights | None = None
    goal: WeightPreset | None = None
    limit: Annotated[int, Field(strict=True, ge=1, le=500)] = 50

    @model_validator(mode="after")
    def _weighs_something(self) -> Self:
        if (self.weights is None) == (self.goal is None):
            raise ValueError("either weights or a goal is needed")
        if self.weights is not None and not any(self.weights.values()):
            raise ValueError("at least one weight is above 0")
        return self


class WhatIfScore(Schema):
    """A candidate under the tried weights, beside its rank in the ranking."""

    creator: CreatorRef
    rank: Rank
    rank_before: Rank | None = None
    value: Points | None = None
    interval: Interval | None = None
    rank_low: SmallNatural | None = None
    rank_high: SmallNatural | None = None


class WhatIf(Schema):
    """The best candidates under other weights, from the stored values alone. Nothing is stored or fetched."""

    weights: dict[Key, SmallNatural]
    candidates: Natural
    ineligible: Natural
    changed_ranks: Natural
    items: tuple[WhatIfScore, ...]


class TiedRange(Schema):
    """Neighbouring ranks among which no order is certain: every interval overlaps the next one's."""

    from_rank: Rank
    to_rank: Rank


class Sensitivity(Schema):
    """How certain the order is.

    `certain_cuts` are numbers k for which the first k are surely the best k; `tied` are ranges without a certain order
    inside; `certain_ranks` counts candidates that have one possible rank. `weight_swings` says, per criterion, how many
    of the first ten stay when its weight is left out.
    """

    eligible: Natural
    certain_ranks: Natural
    certain_cuts: tuple[SmallNatural, ...]
    tied: tuple[TiedRange, ...]
    weight_swings: dict[Key, Annotated[int, Field(ge=0, le=10)]]


class GateDecisionCreate(Body):
    """What a person decided about a gate that waits for one."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"state": "passed", "note": "an old quote, harmless"}]})

    state: Literal[GateState.PASSED, GateState.FAILED]
    note: LineText | None = None


class GateDecision(Schema):
    """A stored decision; the ranking's order already follows it."""

    creator_id: CreatorId
    gate: Key
    state: GateState
    note: LineText | None = None
    decided_at: UtcTime
    decided_by: KeyId | None = None
