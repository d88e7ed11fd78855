"""Events too many for a row each: read from their own table in batches, one message with many items per endpoint.

A service names an EventSource and puts `source_loop(source)` among its worker's loops. An endpoint that takes the type
has a cursor; reading, the batch's message and the moved cursor are one transaction, so that no item is left out and a
batch has one `webhook-id` for good. An endpoint that is far behind is not read for until it has caught up.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from shared.kit.ids import new_id
from shared.kit.loops import Loop
from shared.kit.runtime import Runtime
from shared.kit.webhooks import outbox, repository

# So many messages of one source may wait for one endpoint before its reading rests.
MAX_WAITING = 5


class EventSource(Protocol):
    """A table of events that is followed by position. `type` is the events' type, `name` the cursors' name."""

    name: str
    type: str

    async def start(self, session: AsyncSession, *, workspace_id: UUID) -> str:
        """The position from which a new subscriber is served: now."""
        ...

    async def read(
        self, session: AsyncSession, *, workspace_id: UUID, after: str
    ) -> tuple[Sequence[Mapping[str, Any]], str]:
        """The next items in commit order, as JSON, and the position behind them; no items at the end.

        `session` is the owner's: the statement must name the workspace.
        """
        ...


@dataclass(frozen=True)
class Subscriber:
    """An active endpoint that takes a source's type: where it stands (None: new) and how many messages wait."""

    workspace_id: UUID
    endpoint_id: UUID
    position: str | None
    waiting: int


class CursorMoved(Exception):  # noqa: N818  # reads as what happened
    """Another process served the same subscriber meanwhile; this transaction must not commit."""


async def subscribers(session: AsyncSession, *, type: str, source: str) -> list[Subscriber]:  # noqa: A002  # the wire's word
    """Every subscriber of the service, of all workspaces: for the owner of the schema."""
    schema = await outbox.schema_of(session)
    found = await session.execute(
        text(
            f"""SELECT e.workspace_id, e.id AS endpoint_id, c.position, (
                SELECT count(*) FROM (
                    SELECT FROM {schema}.delivery_queue q
                    WHERE q.workspace_id = e.workspace_id AND q.endpoint_id = e.id LIMIT :enough) ahead) AS waiting
            FROM {schema}.webhook_endpoints e
            LEFT JOIN {schema}.webhook_cursors c
                ON c.workspace_id = e.workspace_id AND c.endpoint_id = e.id AND c.source = :source
            WHERE e.state = 'active' AND (e.events = '{{}}' OR :type = ANY (e.events))
            ORDER BY e.workspace_id, e.id"""  # noqa: S608  # our schema's name
        ),
        {"source": source, "type": type, "enough": MAX_WAITING},
    )
    return [Subscriber(**row) for row in found.mappings()]


async def deliver_batch(
    session: AsyncSession, *, type: str, items: Sequence[Mapping[str, Any]], workspace_id: UUID, endpoint_id: UUID  # noqa: A002  # the wire's word
) -> int:  # fmt: skip
    """Write `items` for one endpoint as `{"items": [...]}`, in as many messages as keep each body below 20 kB.

    Part of the session's transaction. How many messages that made.
    """
    bodies = [outbox.message_body(type, {"items": part}, at=None) for part in cut(items)]
    messages = [outbox.Message(new_id(), type, body, ((endpoint_id, True),)) for body in bodies]
    await outbox.store(session, messages, workspace_id=workspace_id)
    return len(messages)


def cut(items: Sequence[Mapping[str, Any]]) -> list[list[Mapping[str, Any]]]:
    """Cut items into parts whose messages stay below the standard's 20 kB; an item above that is a part alone."""
    parts: list[list[Mapping[str, Any]]] = []
    size = outbox.BODY_BYTES
    for item in items:
        length = len(outbox.message_body("", item, at=None).encode())
        if size + length > outbox.BODY_BYTES - 200:
            parts.append([])
            size = 0
        parts[-1].append(item)
        size += length
    return parts


async def advance(session: AsyncSession, *, subscriber: Subscriber, source: str, position: str) -> None:
    """Move a subscriber's cursor. Raises CursorMoved, so that nothing of this transaction is sent twice."""
    if not await repository.set_cursor(
        session, workspace_id=subscriber.workspace_id, endpoint_id=subscriber.endpoint_id, source=source,
        position=position, expected=subscriber.position,
    ):  # fmt: skip
        raise CursorMoved(source)


async def serve(runtime: Runtime, source: EventSource) -> bool:
    """Serve every subscriber its next batch; whether there may be more at once."""
    async with runtime.database.system_session() as session:
        found = await subscribers(session, type=source.type, source=source.name)
    more = False
    for subscriber in found:
        if subscriber.waiting < MAX_WAITING:
            more |= await _serve_one(runtime, source, subscriber)
    return more


async def _serve_one(runtime: Runtime, source: EventSource, subscriber: Subscriber) -> bool:
    async with runtime.database.system_session() as session:
        if subscriber.position is None:
            start = await source.start(session, workspace_id=subscriber.workspace_id)
            await advance(session, subscriber=subscriber, source=source.name, position=start)
            return True
        items, position = await source.read(session, workspace_id=subscriber.workspace_id, after=subscriber.position)
        if position != subscriber.position:
            await advance(session, subscriber=subscriber, source=source.name, position=position)
        if not items:
            return False
        await deliver_batch(
            session, type=source.type, items=items, workspace_id=subscriber.workspace_id,
            endpoint_id=subscriber.endpoint_id,
        )  # fmt: skip
        return True


def source_loop(source: EventSource, *, seconds: float = 0.5) -> Loop:
    """The loop of a service's worker that serves `source`."""

    async def work(runtime: Runtime) -> bool:
        return await serve(runtime, source)

    return Loop(f"webhooks_{source.name}", seconds, work)
