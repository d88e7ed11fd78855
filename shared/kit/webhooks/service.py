"""Use cases of outbound webhooks: endpoints and their secrets, test events, deliveries and their replay."""

from collections.abc import Collection, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from shared.kit.errors import Conflict, Invalid, NotFound
from shared.kit.etags import require_match
from shared.kit.guard import UrlRefused, check_url, read_allow
from shared.kit.identity.caller import Caller
from shared.kit.ids import new_id
from shared.kit.runtime import Runtime
from shared.kit.webhooks import outbox, repository
from shared.kit.webhooks.repository import DeliveryRow, EndpointRow
from shared.kit.webhooks.sending import secret_context
from shared.kit.webhooks.signing import generate_secret
from shared.schemas.base import Fault
from shared.schemas.ids import encode
from shared.schemas.webhooks import (
    OutboundEvent,
    WebhookEndpointChange,
    WebhookEndpointCreate,
    WebhookFailure,
)

MAX_ENDPOINTS = 1_000
MAX_REPLAYED = 100_000
# Both secrets sign for so long after a rotation.
OVERLAP = timedelta(hours=24)
TURNED_OFF = "turned off by a person"
# What every service sends about the endpoints themselves.
ALWAYS = (OutboundEvent.ENDPOINT_DISABLED, OutboundEvent.ENDPOINT_TEST)


async def create_endpoint(
    session: AsyncSession,
    *,
    runtime: Runtime,
    body: WebhookEndpointCreate,
    event_types: Collection[str],
    caller: Caller,
) -> tuple[EndpointRow, str]:
    """The endpoint and its secret, which is shown now and not again. Raises Invalid for its URL or filter, Conflict."""
    _check(runtime, url=body.url, events=body.events, event_types=event_types)
    if await repository.count_endpoints(session, workspace_id=caller.workspace_id) >= MAX_ENDPOINTS:
        raise Conflict(f"a workspace has at most {MAX_ENDPOINTS} endpoints")
    endpoint_id, secret = new_id(), generate_secret()
    row = await repository.add_endpoint(
        session, workspace_id=caller.workspace_id, id=endpoint_id, url=body.url, events=_filter(body.events),
        description=body.description, created_by=caller.key_id,
        secret=runtime.secrets.seal(secret, context=secret_context(caller.workspace_id, endpoint_id)),
    )  # fmt: skip
    return row, secret


async def get_endpoint(session: AsyncSession, *, endpoint_id: UUID, lock: bool = False) -> EndpointRow:
    """Raises NotFound, also for another workspace's endpoint."""
    row = await repository.endpoint(session, endpoint_id=endpoint_id, lock=lock)
    if row is None:
        raise NotFound("no such webhook endpoint")
    return row


async def change_endpoint(
    session: AsyncSession, *, runtime: Runtime, endpoint_id: UUID, change: WebhookEndpointChange,
    event_types: Collection[str], if_match: str | None,
) -> EndpointRow:  # fmt: skip
    """Fields left out stay. Turning it off gives up what waits; turning it on or moving it forgets its failures."""
    row = await get_endpoint(session, endpoint_id=endpoint_id, lock=True)
    require_match(if_match, version=row.version)
    _check(runtime, url=change.url, events=change.events or (), event_types=event_types)
    if change.url is not None:
        row.url = change.url
    if change.events is not None:
        row.events = _filter(change.events)
    if "description" in change.model_fields_set:
        row.description = change.description
    if change.enabled is False and row.state == "active":
        row.state, row.disabled_reason = "disabled", TURNED_OFF
        await repository.give_up(session, workspace_id=row.workspace_id, endpoint_id=row.id)
    if change.enabled is True and row.state != "active":
        row.state, row.disabled_reason = "active", None
    if change.enabled is True or change.url is not None:
        row.failures, row.failing_since, row.paused_until = 0, None, None
    _touch(row)
    await session.flush()
    return row


async def delete_endpoint(session: AsyncSession, *, endpoint_id: UUID) -> None:
    """With its deliveries and their log; what waits is not sent."""
    if not await repository.delete_endpoint(session, endpoint_id=endpoint_id):
        raise NotFound("no such webhook endpoint")


async def rotate_secret(session: AsyncSession, *, runtime: Runtime, endpoint_id: UUID) -> tuple[EndpointRow, str]:
    """A new secret, shown now and not again; for a day the one before signs as well."""
    row = await get_endpoint(session, endpoint_id=endpoint_id, lock=True)
    secret = generate_secret()
    row.previous_secret, row.previous_until = row.secret, datetime.now(UTC) + OVERLAP
    row.secret = runtime.secrets.seal(secret, context=secret_context(row.workspace_id, row.id))
    _touch(row)
    await session.flush()
    return row, secret


