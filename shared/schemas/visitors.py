"""Visitors of tracking links on the wire: counts by day, and what is kept of them."""

from pydantic import ConfigDict

from shared.schemas.base import Body, Day, Natural, Schema, UtcTime
from shared.schemas.ids import KeyId


class VisitorDay(Schema):
    """One UTC day. Clicks of browsers that send Global Privacy Control have no visitor."""

    day: Day
    unique_visitors: Natural
    clicks_without_visitor: Natural


class VisitorDays(Schema):
    """Days with clicks. `visitor_days` counts a visitor once on every day."""

    visitor_days: Natural
    clicks_without_visitor: Natural
    days: tuple[VisitorDay, ...]


class VisitorSettingsInput(Body):
    """What tracking links keep of visitors."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"cookie": True}]})

    cookie: bool


class VisitorSettings(Schema):
    """What tracking links keep of visitors, and since when."""

    cookie: bool
    updated_at: UtcTime | None = None
    updated_by: KeyId | None = None
