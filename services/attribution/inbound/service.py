"""Inbound webhooks: endpoints with secrets, deliveries kept before they are answered, worked off later."""

import base64
import secrets as randomness
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from services.attribution.conversions import service as conversions
from services.attribution.conversions.service import ConversionTold, RefundTold
from services.attribution.inbound import repository
from services.attribution.inbound.repository import InboundDeliveryRow, ReceiverRow
from services.attribution.partnerships import service as partnerships
from services.attribution.receiver import ClickFact, Fact, Inbound, OrderFact, Receiver, Refused, Unreadable, body_key
from shared.kit import jobs
from shared.kit.db import Database
from shared.kit.errors import Conflict, Gone, NotFound, Unauthorized
from shared.kit.etags import require_match
from shared.kit.identity.caller import Caller
from shared.kit.ids import new_id
from shared.kit.plugins import load
from shared.kit.secrets import SecretBox
from shared.schemas.receivers import (
    InboundState,
    ReceiverChange,
    ReceiverCreate,
    ReceiverSecretCreate,
    ReceiverSettings,
)

SCHEMA = "attribution"
PROCESS_JOB = "process_inbound_delivery"
KEEP_BODIES = timedelta(days=30)
KEEP_DELIVERIES = timedelta(days=90)
_RETRIED_AT_ONCE = 1_000


def receivers() -> dict[str, Receiver]:
    """Every receiver by its key."""
    return load("services.attribution.receivers", Receiver)


async def create_receiver(
    session: AsyncSession, *, body: ReceiverCreate, caller: Caller, box: SecretBox
) -> tuple[ReceiverRow, str | None]:
    """An endpoint and, when it was made here, its secret. Conflict when the source is taken, NotFound for links."""
    await _check_links(session, body.settings)
    receiver_id, now = new_id(), datetime.now(UTC)
    made = None if body.secret else _new_secret()
    source = body.source or body.kind.value
    row = await repository.add(
        session,
        values={
            "workspace_id": caller.workspace_id, "id": receiver_id, "kind": body.kind, "source": source,
            "description": body.description, "enabled": True, "settings": body.settings.model_dump(mode="json"),
            "secret": box.seal(body.secret or made or "", context=_context(receiver_id)), "version": 1,
            "created_at": now, "updated_at": now, "created_by": caller.key_id,
        },
    )  # fmt: skip
    if row is None:
        raise Conflict(f"the source {source} has a receiver; name another source")
    await repository.replace_links(session, row=row, links=body.settings.links)
    return row, made


async def change_receiver(
    session: AsyncSession, *, receiver_id: UUID, change: ReceiverChange, if_match: str | None
) -> ReceiverRow:
    """Fields left out stay. With new settings, deliveries that failed are tried again. Raises NotFound."""
    row = await _locked(session, receiver_id)
    require_match(if_match, version=row.version)
    if "description" in change.model_fields_set:
        row.description = change.description
    if change.enabled is not None:
        row.enabled = change.enabled
    if change.settings is not None:
        await _check_links(session, change.settings)
        row.settings = change.settings.model_dump(mode="json")
        await repository.replace_links(session, row=row, links=change.settings.links)
        for delivery_id in await repository.failed(session, receiver_id=row.id, limit=_RETRIED_AT_ONCE):
            await _enqueue(session, row.workspace_id, delivery_id)
    _touch(row)
    await session.flush()
    return row


async def rotate_secret(
    session: AsyncSession, *, receiver_id: UUID, body: ReceiverSecretCreate, box: SecretBox
) -> tuple[ReceiverRow, str | None]:
    """A new secret; the one before stays good for a while. Raises NotFound."""
    row = await _locked(session, receiver_id)
    made = None if body.secret else _new_secret()
    row.old_secret = row.secret if body.keep_old_hours else None
    row.old_secret_until = datetime.now(UTC) + timedelta(hours=body.keep_old_hours) if body.keep_old_hours else None
    row.secret = box.seal(body.secret or made or "", context=_context(row.id))
    _touch(row)
    await session.flush()
    return row, made


