"""Posts that discovery saw on partners' accounts: those that show the campaign are kept, the others are nobody's."""

import re
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from services.attribution.campaigns import service as campaigns
from services.attribution.partnerships.service import PartnershipRow
from services.attribution.posts import belonging, matching, repository
from services.attribution.posts.repository import TrackedPostRow
from services.attribution.tracking import service as tracking
from shared.kit.ids import new_id
from shared.rules.identifiers import parse_account
from shared.schemas.base import Count, Trust
from shared.schemas.events import PostPublished
from shared.schemas.partnerships import DeliverableKind, PartnershipState
from shared.schemas.posts import Engagement, Post, PostKind
from shared.schemas.tracked_posts import TrackedPostSource

# A reply or a repost is no piece that anybody promised.
_KINDS = {
    PostKind.POST: DeliverableKind.POST,
    PostKind.QUOTE: DeliverableKind.POST,
    PostKind.VIDEO: DeliverableKind.VIDEO,
    PostKind.SHORT: DeliverableKind.VIDEO,
    PostKind.STORY: DeliverableKind.STORY,
    PostKind.ARTICLE: DeliverableKind.BLOG,
}
_AGREED = frozenset({PartnershipState.AGREED, PartnershipState.ACTIVE, PartnershipState.COMPLETED})
_BLUESKY_POST = "https://bsky.app/profile/{}/post/{}"


async def record_watched(
    session: AsyncSession, *, partnership: PartnershipRow, account_id: UUID | None, event: PostPublished
) -> TrackedPostRow | None:
    """Keep a post that shows the campaign; None for one that does not, or that came before anything was agreed.

    It shows the campaign by the partnership's hashtag, code or link, or by a mention of the brand's account. The same
    post again, also when somebody sent it by hand, brings newer numbers.
    """
    post = event.post
    kind = _KINDS.get(post.kind)
    if kind is None or partnership.state not in _AGREED:
        return None
    tags = await belonging.hashtags(session, partnership, post.text, post.platform, [tag.key for tag in post.hashtags])
    codes = await belonging.codes(session, partnership, post.text)
    linked = await _links_to(session, partnership, post)
    if not (tags or codes or linked or await _mentions_brand(session, partnership, post)):
        return None
    now = datetime.now(UTC)
    published_at = post.created_at or event.at
    url = belonging.address_of(post.url)[0] if post.url else f"{post.platform}:{post.platform_id}"
    values = {
        "workspace_id": partnership.workspace_id,
        "id": new_id(),
        "partnership_id": partnership.id,
        "campaign_id": partnership.campaign_id,
        "account_id": account_id,
        "post_id": post.id,
        "platform": post.platform,
        "platform_id": post.platform_id,
        "url": url,
        "kind": kind,
        "published_at": published_at,
        "source": TrackedPostSource.WATCH,
        "trust": Trust.MEASURED,
        "matched_hashtags": tags,
        "matched_codes": codes,
        "disclosed": _shows_disclosure(post, partnership),
        "still_live": True,
        "metrics": _numbers(post.counts, post.observed_at),
        "created_at": now,
        "updated_at": now,
    }
    known = await repository.by_address(
        session, partnership_id=partnership.id, urls=_addresses(post, event, url), platform=post.platform,
        platform_id=post.platform_id,
    )  # fmt: skip
    if known is not None:
        return await _again(session, known, values)
    row = await repository.add(session, values=values)
    if row is None:
        return None
    row.deliverable_id = await belonging.deliver(
        session, partnership=partnership, kind=kind, account_id=account_id, platform=post.platform,
        published_at=published_at,
    )  # fmt: skip
    await session.flush()
    return row


async def gone(session: AsyncSession, *, platform: str, platform_id: str) -> None:
    """The post is not on its platform any more."""
    await repository.set_gone(session, platform=platform, platform_id=platform_id, at=datetime.now(UTC))


async def forget(session: AsyncSession, *, account_ids: Sequence[UUID]) -> None:
    """Delete posts of accounts whose creator was erased; promises that they kept stay kept."""
    if account_ids:
        await repository.delete_of_accounts(session, account_ids=account_ids)


async def _again(session: AsyncSession, row: TrackedPostRow, values: dict[str, Any]) -> TrackedPostRow:
    """What was read from the platform goes before what was told; what only the creator sees stays their word."""
    told = set(row.metrics) - set(values["metrics"])
    row.metrics = {**row.metrics, **values["metrics"]}
    if not told:
        row.trust = Trust.MEASURED
    row.post_id, row.platform, row.platform_id = values["post_id"], values["platform"], values["platform_id"]
    row.account_id = row.account_id or values["account_id"]
    row.matched_hashtags = sorted({*row.matched_hashtags, *values["matched_hashtags"]})
    row.matched_codes = sorted({*row.matched_codes, *values["matched_codes"]})
    row.disclosed = True if values["disclosed"] else row.disclosed
    row.still_live = True
    row.updated_at = values["updated_at"]
    await session.flush()
    return row


async def _links_to(session: AsyncSession, partnership: PartnershipRow, post: Post) -> bool:
    """Whether the text or the platform's own links lead to one of the partnership's links."""
    rows = await tracking.links_of_campaign(session, campaign_id=partnership.campaign_id)
    slugs = [re.escape(row.slug) for row in rows if row.partnership_id == partnership.id]
    if not slugs:
        return False
    pattern = re.compile(rf"/r/(?:{'|'.join(slugs)})(?![0-9A-Za-z_-])", re.IGNORECASE)
    return any(pattern.search(text) for text in (post.text or "", *post.links))


async def _mentions_brand(session: AsyncSession, partnership: PartnershipRow, post: Post) -> bool:
    campaign = await campaigns.get_campaign(session, campaign_id=partnership.campaign_id)
    named = [*(campaign.brief or {}).get("brand", {}).get("handles", ()), *campaign.owned_accounts]
    seen = {mention.handle.lower().removeprefix("@") for mention in post.mentions}
    seen |= {mention.platform_id for mention in post.mentions if mention.platform_id}
    return bool(seen & _names(named, post.platform))


def _names(accounts: Iterable[str], platform: str) -> set[str]:
    """Handles and identifiers that these accounts have on the platform."""
    found: set[str] = set()
    for text in accounts:
        try:
            account = parse_account(text)
        except ValueError:
            continue
        if account.platform in (None, platform):
            found.update(name for name in (account.handle, account.platform_id) if name)
    return found


def _shows_disclosure(post: Post, partnership: PartnershipRow) -> bool | None:
    if post.paid_partnership or post.sponsorship_labels:
        return True
    return matching.shows_disclosure(post.text, partnership.disclosure_text)


def _addresses(post: Post, event: PostPublished, url: str) -> list[str]:
    """The spellings under which somebody may have sent this post; Bluesky's name the author by handle or by DID."""
    found = [url]
    if post.platform == "bluesky" and post.platform_id.startswith("at://"):
        author, _, key = post.platform_id.removeprefix("at://").partition("/app.bsky.feed.post/")
        found += [_BLUESKY_POST.format(name, key) for name in (author, event.handle) if name and key]
    return found


def _numbers(counts: Engagement, observed_at: datetime) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for name in Engagement.model_fields:
        count: Count = getattr(counts, name)
        if count.value is not None:
            seen = count.model_copy(update={"observed_at": count.observed_at or observed_at})
            found[name] = seen.model_dump(mode="json")
    return found
