"""Rankings, whom they rank over which bundle, the scores, and the packed values that other weights are tried on."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Boolean, DateTime, ForeignKeyConstraint, Index, Integer, LargeBinary, Text, func, text
from sqlalchemy.dialects.postgresql import ARRAY, JSONB
from sqlalchemy.orm import Mapped, mapped_column

from services.scoring.tables.base import Base


class RankingRow(Base):
    """A ranking. `cursor` is where the pull goes on after a restart, `pulled` that it reached the end."""

    __tablename__ = "rankings"

    workspace_id: Mapped[UUID] = mapped_column(primary_key=True)
    id: Mapped[UUID] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(Text)
    status: Mapped[str] = mapped_column(Text)
    search_id: Mapped[UUID]
    brief: Mapped[dict[str, Any]] = mapped_column(JSONB)
    brief_version: Mapped[int] = mapped_column(Integer)
    brief_hash: Mapped[str] = mapped_column(Text)
    goal: Mapped[str | None] = mapped_column(Text)
    weights: Mapped[dict[str, int]] = mapped_column(JSONB)
    criteria: Mapped[list[str]] = mapped_column(ARRAY(Text), server_default=text("'{}'"))
    pulled: Mapped[bool] = mapped_column(Boolean, server_default=text("false"))
    cursor: Mapped[str | None] = mapped_column(Text)
    candidates: Mapped[int | None] = mapped_column(Integer)
    bundles_stored: Mapped[int] = mapped_column(Integer, server_default=text("0"))
    scored: Mapped[int] = mapped_column(Integer, server_default=text("0"))
    ineligible: Mapped[int] = mapped_column(Integer, server_default=text("0"))
    code_version: Mapped[str | None] = mapped_column(Text)
    parameters_version: Mapped[str | None] = mapped_column(Text)
    benchmarks_hash: Mapped[str | None] = mapped_column(Text)
    permitted_uses: Mapped[dict[str, list[str]]] = mapped_column(JSONB, server_default=text("'{}'"))
    images: Mapped[dict[str, Any] | None] = mapped_column(JSONB(none_as_null=True))
    warnings: Mapped[list[str]] = mapped_column(ARRAY(Text), server_default=text("'{}'"))
    error: Mapped[str | None] = mapped_column(Text)
    created_at: Mapped[datetime] = mapped_column(DateTime(timezone=True), server_default=func.now())
    created_by: Mapped[UUID | None]
    finished_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))


def _of_ranking() -> ForeignKeyConstraint:
    return ForeignKeyConstraint(
        ["workspace_id", "ranking_id"], ["scoring.rankings.workspace_id", "scoring.rankings.id"], ondelete="CASCADE"
    )


class MemberRow(Base):
    """A candidate of a ranking with the bundle that it is scored over, in the search's order."""

    __tablename__ = "ranking_members"
    __table_args__ = (_of_ranking(), Index(None, "workspace_id", "ranking_id", "creator_id", unique=True))

    workspace_id: Mapped[UUID] = mapped_column(primary_key=True)
    ranking_id: Mapped[UUID] = mapped_column(primary_key=True)
    position: Mapped[int] = mapped_column(Integer, primary_key=True)
    creator_id: Mapped[UUID]
    bundle_id: Mapped[UUID]
    images: Mapped[dict[str, Any] | None] = mapped_column(JSONB(none_as_null=True))


class ScoreRow(Base):
    """The score of one candidate. `place` orders all rows of a finished ranking, the ranked before the ineligible;
    values are millionths of a point; `detail` is the compressed JSON of the score, `digest` its SHA-256. `own_data`:
    the evidence came by the workspace's own import, which no platform's terms cover."""

    __tablename__ = "scores"
    __table_args__ = (
        _of_ranking(),
        Index(None, "workspace_id", "ranking_id", "place"),
        Index(None, "workspace_id", "creator_id"),
    )

    workspace_id: Mapped[UUID] = mapped_column(primary_key=True)
    ranking_id: Mapped[UUID] = mapped_column(primary_key=True)
    creator_id: Mapped[UUID] = mapped_column(primary_key=True)
    creator: Mapped[dict[str, Any]] = mapped_column(JSONB)
    bundle_id: Mapped[UUID]
    eligible: Mapped[bool] = mapped_column(Boolean)
    value: Mapped[int | None] = mapped_column(Integer)
    low: Mapped[int] = mapped_column(Integer)
    high: Mapped[int] = mapped_column(Integer)
    known: Mapped[int] = mapped_column(Integer)
    place: Mapped[int | None] = mapped_column(Integer)
    rank: Mapped[int | None] = mapped_column(Integer)
    rank_low: Mapped[int | None] = mapped_column(Integer)
    rank_high: Mapped[int | None] = mapped_column(Integer)
    detail: Mapped[bytes] = mapped_column(LargeBinary)
    digest: Mapped[str] = mapped_column(Text)
    scored_at: Mapped[datetime] = mapped_column(DateTime(timezone=True))
    own_data: Mapped[bool] = mapped_column(Boolean, server_default=text("false"))


class VectorRow(Base):
    """The values of many candidates packed together, so that other weights need one small read (`vectors.py`)."""

    __tablename__ = "score_vectors"
    __table_args__ = (_of_ranking(),)

    workspace_id: Mapped[UUID] = mapped_column(primary_key=True)
    ranking_id: Mapped[UUID] = mapped_column(primary_key=True)
    first_position: Mapped[int] = mapped_column(Integer, primary_key=True)
    last_position: Mapped[int] = mapped_column(Integer)
    content: Mapped[bytes] = mapped_column(LargeBinary)


class GateDecisionRow(Base):
    """What a person decided about a gate that asked for one."""

    __tablename__ = "gate_decisions"
    __table_args__ = (_of_ranking(),)

    workspace_id: Mapped[UUID] = mapped_column(primary_key=True)
    ranking_id: Mapped[UUID] = mapped_column(primary_key=True)
    creator_id: Mapped[UUID] = mapped_column(primary_key=True)
    gate: Mapped[str] = mapped_column(Text, primary_key=True)
    state: Mapped[str] = mapped_column(Text)
    note: Mapped[str | None] = mapped_column(Text)
    decided_at: Mapped[datetime] = mapped_column(DateTime(timezone=True), server_default=func.now())
    decided_by: Mapped[UUID | None]
