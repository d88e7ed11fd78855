"""Partners' posts for a campaign, by a watch or by hand, with what they were matched to."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Boolean, DateTime, ForeignKeyConstraint, Index, Text, UniqueConstraint, func, text
from sqlalchemy.dialects.postgresql import ARRAY, JSONB
from sqlalchemy.orm import Mapped, mapped_column

from services.attribution.tables.base import Base


class TrackedPostRow(Base):
    """One post; `url` is canonical, so that a post sent by hand and seen by a watch are one."""

    __tablename__ = "tracked_posts"
    __table_args__ = (
        ForeignKeyConstraint(
            ["workspace_id", "partnership_id"],
            ["attribution.partnerships.workspace_id", "attribution.partnerships.id"],
            ondelete="CASCADE",
        ),
        UniqueConstraint("workspace_id", "partnership_id", "url"),
        Index("ix_tracked_posts_workspace_id_campaign_id", "workspace_id", "campaign_id", "published_at"),
    )

    workspace_id: Mapped[UUID] = mapped_column(primary_key=True)
    id: Mapped[UUID] = mapped_column(primary_key=True)
    partnership_id: Mapped[UUID]
    campaign_id: Mapped[UUID]
    account_id: Mapped[UUID | None]
    deliverable_id: Mapped[UUID | None]
    post_id: Mapped[UUID | None]
    platform: Mapped[str | None] = mapped_column(Text)
    platform_id: Mapped[str | None] = mapped_column(Text)
    url: Mapped[str] = mapped_column(Text)
    kind: Mapped[str] = mapped_column(Text)
    published_at: Mapped[datetime] = mapped_column(DateTime(timezone=True))
    source: Mapped[str] = mapped_column(Text)
    trust: Mapped[str] = mapped_column(Text)
    matched_hashtags: Mapped[list[str]] = mapped_column(ARRAY(Text), server_default=text("'{}'"))
    matched_codes: Mapped[list[str]] = mapped_column(ARRAY(Text), server_default=text("'{}'"))
    disclosed: Mapped[bool | None] = mapped_column(Boolean)
    still_live: Mapped[bool | None] = mapped_column(Boolean)
    metrics: Mapped[dict[str, Any]] = mapped_column(JSONB, server_default=text("'{}'"))
    created_at: Mapped[datetime] = mapped_column(DateTime(timezone=True), server_default=func.now())
    updated_at: Mapped[datetime] = mapped_column(DateTime(timezone=True), server_default=func.now())
    created_by: Mapped[UUID | None]
