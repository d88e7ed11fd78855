"""Every SQL statement about stored bundles."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from services.scoring.tables.bundles import BundleRow


async def add(session: AsyncSession, *, rows: Sequence[dict[str, Any]]) -> None:
    """Insert bundles whose content is not stored yet; equal content is left as it is."""
    await session.execute(insert(BundleRow).on_conflict_do_nothing(index_elements=["workspace_id", "hash"]), list(rows))


async def ids_by_hash(session: AsyncSession, *, hashes: Sequence[str]) -> dict[str, UUID]:
    found = await session.execute(select(BundleRow.hash, BundleRow.id).where(BundleRow.hash.in_(hashes)))
    return {row.hash: row.id for row in found}


async def bundle(session: AsyncSession, *, bundle_id: UUID) -> BundleRow | None:
    return (await session.execute(select(BundleRow).where(BundleRow.id == bundle_id))).scalar_one_or_none()


async def contents(
    session: AsyncSession, *, bundle_ids: Sequence[UUID], now: datetime
) -> dict[UUID, tuple[str, bytes]]:
    """Hash and compressed content of the bundles that may still be read."""
    found = await session.execute(
        select(BundleRow.id, BundleRow.hash, BundleRow.content).where(
            BundleRow.id.in_(bundle_ids), BundleRow.content.is_not(None), BundleRow.expires_at > now
        )
    )
    return {row.id: (row.hash, row.content) for row in found}
