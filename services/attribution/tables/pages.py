"""Landing pages, each of one partnership and in front of one of its links."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import Boolean, DateTime, ForeignKeyConstraint, Index, Integer, Text, func, text
from sqlalchemy.orm import Mapped, mapped_column

from services.attribution.tables.base import Base


class PageRow(Base):
    """Found by its slug in the directory `slugs`, which links share."""

    __tablename__ = "pages"
    __table_args__ = (
        ForeignKeyConstraint(
            ["workspace_id", "partnership_id"],
            ["attribution.partnerships.workspace_id", "attribution.partnerships.id"],
            ondelete="CASCADE",
        ),
        ForeignKeyConstraint(
            ["workspace_id", "link_id"],
            ["attribution.links.workspace_id", "attribution.links.id"],
            ondelete="CASCADE",
        ),
        ForeignKeyConstraint(
            ["workspace_id", "code_id"],
            ["attribution.codes.workspace_id", "attribution.codes.id"],
            ondelete="CASCADE",
        ),
        Index("ix_pages_workspace_id_partnership_id", "workspace_id", "partnership_id"),
    )

    workspace_id: Mapped[UUID] = mapped_column(primary_key=True)
    id: Mapped[UUID] = mapped_column(primary_key=True)
    partnership_id: Mapped[UUID]
    campaign_id: Mapped[UUID]
    link_id: Mapped[UUID]
    code_id: Mapped[UUID | None]
    host: Mapped[str] = mapped_column(Text, server_default=text("''"))
    slug: Mapped[str] = mapped_column(Text)
    title: Mapped[str] = mapped_column(Text)
    offer: Mapped[str | None] = mapped_column(Text)
    button: Mapped[str] = mapped_column(Text)
    disabled: Mapped[bool] = mapped_column(Boolean, server_default=text("false"))
    disclosure_text: Mapped[str] = mapped_column(Text)
    version: Mapped[int] = mapped_column(Integer, server_default=text("1"))
    created_at: Mapped[datetime] = mapped_column(DateTime(timezone=True), server_default=func.now())
    updated_at: Mapped[datetime] = mapped_column(DateTime(timezone=True), server_default=func.now())
    created_by: Mapped[UUID | None]
