"""Partnerships with their history, their versioned terms and what was promised in them."""

from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Date, DateTime, ForeignKeyConstraint, Index, Integer, Text, UniqueConstraint, func, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from services.attribution.tables.base import Base

_PARTNERSHIP = ["attribution.partnerships.workspace_id", "attribution.partnerships.id"]


class PartnershipRow(Base):
    """`disclosure_text` is the wording in force; `approved_at` stays when the partnership moves on."""

    __tablename__ = "partnerships"
    __table_args__ = (
        ForeignKeyConstraint(
            ["workspace_id", "campaign_id"],
            ["attribution.campaigns.workspace_id", "attribution.campaigns.id"],
            ondelete="CASCADE",
        ),
        ForeignKeyConstraint(
            ["workspace_id", "partner_id"],
            ["attribution.partners.workspace_id", "attribution.partners.id"],
            ondelete="CASCADE",
        ),
        UniqueConstraint("workspace_id", "campaign_id", "partner_id"),
        Index("ix_partnerships_workspace_id_partner_id", "workspace_id", "partner_id"),
    )

    workspace_id: Mapped[UUID] = mapped_column(primary_key=True)
    id: Mapped[UUID] = mapped_column(primary_key=True)
    campaign_id: Mapped[UUID]
    partner_id: Mapped[UUID]
    state: Mapped[str] = mapped_column(Text)
    terms_version: Mapped[int | None] = mapped_column(Integer)
    disclosure_text: Mapped[str] = mapped_column(Text)
    approved_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
    approved_by: Mapped[UUID | None]
    note: Mapped[str | None] = mapped_column(Text)
    version: Mapped[int] = mapped_column(Integer, server_default=text("1"))
    created_at: Mapped[datetime] = mapped_column(DateTime(timezone=True), server_default=func.now())
    updated_at: Mapped[datetime] = mapped_column(DateTime(timezone=True), server_default=func.now())
    created_by: Mapped[UUID | None]


class PartnershipStepRow(Base):
    """One step of a partnership's history, numbered from 1."""

    __tablename__ = "partnership_steps"
    __table_args__ = (ForeignKeyConstraint(["workspace_id", "partnership_id"], _PARTNERSHIP, ondelete="CASCADE"),)

    workspace_id: Mapped[UUID] = mapped_column(primary_key=True)
    partnership_id: Mapped[UUID] = mapped_column(primary_key=True)
    number: Mapped[int] = mapped_column(Integer, primary_key=True)
    state: Mapped[str] = mapped_column(Text)
    reason: Mapped[str | None] = mapped_column(Text)
    at: Mapped[datetime] = mapped_column(DateTime(timezone=True), server_default=func.now())
    by: Mapped[UUID | None]


class TermsRow(Base):
    """One version of a partnership's terms, never changed; in force from `created_at` until the next one's."""

    __tablename__ = "partnership_terms"
    __table_args__ = (ForeignKeyConstraint(["workspace_id", "partnership_id"], _PARTNERSHIP, ondelete="CASCADE"),)

    workspace_id: Mapped[UUID] = mapped_column(primary_key=True)
    partnership_id: Mapped[UUID] = mapped_column(primary_key=True)
    version: Mapped[int] = mapped_column(Integer, primary_key=True)
    terms: Mapped[dict[str, Any]] = mapped_column(JSONB)
    created_at: Mapped[datetime] = mapped_column(DateTime(timezone=True), server_default=func.now())
    created_by: Mapped[UUID | None]


class DeliverableRow(Base):
    """One promised piece: line `line` of the terms' deliverables, piece `number` of its count."""

    __tablename__ = "deliverables"
    __table_args__ = (
        ForeignKeyConstraint(["workspace_id", "partnership_id"], _PARTNERSHIP, ondelete="CASCADE"),
        UniqueConstraint(
            "workspace_id", "partnership_id", "terms_version", "line", "number", name="uq_deliverables_terms_line"
        ),
        Index("ix_deliverables_state_due_to", "state", "due_to", postgresql_where=text("state = 'open'")),
    )

    workspace_id: Mapped[UUID] = mapped_column(primary_key=True)
    id: Mapped[UUID] = mapped_column(primary_key=True)
    partnership_id: Mapped[UUID]
    terms_version: Mapped[int] = mapped_column(Integer)
    line: Mapped[int] = mapped_column(Integer)
    number: Mapped[int] = mapped_column(Integer)
    kind: Mapped[str] = mapped_column(Text)
    account_id: Mapped[UUID | None]
    platform: Mapped[str | None] = mapped_column(Text)
    due_from: Mapped[date | None] = mapped_column(Date)
    due_to: Mapped[date | None] = mapped_column(Date)
    keep_live_days: Mapped[int | None] = mapped_column(Integer)
    state: Mapped[str] = mapped_column(Text)
    delivered_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
    reason: Mapped[str | None] = mapped_column(Text)
    version: Mapped[int] = mapped_column(Integer, server_default=text("1"))
    changed_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
    changed_by: Mapped[UUID | None]
