"""Benchmarks: what each creator of a workspace showed, and the sets that rankings were scored with."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import DateTime, Float, Integer, Text, func
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from services.scoring.tables.base import Base


class ObservationRow(Base):
    """The newest summary of one creator's log rates: mean, spread and number of posts."""

    __tablename__ = "benchmark_observations"

    workspace_id: Mapped[UUID] = mapped_column(primary_key=True)
    creator_id: Mapped[UUID] = mapped_column(primary_key=True)
    measure: Mapped[str] = mapped_column(Text, primary_key=True)
    platform: Mapped[str] = mapped_column(Text)
    tier: Mapped[str] = mapped_column(Text)
    mean: Mapped[float] = mapped_column(Float)
    variance: Mapped[float | None] = mapped_column(Float)
    posts: Mapped[int] = mapped_column(Integer)
    observed_at: Mapped[datetime] = mapped_column(DateTime(timezone=True))
    expires_at: Mapped[datetime] = mapped_column(DateTime(timezone=True))


class BenchmarkSetRow(Base):
    """A set of benchmark cells by the hash of its content; receipts name it."""

    __tablename__ = "benchmark_sets"

    workspace_id: Mapped[UUID] = mapped_column(primary_key=True)
    hash: Mapped[str] = mapped_column(Text, primary_key=True)
    content: Mapped[dict[str, Any]] = mapped_column(JSONB)
    created_at: Mapped[datetime] = mapped_column(DateTime(timezone=True), server_default=func.now())
