"""SQL about webhook endpoints, their deliveries and attempts, as one workspace sees them."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import CursorResult, DateTime, and_, delete, func, literal, select, tuple_, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from shared.kit.pages import PageRequest
from shared.kit.webhooks.schedule import State
from shared.kit.webhooks.tables import AttemptRow as AttemptRow
from shared.kit.webhooks.tables import CursorRow, QueueRow
from shared.kit.webhooks.tables import DeliveryRow as DeliveryRow
from shared.kit.webhooks.tables import EndpointRow as EndpointRow


async def add_endpoint(session: AsyncSession, **values: Any) -> EndpointRow:  # noqa: ANN401  # columns of the row
    row = EndpointRow(**values)
    session.add(row)
    await session.flush()
    await session.refresh(row)
    return row


async def count_endpoints(session: AsyncSession, *, workspace_id: UUID) -> int:
    query = select(func.count()).select_from(EndpointRow).where(EndpointRow.workspace_id == workspace_id)
    return (await session.execute(query)).scalar_one()


async def endpoint(session: AsyncSession, *, endpoint_id: UUID, lock: bool = False) -> EndpointRow | None:
    """`lock` keeps others from changing it until the transaction ends; events may still be written for it."""
    query = select(EndpointRow).where(EndpointRow.id == endpoint_id)
    return (await session.execute(query.with_for_update(key_share=True) if lock else query)).scalar_one_or_none()


async def endpoints(session: AsyncSession, *, page: PageRequest) -> Sequence[EndpointRow]:
    query = select(EndpointRow).order_by(EndpointRow.id)
    if page.after:
        query = query.where(EndpointRow.id > page.after[0])
    return (await session.scalars(query.limit(page.limit + 1))).all()


async def delete_endpoint(session: AsyncSession, *, endpoint_id: UUID) -> bool:
    """With its deliveries and their log. Whether there was one."""
    done = await session.execute(delete(EndpointRow).where(EndpointRow.id == endpoint_id).returning(EndpointRow.id))
    return done.first() is not None


async def disable(session: AsyncSession, *, workspace_id: UUID, endpoint_id: UUID, reason: str) -> str | None:
    """Turn an endpoint off; its URL when this call did it."""
    done = await session.execute(
        update(EndpointRow)
        .where(EndpointRow.workspace_id == workspace_id, EndpointRow.id == endpoint_id, EndpointRow.state == "active")
        .values(
            state="disabled", disabled_reason=reason, version=EndpointRow.version + 1, updated_at=func.now(),
            paused_until=None,
        )
        .returning(EndpointRow.url)
        .execution_options(synchronize_session=False)
    )  # fmt: skip
    return done.scalar_one_or_none()


async def give_up(session: AsyncSession, *, workspace_id: UUID, endpoint_id: UUID) -> int:
    """Nothing more is sent to an endpoint of what waits; how many deliveries that were."""
    done = await session.execute(
        update(DeliveryRow)
        .where(
            DeliveryRow.workspace_id == workspace_id,
            DeliveryRow.endpoint_id == endpoint_id,
            DeliveryRow.id.in_(
                select(QueueRow.delivery_id).where(
                    QueueRow.workspace_id == workspace_id, QueueRow.endpoint_id == endpoint_id
                )
            ),
        )
        .values(state=State.DEAD, next_attempt_at=None)
        .execution_options(synchronize_session=False)
    )
    await session.execute(
        delete(QueueRow).where(QueueRow.workspace_id == workspace_id, QueueRow.endpoint_id == endpoint_id)
    )
    return _changed(done)


async def delivery(session: AsyncSession, *, delivery_id: UUID) -> DeliveryRow | None:
    query = select(DeliveryRow).where(DeliveryRow.id == delivery_id).execution_options(populate_existing=True)
    return (await session.execute(query)).scalar_one_or_none()


async def delivery_of(session: AsyncSession, *, endpoint_id: UUID, event_id: UUID) -> DeliveryRow:
    query = select(DeliveryRow).where(DeliveryRow.event_id == event_id, DeliveryRow.endpoint_id == endpoint_id)
    return (await session.execute(query)).scalar_one()


async def deliveries(
    session: AsyncSession, *, endpoint_id: UUID, state: str | None, page: PageRequest
) -> Sequence[DeliveryRow]:
    """The newest first."""
    query = (
        select(DeliveryRow)
        .where(DeliveryRow.endpoint_id == endpoint_id)
        .order_by(DeliveryRow.created_at.desc(), DeliveryRow.id.desc())
    )
    if state is not None:
        query = query.where(DeliveryRow.state == state)
    if page.after:
        query = query.where(tuple_(DeliveryRow.created_at, DeliveryRow.id) < tuple_(*page.after))
    return (await session.scalars(query.limit(page.limit + 1))).all()


async def attempts(session: AsyncSession, *, delivery_ids: Iterable[UUID]) -> dict[UUID, list[AttemptRow]]:
    """Attempts by delivery, in the order they were made."""
    found: dict[UUID, list[AttemptRow]] = {}
    query = (
        select(AttemptRow)
        .where(AttemptRow.delivery_id.in_(list(delivery_ids)))
        .order_by(AttemptRow.delivery_id, AttemptRow.number)
    )
    for row in await session.scalars(query):
        found.setdefault(row.delivery_id, []).append(row)
    return found


async def replay(
    session: AsyncSession, *, workspace_id: UUID, endpoint_id: UUID, now: datetime, limit: int,
    delivery_id: UUID | None = None, after: datetime | None = None, before: datetime | None = None,
    only_failed: bool = False,
) -> int:  # fmt: skip
    """Make deliveries of an endpoint due at `now`, their schedule begun anew; how many, at most `limit` + 1."""
    chosen = select(DeliveryRow.id).where(DeliveryRow.endpoint_id == endpoint_id)
    if delivery_id is not None:
        chosen = chosen.where(DeliveryRow.id == delivery_id)
    if after is not None and before is not None:
        chosen = chosen.where(DeliveryRow.created_at >= after, DeliveryRow.created_at < before)
    if only_failed:
        chosen = chosen.where(DeliveryRow.state == State.DEAD)
    again = (
        update(DeliveryRow)
        .where(
            and_(
                DeliveryRow.workspace_id == workspace_id,
                DeliveryRow.id.in_(chosen.order_by(DeliveryRow.created_at, DeliveryRow.id).limit(limit + 1)),
            )
        )
        .values(state=State.PENDING, step=0, next_attempt_at=now)
        .returning(DeliveryRow.workspace_id, DeliveryRow.id, DeliveryRow.endpoint_id)
        .execution_options(synchronize_session=False)
        .cte("again")
    )
    columns = ["workspace_id", "delivery_id", "endpoint_id", "due_at"]
    values = select(again.c.workspace_id, again.c.id, again.c.endpoint_id, literal(now, DateTime(timezone=True)))
    queued = insert(QueueRow).from_select(columns, values)
    done = await session.execute(
        queued.on_conflict_do_update(
            index_elements=[QueueRow.workspace_id, QueueRow.delivery_id], set_={"due_at": queued.excluded.due_at}
        )
    )
    return _changed(done)


async def set_cursor(
    session: AsyncSession, *, workspace_id: UUID, endpoint_id: UUID, source: str, position: str, expected: str | None
) -> bool:
    """Move a cursor from `expected` (None: it is new) to `position`; False when somebody else moved it."""
    written = insert(CursorRow).values(
        workspace_id=workspace_id, endpoint_id=endpoint_id, source=source, position=position
    )
    done = await session.execute(
        written.on_conflict_do_update(
            index_elements=[CursorRow.workspace_id, CursorRow.endpoint_id, CursorRow.source],
            set_={"position": position, "updated_at": func.now()},
            where=CursorRow.position == expected,
        ).returning(CursorRow.source)
    )
    return done.first() is not None


def _changed(result: Any) -> int:  # noqa: ANN401  # execute() is typed without its row count
    counted: CursorResult[Any] = result
    return counted.rowcount
