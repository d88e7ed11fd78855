"""The ledger of calls to platforms: one row per call, written before it, and what platforms say is left."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import BigInteger, DateTime, Index, Integer, Text, Uuid
from sqlalchemy.orm import Mapped, mapped_column

from services.discovery.tables.base import Base

Time = DateTime(timezone=True)


class QuotaUseRow(Base):
    """One call; `credential` is a fingerprint, or `egress` for calls without one."""

    __tablename__ = "quota_uses"
    __table_args__ = (Index(None, "platform", "host", "credential", "bucket", "at"),)

    workspace_id: Mapped[UUID] = mapped_column(Uuid, primary_key=True)
    id: Mapped[UUID] = mapped_column(Uuid, primary_key=True)
    platform: Mapped[str] = mapped_column(Text)
    host: Mapped[str] = mapped_column(Text)
    credential: Mapped[str] = mapped_column(Text)
    bucket: Mapped[str] = mapped_column(Text)
    endpoint: Mapped[str] = mapped_column(Text)
    units: Mapped[int] = mapped_column(Integer)
    key: Mapped[str | None] = mapped_column(Text)
    at: Mapped[datetime] = mapped_column(Time)


class QuotaLimitRow(Base):
    """What a platform last said of one of its quotas."""

    __tablename__ = "quota_limits"

    platform: Mapped[str] = mapped_column(Text, primary_key=True)
    host: Mapped[str] = mapped_column(Text, primary_key=True)
    credential: Mapped[str] = mapped_column(Text, primary_key=True)
    bucket: Mapped[str] = mapped_column(Text, primary_key=True)
    remaining: Mapped[int | None] = mapped_column(BigInteger)
    resets_at: Mapped[datetime | None] = mapped_column(Time)
    observed_at: Mapped[datetime] = mapped_column(Time)
