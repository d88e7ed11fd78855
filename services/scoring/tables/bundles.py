"""Stored evidence bundles, compressed, one row per content."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import DateTime, Index, Integer, LargeBinary, Text, UniqueConstraint, func, text
from sqlalchemy.orm import Mapped, mapped_column

from services.scoring.tables.base import Base


class BundleRow(Base):
    """`content` is the bundle's JSON, zstandard-compressed; null once it expired or was erased. `hash` names it: equal
    content is stored once, whichever ranking pulled it."""

    __tablename__ = "bundles"
    __table_args__ = (
        UniqueConstraint("workspace_id", "hash"),
        Index(None, "workspace_id", "creator_id"),
        Index("ix_bundles_expires_at", "expires_at", postgresql_where=text("content IS NOT NULL")),
    )

    workspace_id: Mapped[UUID] = mapped_column(primary_key=True)
    id: Mapped[UUID] = mapped_column(primary_key=True)
    hash: Mapped[str] = mapped_column(Text)
    creator_id: Mapped[UUID]
    content: Mapped[bytes | None] = mapped_column(LargeBinary)
    size: Mapped[int] = mapped_column(Integer)
    observed_at: Mapped[datetime] = mapped_column(DateTime(timezone=True))
    expires_at: Mapped[datetime] = mapped_column(DateTime(timezone=True))
    created_at: Mapped[datetime] = mapped_column(DateTime(timezone=True), server_default=func.now())


class EventCursorRow(Base):
    """How far a workspace's events in discovery were followed."""

    __tablename__ = "event_cursors"

    workspace_id: Mapped[UUID] = mapped_column(primary_key=True)
    cursor: Mapped[str | None] = mapped_column(Text)
    pulled_at: Mapped[datetime] = mapped_column(DateTime(timezone=True), server_default=func.now())
