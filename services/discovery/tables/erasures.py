"""Erasures, and the tombstones that keep an erased account from coming back."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import ARRAY, BigInteger, DateTime, Index, LargeBinary, Text, Uuid
from sqlalchemy.orm import Mapped, mapped_column

from services.discovery.tables.base import Base

Time = DateTime(timezone=True)


class ErasureRow(Base):
    """An erasure and which services confirmed it; it names the creator by our own identifier only."""

    __tablename__ = "erasures"
    __table_args__ = (Index(None, "workspace_id", "creator_id"),)

    workspace_id: Mapped[UUID] = mapped_column(Uuid, primary_key=True)
    id: Mapped[UUID] = mapped_column(Uuid, primary_key=True)
    creator_id: Mapped[UUID] = mapped_column(Uuid)
    status: Mapped[str] = mapped_column(Text)
    confirmed: Mapped[list[str]] = mapped_column(ARRAY(Text))
    waiting_for: Mapped[str | None] = mapped_column(Text)
    requested_at: Mapped[datetime] = mapped_column(Time)
    finished_at: Mapped[datetime | None] = mapped_column(Time)
    created_by: Mapped[UUID | None] = mapped_column(Uuid)


class TombstoneRow(Base):
    """A keyed hash of an account or, as `kind` says, of one of its handles. `seen` counts what was not stored."""

    __tablename__ = "tombstones"

    workspace_id: Mapped[UUID] = mapped_column(Uuid, primary_key=True)
    digest: Mapped[bytes] = mapped_column(LargeBinary, primary_key=True)
    kind: Mapped[str] = mapped_column(Text)
    seen: Mapped[int] = mapped_column(BigInteger)
    created_at: Mapped[datetime] = mapped_column(Time)
