"""Imports, the faults of their lines, and the staging in which a body waits until it is merged as a whole."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    DateTime,
    ForeignKeyConstraint,
    Index,
    Integer,
    LargeBinary,
    Table,
    Text,
    UniqueConstraint,
    Uuid,
)
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from services.discovery.tables.base import Base

Time = DateTime(timezone=True)


class ImportRow(Base):
    """An import whose body arrived as a whole; before that there are only chunks."""

    __tablename__ = "imports"

    workspace_id: Mapped[UUID] = mapped_column(primary_key=True)
    id: Mapped[UUID] = mapped_column(primary_key=True)
    status: Mapped[str] = mapped_column(Text)
    bytes_received: Mapped[int] = mapped_column(BigInteger)
    lines_received: Mapped[int] = mapped_column(BigInteger)
    lines_merged: Mapped[int] = mapped_column(BigInteger)
    lines_faulty: Mapped[int] = mapped_column(BigInteger)
    creators: Mapped[int] = mapped_column(BigInteger)
    posts: Mapped[int] = mapped_column(BigInteger)
    comments: Mapped[int] = mapped_column(BigInteger)
    chunks: Mapped[int] = mapped_column(Integer)
    error: Mapped[str | None] = mapped_column(Text)
    created_at: Mapped[datetime] = mapped_column(Time)
    received_at: Mapped[datetime | None] = mapped_column(Time)
    finished_at: Mapped[datetime | None] = mapped_column(Time)
    created_by: Mapped[UUID | None]


class ImportMappingRow(Base):
    """Which column of a table holds what, under a name."""

    __tablename__ = "import_mappings"
    __table_args__ = (UniqueConstraint("workspace_id", "name"),)

    workspace_id: Mapped[UUID] = mapped_column(primary_key=True)
    id: Mapped[UUID] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(Text)
    mapping: Mapped[Any] = mapped_column(JSONB)
    changed_at: Mapped[datetime] = mapped_column(Time)
    changed_by: Mapped[UUID | None]


class ImportFaultRow(Base):
    """A line that could not be taken."""

    __tablename__ = "import_faults"
    __table_args__ = (
        ForeignKeyConstraint(
            ["workspace_id", "import_id"],
            ["discovery.imports.workspace_id", "discovery.imports.id"],
            ondelete="CASCADE",
        ),
    )

    workspace_id: Mapped[UUID] = mapped_column(primary_key=True)
    import_id: Mapped[UUID] = mapped_column(primary_key=True)
    line: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)
    reason: Mapped[str] = mapped_column(Text)


class ImportChunkRow(Base):
    """A compressed piece of a body: whole lines, the first of which has the number `first_line`."""

    __tablename__ = "import_chunks"

    workspace_id: Mapped[UUID] = mapped_column(primary_key=True)
    import_id: Mapped[UUID] = mapped_column(primary_key=True)
    number: Mapped[int] = mapped_column(Integer, primary_key=True, autoincrement=False)
    first_line: Mapped[int] = mapped_column(BigInteger)
    lines: Mapped[int] = mapped_column(BigInteger)
    overlong: Mapped[Any | None] = mapped_column(JSONB)
    body: Mapped[bytes] = mapped_column(LargeBinary)
    received_at: Mapped[datetime] = mapped_column(Time)


class ImportReadingRow(Base):
    """A chunk that was read into staging, and what it held."""

    __tablename__ = "import_readings"
    __table_args__ = ({"prefixes": ["UNLOGGED"]},)

    workspace_id: Mapped[UUID] = mapped_column(primary_key=True)
    import_id: Mapped[UUID] = mapped_column(primary_key=True)
    chunk: Mapped[int] = mapped_column(Integer, primary_key=True, autoincrement=False)
    lines_good: Mapped[int] = mapped_column(BigInteger)
    lines_faulty: Mapped[int] = mapped_column(BigInteger)
    creators: Mapped[int] = mapped_column(BigInteger)
    posts: Mapped[int] = mapped_column(BigInteger)
    comments: Mapped[int] = mapped_column(BigInteger)


def _chunk_key() -> list[Column[Any]]:
    return [
        Column("workspace_id", Uuid, primary_key=True),
        Column("import_id", Uuid, primary_key=True),
        Column("chunk", Integer, primary_key=True, autoincrement=False),
        Column("platform", Text, primary_key=True),
        Column("platform_id", Text, primary_key=True),
    ]


def _optional(kind: Any, *names: str) -> list[Column[Any]]:  # noqa: ANN401  # any column type
    return [Column(name, kind, nullable=True) for name in names]


def _counts() -> list[Column[Any]]:
    return [Column("counts", JSONB, nullable=False), Column("withheld", JSONB, nullable=False)]


import_creators = Table(
    "import_creators",
    Base.metadata,
    *_chunk_key(),
    Column("stub", Boolean, nullable=False),
    Column("opted_out", Boolean, nullable=False),
    Column("observed_at", Time, nullable=False),
    *_optional(Text, "handle", "display_name", "bio_text", "url", "avatar_url", "website"),
    *_optional(JSONB, "links"),
    *_optional(Text, "language", "country", "place"),
    *_optional(Time, "account_created_at"),
    *_optional(Boolean, "is_bot", "is_verified"),
    *_optional(Text, "account_kind", "status"),
    *_optional(Boolean, "takes_messages"),
    *_counts(),
    prefixes=["UNLOGGED"],
)

import_posts = Table(
    "import_posts",
    Base.metadata,
    *_chunk_key(),
    *_optional(Text, "author_platform_id"),
    Column("stub", Boolean, nullable=False),
    Column("observed_at", Time, nullable=False),
    *_optional(Text, "kind", "url", "text", "language"),
    *_optional(JSONB, "hashtags", "mentions", "links", "media"),
    *_optional(Time, "created_at", "edited_at"),
    *_optional(Text, "in_reply_to"),
    *_optional(Boolean, "is_sensitive", "paid_partnership"),
    *_optional(JSONB, "sponsorship_labels"),
    *_counts(),
    prefixes=["UNLOGGED"],
)

import_comments = Table(
    "import_comments",
    Base.metadata,
    Column("workspace_id", Uuid, nullable=False),
    Column("import_id", Uuid, nullable=False),
    Column("chunk", Integer, nullable=False),
    Column("platform", Text, nullable=False),
    Column("platform_id", Text, nullable=False),
    Column("post_platform_id", Text, nullable=False),
    *_optional(Text, "author_platform_id", "parent_id", "text", "language"),
    *_optional(Time, "created_at"),
    Column("likes", BigInteger),
    Column("likes_state", Text),
    Column("replies", BigInteger),
    Column("replies_state", Text),
    Column("observed_at", Time, nullable=False),
    Index(None, "workspace_id", "import_id", "chunk"),
    prefixes=["UNLOGGED"],
)
