"""Erasures on the wire: how far one is, and what each service is told to forget."""

from enum import StrEnum
from typing import Annotated

from pydantic import ConfigDict, Field

from shared.schemas.base import Body, Handle, JobStatus, LineText, Platform, PlatformId, Schema, UtcTime
from shared.schemas.ids import CreatorId, ErasureId


class ErasingService(StrEnum):
    """Who has confirmed."""

    DISCOVERY = "discovery"
    SCORING = "scoring"
    ATTRIBUTION = "attribution"


class Erasure(Schema):
    """The erasure of a creator. `confirmed` by each service that holds nothing of it any more."""

    id: ErasureId
    creator_id: CreatorId
    status: JobStatus
    confirmed: tuple[ErasingService, ...] = ()
    waiting_for: LineText | None = None
    requested_at: UtcTime
    finished_at: UtcTime | None = None


class ErasureOrder(Body):
    """What one service is told to forget of a creator: the account, and every name that it had."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "creator_id": "crt_01ka7krps0fg8smfhf9dp8t3gz",
                    "platform": "instagram",
                    "platform_id": "17841400000000001",
                    "handles": ["ana.on.the.fell"],
                }
            ]
        }
    )

    creator_id: CreatorId
    platform: Platform
    platform_id: PlatformId
    handles: Annotated[tuple[Handle, ...], Field(max_length=100)] = ()


class ErasureReceipt(Schema):
    """That a service holds nothing of the creator any more; ledger lines without a name stay until `held_until`."""

    service: ErasingService
    creator_id: CreatorId
    held_until: UtcTime | None = None
    erased_at: UtcTime
