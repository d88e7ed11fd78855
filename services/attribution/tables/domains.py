"""Branded domains of workspaces, and the directory of hosts that are verified."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import DateTime, Index, Integer, Text, UniqueConstraint, func, text
from sqlalchemy.orm import Mapped, mapped_column

from services.attribution.tables.base import Base


class DomainRow(Base):
    """A host that a workspace claims. Several may claim one; one can prove it."""

    __tablename__ = "domains"
    __table_args__ = (
        UniqueConstraint("workspace_id", "host"),
        Index("ix_domains_next_check_at", "next_check_at", postgresql_where=text("next_check_at IS NOT NULL")),
    )

    workspace_id: Mapped[UUID] = mapped_column(primary_key=True)
    id: Mapped[UUID] = mapped_column(primary_key=True)
    host: Mapped[str] = mapped_column(Text)
    token: Mapped[str] = mapped_column(Text)
    error: Mapped[str | None] = mapped_column(Text)
    attempts: Mapped[int] = mapped_column(Integer, server_default=text("0"))
    checked_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
    next_check_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
    verified_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
    created_at: Mapped[datetime] = mapped_column(DateTime(timezone=True), server_default=func.now())
    created_by: Mapped[UUID | None]


class HostRow(Base):
    """Directory: whose a verified host is."""

    __tablename__ = "hosts"

    host: Mapped[str] = mapped_column(Text, primary_key=True)
    workspace_id: Mapped[UUID]
