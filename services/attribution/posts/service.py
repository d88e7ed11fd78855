"""Posts of partners, by hand: matched to hashtags, codes and promises; their numbers are the creator's word."""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from services.attribution.partners import service as partners
from services.attribution.partnerships import service as partnerships
from services.attribution.partnerships.service import PartnershipRow
from services.attribution.posts import belonging, matching, repository
from services.attribution.posts.repository import TrackedPostRow
from services.attribution.posts.watched import forget as forget
from services.attribution.posts.watched import gone as gone
from services.attribution.posts.watched import record_watched as record_watched
from shared.kit.errors import NotFound
from shared.kit.identity.caller import Caller
from shared.kit.ids import new_id
from shared.schemas.base import Count, Trust
from shared.schemas.tracked_posts import TrackedPostCreate, TrackedPostSource


async def record(session: AsyncSession, *, body: TrackedPostCreate, caller: Caller) -> tuple[TrackedPostRow, bool]:
    """Keep a post, and whether it is new. The same post again brings its newer numbers.

    Raises NotFound for a partnership, account or deliverable of nobody here, Conflict for a deliverable that another
    post delivered.
    """
    partnership = await partnerships.get_partnership(session, partnership_id=body.partnership_id)
    platform = await _platform(session, partnership=partnership, account_id=body.account_id)
    url, post_platform, platform_id = belonging.address_of(body.url)
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
        "matched_hashtags": await belonging.hashtags(session, partnership, body.text, platform),
        "matched_codes": await belonging.codes(session, partnership, body.text),
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
    row.deliverable_id = await belonging.deliver(
        session, partnership=partnership, kind=body.kind, account_id=body.account_id, platform=platform,
        published_at=body.published_at, deliverable_id=body.deliverable_id,
    )  # fmt: skip
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
    if row.source == TrackedPostSource.WATCH:
        # what was read from the platform stays; what only the creator sees is added as their word
        told = {name: count for name, count in values["metrics"].items() if name not in row.metrics}
        row.metrics, row.trust = {**row.metrics, **told}, Trust.CREATOR_REPORTED if told else row.trust
    else:
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


def _metrics(told: Mapping[str, Count], now: datetime) -> dict[str, Any]:
    return {
        name: count.model_copy(update={"observed_at": count.observed_at or now}).model_dump(mode="json")
        for name, count in told.items()
    }
