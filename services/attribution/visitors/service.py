"""Visitors: how many came on each day, and whether a workspace's links give them a cookie."""

from datetime import date
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from services.attribution.tracking import service as tracking
from services.attribution.visitors import repository
from services.attribution.visitors.repository import VisitorSettingRow
from shared.kit.errors import Invalid
from shared.kit.identity.caller import Caller
from shared.schemas.base import Fault
from shared.schemas.visitors import VisitorDay, VisitorDays


async def change_setting(session: AsyncSession, *, cookie: bool, caller: Caller) -> VisitorSettingRow:
    """Every web process reads its links again, and with them who gives cookies."""
    row = await repository.put_setting(session, workspace_id=caller.workspace_id, cookie=cookie, key_id=caller.key_id)
    await tracking.forget_cached_links(session)
    return row


async def with_cookie(session: AsyncSession) -> frozenset[UUID]:
    """As owner: the workspaces whose visitors get a cookie."""
    return await repository.with_cookie(session)


async def count(session: AsyncSession, *, scope_id: UUID, first: date | None, last: date | None) -> VisitorDays:
    """Of a link, a partnership or a campaign, by day. Raises Invalid for days out of order."""
    if first is not None and last is not None and last < first:
        raise Invalid(errors=[Fault(pointer="to", detail="lies before from")])
    rows = await repository.days(session, scope_id=scope_id, first=first, last=last)
    return VisitorDays(
        visitor_days=sum(row.visitors for row in rows),
        clicks_without_visitor=sum(row.without_visitor for row in rows),
        days=tuple(
            VisitorDay(day=row.day, unique_visitors=row.visitors, clicks_without_visitor=row.without_visitor)
            for row in rows
        ),
    )
