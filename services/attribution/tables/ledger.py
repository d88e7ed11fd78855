"""The ledger: entries that are only added, what stands per conversion, payouts and what each of them paid."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import (
    BigInteger,
    Boolean,
    CheckConstraint,
    DateTime,
    ForeignKeyConstraint,
    Index,
    Integer,
    Text,
    UniqueConstraint,
    func,
    text,
)
from sqlalchemy.orm import Mapped, mapped_column

from services.attribution.tables.base import Base


class LedgerEntryRow(Base):
    """An entry moves `amount_minor` out of the account `credit` into the account `debit`: its two lines sum to zero.

    `fee_terms_version` and `fee_line` name the fee of the terms that an entry of kind fee is for.
    """

    __tablename__ = "ledger_entries"
    __table_args__ = (
        CheckConstraint("amount_minor > 0", name="amount"),
        CheckConstraint("debit <> credit", name="accounts"),
        Index("ix_ledger_entries_workspace_id_partnership_id", "workspace_id", "partnership_id", "currency"),
        Index("ix_ledger_entries_workspace_id_conversion_id", "workspace_id", "conversion_id"),
        UniqueConstraint(
            "workspace_id", "partnership_id", "fee_terms_version", "fee_line", name="uq_ledger_entries_fee"
        ),
    )

    workspace_id: Mapped[UUID] = mapped_column(primary_key=True)
    id: Mapped[UUID] = mapped_column(primary_key=True)
    kind: Mapped[str] = mapped_column(Text)
    partnership_id: Mapped[UUID]
    campaign_id: Mapped[UUID]
    conversion_id: Mapped[UUID | None]
    payout_id: Mapped[UUID | None]
    debit: Mapped[str] = mapped_column(Text)
    credit: Mapped[str] = mapped_column(Text)
    amount_minor: Mapped[int] = mapped_column(BigInteger)
    currency: Mapped[str] = mapped_column(Text)
    hold_until: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
    fee_terms_version: Mapped[int | None] = mapped_column(Integer)
    fee_line: Mapped[int | None] = mapped_column(Integer)
    memo: Mapped[str | None] = mapped_column(Text)
    at: Mapped[datetime] = mapped_column(DateTime(timezone=True), server_default=func.now())
    created_by: Mapped[UUID | None]


class CommissionRow(Base):
    """What stands for one conversion of one partnership: the sum of its entries, locked while it changes."""

    __tablename__ = "commissions"
    __table_args__ = (
        CheckConstraint("held_minor >= 0 AND approved_minor >= 0", name="balances"),
        Index(
            "ix_commissions_workspace_id_held", "workspace_id", "hold_until",
            postgresql_where=text("held_minor > 0"),
        ),
        Index("ix_commissions_workspace_id_conversion_id", "workspace_id", "conversion_id"),
    )  # fmt: skip

    workspace_id: Mapped[UUID] = mapped_column(primary_key=True)
    partnership_id: Mapped[UUID] = mapped_column(primary_key=True)
    conversion_id: Mapped[UUID] = mapped_column(primary_key=True)
    currency: Mapped[str] = mapped_column(Text, primary_key=True)
    campaign_id: Mapped[UUID]
    held_minor: Mapped[int] = mapped_column(BigInteger)
    approved_minor: Mapped[int] = mapped_column(BigInteger)
    hold_until: Mapped[datetime] = mapped_column(DateTime(timezone=True))
    on_hold: Mapped[bool] = mapped_column(Boolean, server_default=text("false"))
    paid_out: Mapped[bool] = mapped_column(Boolean, server_default=text("false"))


class PayoutRow(Base):
    """A batch of what was due in one currency."""

    __tablename__ = "payouts"

    workspace_id: Mapped[UUID] = mapped_column(primary_key=True)
    id: Mapped[UUID] = mapped_column(primary_key=True)
    currency: Mapped[str] = mapped_column(Text)
    campaign_id: Mapped[UUID | None]
    total_minor: Mapped[int] = mapped_column(BigInteger)
    partners: Mapped[int] = mapped_column(Integer)
    memo: Mapped[str | None] = mapped_column(Text)
    created_at: Mapped[datetime] = mapped_column(DateTime(timezone=True), server_default=func.now())
    created_by: Mapped[UUID | None]


class PayoutLineRow(Base):
    """What one partnership got in a batch; the name is the partner's at that time."""

    __tablename__ = "payout_lines"
    __table_args__ = (
        ForeignKeyConstraint(
            ["workspace_id", "payout_id"],
            ["attribution.payouts.workspace_id", "attribution.payouts.id"],
            ondelete="CASCADE",
        ),
    )

    workspace_id: Mapped[UUID] = mapped_column(primary_key=True)
    payout_id: Mapped[UUID] = mapped_column(primary_key=True)
    partnership_id: Mapped[UUID] = mapped_column(primary_key=True)
    partner_id: Mapped[UUID]
    partner_name: Mapped[str] = mapped_column(Text)
    amount_minor: Mapped[int] = mapped_column(BigInteger)


class PayoutItemRow(Base):
    """An entry that a batch settled. An entry is settled once, which the key says."""

    __tablename__ = "payout_items"
    __table_args__ = (
        ForeignKeyConstraint(
            ["workspace_id", "payout_id"],
            ["attribution.payouts.workspace_id", "attribution.payouts.id"],
            ondelete="CASCADE",
        ),
    )

    workspace_id: Mapped[UUID] = mapped_column(primary_key=True)
    entry_id: Mapped[UUID] = mapped_column(primary_key=True)
    payout_id: Mapped[UUID]
