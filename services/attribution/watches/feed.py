"""Discovery's events, pulled by a cursor of our own: posts, daily numbers, what is gone and who was erased."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from uuid import UUID
from zoneinfo import ZoneInfo

import structlog
from sqlalchemy.ext.asyncio import AsyncSession

from services.attribution.campaigns import service as campaigns
from services.attribution.metrics import service as metrics
from services.attribution.partners import service as partners
from services.attribution.partnerships import service as partnerships
from services.attribution.posts import service as posts
from services.attribution.watches import repository
from services.attribution.watches.repository import AccountWatchRow
from shared.clients.discovery import DiscoveryClient
from shared.kit.errors import Problem
from shared.kit.runtime import Runtime
from shared.schemas.base import CountState, Trust
from shared.schemas.events import CreatorErased, CreatorSnapshot, Event, PostDeleted, PostPublished
from shared.schemas.metrics import MetricPointInput

_log = structlog.get_logger(__name__)
SOURCE = "watch"
# Numbers of partners' accounts are series beside those of the brand's own, which growth is read from.
_OF_PARTNERS = "creator_"
_EVERY = timedelta(seconds=10)
_BATCH = 50
_PAGE = 200


async def pull_due(runtime: Runtime) -> bool:
    """Pull a page for every workspace whose turn it is. True when some workspace has more."""
    async with runtime.database.system_session() as session:
        found = await repository.to_pull(session, before=datetime.now(UTC) - _EVERY, limit=_BATCH)
    more = False
    for workspace_id in found:
        while await pull(runtime, workspace_id=workspace_id):
            more = True
    return more


async def pull(runtime: Runtime, *, workspace_id: UUID, limit: int = _PAGE) -> bool:
    """Pull one page and take it in, in one transaction with the moved cursor. True when there is more.

    No transaction is open during the call. A page whose commit was lost is pulled again; taking it in twice changes
    nothing. Discovery being away is written down and tried again.
    """
    async with runtime.database.tenant_session(workspace_id) as session:
        position = (await repository.cursor(session, workspace_id=workspace_id)).position
    error: str | None = None
    try:
        page = await DiscoveryClient(runtime, workspace_id=workspace_id).events(after=position, limit=limit)
    except Problem as problem:
        error = problem.detail[:1_000]
    async with runtime.database.tenant_session(workspace_id) as session:
        held = await repository.cursor(session, workspace_id=workspace_id)
        held.pulled_at, held.error = datetime.now(UTC), error
        if error is not None or held.position != position:
            return False
        await take_in(session, events=page.items)
        held.position = page.after or position
        return page.has_more


async def take_in(session: AsyncSession, *, events: Sequence[Event]) -> None:
    """Take in events in their order. One that cannot be is logged and passed over, so that the others come."""
    for event in events:
        try:
            async with session.begin_nested():
                await _one(session, event)
        except (Problem, ValueError) as error:
            _log.error("event of discovery not taken in", type=event.type, event=str(event.id), error=repr(error))


async def _one(session: AsyncSession, event: Event) -> None:
    if isinstance(event, CreatorErased):
        await posts.forget(session, account_ids=await partners.erase(session, creator_id=event.creator_id))
        return
    if isinstance(event, PostDeleted):
        await posts.gone(session, platform=event.platform, platform_id=event.platform_id)
        return
    if not isinstance(event, (PostPublished, CreatorSnapshot)):
        return
    rows = await repository.by_reference(session, references=event.references)
    for row in rows:
        if row.account_id is not None:
            await partners.learn(session, account_id=row.account_id, creator_id=event.creator_id)
        if isinstance(event, CreatorSnapshot):
            await _numbers(session, row, event)
        elif row.partnership_id is not None:
            partnership = await partnerships.get_partnership(session, partnership_id=row.partnership_id)
            await posts.record_watched(session, partnership=partnership, account_id=row.account_id, event=event)
    await repository.seen(session, row_ids=[row.id for row in rows], at=event.at)


async def _numbers(session: AsyncSession, row: AccountWatchRow, event: CreatorSnapshot) -> None:
    """The day's known numbers become points of the campaign's day. What was not to be had stays a gap."""
    campaign = await campaigns.get_campaign(session, campaign_id=row.campaign_id)
    zone = ZoneInfo(campaign.timezone)
    prefix = _OF_PARTNERS if row.partnership_id is not None else ""
    points: dict[Trust, list[MetricPointInput]] = {}
    for name, count in event.counts.items():
        if count.value is None:
            continue
        trust = Trust.MEASURED if count.state is CountState.EXACT else Trust.ESTIMATED
        points.setdefault(trust, []).append(
            MetricPointInput(
                metric=f"{prefix}{name}",
                day=(count.observed_at or event.at).astimezone(zone).date(),
                value=float(count.value),
                platform=event.platform,
                account=event.handle or row.handle or row.given,
            )
        )
    for trust, some in points.items():
        await metrics.observe(session, campaign_id=row.campaign_id, source=SOURCE, points=some, trust=trust)
