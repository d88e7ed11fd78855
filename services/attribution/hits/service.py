"""Hits as people and other nouns ask for them: single ones, counts, and how far the judging has come."""

from datetime import UTC, datetime
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from services.attribution.hits import repository
from services.attribution.hits.ids import floor_of
from services.attribution.hits.judging import JUDGED_MARK
from services.attribution.hits.repository import HitRow, JudgingRow
from services.attribution.tracking import service as tracking
from shared.kit.errors import NotFound
from shared.kit.identity.caller import Caller
from shared.schemas.base import JobStatus
from shared.schemas.hits import Hit, HitCounts, HitVerdict, Judging


async def get_hit(session: AsyncSession, *, hit_id: UUID) -> Hit:
    """Raises NotFound, also for another workspace's hit."""
    found = await repository.hit(session, hit_id=hit_id)
    if found is None:
        raise NotFound("no such hit")
    return hit_of(*found)


async def find_hit(session: AsyncSession, *, hit_id: UUID) -> Hit | None:
    """The hit behind a click id; None when the workspace has none, or retention dropped it."""
    found = await repository.hit(session, hit_id=hit_id)
    return hit_of(*found) if found else None


async def counts(session: AsyncSession, *, link_id: UUID, since: datetime | None, until: datetime | None) -> HitCounts:
    """Hits of a link by verdict, in whole quarter hours. Raises NotFound."""
    await tracking.get_link(session, link_id=link_id)
    return HitCounts(link_id=link_id, **await repository.counts(session, link_id=link_id, since=since, until=until))


async def ask_for_judging(session: AsyncSession, *, caller: Caller) -> JudgingRow:
    """Have every hit until now judged again; asked for while one is under way, that one goes on."""
    found = await repository.judging(session, lock=True)
    if found is not None and found.finished_at is None:
        return found
    until = UUID(int=floor_of(datetime.now(UTC)).int | (1 << 80) - 1)
    return await repository.put_judging(session, workspace_id=caller.workspace_id, until=until, key_id=caller.key_id)


async def get_judging(session: AsyncSession) -> JudgingRow:
    """Raises NotFound when nobody asked for one."""
    found = await repository.judging(session)
    if found is None:
        raise NotFound("no judging was asked for")
    return found


def judging_of(row: JudgingRow) -> Judging:
    status = JobStatus.QUEUED if row.rule_version is None else JobStatus.RUNNING
    return Judging(
        status=status if row.finished_at is None else JobStatus.COMPLETED,
        hits=row.hits,
        rule_version=row.rule_version,
        requested_at=row.requested_at,
        finished_at=row.finished_at,
    )


async def judged_below(session: AsyncSession) -> int:
    """As owner: every hit that a transaction below this number wrote has its verdict. Followers stop there."""
    held = await repository.mark(session, name=JUDGED_MARK)
    return min(held.xid, await repository.oldest_running(session)) if held else 0


def hit_of(row: HitRow, partnership_id: UUID, campaign_id: UUID) -> Hit:
    return Hit(
        id=row.id,
        link_id=row.link_id,
        partnership_id=partnership_id,
        campaign_id=campaign_id,
        at=row.at,
        method=row.method,
        verdict=HitVerdict(row.verdict) if row.verdict else HitVerdict.PENDING,
        reason=row.reason,
        rule_version=row.rule_version,
        referrer_host=row.referrer_host,
        in_app=row.in_app,
    )
