"""Partners, their accounts and the ways to reach them."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Boolean, DateTime, ForeignKeyConstraint, Index, Integer, Text, UniqueConstraint, func, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from services.attribution.tables.base import Base


class PartnerRow(Base):
    """A person or small team. `contact_routes` were published by them, each with its source and time."""

    __tablename__ = "partners"

    workspace_id: Mapped[UUID] = mapped_column(primary_key=True)
    id: Mapped[UUID] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(Text)
    contact_routes: Mapped[list[Any]] = mapped_column(JSONB, server_default=text("'[]'"))
    do_not_contact: Mapped[bool] = mapped_column(Boolean, server_default=text("false"))
    do_not_contact_reason: Mapped[str | None] = mapped_column(Text)
    note: Mapped[str | None] = mapped_column(Text)
    version: Mapped[int] = mapped_column(Integer, server_default=text("1"))
    created_at: Mapped[datetime] = mapped_column(DateTime(timezone=True), server_default=func.now())
    updated_at: Mapped[datetime] = mapped_column(DateTime(timezone=True), server_default=func.now())
    created_by: Mapped[UUID | None]


class PartnerAccountRow(Base):
    """An account belongs to one partner of a workspace; `handle_key` is the handle as it is compared."""

    __tablename__ = "partner_accounts"
    __table_args__ = (
        ForeignKeyConstraint(
            ["workspace_id", "partner_id"],
            ["attribution.partners.workspace_id", "attribution.partners.id"],
            ondelete="CASCADE",
        ),
        UniqueConstraint("workspace_id", "platform", "platform_id"),
        Index("ix_partner_accounts_workspace_id_platform_handle_key", "workspace_id", "platform", "handle_key"),
        Index("ix_partner_accounts_workspace_id_partner_id", "workspace_id", "partner_id"),
    )

    workspace_id: Mapped[UUID] = mapped_column(primary_key=True)
    id: Mapped[UUID] = mapped_column(primary_key=True)
    partner_id: Mapped[UUID]
    platform: Mapped[str] = mapped_column(Text)
    platform_id: Mapped[str | None] = mapped_column(Text)
    handle: Mapped[str] = mapped_column(Text)
    handle_key: Mapped[str] = mapped_column(Text)
    creator_id: Mapped[UUID | None]
    url: Mapped[str | None] = mapped_column(Text)
