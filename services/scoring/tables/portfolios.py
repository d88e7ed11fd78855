"""Portfolios: creators chosen together under a budget."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import DateTime, ForeignKeyConstraint, Index, Text, func
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from services.scoring.tables.base import Base


class PortfolioRow(Base):
    """`request` and `result` are the wire's JSON."""

    __tablename__ = "portfolios"
    __table_args__ = (
        ForeignKeyConstraint(
            ["workspace_id", "ranking_id"], ["scoring.rankings.workspace_id", "scoring.rankings.id"], ondelete="CASCADE"
        ),
        Index(None, "workspace_id", "ranking_id"),
    )

    workspace_id: Mapped[UUID] = mapped_column(primary_key=True)
    id: Mapped[UUID] = mapped_column(primary_key=True)
    ranking_id: Mapped[UUID]
    name: Mapped[str] = mapped_column(Text)
    status: Mapped[str] = mapped_column(Text)
    request: Mapped[dict[str, Any]] = mapped_column(JSONB)
    result: Mapped[dict[str, Any] | None] = mapped_column(JSONB(none_as_null=True))
    error: Mapped[str | None] = mapped_column(Text)
    created_at: Mapped[datetime] = mapped_column(DateTime(timezone=True), server_default=func.now())
    created_by: Mapped[UUID | None]
    finished_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
