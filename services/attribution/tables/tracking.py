"""Links, promo codes and hashtags, each of exactly one partnership, and the directory of slugs."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import (
    BigInteger,
    Boolean,
    DateTime,
    ForeignKeyConstraint,
    Index,
    Integer,
    Text,
    UniqueConstraint,
    func,
    text,
)
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from services.attribution.tables.base import Base


def _of_a_partnership() -> ForeignKeyConstraint:
    return ForeignKeyConstraint(
        ["workspace_id", "partnership_id"],
        ["attribution.partnerships.workspace_id", "attribution.partnerships.id"],
        ondelete="CASCADE",
    )


class SlugRow(Base):
    """Directory: which object of which workspace a public path names. `host` is '' for the installation's own.

    `slug` is lower case; `skeleton` is the slug with look-alike characters made one, so that no two look the same.
    """

    __tablename__ = "slugs"
    __table_args__ = (UniqueConstraint("host", "skeleton"),)

    host: Mapped[str] = mapped_column(Text, primary_key=True)
    slug: Mapped[str] = mapped_column(Text, primary_key=True)
    skeleton: Mapped[str] = mapped_column(Text)
    kind: Mapped[str] = mapped_column(Text)
    workspace_id: Mapped[UUID]
    target_id: Mapped[UUID]


class LinkRow(Base):
    """`capped_at` is set and cleared by the worker that counts clicks."""

    __tablename__ = "links"
    __table_args__ = (
        _of_a_partnership(),
        Index("ix_links_workspace_id_partnership_id", "workspace_id", "partnership_id"),
        Index("ix_links_workspace_id_campaign_id", "workspace_id", "campaign_id"),
    )

    workspace_id: Mapped[UUID] = mapped_column(primary_key=True)
    id: Mapped[UUID] = mapped_column(primary_key=True)
    partnership_id: Mapped[UUID]
    campaign_id: Mapped[UUID]
    host: Mapped[str] = mapped_column(Text, server_default=text("''"))
    slug: Mapped[str] = mapped_column(Text)
    destination_url: Mapped[str] = mapped_column(Text)
    label: Mapped[str | None] = mapped_column(Text)
    utm: Mapped[dict[str, Any]] = mapped_column(JSONB, server_default=text("'{}'"))
    click_parameter: Mapped[str] = mapped_column(Text)
    starts_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
    ends_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
    expired_url: Mapped[str | None] = mapped_column(Text)
    click_cap: Mapped[int | None] = mapped_column(Integer)
    capped_url: Mapped[str | None] = mapped_column(Text)
    capped_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
    disabled: Mapped[bool] = mapped_column(Boolean, server_default=text("false"))
    disclosure_text: Mapped[str] = mapped_column(Text)
    version: Mapped[int] = mapped_column(Integer, server_default=text("1"))
    created_at: Mapped[datetime] = mapped_column(DateTime(timezone=True), server_default=func.now())
    updated_at: Mapped[datetime] = mapped_column(DateTime(timezone=True), server_default=func.now())
    created_by: Mapped[UUID | None]


class LinkChangeRow(Base):
    """What was changed about a link, by which key: the link's fields as they were before."""

    __tablename__ = "link_changes"
    __table_args__ = (
        ForeignKeyConstraint(
            ["workspace_id", "link_id"],
            ["attribution.links.workspace_id", "attribution.links.id"],
            ondelete="CASCADE",
        ),
    )

    workspace_id: Mapped[UUID] = mapped_column(primary_key=True)
    link_id: Mapped[UUID] = mapped_column(primary_key=True)
    version: Mapped[int] = mapped_column(Integer, primary_key=True)
    before: Mapped[dict[str, Any]] = mapped_column(JSONB)
    at: Mapped[datetime] = mapped_column(DateTime(timezone=True), server_default=func.now())
    by: Mapped[UUID | None]


class CodeRow(Base):
    """`code_key` is the code as it is compared: upper case without dashes. Unique within a campaign."""

    __tablename__ = "codes"
    __table_args__ = (
        _of_a_partnership(),
        UniqueConstraint("workspace_id", "campaign_id", "code_key"),
        Index("ix_codes_workspace_id_code_key", "workspace_id", "code_key"),
        Index("ix_codes_workspace_id_partnership_id", "workspace_id", "partnership_id"),
    )

    workspace_id: Mapped[UUID] = mapped_column(primary_key=True)
    id: Mapped[UUID] = mapped_column(primary_key=True)
    partnership_id: Mapped[UUID]
    campaign_id: Mapped[UUID]
    code: Mapped[str] = mapped_column(Text)
    code_key: Mapped[str] = mapped_column(Text)
    percent_bp: Mapped[int | None] = mapped_column(Integer)
    amount_minor: Mapped[int | None] = mapped_column(BigInteger)
    currency: Mapped[str | None] = mapped_column(Text)
    starts_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
    ends_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
    max_uses: Mapped[int | None] = mapped_column(Integer)
    one_per_customer: Mapped[bool] = mapped_column(Boolean, server_default=text("false"))
    stock_cap: Mapped[int | None] = mapped_column(Integer)
    disabled: Mapped[bool] = mapped_column(Boolean, server_default=text("false"))
    disclosure_text: Mapped[str] = mapped_column(Text)
    version: Mapped[int] = mapped_column(Integer, server_default=text("1"))
    created_at: Mapped[datetime] = mapped_column(DateTime(timezone=True), server_default=func.now())
    updated_at: Mapped[datetime] = mapped_column(DateTime(timezone=True), server_default=func.now())
    created_by: Mapped[UUID | None]


class HashtagRow(Base):
    """`key` is the hashtag as posts are matched with it (shared/rules). Unique within a workspace."""

    __tablename__ = "hashtags"
    __table_args__ = (
        _of_a_partnership(),
        UniqueConstraint("workspace_id", "key"),
        Index("ix_hashtags_workspace_id_partnership_id", "workspace_id", "partnership_id"),
    )

    workspace_id: Mapped[UUID] = mapped_column(primary_key=True)
    id: Mapped[UUID] = mapped_column(primary_key=True)
    partnership_id: Mapped[UUID]
    campaign_id: Mapped[UUID]
    hashtag: Mapped[str] = mapped_column(Text)
    key: Mapped[str] = mapped_column(Text)
    disabled: Mapped[bool] = mapped_column(Boolean, server_default=text("false"))
    disclosure_text: Mapped[str] = mapped_column(Text)
    version: Mapped[int] = mapped_column(Integer, server_default=text("1"))
    created_at: Mapped[datetime] = mapped_column(DateTime(timezone=True), server_default=func.now())
    created_by: Mapped[UUID | None]
