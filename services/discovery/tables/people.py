"""People: accounts that belong to one human, why, and what somebody decided about it."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import DateTime, Double, ForeignKeyConstraint, Index, Text, Uuid, text
from sqlalchemy.orm import Mapped, mapped_column

from services.discovery.tables.base import Base

Time = DateTime(timezone=True)


def _of_creator(column: str) -> ForeignKeyConstraint:
    return ForeignKeyConstraint(
        ["workspace_id", column], ["discovery.creators.workspace_id", "discovery.creators.id"], ondelete="CASCADE"
    )


class PersonRow(Base):
    """A human, as far as their accounts tell."""

    __tablename__ = "people"

    workspace_id: Mapped[UUID] = mapped_column(Uuid, primary_key=True)
    id: Mapped[UUID] = mapped_column(Uuid, primary_key=True)
    created_at: Mapped[datetime] = mapped_column(Time)


class PersonLinkRow(Base):
    """An account of a person. One that was cut stays on record; no account belongs to two people."""

    __tablename__ = "person_links"
    __table_args__ = (
        ForeignKeyConstraint(
            ["workspace_id", "person_id"], ["discovery.people.workspace_id", "discovery.people.id"], ondelete="CASCADE"
        ),
        _of_creator("creator_id"),
        Index(
            "uq_person_links_creator",
            "workspace_id",
            "creator_id",
            unique=True,
            postgresql_where=text("state <> 'cut'"),
        ),
        Index(None, "workspace_id", "creator_id"),
    )

    workspace_id: Mapped[UUID] = mapped_column(Uuid, primary_key=True)
    person_id: Mapped[UUID] = mapped_column(Uuid, primary_key=True)
    creator_id: Mapped[UUID] = mapped_column(Uuid, primary_key=True)
    reason: Mapped[str] = mapped_column(Text)
    confidence: Mapped[float] = mapped_column(Double)
    state: Mapped[str] = mapped_column(Text)
    proposed_at: Mapped[datetime] = mapped_column(Time)
    decided_at: Mapped[datetime | None] = mapped_column(Time)
    decided_by: Mapped[UUID | None] = mapped_column(Uuid)


class PersonCutRow(Base):
    """Two accounts of which somebody said that they are not of one human; never proposed together again."""

    __tablename__ = "person_cuts"
    __table_args__ = (_of_creator("first_id"), _of_creator("second_id"), Index(None, "workspace_id", "second_id"))

    workspace_id: Mapped[UUID] = mapped_column(Uuid, primary_key=True)
    first_id: Mapped[UUID] = mapped_column(Uuid, primary_key=True)
    second_id: Mapped[UUID] = mapped_column(Uuid, primary_key=True)
    decided_at: Mapped[datetime] = mapped_column(Time)
    decided_by: Mapped[UUID | None] = mapped_column(Uuid)
