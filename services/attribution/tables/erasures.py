"""Until when the ledger lines of erased partners are kept."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import DateTime
from sqlalchemy.orm import Mapped, mapped_column

from services.attribution.tables.base import Base


class ErasureHoldRow(Base):
    """A partner without a name, under whom an erased one's ledger lines stay until the hold ends."""

    __tablename__ = "erasure_holds"

    workspace_id: Mapped[UUID] = mapped_column(primary_key=True)
    partner_id: Mapped[UUID] = mapped_column(primary_key=True)
    erased_at: Mapped[datetime] = mapped_column(DateTime(timezone=True))
    hold_until: Mapped[datetime] = mapped_column(DateTime(timezone=True))
