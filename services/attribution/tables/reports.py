"""Sums that reports read: by day of the campaign's zone, rebuilt from the tables that they sum, never incremented."""

from datetime import date
from uuid import UUID

from sqlalchemy import BigInteger, Date, Index, Text, text
from sqlalchemy.orm import Mapped, mapped_column

from services.attribution.tables.base import Base


class ReportMarkRow(Base):
    """A day whose sums are out of date: written with every change, taken by the loop that sums again.

    Marks are only added, so that writers never wait for each other, and one that commits late is never lost. `subject`
    is `hits` or `conversions`. Until a mark is taken, reports sum its day from the tables themselves.
    """

    __tablename__ = "report_marks"
    __table_args__ = (
        Index("ix_report_marks_workspace_id_campaign_id_subject_day", "workspace_id", "campaign_id", "subject", "day"),
    )

    workspace_id: Mapped[UUID] = mapped_column(primary_key=True)
    id: Mapped[UUID] = mapped_column(primary_key=True, server_default=text("gen_random_uuid()"))
    campaign_id: Mapped[UUID]
    subject: Mapped[str] = mapped_column(Text)
    day: Mapped[date] = mapped_column(Date)


class HitDayRow(Base):
    """Judged hits of one link on one day, by verdict."""

    __tablename__ = "hit_days"

    workspace_id: Mapped[UUID] = mapped_column(primary_key=True)
    campaign_id: Mapped[UUID] = mapped_column(primary_key=True)
    day: Mapped[date] = mapped_column(Date, primary_key=True)
    link_id: Mapped[UUID] = mapped_column(primary_key=True)
    hits: Mapped[int] = mapped_column(BigInteger)
    human: Mapped[int] = mapped_column(BigInteger)
    bot: Mapped[int] = mapped_column(BigInteger)
    link_preview: Mapped[int] = mapped_column(BigInteger)
    prefetch: Mapped[int] = mapped_column(BigInteger)
    head: Mapped[int] = mapped_column(BigInteger)
    duplicate: Mapped[int] = mapped_column(BigInteger)
    capped: Mapped[int] = mapped_column(BigInteger)
    expired: Mapped[int] = mapped_column(BigInteger)


class ConversionDayRow(Base):
    """Live attributed conversions of one partnership on one day, by kind, currency and the asset that decided.

    No currency is '', no asset is the id of zeros. The `..._known` count those that tell the amount beside.
    """

    __tablename__ = "conversion_days"

    workspace_id: Mapped[UUID] = mapped_column(primary_key=True)
    campaign_id: Mapped[UUID] = mapped_column(primary_key=True)
    day: Mapped[date] = mapped_column(Date, primary_key=True)
    partnership_id: Mapped[UUID] = mapped_column(primary_key=True)
    kind: Mapped[str] = mapped_column(Text, primary_key=True)
    currency: Mapped[str] = mapped_column(Text, primary_key=True)
    asset_id: Mapped[UUID] = mapped_column(primary_key=True)
    conversions: Mapped[int] = mapped_column(BigInteger)
    due: Mapped[int] = mapped_column(BigInteger)
    amount_known: Mapped[int] = mapped_column(BigInteger)
    amount: Mapped[int] = mapped_column(BigInteger)
    discount_known: Mapped[int] = mapped_column(BigInteger)
    discount: Mapped[int] = mapped_column(BigInteger)
    refunded: Mapped[int] = mapped_column(BigInteger)
    net: Mapped[int] = mapped_column(BigInteger)
    new_known: Mapped[int] = mapped_column(BigInteger)
    new: Mapped[int] = mapped_column(BigInteger)


class CodeDayRow(Base):
    """Live conversions that used one code on one day."""

    __tablename__ = "code_days"

    workspace_id: Mapped[UUID] = mapped_column(primary_key=True)
    campaign_id: Mapped[UUID] = mapped_column(primary_key=True)
    day: Mapped[date] = mapped_column(Date, primary_key=True)
    code_id: Mapped[UUID] = mapped_column(primary_key=True)
    uses: Mapped[int] = mapped_column(BigInteger)


class CreditDayRow(Base):
    """What models give one partnership for the conversions of one day, after refunds. No currency is ''.

    Models with the same sums share a row: `models` are their keys, joined by commas.
    """

    __tablename__ = "credit_days"

    workspace_id: Mapped[UUID] = mapped_column(primary_key=True)
    campaign_id: Mapped[UUID] = mapped_column(primary_key=True)
    day: Mapped[date] = mapped_column(Date, primary_key=True)
    partnership_id: Mapped[UUID] = mapped_column(primary_key=True)
    models: Mapped[str] = mapped_column(Text, primary_key=True)
    currency: Mapped[str] = mapped_column(Text, primary_key=True)
    credits: Mapped[int] = mapped_column(BigInteger)
    known: Mapped[int] = mapped_column(BigInteger)
    net: Mapped[int] = mapped_column(BigInteger)


class CommissionDayRow(Base):
    """What the live conversions of one day earned one partnership: held, and approved at some time."""

    __tablename__ = "commission_days"

    workspace_id: Mapped[UUID] = mapped_column(primary_key=True)
    campaign_id: Mapped[UUID] = mapped_column(primary_key=True)
    day: Mapped[date] = mapped_column(Date, primary_key=True)
    partnership_id: Mapped[UUID] = mapped_column(primary_key=True)
    currency: Mapped[str] = mapped_column(Text, primary_key=True)
    held: Mapped[int] = mapped_column(BigInteger)
    approved: Mapped[int] = mapped_column(BigInteger)
