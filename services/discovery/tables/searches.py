"""Searches as durable work: the frontier of steps, the accounts seen, the ranked candidates, the events told."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import (
    BigInteger,
    Boolean,
    DateTime,
    Double,
    ForeignKeyConstraint,
    Index,
    Integer,
    Text,
    UniqueConstraint,
    Uuid,
    text,
)
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from services.discovery.tables.base import Base

Time = DateTime(timezone=True)


def _of_search() -> ForeignKeyConstraint:
    return ForeignKeyConstraint(
        ["workspace_id", "search_id"], ["discovery.searches.workspace_id", "discovery.searches.id"], ondelete="CASCADE"
    )


def _of_creator() -> ForeignKeyConstraint:
    return ForeignKeyConstraint(
        ["workspace_id", "creator_id"],
        ["discovery.creators.workspace_id", "discovery.creators.id"],
        ondelete="CASCADE",
    )


class SearchRow(Base):
    """A search. `request` is the body it was made from; `blocked` says until when which source is not asked."""

    __tablename__ = "searches"

    workspace_id: Mapped[UUID] = mapped_column(Uuid, primary_key=True)
    id: Mapped[UUID] = mapped_column(Uuid, primary_key=True)
    name: Mapped[str] = mapped_column(Text)
    status: Mapped[str] = mapped_column(Text)
    brief: Mapped[Any] = mapped_column(JSONB)
    brief_version: Mapped[int] = mapped_column(Integer)
    brief_hash: Mapped[str] = mapped_column(Text)
    request: Mapped[Any] = mapped_column(JSONB)
    max_calls: Mapped[int] = mapped_column(Integer)
    depth: Mapped[int] = mapped_column(Integer)
    opened_depth: Mapped[int | None] = mapped_column(Integer)
    learned_at: Mapped[int | None] = mapped_column(Integer)
    steps_done: Mapped[int] = mapped_column(Integer)
    steps_failed: Mapped[int] = mapped_column(Integer)
    creators_seen: Mapped[int] = mapped_column(BigInteger)
    candidates: Mapped[int] = mapped_column(BigInteger)
    best: Mapped[Any] = mapped_column(JSONB)
    blocked: Mapped[Any] = mapped_column(JSONB)
    quota_left: Mapped[Any] = mapped_column(JSONB, server_default="{}")
    waiting_for: Mapped[str | None] = mapped_column(Text)
    summary: Mapped[Any] = mapped_column(JSONB)
    warnings: Mapped[Any] = mapped_column(JSONB)
    error: Mapped[str | None] = mapped_column(Text)
    events: Mapped[int] = mapped_column(BigInteger)
    created_at: Mapped[datetime] = mapped_column(Time)
    created_by: Mapped[UUID | None] = mapped_column(Uuid)
    started_at: Mapped[datetime | None] = mapped_column(Time)
    finished_at: Mapped[datetime | None] = mapped_column(Time)


class StepRow(Base):
    """One call, or one batch of the archive, to be made or made. `target` is a hashtag, a post or an account.

    `about` is the account whose post or feed is read, `arm` and `exposure` are what its priority was learned by.
    """

    __tablename__ = "search_steps"
    __table_args__ = (
        UniqueConstraint("workspace_id", "search_id", "source", "kind", "target", "page"),
        _of_search(),
        Index(
            "ix_search_steps_waiting",
            "workspace_id",
            "search_id",
            text("priority DESC"),
            "id",
            postgresql_where=text("state = 'waiting'"),
        ),
        Index(
            "ix_search_steps_about",
            "workspace_id",
            "search_id",
            "source",
            "about",
            postgresql_where=text("about IS NOT NULL"),
        ),
    )

    workspace_id: Mapped[UUID] = mapped_column(Uuid, primary_key=True)
    search_id: Mapped[UUID] = mapped_column(Uuid, primary_key=True)
    id: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)
    source: Mapped[str] = mapped_column(Text)
    kind: Mapped[str] = mapped_column(Text)
    target: Mapped[str] = mapped_column(Text)
    page: Mapped[int] = mapped_column(Integer)
    cursor: Mapped[str | None] = mapped_column(Text)
    payload: Mapped[Any | None] = mapped_column(JSONB)
    hop: Mapped[int] = mapped_column(Integer)
    priority: Mapped[float] = mapped_column(Double)
    about: Mapped[str | None] = mapped_column(Text)
    arm: Mapped[str] = mapped_column(Text, server_default="")
    exposure: Mapped[int] = mapped_column(Integer, server_default="1")
    state: Mapped[str] = mapped_column(Text)
    attempts: Mapped[int] = mapped_column(Integer)
    found: Mapped[int | None] = mapped_column(Integer)
    note: Mapped[str | None] = mapped_column(Text)
    done_at: Mapped[datetime | None] = mapped_column(Time)


class MemberRow(Base):
    """An account that a search saw: `hop` 0 posted under a hashtag or is a seed, 1 commented there, and so on.

    `found_by` is the step that saw it first; `near` and `worth` are what the search last learned of it, in
    ten-thousandths.
    """

    __tablename__ = "search_members"
    __table_args__ = (_of_search(), _of_creator(), Index(None, "workspace_id", "creator_id"))

    workspace_id: Mapped[UUID] = mapped_column(Uuid, primary_key=True)
    search_id: Mapped[UUID] = mapped_column(Uuid, primary_key=True)
    creator_id: Mapped[UUID] = mapped_column(Uuid, primary_key=True)
    source: Mapped[str] = mapped_column(Text)
    hop: Mapped[int] = mapped_column(Integer)
    is_seed: Mapped[bool] = mapped_column(Boolean)
    profile_asked: Mapped[bool] = mapped_column(Boolean)
    feed_asked: Mapped[bool] = mapped_column(Boolean)
    feed_complete: Mapped[bool] = mapped_column(Boolean)
    found_at: Mapped[datetime] = mapped_column(Time)
    found_by: Mapped[int | None] = mapped_column(BigInteger)
    near: Mapped[int | None] = mapped_column(Integer)
    worth: Mapped[int | None] = mapped_column(Integer)


class YieldRow(Base):
    """What the steps of one arm brought so far: how much they had to read, and its worth in ten-thousandths."""

    __tablename__ = "search_yields"
    __table_args__ = (_of_search(),)

    workspace_id: Mapped[UUID] = mapped_column(Uuid, primary_key=True)
    search_id: Mapped[UUID] = mapped_column(Uuid, primary_key=True)
    source: Mapped[str] = mapped_column(Text, primary_key=True)
    arm: Mapped[str] = mapped_column(Text, primary_key=True)
    exposure: Mapped[int] = mapped_column(BigInteger)
    worth: Mapped[int] = mapped_column(BigInteger)


class CandidateRow(Base):
    """A ranked account; the rows of a search are replaced as a whole by each ranking."""

    __tablename__ = "candidates"
    __table_args__ = (
        _of_search(),
        _of_creator(),
        Index(None, "workspace_id", "search_id", "rank"),
        Index(None, "workspace_id", "creator_id"),
    )

    workspace_id: Mapped[UUID] = mapped_column(Uuid, primary_key=True)
    search_id: Mapped[UUID] = mapped_column(Uuid, primary_key=True)
    creator_id: Mapped[UUID] = mapped_column(Uuid, primary_key=True)
    rank: Mapped[int] = mapped_column(Integer)
    score: Mapped[float | None] = mapped_column(Double)
    in_band: Mapped[bool | None] = mapped_column(Boolean)
    posts_in_90_days: Mapped[int | None] = mapped_column(BigInteger)
    provenance: Mapped[Any] = mapped_column(JSONB)
    marks: Mapped[Any] = mapped_column(JSONB)
    has_unknown: Mapped[bool] = mapped_column(Boolean)
    found_at: Mapped[datetime] = mapped_column(Time)


class SearchEventRow(Base):
    """What was told of a search at one time; numbered from 1."""

    __tablename__ = "search_events"
    __table_args__ = (_of_search(),)

    workspace_id: Mapped[UUID] = mapped_column(Uuid, primary_key=True)
    search_id: Mapped[UUID] = mapped_column(Uuid, primary_key=True)
    id: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)
    data: Mapped[Any] = mapped_column(JSONB)
    at: Mapped[datetime] = mapped_column(Time)
