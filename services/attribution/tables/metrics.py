"""Daily values of a campaign's series; a day without a row is a gap."""

from datetime import date, datetime
from uuid import UUID

from sqlalchemy import Date, DateTime, Double, ForeignKeyConstraint, Text, func
from sqlalchemy.orm import Mapped, mapped_column

from services.attribution.tables.base import Base


class DailyMetricRow(Base):
    """One value of one series on one day of the campaign's zone; no platform and no account are ''."""

    __tablename__ = "daily_metrics"
    __table_args__ = (
        ForeignKeyConstraint(
            ["workspace_id", "campaign_id"],
            ["attribution.campaigns.workspace_id", "attribution.campaigns.id"],
            ondelete="CASCADE",
        ),
    )

    workspace_id: Mapped[UUID] = mapped_column(primary_key=True)
    campaign_id: Mapped[UUID] = mapped_column(primary_key=True)
    metric: Mapped[str] = mapped_column(Text, primary_key=True)
    platform: Mapped[str] = mapped_column(Text, primary_key=True)
    account: Mapped[str] = mapped_column(Text, primary_key=True)
    day: Mapped[date] = mapped_column(Date, primary_key=True)
    value: Mapped[float] = mapped_column(Double)
    source: Mapped[str] = mapped_column(Text)
    trust: Mapped[str] = mapped_column(Text)
    observed_at: Mapped[datetime] = mapped_column(DateTime(timezone=True), server_default=func.now())
    created_by: Mapped[UUID | None]
