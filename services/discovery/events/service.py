"""Use cases of events: tell one inside the writer's transaction, read the feed, forget."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from services.discovery.creators import service as creators
from services.discovery.events import repository
from services.discovery.events.repository import NewEvent as NewEvent
from services.discovery.settings import DiscoverySettings
from shared.kit.pages import PageRequest
from shared.kit.runtime import Runtime
from shared.schemas.creators import CreatorCounts
from shared.schemas.events import (
    CandidateFound,
    CreatorErased,
    CreatorSnapshot,
    Event,
    EventFeed,
    EventKind,
    EvidenceWithdrawn,
    PostDeleted,
    PostPublished,
)


async def publish(session: AsyncSession, *, workspace_id: UUID, found: Sequence[NewEvent]) -> int:
    """Tell events as part of the session's transaction; how many are new."""
    return await repository.add(session, workspace_id=workspace_id, found=found, at=datetime.now(UTC))


async def forget_creator(session: AsyncSession, *, workspace_id: UUID, creator_id: UUID) -> None:
    """Nothing that was told of the creator is told again."""
    await repository.forget_creator(session, workspace_id=workspace_id, creator_id=creator_id)


async def forget_accounts(session: AsyncSession, *, creators: Sequence[tuple[UUID, UUID]]) -> None:
    """Of creators, given with their workspaces, neither numbers nor how they were found are told; that posts are gone
    is. As owner of the schema."""
    types = (EventKind.CREATOR_SNAPSHOT, EventKind.CANDIDATE_FOUND)
    await repository.forget_of(session, creators=creators, types=[str(one) for one in types])


async def take_back(session: AsyncSession, *, posts: Sequence[tuple[UUID, UUID]]) -> None:
    """That posts, given with their workspaces, were published is told no longer, and so can be told again."""
    await repository.take_back(session, posts=posts)


async def told_deleted(session: AsyncSession, *, workspace_id: UUID, creator_id: UUID) -> Sequence[UUID]:
    """Posts of a creator of which it was told that they are deleted."""
    return await repository.told_deleted(session, workspace_id=workspace_id, creator_id=creator_id)


async def feed(session: AsyncSession, *, workspace_id: UUID, page: PageRequest, after: str | None) -> EventFeed:
    """The events behind `after`. One whose creator or post is gone by now is passed over."""
    start = (str(page.after[0]), page.after[1]) if page.after else None
    rows = await repository.feed(session, workspace_id=workspace_id, after=start, limit=page.limit + 1)
    told = rows[: page.limit]
    posts = await creators.posts_by_id(
        session, workspace_id=workspace_id, post_ids=[row.post_id for row in told if row.post_id is not None]
    )
    items = [event for row in told if (event := _event(row, posts)) is not None]
    cursor = page.seal([told[-1].xid, told[-1].id]) if told else after
    return EventFeed(items=tuple(items), after=cursor, has_more=len(rows) > page.limit)


def _event(row: Any, posts: dict[UUID, Any]) -> Event | None:  # noqa: ANN401  # a row of the feed
    common = {
        "id": row.id, "at": row.at, "creator_id": row.creator_id, "watch_ids": tuple(row.watch_ids),
        "references": tuple(row.told_as),
    }  # fmt: skip
    if row.type == EventKind.CREATOR_ERASED:
        return CreatorErased.model_validate(common)
    if row.type == EventKind.EVIDENCE_WITHDRAWN:
        return EvidenceWithdrawn.model_validate({**common, "account_deleted": row.data["account_deleted"]})
    if row.platform is None or row.opted_out:
        return None
    if row.type == EventKind.CANDIDATE_FOUND:
        return CandidateFound.model_validate({**common, "search_id": row.search_id, "path": row.data.get("path")})
    account = {**common, "platform": row.platform, "handle": row.handle}
    if row.type == EventKind.CREATOR_SNAPSHOT:
        counts = {**row.data["withheld"], **row.data["counts"]}
        named = {name: {"value": None, **count} for name, count in counts.items() if name in CreatorCounts.model_fields}
        return CreatorSnapshot.model_validate({**account, "counts": named})
    post = posts.get(row.post_id)
    if post is None:
        return None
    if row.type == EventKind.POST_DELETED:
        account.pop("handle")
        return PostDeleted.model_validate({**account, "platform_id": post.platform_id})
    if post.stub:
        return None
    return PostPublished.model_validate({**account, "post": creators.post_of(post)})


async def expire(runtime: Runtime) -> bool:
    """Forget events that are older than they are kept, of all workspaces; whether there may be more."""
    settings = runtime.settings
    days = settings.event_days if isinstance(settings, DiscoverySettings) else 90
    async with runtime.database.system_session() as session:
        return await repository.expire(session, before=datetime.now(UTC) - timedelta(days=days)) > 0
