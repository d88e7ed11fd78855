"""Campaigns, with the brief that each was made from."""

from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import BigInteger, Boolean, Date, DateTime, Integer, Text, func, text
from sqlalchemy.dialects.postgresql import ARRAY, JSONB
from sqlalchemy.orm import Mapped, mapped_column

from services.attribution.tables.base import Base


class CampaignRow(Base):
    """`version` counts changes, for ETags. `owned_accounts` are snapshotted daily from `created_at` on."""

    __tablename__ = "campaigns"

    workspace_id: Mapped[UUID] = mapped_column(primary_key=True)
    id: Mapped[UUID] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(Text)
    kind: Mapped[str] = mapped_column(Text)
    status: Mapped[str] = mapped_column(Text)
    brief: Mapped[dict[str, Any] | None] = mapped_column(JSONB(none_as_null=True))
    brief_version: Mapped[int | None] = mapped_column(Integer)
    brief_hash: Mapped[str | None] = mapped_column(Text)
    search_id: Mapped[UUID | None]
    ranking_id: Mapped[UUID | None]
    goals: Mapped[list[Any]] = mapped_column(JSONB, server_default=text("'[]'"))
    timezone: Mapped[str] = mapped_column(Text)
    currency: Mapped[str | None] = mapped_column(Text)
    owned_accounts: Mapped[list[str]] = mapped_column(ARRAY(Text), server_default=text("'{}'"))
    starts_on: Mapped[date | None] = mapped_column(Date)
    ends_on: Mapped[date | None] = mapped_column(Date)
    budget_minor: Mapped[int | None] = mapped_column(BigInteger)
    budget_currency: Mapped[str | None] = mapped_column(Text)
    attribution: Mapped[dict[str, Any]] = mapped_column(JSONB)
    model: Mapped[str] = mapped_column(Text)
    click_parameter: Mapped[str] = mapped_column(Text)
    commission_on_donations: Mapped[bool] = mapped_column(Boolean, server_default=text("false"))
    generated: Mapped[bool] = mapped_column(Boolean, server_default=text("false"))
    disclosure_text: Mapped[str] = mapped_column(Text)
    version: Mapped[int] = mapped_column(Integer, server_default=text("1"))
    created_at: Mapped[datetime] = mapped_column(DateTime(timezone=True), server_default=func.now())
    updated_at: Mapped[datetime] = mapped_column(DateTime(timezone=True), server_default=func.now())
    created_by: Mapped[UUID | None]
