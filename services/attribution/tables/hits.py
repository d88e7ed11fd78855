"""Hits, their rollups per link and quarter hour, and the marks of those who follow them."""

from datetime import date, datetime
from uuid import UUID

from sqlalchemy import BigInteger, Date, DateTime, Index, Integer, LargeBinary, Text, func, text
from sqlalchemy.orm import Mapped, mapped_column

from services.attribution.tables.base import Base
from shared.kit.xids import Xid8


class HitRow(Base):
    """Range-partitioned by id (UUIDv7, so by month). `verdict` is null until a worker judged the hit.

    `xid` is the transaction that wrote the row: followers stop below the oldest one still running, because neither
    time nor the order of ids is the order of commits. `outcome` is what the request was answered.
    """

    __tablename__ = "hits"
    __table_args__ = (
        Index("ix_hits_xid", "xid"),
        {"postgresql_partition_by": "RANGE (id)"},
    )

    workspace_id: Mapped[UUID] = mapped_column(primary_key=True)
    id: Mapped[UUID] = mapped_column(primary_key=True)
    link_id: Mapped[UUID]
    at: Mapped[datetime] = mapped_column(DateTime(timezone=True))
    method: Mapped[str] = mapped_column(Text)
    outcome: Mapped[str] = mapped_column(Text)
    user_agent: Mapped[str | None] = mapped_column(Text)
    purpose: Mapped[str | None] = mapped_column(Text)
    referrer_host: Mapped[str | None] = mapped_column(Text)
    visitor: Mapped[bytes | None] = mapped_column(LargeBinary)
    verdict: Mapped[str | None] = mapped_column(Text)
    reason: Mapped[str | None] = mapped_column(Text)
    rule_version: Mapped[int | None] = mapped_column(Integer)
    in_app: Mapped[str | None] = mapped_column(Text)
    xid: Mapped[int] = mapped_column(Xid8, server_default=text("pg_current_xact_id()"))


class HitRollupRow(Base):
    """Judged hits of one link in one quarter hour of UTC, by verdict; rebuilt from hits, never incremented."""

    __tablename__ = "hit_rollups"

    workspace_id: Mapped[UUID] = mapped_column(primary_key=True)
    link_id: Mapped[UUID] = mapped_column(primary_key=True)
    bucket: Mapped[datetime] = mapped_column(DateTime(timezone=True), primary_key=True)
    hits: Mapped[int] = mapped_column(BigInteger)
    human: Mapped[int] = mapped_column(BigInteger)
    bot: Mapped[int] = mapped_column(BigInteger)
    link_preview: Mapped[int] = mapped_column(BigInteger)
    prefetch: Mapped[int] = mapped_column(BigInteger)
    head: Mapped[int] = mapped_column(BigInteger)
    duplicate: Mapped[int] = mapped_column(BigInteger)
    capped: Mapped[int] = mapped_column(BigInteger)
    expired: Mapped[int] = mapped_column(BigInteger)


class VisitorRollupRow(Base):
    """Different visitors among the clicks of one UTC day, of a link, a partnership or a campaign (`scope_id`).

    Salts change at midnight UTC, so a visitor of two days counts twice: longer spans are visitor days.
    """

    __tablename__ = "visitor_rollups"

    workspace_id: Mapped[UUID] = mapped_column(primary_key=True)
    scope_id: Mapped[UUID] = mapped_column(primary_key=True)
    day: Mapped[date] = mapped_column(Date, primary_key=True)
    visitors: Mapped[int] = mapped_column(BigInteger)
    without_visitor: Mapped[int] = mapped_column(BigInteger)


class DirtyBucketRow(Base):
    """A (link, quarter hour) whose rollup must be rebuilt; written with the verdicts, taken by the rollup loop."""

    __tablename__ = "dirty_buckets"

    workspace_id: Mapped[UUID] = mapped_column(primary_key=True)
    link_id: Mapped[UUID] = mapped_column(primary_key=True)
    bucket: Mapped[datetime] = mapped_column(DateTime(timezone=True), primary_key=True)


class DirtyDayRow(Base):
    """A (link, UTC day) whose visitors must be counted again."""

    __tablename__ = "dirty_days"

    workspace_id: Mapped[UUID] = mapped_column(primary_key=True)
    link_id: Mapped[UUID] = mapped_column(primary_key=True)
    day: Mapped[date] = mapped_column(Date, primary_key=True)


class HitMarkRow(Base):
    """How far a follower of hits has come: everything that transactions below `xid` wrote is done.

    Judging again under new rules walks by workspace and hit instead, and says so in the two `after` columns.
    """

    __tablename__ = "hit_marks"

    name: Mapped[str] = mapped_column(Text, primary_key=True)
    xid: Mapped[int] = mapped_column(Xid8)
    rule_version: Mapped[int] = mapped_column(Integer)
    after_workspace: Mapped[UUID | None]
    after_hit: Mapped[UUID | None]


class JudgingRow(Base):
    """A workspace's hits judged again on request, all up to `until_hit`; the worker has come behind `after_hit`."""

    __tablename__ = "judgings"

    workspace_id: Mapped[UUID] = mapped_column(primary_key=True)
    until_hit: Mapped[UUID]
    after_hit: Mapped[UUID | None]
    hits: Mapped[int] = mapped_column(BigInteger, server_default=text("0"))
    rule_version: Mapped[int | None] = mapped_column(Integer)
    requested_at: Mapped[datetime] = mapped_column(DateTime(timezone=True), server_default=func.now())
    requested_by: Mapped[UUID | None]
    finished_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))


class VisitorSaltRow(Base):
    """The key of one UTC day's visitor hashes, shared by all processes; deleted 48 hours after it was made."""

    __tablename__ = "visitor_salts"

    day: Mapped[date] = mapped_column(Date, primary_key=True)
    salt: Mapped[bytes] = mapped_column(LargeBinary)
    created_at: Mapped[datetime] = mapped_column(DateTime(timezone=True), server_default=func.now())
