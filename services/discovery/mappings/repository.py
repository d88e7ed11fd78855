"""Every SQL statement about column mappings."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import delete, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from services.discovery.tables.imports import ImportMappingRow as ImportMappingRow
from shared.kit.pages import PageRequest


async def add(session: AsyncSession, **values: Any) -> ImportMappingRow | None:  # noqa: ANN401  # columns
    """The new mapping; None when its name is taken."""
    made = await session.execute(
        insert(ImportMappingRow).values(**values).on_conflict_do_nothing().returning(ImportMappingRow)
    )
    return made.scalar_one_or_none()


async def mappings(session: AsyncSession, *, page: PageRequest) -> Sequence[ImportMappingRow]:
    """By name."""
    query = select(ImportMappingRow).order_by(ImportMappingRow.name).limit(page.limit + 1)
    if page.after:
        query = query.where(ImportMappingRow.name > page.after[0])
    return (await session.scalars(query)).all()


async def mapping(session: AsyncSession, *, mapping_id: UUID, lock: bool = False) -> ImportMappingRow | None:
    query = select(ImportMappingRow).where(ImportMappingRow.id == mapping_id)
    return await session.scalar(query.with_for_update() if lock else query)


async def named(session: AsyncSession, *, name: str) -> ImportMappingRow | None:
    return await session.scalar(select(ImportMappingRow).where(ImportMappingRow.name == name))


async def remove(session: AsyncSession, *, mapping_id: UUID) -> bool:
    """False when there is none."""
    gone = await session.execute(
        delete(ImportMappingRow).where(ImportMappingRow.id == mapping_id).returning(ImportMappingRow.id)
    )
    return gone.first() is not None
