"""What discovery tells the other services, in the order of commits: identifiers and numbers, never a text."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ARRAY, DateTime, Index, Text, Uuid, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from services.discovery.tables.base import Base
from shared.kit.xids import Xid8


class EventRow(Base):
    """One event. What it says of a creator or a post is read from their rows when it is pulled, so that nothing
    outlives them here. `xid` is the transaction that wrote it."""

    __tablename__ = "events"
    __table_args__ = (
        Index(None, "workspace_id", "xid", "id"),
        Index(None, "workspace_id", "creator_id"),
        Index(
            "uq_events_published",
            "workspace_id",
            "post_id",
            unique=True,
            postgresql_where=text("type = 'post.published'"),
        ),
        Index("ix_events_at", "at", postgresql_using="brin"),
    )

    workspace_id: Mapped[UUID] = mapped_column(Uuid, primary_key=True)
    id: Mapped[UUID] = mapped_column(Uuid, primary_key=True)
    type: Mapped[str] = mapped_column(Text)
    creator_id: Mapped[UUID] = mapped_column(Uuid)
    post_id: Mapped[UUID | None] = mapped_column(Uuid)
    search_id: Mapped[UUID | None] = mapped_column(Uuid)
    watch_ids: Mapped[list[UUID]] = mapped_column(ARRAY(Uuid))
    data: Mapped[Any] = mapped_column(JSONB)
    at: Mapped[datetime] = mapped_column(DateTime(timezone=True))
    xid: Mapped[int] = mapped_column(Xid8, server_default=text("pg_current_xact_id()"))
