"""Followed accounts on the wire: whose posts and daily numbers come to a campaign by themselves, and whose do not."""

from enum import StrEnum

from shared.schemas.base import Handle, LineText, Platform, PlatformId, Schema, UtcTime
from shared.schemas.ids import AccountId, CampaignId, PartnershipId, WatchId


class FollowState(StrEnum):
    """`wanted` is asked for again until discovery answers; `refused` is asked for again once a day."""

    WANTED = "wanted"
    FOLLOWED = "followed"
    REFUSED = "refused"
    ENDED = "ended"


class CampaignFollow(Schema):
    """An account of a partner, or one of the brand's own; `error` says why it is not followed."""

    campaign_id: CampaignId
    partnership_id: PartnershipId | None = None
    account_id: AccountId | None = None
    given: LineText
    platform: Platform | None = None
    platform_id: PlatformId | None = None
    handle: Handle | None = None
    state: FollowState
    watch_id: WatchId | None = None
    error: LineText | None = None
    last_event_at: UtcTime | None = None
    created_at: UtcTime
