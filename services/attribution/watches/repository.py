"""Every SQL statement about followed accounts and the cursor of discovery's events."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, NamedTuple
from uuid import UUID

from sqlalchemy import select, text, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from services.attribution.tables.watches import AccountWatchRow as AccountWatchRow
from services.attribution.tables.watches import EventCursorRow as EventCursorRow
from shared.kit.pages import PageRequest

# Followed a while longer: what was promised to stay is looked at, and a baseline has two sides.
AFTERWARDS = timedelta(days=30)

_RUNNING = "(c.status <> 'ended' OR c.updated_at > :since)"
# From the approval on, so that an account's numbers begin before its posts do.
_OF_PARTNERS = f"""FROM attribution.partnerships p
    JOIN attribution.campaigns c ON c.workspace_id = p.workspace_id AND c.id = p.campaign_id
    JOIN attribution.partners r ON r.workspace_id = p.workspace_id AND r.id = p.partner_id
    JOIN attribution.partner_accounts a ON a.workspace_id = p.workspace_id AND a.partner_id = p.partner_id
    WHERE p.approved_at IS NOT NULL AND NOT r.do_not_contact AND {_RUNNING}
      AND (p.state IN ('approved', 'contacted', 'negotiating', 'agreed', 'active')
        OR p.state = 'completed' AND p.updated_at > :since)"""
_OF_BRANDS = f"""FROM attribution.campaigns c CROSS JOIN unnest(c.owned_accounts) AS o (given) WHERE {_RUNNING}"""


class Missing(NamedTuple):
    """An account that is to be followed and is not."""

    workspace_id: UUID
    campaign_id: UUID
    partnership_id: UUID | None
    account_id: UUID | None
    given: str
    platform: str | None
    platform_id: str | None
    handle: str | None


async def missing(session: AsyncSession, *, at: datetime, limit: int) -> list[Missing]:
    """As owner: accounts of every workspace that nobody asked discovery for, or not since they were ended."""
    rows = await session.execute(
        text(
            f"""SELECT p.workspace_id, p.campaign_id, p.id AS partnership_id, a.id AS account_id, a.handle AS given,
                a.platform, a.platform_id, a.handle
            {_OF_PARTNERS} AND NOT EXISTS (SELECT FROM attribution.account_watches w
                WHERE w.workspace_id = p.workspace_id AND w.partnership_id = p.id AND w.account_id = a.id
                  AND w.state <> 'ended')
            UNION ALL
            SELECT c.workspace_id, c.id, NULL, NULL, o.given, NULL, NULL, NULL
            {_OF_BRANDS} AND NOT EXISTS (SELECT FROM attribution.account_watches w
                WHERE w.workspace_id = c.workspace_id AND w.campaign_id = c.id AND w.partnership_id IS NULL
                  AND w.given = o.given AND w.state <> 'ended')
            LIMIT :limit"""  # noqa: S608  # our own statements
        ),
        {"since": at - AFTERWARDS, "limit": limit},
    )
    return [Missing(*row) for row in rows]


async def want(session: AsyncSession, *, values: Mapping[str, Any]) -> None:
    """Ask for an account. What was ended begins anew; what is there stays as it is."""
    statement = insert(AccountWatchRow).values(**values)
    await session.execute(
        statement.on_conflict_do_update(
            index_elements=["workspace_id", "reference"],
            set_={
                name: statement.excluded[name]
                for name in (
                    "state",
                    "watch_id",
                    "error",
                    "attempts",
                    "next_try_at",
                    "platform",
                    "platform_id",
                    "handle",
                )
            },
            where=AccountWatchRow.state == "ended",
        )
    )


async def unwanted(session: AsyncSession, *, at: datetime, limit: int) -> list[tuple[UUID, UUID]]:
    """As owner: (workspace, row) of accounts that are followed, or asked for, and need not be any more."""
    rows = await session.execute(
        text(
            f"""SELECT w.workspace_id, w.id FROM attribution.account_watches w
            WHERE w.state <> 'ended' AND (w.next_try_at IS NULL OR w.state <> 'followed' OR w.next_try_at <= :at)
              AND NOT EXISTS (SELECT 1 {_OF_PARTNERS} AND p.workspace_id = w.workspace_id AND p.id = w.partnership_id
                AND a.id = w.account_id)
              AND NOT EXISTS (SELECT 1 {_OF_BRANDS} AND c.workspace_id = w.workspace_id AND c.id = w.campaign_id
                AND w.partnership_id IS NULL AND o.given = w.given)
            ORDER BY w.workspace_id, w.id LIMIT :limit"""  # noqa: S608  # our own statements
        ),
        {"since": at - AFTERWARDS, "at": at, "limit": limit},
    )
    return [(row[0], row[1]) for row in rows]


async def due(session: AsyncSession, *, at: datetime, limit: int) -> list[tuple[UUID, UUID]]:
    """As owner: (workspace, row) of accounts that discovery is to be asked for now."""
    query = (
        select(AccountWatchRow.workspace_id, AccountWatchRow.id)
        .where(AccountWatchRow.state.in_(["wanted", "refused"]), AccountWatchRow.next_try_at <= at)
        .order_by(AccountWatchRow.next_try_at)
        .limit(limit)
    )
    return [(row[0], row[1]) for row in await session.execute(query)]


async def follow(session: AsyncSession, *, row_id: UUID) -> AccountWatchRow | None:
    """Locked, to be changed."""
    query = select(AccountWatchRow).where(AccountWatchRow.id == row_id).with_for_update()
    return (await session.execute(query)).scalar_one_or_none()


async def by_reference(session: AsyncSession, *, references: Iterable[str]) -> Sequence[AccountWatchRow]:
    query = select(AccountWatchRow).where(AccountWatchRow.reference.in_(list(references)))
    return (await session.scalars(query.order_by(AccountWatchRow.id))).all()


async def follows(session: AsyncSession, *, campaign_id: UUID, page: PageRequest) -> Sequence[AccountWatchRow]:
    query = select(AccountWatchRow).where(AccountWatchRow.campaign_id == campaign_id).order_by(AccountWatchRow.id)
    if page.after:
        query = query.where(AccountWatchRow.id > page.after[0])
    return (await session.scalars(query.limit(page.limit + 1))).all()


async def seen(session: AsyncSession, *, row_ids: Iterable[UUID], at: datetime) -> None:
    await session.execute(update(AccountWatchRow).where(AccountWatchRow.id.in_(list(row_ids))).values(last_event_at=at))


async def to_pull(session: AsyncSession, *, before: datetime, limit: int) -> list[UUID]:
    """As owner: workspaces that follow somebody and did not pull since `before`, the longest waiting first."""
    rows = await session.execute(
        text(
            """SELECT w.workspace_id FROM (SELECT DISTINCT workspace_id FROM attribution.account_watches
                WHERE state = 'followed') w
            LEFT JOIN attribution.event_cursors k ON k.workspace_id = w.workspace_id
            WHERE k.pulled_at IS NULL OR k.pulled_at <= :before
            ORDER BY k.pulled_at NULLS FIRST LIMIT :limit"""
        ),
        {"before": before, "limit": limit},
    )
    return [row[0] for row in rows]


async def cursor(session: AsyncSession, *, workspace_id: UUID) -> EventCursorRow:
    """The workspace's cursor, locked; made when there is none."""
    made = insert(EventCursorRow).values(workspace_id=workspace_id, position=None).on_conflict_do_nothing()
    await session.execute(made)
    return (await session.execute(select(EventCursorRow).with_for_update())).scalar_one()
