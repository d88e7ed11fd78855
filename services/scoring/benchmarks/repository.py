"""Every SQL statement about benchmarks."""

from collections.abc import Sequence
from dataclasses import asdict
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import delete, func, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from services.scoring.benchmarks.learn import Observation
from services.scoring.tables.benchmarks import BenchmarkSetRow, ObservationRow


async def add_observations(session: AsyncSession, *, workspace_id: UUID, observations: Sequence[Observation]) -> None:
    """The newest observation of a creator and measure stays."""
    rows = {(one.creator_id, one.measure): {"workspace_id": workspace_id, **asdict(one)} for one in observations}
    if not rows:
        return
    statement = insert(ObservationRow)
    given = statement.excluded
    await session.execute(
        statement.on_conflict_do_update(
            index_elements=["workspace_id", "creator_id", "measure"],
            set_={
                name: given[name]
                for name in ("platform", "tier", "mean", "variance", "posts", "observed_at", "expires_at")
            },
            where=given.observed_at >= ObservationRow.observed_at,
        ),
        [rows[key] for key in sorted(rows, key=str)],
    )


async def observations(session: AsyncSession, *, now: datetime) -> list[Observation]:
    """All that may still be used, in the order of the creators' identifiers."""
    found = await session.scalars(
        select(ObservationRow)
        .where(ObservationRow.expires_at > now)
        .order_by(ObservationRow.creator_id, ObservationRow.measure)
    )
    return [
        Observation(
            row.creator_id, row.platform, row.measure, row.tier, row.mean, row.variance, row.posts, row.observed_at,
            row.expires_at,
        )
        for row in found
    ]  # fmt: skip


async def add_set(session: AsyncSession, *, workspace_id: UUID, digest: str, content: dict[str, Any]) -> None:
    await session.execute(
        insert(BenchmarkSetRow)
        .values(workspace_id=workspace_id, hash=digest, content=content)
        .on_conflict_do_update(index_elements=["workspace_id", "hash"], set_={"created_at": func.now()})
    )


async def newest_set(session: AsyncSession) -> dict[str, Any] | None:
    """The content of the set that was learned last."""
    query = select(BenchmarkSetRow.content).order_by(BenchmarkSetRow.created_at.desc(), BenchmarkSetRow.hash).limit(1)
    return (await session.execute(query)).scalar_one_or_none()


async def content_of_set(session: AsyncSession, *, digest: str) -> dict[str, Any] | None:
    return (
        await session.execute(select(BenchmarkSetRow.content).where(BenchmarkSetRow.hash == digest))
    ).scalar_one_or_none()


async def remove_creators(session: AsyncSession, *, creators: Sequence[UUID]) -> None:
    await session.execute(delete(ObservationRow).where(ObservationRow.creator_id.in_(creators)))


async def remove_expired(session: AsyncSession, *, now: datetime) -> None:
    """As owner: observations live as long as the evidence that they come from."""
    await session.execute(delete(ObservationRow).where(ObservationRow.expires_at <= now))