async def send_test(session: AsyncSession, *, endpoint_id: UUID) -> DeliveryRow:
    """One `endpoint.test` event to this endpoint, whatever its filter. Raises Conflict when it is off."""
    row = await get_endpoint(session, endpoint_id=endpoint_id, lock=True)
    _must_be_on(row)
    row.paused_until = None
    event_id = new_id()
    data = {"endpoint_id": encode("whe", row.id), "note": "sent because somebody asked for a test"}
    kind = OutboundEvent.ENDPOINT_TEST.value
    body = outbox.message_body(kind, data, at=None)
    await outbox.store(
        session, [outbox.Message(event_id, kind, body, ((row.id, True),))], workspace_id=row.workspace_id
    )
    return await repository.delivery_of(session, endpoint_id=row.id, event_id=event_id)


async def get_delivery(session: AsyncSession, *, delivery_id: UUID) -> DeliveryRow:
    row = await repository.delivery(session, delivery_id=delivery_id)
    if row is None:
        raise NotFound("no such webhook delivery")
    return row


async def replay_delivery(session: AsyncSession, *, delivery_id: UUID) -> DeliveryRow:
    """Send one delivery again under its own `webhook-id`, the schedule begun anew. Raises NotFound, Conflict."""
    row = await get_delivery(session, delivery_id=delivery_id)
    await _replay(session, endpoint_id=row.endpoint_id, delivery_id=row.id)
    return await get_delivery(session, delivery_id=delivery_id)


async def replay_range(
    session: AsyncSession, *, endpoint_id: UUID, after: datetime, before: datetime, only_failed: bool
) -> int:
    """Send again what was due in [after, before); how many deliveries. Raises NotFound, Conflict, Invalid."""
    return await _replay(session, endpoint_id=endpoint_id, after=after, before=before, only_failed=only_failed)


async def _replay(session: AsyncSession, *, endpoint_id: UUID, **which: Any) -> int:  # noqa: ANN401  # passed through
    endpoint = await get_endpoint(session, endpoint_id=endpoint_id, lock=True)
    _must_be_on(endpoint)
    endpoint.paused_until = None
    await session.flush()
    count = await repository.replay(
        session, workspace_id=endpoint.workspace_id, endpoint_id=endpoint_id, now=datetime.now(UTC),
        limit=MAX_REPLAYED, **which,
    )  # fmt: skip
    if count > MAX_REPLAYED:
        detail = f"this range holds more than {MAX_REPLAYED} deliveries; take a shorter one"
        raise Invalid(detail, errors=[Fault(pointer="/before", detail=detail)])
    await outbox.wake(session)
    return count


async def disable(session: AsyncSession, *, workspace_id: UUID, endpoint_id: UUID, reason: str) -> None:
    """Turn an endpoint off for its own doing, give up what waits for it and tell the workspace's other endpoints."""
    url = await repository.disable(session, workspace_id=workspace_id, endpoint_id=endpoint_id, reason=reason)
    if url is None:
        return
    await give_up(session, workspace_id=workspace_id, endpoint_id=endpoint_id)
    notice = WebhookFailure(endpoint_id=endpoint_id, url=url, reason=reason)
    data: Mapping[str, Any] = notice.model_dump(mode="json")
    await outbox.emit(session, OutboundEvent.ENDPOINT_DISABLED.value, data, workspace_id=workspace_id)


async def give_up(session: AsyncSession, *, workspace_id: UUID, endpoint_id: UUID) -> None:
    """Nothing more of what waits for an endpoint is sent; a replay sends it after all."""
    await repository.give_up(session, workspace_id=workspace_id, endpoint_id=endpoint_id)


def _check(runtime: Runtime, *, url: str | None, events: Sequence[str], event_types: Collection[str]) -> None:
    faults = []
    if url is not None:
        try:
            check_url(url, allow=read_allow(runtime.settings.egress_allow))
        except UrlRefused as error:
            faults.append(Fault(pointer="/url", detail=str(error)))
    known = {*event_types, *ALWAYS}
    faults += [
        Fault(pointer=f"/events/{place}", detail=f"this service sends no {kind!r}; it sends {', '.join(sorted(known))}")
        for place, kind in enumerate(events)
        if kind not in known
    ]
    if faults:
        raise Invalid("; ".join(fault.detail for fault in faults[:3]), errors=faults)


def _filter(events: Sequence[str]) -> list[str]:
    return list(dict.fromkeys(events))


def _must_be_on(row: EndpointRow) -> None:
    if row.state != "active":
        raise Conflict("this endpoint is off; turn it on first")


def _touch(row: EndpointRow) -> None:
    row.version += 1
    row.updated_at = datetime.now(UTC)
