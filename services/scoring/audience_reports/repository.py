"""Every SQL statement about audience reports."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import delete, select
from sqlalchemy.ext.asyncio import AsyncSession

from services.scoring.tables.audience_reports import AudienceReportRow
from shared.kit.pages import PageRequest

__all__ = ["AudienceReportRow"]


async def add(session: AsyncSession, *, row: dict[str, Any]) -> AudienceReportRow:
    made = AudienceReportRow(**row)
    session.add(made)
    await session.flush()
    await session.refresh(made)
    return made


async def reports(session: AsyncSession, *, creator_id: UUID, page: PageRequest) -> Sequence[AudienceReportRow]:
    """The newest first, by when they came."""
    query = select(AudienceReportRow).where(AudienceReportRow.creator_id == creator_id)
    if page.after is not None:
        query = query.where(AudienceReportRow.id < page.after[0])
    return (await session.scalars(query.order_by(AudienceReportRow.id.desc()).limit(page.limit + 1))).all()


async def reports_of(session: AsyncSession, *, creators: Sequence[UUID], now: datetime) -> Sequence[AudienceReportRow]:
    """Every report of these creators that may still be read, in order."""
    query = select(AudienceReportRow).where(
        AudienceReportRow.creator_id.in_(creators), AudienceReportRow.expires_at > now
    )
    return (await session.scalars(query.order_by(AudienceReportRow.id))).all()


async def remove(session: AsyncSession, *, creator_id: UUID, report_id: UUID) -> bool:
    """Whether there was such a report."""
    done = await session.execute(
        delete(AudienceReportRow)
        .where(AudienceReportRow.id == report_id, AudienceReportRow.creator_id == creator_id)
        .returning(AudienceReportRow.id)
    )
    return done.scalar_one_or_none() is not None


async def remove_creators(session: AsyncSession, *, creators: Sequence[UUID]) -> None:
    await session.execute(delete(AudienceReportRow).where(AudienceReportRow.creator_id.in_(creators)))


async def remove_expired(session: AsyncSession, *, now: datetime) -> None:
    """As owner: delete what may be kept no longer."""
    await session.execute(delete(AudienceReportRow).where(AudienceReportRow.expires_at <= now))
