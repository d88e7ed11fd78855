"""Daily metrics on the wire: followers, page likes, site visits and other series, one value per day; gaps stay gaps."""

from typing import Annotated

from pydantic import ConfigDict, Field

from shared.schemas.base import AccountRef, Body, Day, Key, Natural, Platform, Real, Schema, Trust, UtcTime
from shared.schemas.ids import CampaignId


class MetricPointInput(Body):
    """One value of one series on one local day. A day without a value is not sent: it stays a gap."""

    metric: Annotated[Key, Field(examples=["followers"])]
    day: Day
    value: Real
    platform: Platform | None = None
    account: AccountRef | None = None


class MetricsCreate(Body):
    """Daily values of a campaign; the same metric, account and day again replaces the value."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "campaign_id": "cmp_01kz7kpps0fg8skbh5vs8fs3n4",
                    "source": "analytics",
                    "points": [{"metric": "site_visits", "day": "2027-03-02", "value": 1834}],
                }
            ]
        }
    )

    campaign_id: CampaignId
    source: Key = "api"
    points: Annotated[tuple[MetricPointInput, ...], Field(min_length=1, max_length=5_000)]


class MetricPoint(Schema):
    """A stored daily value."""

    campaign_id: CampaignId
    metric: Key
    day: Day
    value: Real
    platform: Platform | None = None
    account: AccountRef | None = None
    source: Key
    trust: Trust
    observed_at: UtcTime


class MetricsReceived(Schema):
    """How many values were new and how many replaced others."""

    added: Natural
    replaced: Natural
