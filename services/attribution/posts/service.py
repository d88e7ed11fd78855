"""Posts of partners, by hand: matched to hashtags, codes and promises; their numbers are the creator's word."""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlalchemy.ext.asyncio import AsyncSession

from services.attribution.campaigns import service as campaigns
from services.attribution.partners import service as partners
from services.attribution.partnerships import service as partnerships
from services.attribution.partnerships.service import DeliverableRow, PartnershipRow
from services.attribution.posts import matching, repository
from services.attribution.posts.matching import Promise
from services.attribution.posts.repository import TrackedPostRow
from services.attribution.tracking import service as tracking
from shared.kit.errors import Conflict, NotFound
from shared.kit.identity.caller import Caller
from shared.kit.ids import new_id
from shared.rules.identifiers import canonical_url, parse_post
from shared.schemas.base import Count, Trust
from shared.schemas.partnerships import DeliverableState
from shared.schemas.tracked_posts import TrackedPostCreate, TrackedPostSource

_OPEN = (DeliverableState.OPEN, DeliverableState.OVERDUE, DeliverableState.MISSED)


async def record(session: AsyncSession, *, body: TrackedPostCreate, caller: Caller) -> tuple[TrackedPostRow, bool]:
    """Keep a post, and whether it is new. The same post again brings its newer numbers.

    Raises NotFound for a partnership, account or deliverable of nobody here, Conflict for a deliverable that another
    post delivered.
    """
    partnership = await partnerships.get_partnership(session, partnership_id=body.partnership_id)
    platform = await _platform(session, partnership=partnership, account_id=body.account_id)
    url, post_platform, platform_id = _address(body.url)
    platform = platform or (post_platform if post_platform != "blogs" else None)
    now = datetime.now(UTC)
    values = {
        "workspace_id": caller.workspace_id,
        "id": new_id(),
        "partnership_id": partnership.id,
        "campaign_id": partnership.campaign_id,
        "account_id": body.account_id,
        "platform": platform,
        "platform_id": platform_id,
        "url": url,
        "kind": body.kind,
        "published_at": body.published_at,
        "source": TrackedPostSource.MANUAL,
        "trust": Trust.CREATOR_REPORTED,
        "matched_hashtags": await _hashtags(session, partnership, body.text, platform),
        "matched_codes": await _codes(session, partnership, body.text),
        "disclosed": body.disclosed
        if body.disclosed is not None
        else matching.shows_disclosure(body.text, partnership.disclosure_text),
        "metrics": _metrics(body.metrics, now),
        "created_at": now,
        "updated_at": now,
        "created_by": caller.key_id,
    }
    row = await repository.add(session, values=values)
    if row is None:
        return await _again(session, body=body, values=values), False
    row.deliverable_id = await _deliver(session, partnership=partnership, body=body, platform=platform)
    await session.flush()
    return row, True


async def get_post(session: AsyncSession, *, post_id: UUID) -> TrackedPostRow:
    """Raises NotFound, also for another workspace's post."""
    row = await repository.post(session, post_id=post_id)
    if row is None:
        raise NotFound("no such post")
    return row


async def _again(session: AsyncSession, *, body: TrackedPostCreate, values: Mapping[str, Any]) -> TrackedPostRow:
    """What is told again replaces what was told; what is left out stays."""
    row = await repository.by_url(session, partnership_id=body.partnership_id, url=values["url"])
    if row is None:
        raise NotFound("the post is gone")
    row.metrics = {**row.metrics, **values["metrics"]}
    if body.text is not None:
        row.matched_hashtags, row.matched_codes = values["matched_hashtags"], values["matched_codes"]
    if values["disclosed"] is not None:
        row.disclosed = values["disclosed"]
    row.updated_at = values["updated_at"]
    await session.flush()
    return row


async def _platform(session: AsyncSession, *, partnership: PartnershipRow, account_id: UUID | None) -> str | None:
    if account_id is None:
        return None
    accounts = (await partners.accounts(session, partner_ids=[partnership.partner_id])).get(partnership.partner_id, [])
    platform = next((account.platform for account in accounts if account.id == account_id), None)
    if platform is None:
        raise NotFound("the partner has no such account")
    return platform


def _address(url: str) -> tuple[str, str | None, str | None]:
    """The canonical address, and platform and id where the address tells them."""
    try:
        found = parse_post(url)
    except ValueError:
        try:
            return canonical_url(url), None, None
        except ValueError:
            return url, None, None
    return found.url or url, found.platform, found.platform_id


async def _hashtags(
    session: AsyncSession, partnership: PartnershipRow, text: str | None, platform: str | None
) -> list[str]:
    keys = matching.hashtag_keys(text, platform=platform)
    rows = await tracking.hashtags_by_key(session, keys=keys) if keys else []
    return sorted(row.key for row in rows if row.partnership_id == partnership.id)


async def _codes(session: AsyncSession, partnership: PartnershipRow, text: str | None) -> list[str]:
    if not text:
        return []
    rows = await tracking.codes_of_campaign(session, campaign_id=partnership.campaign_id)
    return matching.codes_in(text, (row.code for row in rows if row.partnership_id == partnership.id))


async def _deliver(
    session: AsyncSession, *, partnership: PartnershipRow, body: TrackedPostCreate, platform: str | None
) -> UUID | None:
    """Mark the promise that the post keeps as delivered."""
    if body.deliverable_id is not None:
        named = await partnerships.get_deliverable(session, deliverable_id=body.deliverable_id)
        if named.partnership_id != partnership.id:
            raise NotFound("no such deliverable")
        if named.state not in _OPEN:
            raise Conflict(f"this deliverable is {named.state}")
        return _delivered(named, body)
    campaign = await campaigns.get_campaign(session, campaign_id=partnership.campaign_id)
    found = await partnerships.deliverables(session, partnership_ids=[partnership.id])
    rows = {row.id: row for row in found.get(partnership.id, []) if row.state in _OPEN}
    kept = matching.kept_promise(
        [Promise(row.id, row.kind, row.account_id, row.platform, row.due_from, row.due_to) for row in rows.values()],
        kind=body.kind, account_id=body.account_id, platform=platform,
        day=body.published_at.astimezone(ZoneInfo(campaign.timezone)).date(),
    )  # fmt: skip
    if kept is None:
        return None
    locked = await partnerships.get_deliverable(session, deliverable_id=kept.id)
    return _delivered(locked, body) if locked.state in _OPEN else None


def _delivered(row: DeliverableRow, body: TrackedPostCreate) -> UUID:
    row.state, row.delivered_at = DeliverableState.DELIVERED, body.published_at
    row.version += 1
    return row.id


def _metrics(told: Mapping[str, Count], now: datetime) -> dict[str, Any]:
    return {
        name: count.model_copy(update={"observed_at": count.observed_at or now}).model_dump(mode="json")
        for name, count in told.items()
    }
