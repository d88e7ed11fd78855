"""Accounts that discovery watches for a campaign, and how far discovery's events were followed."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import DateTime, ForeignKeyConstraint, Index, Integer, Text, UniqueConstraint, func, text
from sqlalchemy.orm import Mapped, mapped_column

from services.attribution.tables.base import Base


class AccountWatchRow(Base):
    """One account, of a partner (`partnership_id` and `account_id`) or of the brand (`given`, as the campaign says it).

    `reference` is its name in discovery, which every event repeats; `watch_id` is discovery's.
    """

    __tablename__ = "account_watches"
    __table_args__ = (
        ForeignKeyConstraint(
            ["workspace_id", "campaign_id"],
            ["attribution.campaigns.workspace_id", "attribution.campaigns.id"],
            ondelete="CASCADE",
        ),
        ForeignKeyConstraint(
            ["workspace_id", "partnership_id"],
            ["attribution.partnerships.workspace_id", "attribution.partnerships.id"],
            ondelete="CASCADE",
        ),
        UniqueConstraint("workspace_id", "reference"),
        Index("ix_account_watches_workspace_id_campaign_id", "workspace_id", "campaign_id"),
        Index("ix_account_watches_next_try_at", "next_try_at", postgresql_where=text("next_try_at IS NOT NULL")),
    )

    workspace_id: Mapped[UUID] = mapped_column(primary_key=True)
    id: Mapped[UUID] = mapped_column(primary_key=True)
    campaign_id: Mapped[UUID]
    partnership_id: Mapped[UUID | None]
    account_id: Mapped[UUID | None]
    given: Mapped[str] = mapped_column(Text)
    platform: Mapped[str | None] = mapped_column(Text)
    platform_id: Mapped[str | None] = mapped_column(Text)
    handle: Mapped[str | None] = mapped_column(Text)
    reference: Mapped[str] = mapped_column(Text)
    state: Mapped[str] = mapped_column(Text)
    watch_id: Mapped[UUID | None]
    error: Mapped[str | None] = mapped_column(Text)
    attempts: Mapped[int] = mapped_column(Integer, server_default=text("0"))
    next_try_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
    last_event_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
    created_at: Mapped[datetime] = mapped_column(DateTime(timezone=True), server_default=func.now())


class EventCursorRow(Base):
    """How far a workspace has followed discovery's events; `position` is discovery's own word for it."""

    __tablename__ = "event_cursors"

    workspace_id: Mapped[UUID] = mapped_column(primary_key=True)
    position: Mapped[str | None] = mapped_column(Text)
    pulled_at: Mapped[datetime] = mapped_column(DateTime(timezone=True), server_default=func.now())
    error: Mapped[str | None] = mapped_column(Text)
