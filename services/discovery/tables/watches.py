"""Watches, the accounts they follow, what they have reported, and the daily numbers that they brought."""

from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import BigInteger, Boolean, Date, DateTime, ForeignKeyConstraint, Index, Integer, Text, Uuid, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from services.discovery.tables.base import Base

Time = DateTime(timezone=True)


def _of_watch() -> ForeignKeyConstraint:
    return ForeignKeyConstraint(
        ["workspace_id", "watch_id"], ["discovery.watches.workspace_id", "discovery.watches.id"], ondelete="CASCADE"
    )


def _of_creator() -> ForeignKeyConstraint:
    return ForeignKeyConstraint(
        ["workspace_id", "creator_id"],
        ["discovery.creators.workspace_id", "discovery.creators.id"],
        ondelete="CASCADE",
    )


class WatchRow(Base):
    """A watch. `phase` says what the repetition of a search waits for; accounts have no phases."""

    __tablename__ = "watches"
    __table_args__ = (
        ForeignKeyConstraint(
            ["workspace_id", "search_id"],
            ["discovery.searches.workspace_id", "discovery.searches.id"],
            ondelete="CASCADE",
        ),
        Index("ix_watches_due", "next_run_at", postgresql_where=text("status = 'running'")),
    )

    workspace_id: Mapped[UUID] = mapped_column(Uuid, primary_key=True)
    id: Mapped[UUID] = mapped_column(Uuid, primary_key=True)
    kind: Mapped[str] = mapped_column(Text)
    status: Mapped[str] = mapped_column(Text)
    search_id: Mapped[UUID | None] = mapped_column(Uuid)
    phase: Mapped[str] = mapped_column(Text)
    every_hours: Mapped[int] = mapped_column(Integer)
    max_calls: Mapped[int] = mapped_column(Integer)
    until: Mapped[datetime | None] = mapped_column(Time)
    reference: Mapped[str | None] = mapped_column(Text)
    runs: Mapped[int] = mapped_column(BigInteger)
    due_at: Mapped[datetime] = mapped_column(Time)
    next_run_at: Mapped[datetime | None] = mapped_column(Time)
    last_run_at: Mapped[datetime | None] = mapped_column(Time)
    error: Mapped[str | None] = mapped_column(Text)
    version: Mapped[int] = mapped_column(Integer)
    created_at: Mapped[datetime] = mapped_column(Time)
    created_by: Mapped[UUID | None] = mapped_column(Uuid)


class WatchAccountRow(Base):
    """An account of a watch. `due_at` is the beat of its schedule, `next_run_at` may be later while it waits."""

    __tablename__ = "watch_accounts"
    __table_args__ = (_of_watch(), Index(None, "workspace_id", "creator_id"))

    workspace_id: Mapped[UUID] = mapped_column(Uuid, primary_key=True)
    watch_id: Mapped[UUID] = mapped_column(Uuid, primary_key=True)
    number: Mapped[int] = mapped_column(Integer, primary_key=True, autoincrement=False)
    platform: Mapped[str] = mapped_column(Text)
    platform_id: Mapped[str | None] = mapped_column(Text)
    handle: Mapped[str | None] = mapped_column(Text)
    creator_id: Mapped[UUID | None] = mapped_column(Uuid)
    due_at: Mapped[datetime] = mapped_column(Time)
    next_run_at: Mapped[datetime] = mapped_column(Time)
    last_run_at: Mapped[datetime | None] = mapped_column(Time)
    error: Mapped[str | None] = mapped_column(Text)


class FollowedCreatorRow(Base):
    """When a watched creator was last read, for all watches of the workspace together."""

    __tablename__ = "followed_creators"
    __table_args__ = (_of_creator(),)

    workspace_id: Mapped[UUID] = mapped_column(Uuid, primary_key=True)
    creator_id: Mapped[UUID] = mapped_column(Uuid, primary_key=True)
    read_at: Mapped[datetime] = mapped_column(Time)


class WatchFindRow(Base):
    """A candidate that a watched search had before, or that was reported; it is not reported again."""

    __tablename__ = "watch_finds"
    __table_args__ = (_of_watch(), _of_creator(), Index(None, "workspace_id", "creator_id"))

    workspace_id: Mapped[UUID] = mapped_column(Uuid, primary_key=True)
    watch_id: Mapped[UUID] = mapped_column(Uuid, primary_key=True)
    creator_id: Mapped[UUID] = mapped_column(Uuid, primary_key=True)
    is_news: Mapped[bool] = mapped_column(Boolean)
    found_at: Mapped[datetime] = mapped_column(Time)


class CreatorSnapshotRow(Base):
    """The numbers of a watched creator on one day of UTC. A day on which nobody looked has no row."""

    __tablename__ = "creator_snapshots"
    __table_args__ = (_of_creator(), Index("ix_creator_snapshots_expires_at", "expires_at", postgresql_using="brin"))

    workspace_id: Mapped[UUID] = mapped_column(Uuid, primary_key=True)
    creator_id: Mapped[UUID] = mapped_column(Uuid, primary_key=True)
    day: Mapped[date] = mapped_column(Date, primary_key=True)
    counts: Mapped[Any] = mapped_column(JSONB)
    withheld: Mapped[Any] = mapped_column(JSONB)
    observed_at: Mapped[datetime] = mapped_column(Time)
    expires_at: Mapped[datetime | None] = mapped_column(Time)
