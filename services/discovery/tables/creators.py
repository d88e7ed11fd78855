"""Creators, posts and comments: one row each per workspace, by natural key; the last observation wins."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import (
    BigInteger,
    Boolean,
    Computed,
    DateTime,
    ForeignKeyConstraint,
    Index,
    Text,
    UniqueConstraint,
    text,
)
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from services.discovery.tables.base import Base

Time = DateTime(timezone=True)


class CreatorRow(Base):
    """An account. `counts` holds known numbers by name, `withheld` why others are not known.

    `gone_at`: when its platform said that it is deleted; None again once the platform shows it anew.
    """

    __tablename__ = "creators"
    __table_args__ = (
        UniqueConstraint("workspace_id", "platform", "platform_id"),
        Index(None, "workspace_id", "handle"),
        Index("ix_creators_expires_at", "expires_at", postgresql_using="brin"),
        Index(
            "ix_creators_recheck",
            "workspace_id",
            "source",
            text("greatest(observed_at, asked_at)"),
            postgresql_where=text("NOT stub AND source <> 'archive'"),
        ),
        Index("ix_creators_opted_out", "workspace_id", "id", postgresql_where=text("opted_out")),
        Index("ix_creators_of_platforms", "source", postgresql_where=text("source <> 'archive' AND NOT stub")),
    )

    workspace_id: Mapped[UUID] = mapped_column(primary_key=True)
    id: Mapped[UUID] = mapped_column(primary_key=True)
    platform: Mapped[str] = mapped_column(Text)
    platform_id: Mapped[str] = mapped_column(Text)
    handle: Mapped[str | None] = mapped_column(Text)
    display_name: Mapped[str | None] = mapped_column(Text)
    bio_text: Mapped[str | None] = mapped_column(Text)
    url: Mapped[str | None] = mapped_column(Text)
    avatar_url: Mapped[str | None] = mapped_column(Text)
    website: Mapped[str | None] = mapped_column(Text)
    links: Mapped[Any | None] = mapped_column(JSONB)
    language: Mapped[str | None] = mapped_column(Text)
    country: Mapped[str | None] = mapped_column(Text)
    place: Mapped[str | None] = mapped_column(Text)
    account_created_at: Mapped[datetime | None] = mapped_column(Time)
    is_bot: Mapped[bool | None] = mapped_column(Boolean)
    is_verified: Mapped[bool | None] = mapped_column(Boolean)
    account_kind: Mapped[str | None] = mapped_column(Text)
    status: Mapped[str | None] = mapped_column(Text)
    takes_messages: Mapped[bool | None] = mapped_column(Boolean)
    handle_history: Mapped[Any | None] = mapped_column(JSONB)
    counts: Mapped[Any] = mapped_column(JSONB)
    withheld: Mapped[Any] = mapped_column(JSONB)
    followers: Mapped[int | None] = mapped_column(
        BigInteger, Computed("(counts #>> '{followers,value}')::bigint", persisted=True)
    )
    stub: Mapped[bool] = mapped_column(Boolean)
    opted_out: Mapped[bool] = mapped_column(Boolean)
    source: Mapped[str] = mapped_column(Text)
    first_seen_at: Mapped[datetime] = mapped_column(Time)
    observed_at: Mapped[datetime] = mapped_column(Time)
    asked_at: Mapped[datetime | None] = mapped_column(Time)
    missed_at: Mapped[datetime | None] = mapped_column(Time)
    expires_at: Mapped[datetime | None] = mapped_column(Time)
    gone_at: Mapped[datetime | None] = mapped_column(Time)


class PostRow(Base):
    """A post; a stub without author while only comments speak of it.

    `gone_at`: when its platform said that it is deleted; it is then a stub, until the platform shows it anew.
    `asked_at`: when the platform was last asked whether it is still there and gave no answer to that.
    """

    __tablename__ = "posts"
    __table_args__ = (
        UniqueConstraint("workspace_id", "platform", "platform_id"),
        ForeignKeyConstraint(
            ["workspace_id", "author_id"], ["discovery.creators.workspace_id", "discovery.creators.id"]
        ),
        Index("ix_posts_expires_at", "expires_at", postgresql_using="brin"),
        Index(None, "workspace_id", "author_id", "created_at"),
        Index(
            "ix_posts_recheck",
            "workspace_id",
            "source",
            text("greatest(observed_at, asked_at)"),
            postgresql_where=text("NOT stub AND source <> 'archive'"),
        ),
    )

    workspace_id: Mapped[UUID] = mapped_column(primary_key=True)
    id: Mapped[UUID] = mapped_column(primary_key=True)
    platform: Mapped[str] = mapped_column(Text)
    platform_id: Mapped[str] = mapped_column(Text)
    author_id: Mapped[UUID | None]
    kind: Mapped[str | None] = mapped_column(Text)
    url: Mapped[str | None] = mapped_column(Text)
    text: Mapped[str | None] = mapped_column(Text)
    language: Mapped[str | None] = mapped_column(Text)
    hashtags: Mapped[Any | None] = mapped_column(JSONB)
    mentions: Mapped[Any | None] = mapped_column(JSONB)
    links: Mapped[Any | None] = mapped_column(JSONB)
    media: Mapped[Any | None] = mapped_column(JSONB)
    created_at: Mapped[datetime | None] = mapped_column(Time)
    edited_at: Mapped[datetime | None] = mapped_column(Time)
    in_reply_to: Mapped[str | None] = mapped_column(Text)
    is_sensitive: Mapped[bool | None] = mapped_column(Boolean)
    paid_partnership: Mapped[bool | None] = mapped_column(Boolean)
    sponsorship_labels: Mapped[Any | None] = mapped_column(JSONB)
    counts: Mapped[Any] = mapped_column(JSONB)
    withheld: Mapped[Any] = mapped_column(JSONB)
    stub: Mapped[bool] = mapped_column(Boolean)
    source: Mapped[str] = mapped_column(Text)
    first_seen_at: Mapped[datetime] = mapped_column(Time)
    observed_at: Mapped[datetime] = mapped_column(Time)
    expires_at: Mapped[datetime | None] = mapped_column(Time)
    asked_at: Mapped[datetime | None] = mapped_column(Time)
    gone_at: Mapped[datetime | None] = mapped_column(Time)


class PostHashtagRow(Base):
    """A post under the key of one of its hashtags."""

    __tablename__ = "post_hashtags"
    __table_args__ = (
        ForeignKeyConstraint(
            ["workspace_id", "post_id"], ["discovery.posts.workspace_id", "discovery.posts.id"], ondelete="CASCADE"
        ),
        Index(None, "workspace_id", "post_id"),
    )

    workspace_id: Mapped[UUID] = mapped_column(primary_key=True)
    key: Mapped[str] = mapped_column(Text, primary_key=True)
    post_id: Mapped[UUID] = mapped_column(primary_key=True)


class CommentRow(Base):
    """A comment, keyed by its platform's identifier or, where there is none, by its content."""

    __tablename__ = "comments"
    __table_args__ = (
        Index(None, "workspace_id", "post_id"),
        Index("ix_comments_expires_at", "expires_at", postgresql_using="brin"),
        Index(None, "workspace_id", "author_id"),
    )

    workspace_id: Mapped[UUID] = mapped_column(primary_key=True)
    platform: Mapped[str] = mapped_column(Text, primary_key=True)
    platform_id: Mapped[str] = mapped_column(Text, primary_key=True)
    post_id: Mapped[UUID]
    author_id: Mapped[UUID | None]
    parent_id: Mapped[str | None] = mapped_column(Text)
    text: Mapped[str | None] = mapped_column(Text)
    language: Mapped[str | None] = mapped_column(Text)
    created_at: Mapped[datetime | None] = mapped_column(Time)
    likes: Mapped[int | None] = mapped_column(BigInteger)
    likes_state: Mapped[str | None] = mapped_column(Text)
    replies: Mapped[int | None] = mapped_column(BigInteger)
    replies_state: Mapped[str | None] = mapped_column(Text)
    observed_at: Mapped[datetime] = mapped_column(Time)
    expires_at: Mapped[datetime | None] = mapped_column(Time)