async def get_receiver(session: AsyncSession, *, receiver_id: UUID) -> ReceiverRow:
    """Raises NotFound, also for another workspace's receiver."""
    row = await repository.receiver(session, receiver_id=receiver_id)
    if row is None:
        raise NotFound("no such receiver")
    return row


async def workspace_of(database: Database, *, receiver_id: UUID) -> UUID:
    """Whose address this is. Raises NotFound."""
    async with database.system_session() as session:
        found = await repository.workspace_of(session, receiver_id=receiver_id)
    if found is None:
        raise NotFound("no such address")
    return found


async def accept(
    session: AsyncSession, *, receiver_id: UUID, headers: Mapping[str, str], query: Mapping[str, str], body: bytes,
    box: SecretBox,
) -> bool:  # fmt: skip
    """Verify a delivery and keep it for the worker; False for a greeting, of which nothing is kept.

    Raises NotFound for an address that is off, Unauthorized for a delivery that does not prove itself.
    """
    row = await repository.receiver(session, receiver_id=receiver_id)
    if row is None or not row.enabled:
        raise NotFound("no such address")
    now = datetime.now(UTC)
    receiver = receivers()[row.kind]
    inbound = Inbound(headers=headers, query=query, body=body, at=now)
    if receiver.is_ping(inbound):
        return False
    try:
        receiver.verify(inbound, _secrets(row, box, now), _settings(row))
    except Refused as reason:
        raise Unauthorized(str(reason)) from None
    delivery_id = await repository.accept(
        session,
        values={
            "workspace_id": row.workspace_id, "id": new_id(), "receiver_id": row.id, "key": _key(receiver, inbound),
            "topic": _topic(receiver, inbound), "body": body, "size": len(body), "state": InboundState.RECEIVED,
            "attempts": 0, "received_at": now,
        },
    )  # fmt: skip
    if delivery_id is not None:
        await _enqueue(session, row.workspace_id, delivery_id)
    return True


async def begin(session: AsyncSession, *, delivery_id: UUID) -> bool:
    """Count an attempt; False when there is nothing left to do."""
    row = await repository.delivery(session, delivery_id=delivery_id, lock=True)
    if row is None or row.body is None or row.state in (InboundState.PROCESSED, InboundState.IGNORED):
        return False
    row.attempts += 1
    await session.flush()
    return True


async def process(session: AsyncSession, *, delivery_id: UUID, box: SecretBox) -> None:
    """Read a delivery and apply what it says; once more changes nothing. Raises Unreadable."""
    row = await repository.delivery(session, delivery_id=delivery_id, lock=True)
    if row is None or row.body is None or row.state in (InboundState.PROCESSED, InboundState.IGNORED):
        return
    receiver = await get_receiver(session, receiver_id=row.receiver_id)
    facts = receivers()[receiver.kind].read(row.body, _settings(receiver))
    for fact in facts:
        await _apply(session, fact, receiver=receiver, box=box)
    row.state = InboundState.PROCESSED if facts else InboundState.IGNORED
    row.detail = None if facts else "nothing in it concerns conversions"
    row.processed_at = datetime.now(UTC)
    await session.flush()


async def note_failure(session: AsyncSession, *, delivery_id: UUID, reason: str, final: bool) -> None:
    """Say at the delivery why it is not done: visible, whether it is tried again or not."""
    row = await repository.delivery(session, delivery_id=delivery_id, lock=True)
    if row is not None and row.state not in (InboundState.PROCESSED, InboundState.IGNORED):
        row.state = InboundState.FAILED if final else InboundState.RETRYING
        row.detail = reason[:2_000]
        await session.flush()


async def retry(session: AsyncSession, *, receiver_id: UUID, delivery_id: UUID) -> InboundDeliveryRow:
    """Work a delivery off again. Raises NotFound, Conflict for one that is done, Gone when its body is."""
    row = await repository.delivery(session, delivery_id=delivery_id, lock=True)
    if row is None or row.receiver_id != receiver_id:
        raise NotFound("no such delivery")
    if row.state in (InboundState.PROCESSED, InboundState.IGNORED):
        raise Conflict("this delivery is done")
    if row.body is None:
        raise Gone("the body of this delivery is not kept any more")
    await _enqueue(session, row.workspace_id, row.id)
    return row


