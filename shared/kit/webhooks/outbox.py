"""Events written in their writer's own transaction, with a delivery for every endpoint that takes them."""

import json
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import func, or_, select, text
from sqlalchemy.ext.asyncio import AsyncSession

from shared.kit.db import KIT_SCHEMA
from shared.kit.ids import new_id
from shared.kit.webhooks.schedule import State
from shared.kit.webhooks.tables import EndpointRow
from shared.schemas.base import rfc3339

# The standard asks for bodies below 20 kB; batches are cut so that they stay below.
BODY_BYTES = 20_000


@dataclass(frozen=True)
class Event:
    """Something that happened. With an `id` of its own, an event that is written twice is sent once.

    `data` is JSON: texts, whole numbers, lists and objects; aware times and UUIDs become text.
    """

    type: str
    data: Mapping[str, Any]
    id: UUID | None = None
    at: datetime | None = None


@dataclass(frozen=True)
class Message:
    """A body as it is sent, and the endpoints it goes to with whether each is on."""

    id: UUID
    type: str
    body: str
    endpoints: tuple[tuple[UUID, bool], ...]


async def emit(
    session: AsyncSession, type: str, data: Mapping[str, Any], *, workspace_id: UUID, event_id: UUID | None = None,  # noqa: A002  # the wire's word
    at: datetime | None = None,
) -> bool:  # fmt: skip
    """Write one event as part of the session's transaction; sent if and only if that commits, within a second.

    Sent at least once, in no promised order. Whether any endpoint takes it. Raises TypeError for data that is no JSON.
    """
    return await emit_all(session, [Event(type, data, event_id, at)], workspace_id=workspace_id) > 0


async def emit_all(session: AsyncSession, events: Sequence[Event], *, workspace_id: UUID) -> int:
    """As `emit`, for many events of one workspace in three statements. How many of them some endpoint takes."""
    if not events:
        return 0
    takers = await endpoints(session, types={event.type for event in events}, workspace_id=workspace_id)
    messages = []
    for event in events:
        to = tuple((taker.id, taker.on) for taker in takers if taker.takes(event.type))
        if to:
            body = message_body(event.type, event.data, at=event.at)
            messages.append(Message(event.id or new_id(), event.type, body, to))
    await store(session, messages, workspace_id=workspace_id)
    return len(messages)


@dataclass(frozen=True)
class Taker:
    """An endpoint and what it takes. A disabled one gets deliveries that wait for a replay."""

    id: UUID
    events: frozenset[str]
    on: bool

    def takes(self, type: str) -> bool:  # noqa: A002  # the wire's word
        return not self.events or type in self.events


async def endpoints(session: AsyncSession, *, types: Collection[str], workspace_id: UUID) -> list[Taker]:
    """The workspace's endpoints that take one of `types`, kept from deletion until the transaction ends."""
    rows = await session.execute(
        select(EndpointRow.id, EndpointRow.events, EndpointRow.state)
        .where(
            EndpointRow.workspace_id == workspace_id,
            or_(func.cardinality(EndpointRow.events) == 0, EndpointRow.events.overlap(list(types))),
        )
        .order_by(EndpointRow.id)
        .with_for_update(read=True, key_share=True)
    )
    return [Taker(row.id, frozenset(row.events), row.state == "active") for row in rows]


def message_body(type: str, data: Mapping[str, Any], *, at: datetime | None) -> str:  # noqa: A002  # the wire's word
    """The JSON that is signed and sent: `type`, `timestamp` of the event, `data`."""
    whole = {"type": type, "timestamp": rfc3339(at or datetime.now(UTC)), "data": data}
    return json.dumps(whole, separators=(",", ":"), ensure_ascii=False, allow_nan=False, default=_plain)


def _plain(value: object) -> str:
    if isinstance(value, datetime):
        return rfc3339(value)
    if isinstance(value, UUID):
        return str(value)
    raise TypeError(f"{type(value).__name__} is no JSON")


async def store(session: AsyncSession, messages: Iterable[Message], *, workspace_id: UUID) -> None:
    """Events, deliveries and what is to be sent, and the wake-up call at commit. Repeated events add nothing."""
    kept = list(messages)
    if not kept:
        return
    schema = await schema_of(session)
    now = datetime.now(UTC)
    pairs = [(new_id(), message, endpoint, on) for message in kept for endpoint, on in message.endpoints]
    await session.execute(
        text(
            f"""WITH written AS (
                INSERT INTO {schema}.outbox (workspace_id, id, type, payload, created_at)
                SELECT :workspace, o.id, o.type, o.payload, :now
                FROM unnest(cast(:events AS uuid[]), cast(:types AS text[]), cast(:bodies AS text[]))
                    AS o(id, type, payload)
                ON CONFLICT (workspace_id, id) DO NOTHING),
            made AS (
                INSERT INTO {schema}.deliveries
                    (workspace_id, id, endpoint_id, event_id, type, state, next_attempt_at, created_at)
                SELECT :workspace, d.id, d.endpoint_id, d.event_id, d.type, d.state,
                    CASE d.state WHEN '{State.PENDING}' THEN cast(:now AS timestamptz) END, :now
                FROM unnest(cast(:deliveries AS uuid[]), cast(:endpoints AS uuid[]), cast(:of AS uuid[]),
                    cast(:delivery_types AS text[]), cast(:states AS text[]))
                    AS d(id, endpoint_id, event_id, type, state)
                ON CONFLICT (workspace_id, event_id, endpoint_id) DO NOTHING
                RETURNING id, endpoint_id, state)
            INSERT INTO {schema}.delivery_queue (workspace_id, delivery_id, endpoint_id, due_at)
            SELECT :workspace, id, endpoint_id, :now FROM made WHERE state = '{State.PENDING}'"""  # noqa: S608  # our schema's name
        ),
        {
            "workspace": workspace_id,
            "now": now,
            "events": [message.id for message in kept],
            "types": [message.type for message in kept],
            "bodies": [message.body for message in kept],
            "deliveries": [delivery for delivery, _, _, _ in pairs],
            "endpoints": [endpoint for _, _, endpoint, _ in pairs],
            "of": [message.id for _, message, _, _ in pairs],
            "delivery_types": [message.type for _, message, _, _ in pairs],
            "states": [State.PENDING if on else State.DEAD for _, _, _, on in pairs],
        },
    )
    if any(on for _, _, _, on in pairs):
        await wake(session)


async def wake(session: AsyncSession) -> None:
    """Tell the service's worker at commit that there is something to send."""
    await session.execute(text("SELECT pg_notify(:channel, '')"), {"channel": channel(await schema_of(session))})


def channel(schema: str) -> str:
    """The notification channel of a service; channels are the database's, so it carries the schema."""
    return f"gs_{schema}_webhooks"


async def schema_of(session: AsyncSession) -> str:
    """The PostgreSQL schema that the session's kit tables lie in."""
    options = (await session.connection()).sync_connection.get_execution_options()  # type: ignore[union-attr]  # it is open
    found: str = options["schema_translate_map"][KIT_SCHEMA]
    return found
