"""Fraud signals on the wire: what looks wrong, with its evidence. A signal never acts: a person decides."""

from enum import StrEnum
from typing import Annotated

from pydantic import Field

from shared.schemas.base import Key, LineText, LongText, Schema, UtcTime
from shared.schemas.ids import CampaignId, CodeId, ConversionId, LinkId, PartnershipId


class FraudSignalKind(StrEnum):
    """What looks wrong."""

    LEAKED_CODE = "leaked_code"
    SELF_REFERRAL = "self_referral"
    CLICK_FLOODING = "click_flooding"
    IMPOSSIBLE_SPEED = "impossible_speed"
    CODE_LIMIT = "code_limit"


class FraudSignal(Schema):
    """One signal. `evidence` holds the numbers behind it, `rule` what was looked for; nothing was done about it."""

    kind: FraudSignalKind
    campaign_id: CampaignId
    partnership_id: PartnershipId
    code_id: CodeId | None = None
    link_id: LinkId | None = None
    summary: LineText
    rule: LongText
    evidence: dict[Key, int | str | None] = {}  # noqa: RUF012  # pydantic copies it
    conversion_ids: Annotated[tuple[ConversionId, ...], Field(description="At most twenty of them.")] = ()
    first_at: UtcTime | None = None
    last_at: UtcTime | None = None


class FraudSignals(Schema):
    """All signals of a campaign, as of now."""

    campaign_id: CampaignId
    as_of: UtcTime
    items: tuple[FraudSignal, ...] = ()
