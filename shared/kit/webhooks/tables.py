"""Rows of outbound webhooks, which every service's schema holds: endpoints, events, deliveries and their attempts."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import (
    DateTime,
    ForeignKeyConstraint,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    SmallInteger,
    Text,
    UniqueConstraint,
    text,
)
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

from shared.kit.db import KIT_SCHEMA, NAMING_CONVENTION

Time = DateTime(timezone=True)


class Base(DeclarativeBase):
    """Declared in the placeholder schema; the engine translates it to the service's schema."""

    metadata = MetaData(schema=KIT_SCHEMA, naming_convention=NAMING_CONVENTION)


webhook_metadata = Base.metadata


class EndpointRow(Base):
    """An empty `events` takes every type. Secrets are sealed; the previous one signs too until `previous_until`."""

    __tablename__ = "webhook_endpoints"

    workspace_id: Mapped[UUID] = mapped_column(primary_key=True)
    id: Mapped[UUID] = mapped_column(primary_key=True)
    url: Mapped[str] = mapped_column(Text)
    events: Mapped[list[str]] = mapped_column(ARRAY(Text))
    description: Mapped[str | None] = mapped_column(Text)
    secret: Mapped[bytes] = mapped_column(LargeBinary)
    previous_secret: Mapped[bytes | None] = mapped_column(LargeBinary)
    previous_until: Mapped[datetime | None] = mapped_column(Time)
    state: Mapped[str] = mapped_column(Text, server_default=text("'active'"))
    disabled_reason: Mapped[str | None] = mapped_column(Text)
    # failures in a row, since when, and until when nothing more is sent
    failures: Mapped[int] = mapped_column(Integer, server_default=text("0"))
    failing_since: Mapped[datetime | None] = mapped_column(Time)
    paused_until: Mapped[datetime | None] = mapped_column(Time)
    version: Mapped[int] = mapped_column(Integer, server_default=text("1"))
    created_at: Mapped[datetime] = mapped_column(Time, server_default=text("now()"))
    updated_at: Mapped[datetime] = mapped_column(Time, server_default=text("now()"))
    created_by: Mapped[UUID | None]


class OutboxRow(Base):
    """An event that at least one endpoint takes. `payload` is the body as it is signed and sent, byte for byte."""

    __tablename__ = "outbox"
    __table_args__ = (Index(None, "created_at"),)

    workspace_id: Mapped[UUID] = mapped_column(primary_key=True)
    id: Mapped[UUID] = mapped_column(primary_key=True)
    type: Mapped[str] = mapped_column(Text)
    payload: Mapped[str] = mapped_column(Text)
    created_at: Mapped[datetime] = mapped_column(Time, server_default=text("now()"))


class DeliveryRow(Base):
    """One event for one endpoint. `step` counts attempts since it was made or replayed, `attempts` all of them."""

    __tablename__ = "deliveries"
    __table_args__ = (
        UniqueConstraint("workspace_id", "event_id", "endpoint_id"),
        Index(None, "workspace_id", "endpoint_id", "created_at", "id"),
        ForeignKeyConstraint(
            ["workspace_id", "endpoint_id"],
            [f"{KIT_SCHEMA}.webhook_endpoints.workspace_id", f"{KIT_SCHEMA}.webhook_endpoints.id"],
            ondelete="CASCADE",
        ),
        ForeignKeyConstraint(
            ["workspace_id", "event_id"],
            [f"{KIT_SCHEMA}.outbox.workspace_id", f"{KIT_SCHEMA}.outbox.id"],
            ondelete="CASCADE",
        ),
    )

    workspace_id: Mapped[UUID] = mapped_column(primary_key=True)
    id: Mapped[UUID] = mapped_column(primary_key=True)
    endpoint_id: Mapped[UUID]
    event_id: Mapped[UUID]
    type: Mapped[str] = mapped_column(Text)
    state: Mapped[str] = mapped_column(Text)
    attempts: Mapped[int] = mapped_column(Integer, server_default=text("0"))
    step: Mapped[int] = mapped_column(SmallInteger, server_default=text("0"))
    next_attempt_at: Mapped[datetime | None] = mapped_column(Time)
    created_at: Mapped[datetime] = mapped_column(Time, server_default=text("now()"))


class AttemptRow(Base):
    """One request to an endpoint and what came of it; `status` is null when no answer came."""

    __tablename__ = "delivery_attempts"
    __table_args__ = (
        ForeignKeyConstraint(
            ["workspace_id", "delivery_id"],
            [f"{KIT_SCHEMA}.deliveries.workspace_id", f"{KIT_SCHEMA}.deliveries.id"],
            ondelete="CASCADE",
        ),
    )

    workspace_id: Mapped[UUID] = mapped_column(primary_key=True)
    delivery_id: Mapped[UUID] = mapped_column(primary_key=True)
    number: Mapped[int] = mapped_column(Integer, primary_key=True, autoincrement=False)
    at: Mapped[datetime] = mapped_column(Time)
    status: Mapped[int | None] = mapped_column(SmallInteger)
    duration_ms: Mapped[int] = mapped_column(Integer)
    error: Mapped[str | None] = mapped_column(Text)
    response: Mapped[str | None] = mapped_column(Text)


class QueueRow(Base):
    """What is still to be sent. Claiming moves `due_at` ahead, so that a killed worker's claim comes up again."""

    __tablename__ = "delivery_queue"
    __table_args__ = (
        Index(None, "workspace_id", "endpoint_id", "due_at"),
        ForeignKeyConstraint(
            ["workspace_id", "delivery_id"],
            [f"{KIT_SCHEMA}.deliveries.workspace_id", f"{KIT_SCHEMA}.deliveries.id"],
            ondelete="CASCADE",
        ),
    )

    workspace_id: Mapped[UUID] = mapped_column(primary_key=True)
    delivery_id: Mapped[UUID] = mapped_column(primary_key=True)
    endpoint_id: Mapped[UUID]
    due_at: Mapped[datetime] = mapped_column(Time)


class CursorRow(Base):
    """How far an endpoint has been served from a source of many events that have no outbox row each."""

    __tablename__ = "webhook_cursors"
    __table_args__ = (
        ForeignKeyConstraint(
            ["workspace_id", "endpoint_id"],
            [f"{KIT_SCHEMA}.webhook_endpoints.workspace_id", f"{KIT_SCHEMA}.webhook_endpoints.id"],
            ondelete="CASCADE",
        ),
    )

    workspace_id: Mapped[UUID] = mapped_column(primary_key=True)
    endpoint_id: Mapped[UUID] = mapped_column(primary_key=True)
    source: Mapped[str] = mapped_column(Text, primary_key=True)
    position: Mapped[str] = mapped_column(Text)
    updated_at: Mapped[datetime] = mapped_column(Time, server_default=text("now()"))
