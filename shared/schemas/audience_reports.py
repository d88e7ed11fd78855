"""Audience reports: what a creator says of the own audience, with date and source; nothing else tells age or gender."""

import math
import re
from collections import defaultdict
from enum import StrEnum
from typing import Annotated, Self

from pydantic import ConfigDict, Field, model_validator

from shared.schemas.base import Body, Day, LineText, Schema, Share, SmallNatural, SmallPositive, UtcTime
from shared.schemas.ids import AudienceReportId, CreatorId, KeyId


class ReportedDimension(StrEnum):
    """What a report splits the audience by."""

    AGE = "age"
    GENDER = "gender"
    COUNTRY = "country"
    PLACE = "place"
    LANGUAGE = "language"
    INTEREST = "interest"


# One person has one age, gender and country; who speaks two languages counts in both.
_DISJOINT = (ReportedDimension.AGE, ReportedDimension.GENDER, ReportedDimension.COUNTRY)
_KEYS = {
    ReportedDimension.AGE: re.compile(r"[0-9]{1,3}(-[0-9]{1,3}|\+)"),
    ReportedDimension.COUNTRY: re.compile(r"[A-Z]{2}"),
    ReportedDimension.LANGUAGE: re.compile(r"[a-z]{2,3}(-[A-Za-z0-9]{2,8})*"),
}
# Rounded percentages may add up to a little more than the whole.
_ROUNDING = 0.02


class AudienceShare(Body):
    """One line of a report, for example dimension `country`, key `GB`, share 0.41.

    Ages are bands (`25-34`, `65+`), countries ISO 3166, languages BCP 47; other keys are names as the report has them.
    """

    dimension: ReportedDimension
    key: Annotated[str, Field(min_length=1, max_length=100, pattern=r"^[^\u0000]+$")]
    share: Share

    @model_validator(mode="after")
    def _is_written_as_asked(self) -> Self:
        pattern = _KEYS.get(self.dimension)
        if pattern is not None and pattern.fullmatch(self.key) is None:
            raise ValueError(f"{self.key!r} is no {self.dimension} as it is written here")
        return self


class AudienceReportCreate(Body):
    """What a creator reports about the own audience: of which day, and where the numbers stand."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "reported_on": "2026-10-31",
                    "source": "media kit, October",
                    "sample_size": 4200,
                    "shares": [
                        {"dimension": "age", "key": "25-34", "share": 0.38},
                        {"dimension": "country", "key": "GB", "share": 0.41},
                    ],
                }
            ]
        }
    )

    reported_on: Day
    source: Annotated[
        str,
        Field(min_length=1, max_length=200, pattern=r"^[^\u0000]*[^\s\u0000][^\u0000]*$",
              description="where the numbers stand: the platform's insights, a media kit"),
    ]  # fmt: skip
    sample_size: SmallPositive | None = None
    note: LineText | None = None
    shares: Annotated[tuple[AudienceShare, ...], Field(min_length=1, max_length=500)]

    @model_validator(mode="after")
    def _adds_up(self) -> Self:
        lines = [(share.dimension, share.key.casefold()) for share in self.shares]
        if len(lines) != len(set(lines)):
            raise ValueError("a dimension has a key twice")
        sums: dict[ReportedDimension, list[float]] = defaultdict(list)
        for share in self.shares:
            sums[share.dimension].append(share.share)
        for dimension in _DISJOINT:
            if math.fsum(sums[dimension]) > 1 + _ROUNDING:
                raise ValueError(f"the shares by {dimension} add up to more than the whole")
        return self


class AudienceReport(Schema):
    """A report as it stands in an evidence bundle; its trust is `creator_reported`."""

    reported_on: Day
    received_at: UtcTime
    source: LineText | None = None
    sample_size: SmallNatural | None = None
    note: LineText | None = None
    shares: tuple[AudienceShare, ...]


class StoredAudienceReport(AudienceReport):
    """A report of one creator as it is kept, and until when."""

    id: AudienceReportId
    creator_id: CreatorId
    expires_at: UtcTime
    created_by: KeyId | None = None
