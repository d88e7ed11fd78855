"""Conversions with their decision, the credits of every model, refunds, and clicks that other link services counted."""

from datetime import datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from sqlalchemy import (
    BigInteger,
    Boolean,
    DateTime,
    ForeignKeyConstraint,
    Index,
    Integer,
    LargeBinary,
    Numeric,
    Text,
    UniqueConstraint,
    func,
    text,
)
from sqlalchemy.dialects.postgresql import ARRAY, JSONB
from sqlalchemy.orm import Mapped, mapped_column

from services.attribution.tables.base import Base

_CONVERSION = ["attribution.conversions.workspace_id", "attribution.conversions.id"]


class ConversionRow(Base):
    """What a source told, newest revision; `digest` breaks ties of `revised_at`. Then what was decided about it.

    `customer` is a keyed digest. `stated_campaign_id` is the sender's word, `campaign_id` and `partnership_id` are the
    decision. `net_minor` is the amount after refunds; `reversed` says that nothing is left of it. A conversion that
    waits for its click is looked at again at `look_at`.
    """

    __tablename__ = "conversions"
    __table_args__ = (
        UniqueConstraint("workspace_id", "source", "external_id"),
        Index("ix_conversions_workspace_id_campaign_id_occurred_at", "workspace_id", "campaign_id", "occurred_at"),
        Index("ix_conversions_workspace_id_partnership_id", "workspace_id", "partnership_id", "occurred_at"),
        Index(
            "ix_conversions_workspace_id_customer_occurred_at", "workspace_id", "customer", "occurred_at",
            postgresql_where=text("customer IS NOT NULL"),
        ),
        Index("ix_conversions_look_at", "look_at", postgresql_where=text("look_at IS NOT NULL")),
        Index(
            "ix_conversions_workspace_id_stated_campaign_id", "workspace_id", "stated_campaign_id", "occurred_at",
            postgresql_where=text("campaign_id IS NULL"),
        ),
    )  # fmt: skip

    workspace_id: Mapped[UUID] = mapped_column(primary_key=True)
    id: Mapped[UUID] = mapped_column(primary_key=True)
    source: Mapped[str] = mapped_column(Text)
    external_id: Mapped[str | None] = mapped_column(Text)
    kind: Mapped[str] = mapped_column(Text)
    occurred_at: Mapped[datetime] = mapped_column(DateTime(timezone=True))
    revised_at: Mapped[datetime] = mapped_column(DateTime(timezone=True))
    digest: Mapped[bytes] = mapped_column(LargeBinary)
    amount_minor: Mapped[int | None] = mapped_column(BigInteger)
    currency: Mapped[str | None] = mapped_column(Text)
    discount_minor: Mapped[int | None] = mapped_column(BigInteger)
    code: Mapped[str | None] = mapped_column(Text)
    code_id: Mapped[UUID | None]
    click_id: Mapped[str | None] = mapped_column(Text)
    hit_id: Mapped[UUID | None]
    page_id: Mapped[UUID | None]
    hashtags: Mapped[list[str]] = mapped_column(ARRAY(Text), server_default=text("'{}'"))
    stated_campaign_id: Mapped[UUID | None]
    new_customer: Mapped[bool | None] = mapped_column(Boolean)
    customer: Mapped[str | None] = mapped_column(Text)
    livemode: Mapped[bool] = mapped_column(Boolean)
    voided: Mapped[bool] = mapped_column(Boolean, server_default=text("false"))
    refunded_minor: Mapped[int] = mapped_column(BigInteger, server_default=text("0"))
    net_minor: Mapped[int | None] = mapped_column(BigInteger)
    reversed: Mapped[bool] = mapped_column(Boolean, server_default=text("false"))
    state: Mapped[str] = mapped_column(Text)
    signal: Mapped[str | None] = mapped_column(Text)
    rule: Mapped[str | None] = mapped_column(Text)
    model: Mapped[str | None] = mapped_column(Text)
    campaign_id: Mapped[UUID | None]
    partnership_id: Mapped[UUID | None]
    considered: Mapped[list[Any]] = mapped_column(JSONB, server_default=text("'[]'"))
    decided_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
    waits_since: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
    look_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
    created_at: Mapped[datetime] = mapped_column(DateTime(timezone=True), server_default=func.now())
    updated_at: Mapped[datetime] = mapped_column(DateTime(timezone=True), server_default=func.now())
    created_by: Mapped[UUID | None]


