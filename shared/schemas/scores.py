"""One creator now: creators given inline, scored in the same request."""

from typing import Annotated, Any, Self

from pydantic import ConfigDict, Field, model_validator

from shared.schemas.audience_reports import AudienceReportCreate
from shared.schemas.base import Body, Flag, Key, Schema, ShortText, SmallNatural, UtcTime
from shared.schemas.brief import Brief
from shared.schemas.imports import CommentLine, CreatorLine, PostLine
from shared.schemas.rankings import Score, WeightPreset, Weights

_EXAMPLE: dict[str, Any] = {
    "creator": {"kind": "creator", "platform": "instagram", "platform_id": "178", "handle": "ana", "followers": 4200},
    "posts": [
        {
            "kind": "post", "platform": "instagram", "platform_id": "p1", "author_id": "178",
            "text": "Up before the sun #fellrunning", "language": "en", "hashtags": ["fellrunning"], "likes": 210,
            "comments": 14,
        }
    ],
}  # fmt: skip


class InlineCreatorCreate(Body):
    """A creator with posts and comments, in the form of import lines; of another account's posts nothing is read.

    `posts_complete` says that these are all posts of the last months, so that a missing mention is a finding.
    """

    model_config = ConfigDict(json_schema_extra={"examples": [_EXAMPLE]})

    creator: CreatorLine
    posts: Annotated[tuple[PostLine, ...], Field(max_length=300)] = ()
    comments: Annotated[tuple[CommentLine, ...], Field(max_length=2_000)] = ()
    posts_complete: Flag | None = None
    audience_reports: Annotated[tuple[AudienceReportCreate, ...], Field(max_length=20)] = ()


class ScoresCreate(Body):
    """Creators to score at once. Weights default to the goal's preset, the goal to what the brief is for."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "brief": {"brand": {"name": "Fellside Shoes"}, "topics": ["trail running"]},
                    "goal": "engagement",
                    "creators": [
                        _EXAMPLE
                    ],
                }
            ]
        }
    )  # fmt: skip

    brief: Brief
    creators: Annotated[tuple[InlineCreatorCreate, ...], Field(min_length=1, max_length=50)]
    goal: WeightPreset | None = None
    weights: Weights | None = None
    as_of: UtcTime | None = None

    @model_validator(mode="after")
    def _weighs_something(self) -> Self:
        if self.weights is not None and not any(self.weights.values()):
            raise ValueError("at least one weight is above 0")
        return self


class Scores(Schema):
    """Scores in the order of the request, each with its rank among them. Nothing is stored."""

    items: tuple[Score, ...]
    goal: WeightPreset | None = None
    weights: dict[Key, SmallNatural]
    code_version: ShortText
    parameters_version: ShortText