async def expire(database: Database) -> bool:
    """Forget bodies after 30 days and deliveries after 90."""
    async with database.system_session() as session:
        await repository.expire(session, now=datetime.now(UTC), bodies=KEEP_BODIES, rows=KEEP_DELIVERIES)
    return False


async def _apply(session: AsyncSession, fact: Fact, *, receiver: ReceiverRow, box: SecretBox) -> None:
    if isinstance(fact, ClickFact):
        await conversions.record_click(
            session, workspace_id=receiver.workspace_id, source=receiver.source, external_id=fact.external_id,
            at=fact.at, links=fact.links, referrer=fact.referrer, secrets=box,
        )  # fmt: skip
    elif isinstance(fact, OrderFact):
        told = ConversionTold(
            source=receiver.source,
            external_id=fact.external_id,
            kind=fact.kind,
            occurred_at=fact.occurred_at,
            revised_at=fact.revised_at,
            amount_minor=fact.amount_minor,
            currency=fact.currency,
            discount_minor=fact.discount_minor if fact.currency else None,
            code=fact.code,
            click_id=fact.click_id,
            new_customer=fact.new_customer,
            customer=conversions.customer_digest(box, fact.customer) if fact.customer else None,
            livemode=fact.livemode,
            voided=fact.voided,
        )
        await conversions.record(session, told=told, workspace_id=receiver.workspace_id, key_id=None, secrets=box)
    else:
        refund = RefundTold(
            source=receiver.source,
            external_id=fact.external_id,
            occurred_at=fact.occurred_at,
            revised_at=fact.revised_at,
            order_external_id=fact.order_external_id,
            amount_minor=fact.amount_minor,
            cumulative_minor=fact.cumulative_minor,
            whole_minor=fact.whole_minor,
            currency=fact.currency,
            reason=fact.reason,
            livemode=fact.livemode,
        )
        await conversions.record_refund(session, told=refund, workspace_id=receiver.workspace_id, key_id=None)


async def _enqueue(session: AsyncSession, workspace_id: UUID, delivery_id: UUID) -> None:
    payload: dict[str, Any] = {"workspace_id": workspace_id, "delivery_id": delivery_id}
    await jobs.enqueue(session, PROCESS_JOB, payload, schema=SCHEMA, dedupe_key=f"{PROCESS_JOB}:{delivery_id}")


async def _locked(session: AsyncSession, receiver_id: UUID) -> ReceiverRow:
    row = await repository.receiver(session, receiver_id=receiver_id, lock=True)
    if row is None:
        raise NotFound("no such receiver")
    return row


async def _check_links(session: AsyncSession, settings: ReceiverSettings) -> None:
    for partnership_id in set(settings.links.values()):
        await partnerships.get_partnership(session, partnership_id=partnership_id)


def _touch(row: ReceiverRow) -> None:
    row.version += 1
    row.updated_at = datetime.now(UTC)


def _new_secret() -> str:
    """A secret in the form of Standard Webhooks: `whsec_` and 24 random bytes in base64."""
    return "whsec_" + base64.b64encode(randomness.token_bytes(24)).decode()


def _context(receiver_id: UUID) -> str:
    return f"receivers.secret:{receiver_id}"


def _secrets(row: ReceiverRow, box: SecretBox, now: datetime) -> list[str]:
    found = [box.open(row.secret, context=_context(row.id))]
    if row.old_secret is not None and row.old_secret_until is not None and now < row.old_secret_until:
        found.append(box.open(row.old_secret, context=_context(row.id)))
    return found


def _settings(row: ReceiverRow) -> ReceiverSettings:
    return ReceiverSettings.model_validate(row.settings)


def _key(receiver: Receiver, inbound: Inbound) -> str:
    try:
        return receiver.key(inbound)
    except Unreadable:
        return body_key(inbound)


def _topic(receiver: Receiver, inbound: Inbound) -> str | None:
    try:
        return receiver.topic(inbound)
    except Unreadable:
        return None
