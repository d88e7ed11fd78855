"""Every SQL statement of the ledger. Run as owner of the schema: a platform counts all workspaces together."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from sqlalchemy import Select, func, select, text, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from services.discovery.connector import Call
from services.discovery.resets import Use
from services.discovery.tables.quotas import QuotaLimitRow, QuotaUseRow

EGRESS = "egress"


async def lock(session: AsyncSession, *, call: Call) -> None:
    """Let one call at a time through per quota, until the transaction ends."""
    name = "\n".join((call.platform, call.host, call.credential or EGRESS, call.bucket))
    await session.execute(text("SELECT pg_advisory_xact_lock(hashtextextended(:name, 7191))"), {"name": name})


def _same_quota(call: Call, since: datetime) -> Select[QuotaUseRow]:
    return select(QuotaUseRow).where(
        QuotaUseRow.platform == call.platform,
        QuotaUseRow.host == call.host,
        QuotaUseRow.credential == (call.credential or EGRESS),
        QuotaUseRow.bucket == call.bucket,
        QuotaUseRow.at > since,
    )


async def spent(session: AsyncSession, *, call: Call, since: datetime) -> dict[UUID, int]:
    """Units spent since then, by workspace."""
    uses = _same_quota(call, since).subquery()
    found = await session.execute(select(uses.c.workspace_id, func.sum(uses.c.units)).group_by(uses.c.workspace_id))
    return {workspace: int(units) for workspace, units in found}


async def uses(
    session: AsyncSession, *, call: Call, since: datetime, workspace_id: UUID | None = None
) -> Sequence[Use]:
    """The uses since then, of one workspace or of all."""
    statement = _same_quota(call, since)
    if workspace_id is not None:
        statement = statement.where(QuotaUseRow.workspace_id == workspace_id)
    found = await session.scalars(statement.order_by(QuotaUseRow.at))
    return [Use(row.at, row.units, row.key) for row in found]


async def add(session: AsyncSession, *, call: Call, workspace_id: UUID, use_id: UUID, at: datetime) -> None:
    """Write a call down."""
    session.add(
        QuotaUseRow(
            workspace_id=workspace_id, id=use_id, platform=call.platform, host=call.host,
            credential=call.credential or EGRESS, bucket=call.bucket, endpoint=call.endpoint, units=call.units,
            key=call.key, at=at,
        )
    )  # fmt: skip
    await session.flush()


async def answered(session: AsyncSession, *, workspace_id: UUID, use_id: UUID, at: datetime) -> None:
    """Count a call from the moment at which its answer came."""
    await session.execute(
        update(QuotaUseRow).where(QuotaUseRow.workspace_id == workspace_id, QuotaUseRow.id == use_id).values(at=at)
    )


async def limit(session: AsyncSession, *, call: Call) -> QuotaLimitRow | None:
    """What the platform last said of this quota."""
    return await session.get(QuotaLimitRow, (call.platform, call.host, call.credential or EGRESS, call.bucket))


async def observe(
    session: AsyncSession, *, call: Call, remaining: int | None, resets_at: datetime | None, at: datetime
) -> None:
    """Keep what the platform says is left."""
    values = {"remaining": remaining, "resets_at": resets_at, "observed_at": at}
    await session.execute(
        insert(QuotaLimitRow)
        .values(
            platform=call.platform, host=call.host, credential=call.credential or EGRESS, bucket=call.bucket, **values
        )
        .on_conflict_do_update(index_elements=["platform", "host", "credential", "bucket"], set_=values)
    )


async def most_spent(session: AsyncSession, *, platform: str, bucket: str, since: datetime) -> int:
    """Units spent since then on one host with one credential: where it was most."""
    spent = (
        select(func.sum(QuotaUseRow.units).label("units"))
        .where(QuotaUseRow.platform == platform, QuotaUseRow.bucket == bucket, QuotaUseRow.at > since)
        .group_by(QuotaUseRow.host, QuotaUseRow.credential)
        .subquery()
    )
    return int(await session.scalar(select(func.coalesce(func.max(spent.c.units), 0))) or 0)
