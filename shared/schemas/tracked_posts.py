"""Tracked posts on the wire: what partners published for a campaign, by a watch or by hand."""

from enum import StrEnum
from typing import Annotated

from pydantic import ConfigDict, Field

from shared.schemas.base import (
    Body,
    Count,
    CountInput,
    Flag,
    Key,
    LineText,
    PlatformId,
    PostText,
    Schema,
    ShortText,
    Trust,
    UtcTime,
    WebUrl,
)
from shared.schemas.ids import AccountId, CampaignId, DeliverableId, PartnershipId, PostId, TrackedPostId
from shared.schemas.partnerships import DeliverableKind

# Numbers under a post by name: likes, comments, shares, saves, views, impressions, reach, ...
PostMetricsInput = Annotated[dict[Key, CountInput], Field(max_length=30, examples=[{"likes": 210, "views": 4100}])]


class TrackedPostCreate(Body):
    """A post by hand: stories and closed platforms always come this way. Metrics are then creator-reported."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "partnership_id": "pts_01kz7kpps0fg8skbh5vs8fs3n4",
                    "url": "https://bsky.app/profile/ana.example.com/post/3k4duaz5vfs2b",
                    "published_at": "2027-03-02T08:15:00Z",
                    "metrics": {"likes": 210, "views": None},
                }
            ]
        }
    )

    partnership_id: PartnershipId
    account_id: AccountId | None = None
    url: WebUrl
    published_at: UtcTime
    kind: DeliverableKind = DeliverableKind.POST
    deliverable_id: DeliverableId | None = None
    text: PostText | None = None
    disclosed: Flag | None = None
    metrics: PostMetricsInput = {}  # noqa: RUF012  # pydantic copies it


class TrackedPostSource(StrEnum):
    """How a post came to be known."""

    WATCH = "watch"
    MANUAL = "manual"


class TrackedPost(Schema):
    """A partner's post, what it was matched to, and its numbers with their trust."""

    id: TrackedPostId
    partnership_id: PartnershipId
    campaign_id: CampaignId
    account_id: AccountId | None = None
    deliverable_id: DeliverableId | None = None
    post_id: PostId | None = None
    platform_id: PlatformId | None = None
    url: LineText
    kind: DeliverableKind
    published_at: UtcTime
    source: TrackedPostSource
    trust: Trust
    matched_hashtags: tuple[ShortText, ...] = ()
    matched_codes: tuple[ShortText, ...] = ()
    disclosed: bool | None = None
    still_live: bool | None = None
    metrics: dict[Key, Count]
    created_at: UtcTime
