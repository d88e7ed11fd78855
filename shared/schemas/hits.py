"""Hits on the wire: any request to a tracking link, with the verdict of what made it."""

from enum import StrEnum

from shared.schemas.base import JobStatus, LineText, Natural, Schema, ShortText, SmallNatural, UtcTime
from shared.schemas.ids import CampaignId, HitId, LinkId, PartnershipId


class HitVerdict(StrEnum):
    """What a hit was; a click is a hit whose verdict is human. `pending` is not judged yet."""

    PENDING = "pending"
    HUMAN = "human"
    BOT = "bot"
    LINK_PREVIEW = "link_preview"
    PREFETCH = "prefetch"
    HEAD = "head"
    DUPLICATE = "duplicate"
    CAPPED = "capped"
    EXPIRED = "expired"


class Hit(Schema):
    """A hit without anything that tells who made it. The click parameter carries its id."""

    id: HitId
    link_id: LinkId
    partnership_id: PartnershipId
    campaign_id: CampaignId
    at: UtcTime
    method: ShortText
    verdict: HitVerdict
    reason: LineText | None = None
    rule_version: SmallNatural | None = None
    referrer_host: ShortText | None = None
    in_app: ShortText | None = None


class HitCounts(Schema):
    """A link's judged hits by verdict; `human` are its clicks."""

    link_id: LinkId
    hits: Natural
    human: Natural
    bot: Natural
    link_preview: Natural
    prefetch: Natural
    head: Natural
    duplicate: Natural
    capped: Natural
    expired: Natural


class Judging(Schema):
    """Hits judged again on request: how many have a new verdict so far, under which version of the rules."""

    status: JobStatus
    hits: Natural
    rule_version: SmallNatural | None = None
    requested_at: UtcTime
    finished_at: UtcTime | None = None
