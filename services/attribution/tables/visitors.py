"""What a workspace lets its tracking links keep of visitors."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import Boolean, DateTime, Integer, func, text
from sqlalchemy.orm import Mapped, mapped_column

from services.attribution.tables.base import Base


class VisitorSettingRow(Base):
    """No row is a workspace that changed nothing: no cookie."""

    __tablename__ = "visitor_settings"

    workspace_id: Mapped[UUID] = mapped_column(primary_key=True)
    cookie: Mapped[bool] = mapped_column(Boolean)
    version: Mapped[int] = mapped_column(Integer, server_default=text("1"))
    updated_at: Mapped[datetime] = mapped_column(DateTime(timezone=True), server_default=func.now())
    updated_by: Mapped[UUID | None]
