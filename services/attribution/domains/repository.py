"""Every SQL statement about branded domains and the directory of verified hosts."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import delete, exists, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from services.attribution.tables.domains import DomainRow as DomainRow
from services.attribution.tables.domains import HostRow
from services.attribution.tables.tracking import SlugRow
from shared.kit.pages import PageRequest


async def add(session: AsyncSession, **values: Any) -> DomainRow | None:  # noqa: ANN401  # the row's own columns
    """None when the workspace has this host."""
    done = await session.execute(
        insert(DomainRow)
        .values(**values)
        .on_conflict_do_nothing(index_elements=["workspace_id", "host"])
        .returning(DomainRow)
    )
    return done.scalar_one_or_none()


async def domain(session: AsyncSession, *, domain_id: UUID, lock: bool = False) -> DomainRow | None:
    query = select(DomainRow).where(DomainRow.id == domain_id)
    return (await session.execute(query.with_for_update() if lock else query)).scalar_one_or_none()


async def domains(session: AsyncSession, *, page: PageRequest) -> Sequence[DomainRow]:
    query = select(DomainRow).order_by(DomainRow.id)
    if page.after:
        query = query.where(DomainRow.id > page.after[0])
    return (await session.scalars(query.limit(page.limit + 1))).all()


async def due(session: AsyncSession, *, at: datetime, limit: int) -> list[tuple[UUID, UUID]]:
    """As owner: (workspace, domain) whose proof is to be looked for now."""
    query = select(DomainRow.workspace_id, DomainRow.id).where(DomainRow.next_check_at <= at)
    rows = await session.execute(query.order_by(DomainRow.next_check_at).limit(limit))
    return [(row[0], row[1]) for row in rows]


async def take_host(session: AsyncSession, *, host: str, workspace_id: UUID) -> bool:
    """Enter a host into the directory; False when another workspace proved it before."""
    statement = insert(HostRow).values(host=host, workspace_id=workspace_id).on_conflict_do_nothing()
    done = await session.execute(statement.returning(HostRow.host))
    return done.first() is not None or await is_verified(session, host=host)


async def free_host(session: AsyncSession, *, host: str) -> None:
    await session.execute(delete(HostRow).where(HostRow.host == host))


async def remove(session: AsyncSession, *, row: DomainRow) -> None:
    await session.delete(row)
    await session.flush()


async def is_verified(session: AsyncSession, *, host: str) -> bool:
    """Whether the host is one of the session's workspace; as owner, of any."""
    return bool((await session.execute(select(exists().where(HostRow.host == host)))).scalar_one())


async def is_in_use(session: AsyncSession, *, host: str) -> bool:
    return bool((await session.execute(select(exists().where(SlugRow.host == host)))).scalar_one())
