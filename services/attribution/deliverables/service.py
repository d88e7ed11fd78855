"""Promised pieces: what people say of them, and those whose last day went by."""

from datetime import UTC, datetime
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from services.attribution.deliverables import repository
from services.attribution.deliverables.repository import DeliverableRow
from services.attribution.partnerships import service as partnerships
from shared.kit.db import Database
from shared.kit.errors import Conflict, NotFound
from shared.kit.etags import require_match
from shared.kit.identity.caller import Caller
from shared.kit.webhooks.outbox import emit
from shared.schemas.ids import encode
from shared.schemas.partnerships import DecidedState, DeliverableChange, DeliverableState
from shared.schemas.webhooks import OutboundEvent

_BATCH = 200


async def get_deliverable(session: AsyncSession, *, deliverable_id: UUID) -> DeliverableRow:
    """Raises NotFound, also for another workspace's piece."""
    row = await repository.deliverable(session, deliverable_id=deliverable_id)
    if row is None:
        raise NotFound("no such deliverable")
    return row


async def decide(
    session: AsyncSession, *, deliverable_id: UUID, change: DeliverableChange, if_match: str | None, caller: Caller
) -> DeliverableRow:
    """A person's word on a piece. Raises NotFound, PreconditionFailed, Conflict for one that newer terms replaced."""
    row = await repository.deliverable(session, deliverable_id=deliverable_id, lock=True)
    if row is None:
        raise NotFound("no such deliverable")
    require_match(if_match, version=row.version)
    if row.state == DeliverableState.CANCELLED:
        raise Conflict("newer terms replaced this deliverable")
    now = datetime.now(UTC)
    row.state = DeliverableState(change.state)
    row.delivered_at = (change.delivered_at or now) if change.state is DecidedState.DELIVERED else None
    row.reason = (change.reason or "").strip() or None
    row.changed_at, row.changed_by = now, caller.key_id
    row.version += 1
    await session.flush()
    return row


async def mark_overdue(database: Database) -> bool:
    """Mark open pieces behind their last day and tell endpoints, each piece once. True when there may be more."""
    async with database.system_session() as session:
        late = await repository.late(session, limit=_BATCH)
    for one in late:
        async with database.tenant_session(one.workspace_id) as session:
            await _overdue(session, deliverable_id=one.id)
    return len(late) == _BATCH


async def _overdue(session: AsyncSession, *, deliverable_id: UUID) -> None:
    row = await repository.deliverable(session, deliverable_id=deliverable_id, lock=True)
    if row is None or row.state != DeliverableState.OPEN:
        return
    row.state = DeliverableState.OVERDUE
    row.version += 1
    partnership = await partnerships.get_partnership(session, partnership_id=row.partnership_id)
    data = {
        "deliverable_id": encode("dlb", row.id),
        "partnership_id": encode("pts", partnership.id),
        "campaign_id": encode("cmp", partnership.campaign_id),
        "partner_id": encode("ptr", partnership.partner_id),
        "kind": row.kind,
        "due_to": row.due_to.isoformat() if row.due_to else None,
    }
    await emit(session, OutboundEvent.DELIVERABLE_OVERDUE, data, workspace_id=row.workspace_id)
