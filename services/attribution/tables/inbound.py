"""Inbound webhooks: endpoints with their sealed secrets, their directory, and every delivery that was accepted."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import (
    Boolean,
    DateTime,
    ForeignKeyConstraint,
    Index,
    Integer,
    LargeBinary,
    Text,
    UniqueConstraint,
    func,
    text,
)
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from services.attribution.tables.base import Base

_RECEIVER = ["attribution.receivers.workspace_id", "attribution.receivers.id"]


class ReceiverRow(Base):
    """An endpoint for one sender. During a rotation the old secret is good until `old_secret_until`."""

    __tablename__ = "receivers"
    __table_args__ = (UniqueConstraint("workspace_id", "source"),)

    workspace_id: Mapped[UUID] = mapped_column(primary_key=True)
    id: Mapped[UUID] = mapped_column(primary_key=True)
    kind: Mapped[str] = mapped_column(Text)
    source: Mapped[str] = mapped_column(Text)
    description: Mapped[str | None] = mapped_column(Text)
    enabled: Mapped[bool] = mapped_column(Boolean, server_default=text("true"))
    settings: Mapped[dict[str, Any]] = mapped_column(JSONB)
    secret: Mapped[bytes] = mapped_column(LargeBinary)
    old_secret: Mapped[bytes | None] = mapped_column(LargeBinary)
    old_secret_until: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
    version: Mapped[int] = mapped_column(Integer, server_default=text("1"))
    created_at: Mapped[datetime] = mapped_column(DateTime(timezone=True), server_default=func.now())
    updated_at: Mapped[datetime] = mapped_column(DateTime(timezone=True), server_default=func.now())
    created_by: Mapped[UUID | None]


class ReceiverDirectoryRow(Base):
    """Directory: which workspace an endpoint's address belongs to."""

    __tablename__ = "receiver_directory"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    workspace_id: Mapped[UUID]


class ExternalLinkRow(Base):
    """A sender's own link, by one of its names, and whose it is."""

    __tablename__ = "external_links"
    __table_args__ = (
        ForeignKeyConstraint(["workspace_id", "receiver_id"], _RECEIVER, ondelete="CASCADE"),
        ForeignKeyConstraint(
            ["workspace_id", "partnership_id"],
            ["attribution.partnerships.workspace_id", "attribution.partnerships.id"],
            ondelete="CASCADE",
        ),
    )

    workspace_id: Mapped[UUID] = mapped_column(primary_key=True)
    source: Mapped[str] = mapped_column(Text, primary_key=True)
    name: Mapped[str] = mapped_column(Text, primary_key=True)
    receiver_id: Mapped[UUID]
    partnership_id: Mapped[UUID]


class InboundDeliveryRow(Base):
    """A delivery whose proof held. `key` makes two deliveries the same; `body` goes when its time is over."""

    __tablename__ = "inbound_deliveries"
    __table_args__ = (
        ForeignKeyConstraint(["workspace_id", "receiver_id"], _RECEIVER, ondelete="CASCADE"),
        UniqueConstraint("workspace_id", "receiver_id", "key"),
        Index("ix_inbound_deliveries_received_at", "received_at"),
    )

    workspace_id: Mapped[UUID] = mapped_column(primary_key=True)
    id: Mapped[UUID] = mapped_column(primary_key=True)
    receiver_id: Mapped[UUID]
    key: Mapped[str] = mapped_column(Text)
    topic: Mapped[str | None] = mapped_column(Text)
    body: Mapped[bytes | None] = mapped_column(LargeBinary)
    size: Mapped[int] = mapped_column(Integer)
    state: Mapped[str] = mapped_column(Text)
    detail: Mapped[str | None] = mapped_column(Text)
    attempts: Mapped[int] = mapped_column(Integer, server_default=text("0"))
    received_at: Mapped[datetime] = mapped_column(DateTime(timezone=True), server_default=func.now())
    processed_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
