"""What a post belongs to in the database: its canonical address, hashtags, codes, and the promise that it keeps."""

from collections.abc import Iterable
from datetime import datetime
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlalchemy.ext.asyncio import AsyncSession

from services.attribution.campaigns import service as campaigns
from services.attribution.partnerships import service as partnerships
from services.attribution.partnerships.service import DeliverableRow, PartnershipRow
from services.attribution.posts import matching
from services.attribution.posts.matching import Promise
from services.attribution.tracking import service as tracking
from shared.kit.errors import Conflict, NotFound
from shared.rules.identifiers import canonical_url, parse_post
from shared.schemas.partnerships import DeliverableState

_OPEN = (DeliverableState.OPEN, DeliverableState.OVERDUE, DeliverableState.MISSED)


def address_of(url: str) -> tuple[str, str | None, str | None]:
    """The canonical address, and platform and id where the address tells them."""
    try:
        found = parse_post(url)
    except ValueError:
        try:
            return canonical_url(url), None, None
        except ValueError:
            return url, None, None
    return found.url or url, found.platform, found.platform_id


async def hashtags(
    session: AsyncSession, partnership: PartnershipRow, text: str | None, platform: str | None,
    named: Iterable[str] = (),
) -> list[str]:  # fmt: skip
    """Keys of the partnership's own hashtags in a text, or among those that the platform `named`."""
    keys = matching.hashtag_keys(text, platform=platform) | frozenset(named)
    rows = await tracking.hashtags_by_key(session, keys=keys) if keys else []
    return sorted(row.key for row in rows if row.partnership_id == partnership.id and not row.disabled)


async def codes(session: AsyncSession, partnership: PartnershipRow, text: str | None) -> list[str]:
    """The partnership's codes that stand in a text."""
    if not text:
        return []
    rows = await tracking.codes_of_campaign(session, campaign_id=partnership.campaign_id)
    return matching.codes_in(text, (row.code for row in rows if row.partnership_id == partnership.id))


async def deliver(
    session: AsyncSession, *, partnership: PartnershipRow, kind: str, account_id: UUID | None, platform: str | None,
    published_at: datetime, deliverable_id: UUID | None = None,
) -> UUID | None:  # fmt: skip
    """Mark the promise that a post keeps as delivered; the named one, else the one that fits."""
    if deliverable_id is not None:
        named = await partnerships.get_deliverable(session, deliverable_id=deliverable_id)
        if named.partnership_id != partnership.id:
            raise NotFound("no such deliverable")
        if named.state not in _OPEN:
            raise Conflict(f"this deliverable is {named.state}")
        return _delivered(named, published_at)
    campaign = await campaigns.get_campaign(session, campaign_id=partnership.campaign_id)
    found = await partnerships.deliverables(session, partnership_ids=[partnership.id])
    rows = {row.id: row for row in found.get(partnership.id, []) if row.state in _OPEN}
    kept = matching.kept_promise(
        [Promise(row.id, row.kind, row.account_id, row.platform, row.due_from, row.due_to) for row in rows.values()],
        kind=kind, account_id=account_id, platform=platform,
        day=published_at.astimezone(ZoneInfo(campaign.timezone)).date(),
    )  # fmt: skip
    if kept is None:
        return None
    locked = await partnerships.get_deliverable(session, deliverable_id=kept.id)
    return _delivered(locked, published_at) if locked.state in _OPEN else None


def _delivered(row: DeliverableRow, published_at: datetime) -> UUID:
    row.state, row.delivered_at = DeliverableState.DELIVERED, published_at
    row.version += 1
    return row.id
