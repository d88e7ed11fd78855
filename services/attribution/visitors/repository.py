"""Every SQL statement about visitors: their counts by day, and whether they get a cookie."""

from collections.abc import Sequence
from datetime import date
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.dialects.postgresql import insert as upsert
from sqlalchemy.ext.asyncio import AsyncSession

from services.attribution.tables.hits import VisitorRollupRow as VisitorRollupRow
from services.attribution.tables.visitors import VisitorSettingRow as VisitorSettingRow


async def setting(session: AsyncSession) -> VisitorSettingRow | None:
    return (await session.execute(select(VisitorSettingRow))).scalar_one_or_none()


async def put_setting(
    session: AsyncSession, *, workspace_id: UUID, cookie: bool, key_id: UUID | None
) -> VisitorSettingRow:
    new = {"cookie": cookie, "updated_at": func.now(), "updated_by": key_id}
    statement = (
        upsert(VisitorSettingRow)
        .values(workspace_id=workspace_id, **new)
        .on_conflict_do_update(index_elements=["workspace_id"], set_={**new, "version": VisitorSettingRow.version + 1})
        .returning(VisitorSettingRow)
        .execution_options(populate_existing=True)
    )
    return (await session.execute(statement)).scalar_one()


async def with_cookie(session: AsyncSession) -> frozenset[UUID]:
    """As owner: the workspaces whose visitors get a cookie."""
    found = await session.scalars(select(VisitorSettingRow.workspace_id).where(VisitorSettingRow.cookie))
    return frozenset(found.all())


async def days(
    session: AsyncSession, *, scope_id: UUID, first: date | None, last: date | None
) -> Sequence[VisitorRollupRow]:
    """The UTC days of a link, a partnership or a campaign that have clicks, in order."""
    query = select(VisitorRollupRow).where(VisitorRollupRow.scope_id == scope_id).order_by(VisitorRollupRow.day)
    if first is not None:
        query = query.where(VisitorRollupRow.day >= first)
    if last is not None:
        query = query.where(VisitorRollupRow.day <= last)
    return (await session.scalars(query)).all()