class CreditRow(Base):
    """What one model gives one partnership of one conversion: `weight` of `total_weight`, before and after refunds.

    `place` is the credits' order, that of last touches.
    `occurred_at` and `livemode` repeat the conversion's, so that reports sum without it; `chosen`: the campaign's own.
    """

    __tablename__ = "conversion_credits"
    __table_args__ = (
        ForeignKeyConstraint(["workspace_id", "conversion_id"], _CONVERSION, ondelete="CASCADE"),
        Index("ix_conversion_credits_workspace_id_campaign_id", "workspace_id", "campaign_id", "occurred_at"),
        Index(
            "ix_conversion_credits_workspace_id_partnership_id", "workspace_id", "partnership_id", "occurred_at",
            postgresql_where=text("chosen"),
        ),
    )  # fmt: skip

    workspace_id: Mapped[UUID] = mapped_column(primary_key=True)
    conversion_id: Mapped[UUID] = mapped_column(primary_key=True)
    model: Mapped[str] = mapped_column(Text, primary_key=True)
    partnership_id: Mapped[UUID] = mapped_column(primary_key=True)
    campaign_id: Mapped[UUID]
    chosen: Mapped[bool] = mapped_column(Boolean)
    place: Mapped[int] = mapped_column(Integer)
    weight: Mapped[Decimal] = mapped_column(Numeric)
    total_weight: Mapped[Decimal] = mapped_column(Numeric)
    credit_minor: Mapped[int | None] = mapped_column(BigInteger)
    net_minor: Mapped[int | None] = mapped_column(BigInteger)
    currency: Mapped[str | None] = mapped_column(Text)
    occurred_at: Mapped[datetime] = mapped_column(DateTime(timezone=True))
    livemode: Mapped[bool] = mapped_column(Boolean)


class RefundRow(Base):
    """A refund as told; `conversion_id` is null until its conversion is here; `effective_minor` is what it took."""

    __tablename__ = "refunds"
    __table_args__ = (
        UniqueConstraint("workspace_id", "source", "external_id"),
        Index("ix_refunds_workspace_id_conversion_id", "workspace_id", "conversion_id"),
        Index("ix_refunds_workspace_id_source_order_external_id", "workspace_id", "source", "order_external_id"),
    )

    workspace_id: Mapped[UUID] = mapped_column(primary_key=True)
    id: Mapped[UUID] = mapped_column(primary_key=True)
    source: Mapped[str] = mapped_column(Text)
    external_id: Mapped[str] = mapped_column(Text)
    order_external_id: Mapped[str | None] = mapped_column(Text)
    conversion_id: Mapped[UUID | None]
    occurred_at: Mapped[datetime] = mapped_column(DateTime(timezone=True))
    revised_at: Mapped[datetime] = mapped_column(DateTime(timezone=True))
    digest: Mapped[bytes] = mapped_column(LargeBinary)
    amount_minor: Mapped[int | None] = mapped_column(BigInteger)
    cumulative_minor: Mapped[int | None] = mapped_column(BigInteger)
    whole_minor: Mapped[int | None] = mapped_column(BigInteger)
    currency: Mapped[str | None] = mapped_column(Text)
    reason: Mapped[str | None] = mapped_column(Text)
    livemode: Mapped[bool] = mapped_column(Boolean)
    effective_minor: Mapped[int | None] = mapped_column(BigInteger)
    created_at: Mapped[datetime] = mapped_column(DateTime(timezone=True), server_default=func.now())
    created_by: Mapped[UUID | None]


class ExternalClickRow(Base):
    """A click that another link service counted; `links` are its names for the link."""

    __tablename__ = "external_clicks"

    workspace_id: Mapped[UUID] = mapped_column(primary_key=True)
    source: Mapped[str] = mapped_column(Text, primary_key=True)
    external_id: Mapped[str] = mapped_column(Text, primary_key=True)
    at: Mapped[datetime] = mapped_column(DateTime(timezone=True))
    links: Mapped[list[str]] = mapped_column(ARRAY(Text))
    referrer: Mapped[str | None] = mapped_column(Text)
    created_at: Mapped[datetime] = mapped_column(DateTime(timezone=True), server_default=func.now())


class ConversionImportRow(Base):
    """A CSV file of conversions on its way; `lines_done` is how far it was read, so that work goes on from there."""

    __tablename__ = "conversion_imports"

    workspace_id: Mapped[UUID] = mapped_column(primary_key=True)
    id: Mapped[UUID] = mapped_column(primary_key=True)
    source: Mapped[str] = mapped_column(Text)
    status: Mapped[str] = mapped_column(Text)
    body: Mapped[bytes | None] = mapped_column(LargeBinary)
    sha256: Mapped[bytes] = mapped_column(LargeBinary)
    lines: Mapped[int | None] = mapped_column(Integer)
    lines_done: Mapped[int] = mapped_column(Integer, server_default=text("0"))
    recorded: Mapped[int] = mapped_column(Integer, server_default=text("0"))
    repeated: Mapped[int] = mapped_column(Integer, server_default=text("0"))
    faulty: Mapped[int] = mapped_column(Integer, server_default=text("0"))
    faults: Mapped[list[Any]] = mapped_column(JSONB, server_default=text("'[]'"))
    error: Mapped[str | None] = mapped_column(Text)
    created_at: Mapped[datetime] = mapped_column(DateTime(timezone=True), server_default=func.now())
    finished_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
    created_by: Mapped[UUID | None]
