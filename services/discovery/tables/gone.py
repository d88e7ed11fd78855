"""What platforms said is gone, for the whole installation: kept apart from what it was said of."""

from datetime import datetime

from sqlalchemy import DateTime, Index, LargeBinary, Text
from sqlalchemy.orm import Mapped, mapped_column

from services.discovery.tables.base import Base


class GoneRow(Base):
    """A post, a comment or an account, by the digest of its identifier; nothing from before `gone_at` is taken in."""

    __tablename__ = "gone"
    __table_args__ = (Index(None, "expires_at"),)

    platform: Mapped[str] = mapped_column(Text, primary_key=True)
    digest: Mapped[bytes] = mapped_column(LargeBinary, primary_key=True)
    gone_at: Mapped[datetime] = mapped_column(DateTime(timezone=True))
    expires_at: Mapped[datetime] = mapped_column(DateTime(timezone=True))
