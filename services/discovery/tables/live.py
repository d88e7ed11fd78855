"""How far the live stream of each platform is read, for the whole installation."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import DateTime, Text, Uuid
from sqlalchemy.orm import Mapped, mapped_column

from services.discovery.tables.base import Base

Time = DateTime(timezone=True)


class LiveReadingRow(Base):
    """One reading. Whoever is `holder` until `leased_until` reads, and alone moves the cursor.

    `last_event_at`: when the last event happened that was taken in, at `applied_at`. The gap is the last one.
    """

    __tablename__ = "live_readings"

    platform: Mapped[str] = mapped_column(Text, primary_key=True)
    cursor: Mapped[str | None] = mapped_column(Text)
    holder: Mapped[UUID | None] = mapped_column(Uuid)
    leased_until: Mapped[datetime | None] = mapped_column(Time)
    last_event_at: Mapped[datetime | None] = mapped_column(Time)
    applied_at: Mapped[datetime | None] = mapped_column(Time)
    gap_since: Mapped[datetime | None] = mapped_column(Time)
    gap_until: Mapped[datetime | None] = mapped_column(Time)
    error: Mapped[str | None] = mapped_column(Text)
