"""Every SQL statement about portfolios."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import select, update
from sqlalchemy.ext.asyncio import AsyncSession

from services.scoring.tables.portfolios import PortfolioRow
from shared.kit.pages import PageRequest

__all__ = ["PortfolioRow"]


async def add(session: AsyncSession, *, row: dict[str, Any]) -> PortfolioRow:
    made = PortfolioRow(**row)
    session.add(made)
    await session.flush()
    await session.refresh(made)
    return made


async def portfolio(session: AsyncSession, *, portfolio_id: UUID) -> PortfolioRow | None:
    return (await session.execute(select(PortfolioRow).where(PortfolioRow.id == portfolio_id))).scalar_one_or_none()


async def portfolios(session: AsyncSession, *, ranking_id: UUID | None, page: PageRequest) -> Sequence[PortfolioRow]:
    """The newest first."""
    query = select(PortfolioRow).order_by(PortfolioRow.id.desc())
    if ranking_id is not None:
        query = query.where(PortfolioRow.ranking_id == ranking_id)
    if page.after is not None:
        query = query.where(PortfolioRow.id < page.after[0])
    return (await session.scalars(query.limit(page.limit + 1))).all()


async def change(session: AsyncSession, *, portfolio_id: UUID, **values: Any) -> None:  # noqa: ANN401  # columns
    await session.execute(update(PortfolioRow).where(PortfolioRow.id == portfolio_id).values(**values))
