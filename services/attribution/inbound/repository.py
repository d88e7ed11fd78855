"""Every SQL statement about inbound webhooks: endpoints, their directory, deliveries."""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import delete, insert, select, update
from sqlalchemy.dialects.postgresql import insert as upsert
from sqlalchemy.ext.asyncio import AsyncSession

from services.attribution.tables.inbound import ExternalLinkRow as ExternalLinkRow
from services.attribution.tables.inbound import InboundDeliveryRow as InboundDeliveryRow
from services.attribution.tables.inbound import ReceiverDirectoryRow as ReceiverDirectoryRow
from services.attribution.tables.inbound import ReceiverRow as ReceiverRow
from shared.kit.pages import PageRequest


async def workspace_of(session: AsyncSession, *, receiver_id: UUID) -> UUID | None:
    """Whose address this is; asked as owner, before the workspace is known."""
    query = select(ReceiverDirectoryRow.workspace_id).where(ReceiverDirectoryRow.id == receiver_id)
    return (await session.execute(query)).scalar_one_or_none()


async def add(session: AsyncSession, *, values: Mapping[str, Any]) -> ReceiverRow | None:
    """None when the workspace has a receiver with this source."""
    statement = (
        upsert(ReceiverRow)
        .values(**values)
        .on_conflict_do_nothing(index_elements=["workspace_id", "source"])
        .returning(ReceiverRow)
    )
    row = (await session.execute(statement)).scalar_one_or_none()
    if row is not None:
        session.add(ReceiverDirectoryRow(id=row.id, workspace_id=row.workspace_id))
        await session.flush()
    return row


async def receiver(session: AsyncSession, *, receiver_id: UUID, lock: bool = False) -> ReceiverRow | None:
    query = select(ReceiverRow).where(ReceiverRow.id == receiver_id)
    return (await session.execute(query.with_for_update() if lock else query)).scalar_one_or_none()


async def receivers(session: AsyncSession, *, page: PageRequest) -> Sequence[ReceiverRow]:
    query = select(ReceiverRow).order_by(ReceiverRow.id)
    if page.after:
        query = query.where(ReceiverRow.id > page.after[0])
    return (await session.scalars(query.limit(page.limit + 1))).all()


async def replace_links(session: AsyncSession, *, row: ReceiverRow, links: Mapping[str, UUID]) -> None:
    """The sender's own links and whose they are, as its settings say now."""
    await session.execute(delete(ExternalLinkRow).where(ExternalLinkRow.receiver_id == row.id))
    if links:
        await session.execute(
            insert(ExternalLinkRow),
            [
                {
                    "workspace_id": row.workspace_id, "source": row.source, "name": name, "receiver_id": row.id,
                    "partnership_id": partnership_id,
                }
                for name, partnership_id in links.items()
            ],
        )  # fmt: skip


async def accept(session: AsyncSession, *, values: Mapping[str, Any]) -> UUID | None:
    """Keep a delivery; None when it is here already."""
    statement = (
        upsert(InboundDeliveryRow)
        .values(**values)
        .on_conflict_do_nothing(index_elements=["workspace_id", "receiver_id", "key"])
        .returning(InboundDeliveryRow.id)
    )
    return (await session.execute(statement)).scalar_one_or_none()


async def delivery(session: AsyncSession, *, delivery_id: UUID, lock: bool = False) -> InboundDeliveryRow | None:
    query = select(InboundDeliveryRow).where(InboundDeliveryRow.id == delivery_id)
    return (await session.execute(query.with_for_update() if lock else query)).scalar_one_or_none()


async def deliveries(
    session: AsyncSession, *, receiver_id: UUID, state: str | None, page: PageRequest
) -> Sequence[InboundDeliveryRow]:
    """Newest first."""
    query = select(InboundDeliveryRow).where(InboundDeliveryRow.receiver_id == receiver_id)
    if state is not None:
        query = query.where(InboundDeliveryRow.state == state)
    if page.after:
        query = query.where(InboundDeliveryRow.id < page.after[0])
    return (await session.scalars(query.order_by(InboundDeliveryRow.id.desc()).limit(page.limit + 1))).all()


async def failed(session: AsyncSession, *, receiver_id: UUID, limit: int) -> Sequence[UUID]:
    """Deliveries that failed and whose bodies are still here."""
    query = select(InboundDeliveryRow.id).where(
        InboundDeliveryRow.receiver_id == receiver_id,
        InboundDeliveryRow.state == "failed",
        InboundDeliveryRow.body.is_not(None),
    )
    return (await session.scalars(query.order_by(InboundDeliveryRow.id).limit(limit))).all()


async def expire(session: AsyncSession, *, now: datetime, bodies: timedelta, rows: timedelta) -> int:
    """Forget bodies, then deliveries, that are older; as owner of the schema. How many rows changed."""
    emptied = await session.execute(
        update(InboundDeliveryRow)
        .where(InboundDeliveryRow.received_at < now - bodies, InboundDeliveryRow.body.is_not(None))
        .values(body=None)
        .returning(InboundDeliveryRow.id)
    )
    gone = await session.execute(
        delete(InboundDeliveryRow).where(InboundDeliveryRow.received_at < now - rows).returning(InboundDeliveryRow.id)
    )
    return len(emptied.all()) + len(gone.all())
