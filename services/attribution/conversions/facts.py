"""What a source tells of a conversion or a refund, in one form for the API, imports and receivers: pure."""

import hashlib
import json
from dataclasses import asdict, dataclass
from datetime import datetime
from uuid import UUID

from shared.schemas.conversions import ConversionKind


@dataclass(frozen=True)
class ConversionTold:
    """A conversion as its source tells it. Of several versions of one external id, the newest `revised_at` counts.

    `customer` is a keyed digest already, `hashtags` are keys.
    """

    source: str
    external_id: str | None
    kind: ConversionKind
    occurred_at: datetime
    revised_at: datetime
    amount_minor: int | None = None
    currency: str | None = None
    discount_minor: int | None = None
    code: str | None = None
    click_id: str | None = None
    page_id: UUID | None = None
    hashtags: tuple[str, ...] = ()
    campaign_id: UUID | None = None
    new_customer: bool | None = None
    customer: str | None = None
    livemode: bool = True
    voided: bool = False


@dataclass(frozen=True)
class RefundTold:
    """A refund as its source tells it; see conversions/refunds for what the amounts mean."""

    source: str
    external_id: str
    occurred_at: datetime
    revised_at: datetime
    order_external_id: str | None = None
    conversion_id: UUID | None = None
    amount_minor: int | None = None
    cumulative_minor: int | None = None
    whole_minor: int | None = None
    currency: str | None = None
    reason: str | None = None
    livemode: bool = True


def digest(told: ConversionTold | RefundTold) -> bytes:
    """A hash of everything told: two versions with the same time and hash are the same, and of others one is larger."""
    plain = {name: _plain(value) for name, value in asdict(told).items()}
    return hashlib.sha256(json.dumps(plain, sort_keys=True, separators=(",", ":")).encode()).digest()


def _plain(value: object) -> object:
    if isinstance(value, datetime):
        return value.timestamp().hex() if value.microsecond else int(value.timestamp())
    if isinstance(value, UUID):
        return value.hex
    return value
