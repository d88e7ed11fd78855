"""What is sent to webhook endpoints about conversions; identifiers in the form of the wire, amounts in minor units."""

from typing import Any

from services.attribution.conversions.deciding import Decided
from services.attribution.conversions.repository import ConversionRow
from shared.kit.webhooks.outbox import Event
from shared.schemas.ids import encode
from shared.schemas.webhooks import OutboundEvent


def events_of(row: ConversionRow, decided: Decided, *, new: bool) -> list[Event]:
    """What a decision makes known: that the conversion is here, whose it is, that a code was used."""
    found = []
    about = _about(row)
    if new:
        found.append(Event(OutboundEvent.CONVERSION_CREATED, about))
    if decided.attributed:
        found.append(Event(OutboundEvent.CONVERSION_ATTRIBUTED, about | _whose(row)))
    if decided.redeemed and row.code_id is not None:
        found.append(
            Event(OutboundEvent.CODE_REDEEMED, about | {"code_id": encode("cod", row.code_id), "code": row.code})
        )
    return found


def refunded(row: ConversionRow) -> Event:
    """That something was given back, and what is left."""
    left = {"refunded_minor": row.refunded_minor, "net_minor": row.net_minor}
    return Event(OutboundEvent.CONVERSION_REFUNDED, _about(row) | _whose(row) | left)


def _about(row: ConversionRow) -> dict[str, Any]:
    return {
        "conversion_id": encode("cnv", row.id),
        "kind": row.kind,
        "occurred_at": row.occurred_at,
        "amount_minor": row.amount_minor,
        "currency": row.currency,
        "source": row.source,
        "external_id": row.external_id,
        "state": row.state,
        "livemode": row.livemode,
    }


def _whose(row: ConversionRow) -> dict[str, Any]:
    return {
        "campaign_id": encode("cmp", row.campaign_id) if row.campaign_id else None,
        "partnership_id": encode("pts", row.partnership_id) if row.partnership_id else None,
        "rule": row.rule,
        "model": row.model,
    }
