"""Asking platforms again for what nobody saw for long, posts first: what is there is renewed, what is not forgotten."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from uuid import UUID

from services.discovery.connector import Connector, Page
from services.discovery.creators import service as creators
from services.discovery.deletions import asking, repository, service
from services.discovery.deletions.accounts import recheck_accounts
from services.discovery.deletions.asking import Calls, batch_by_batch
from services.discovery.records import PostRecord
from services.discovery.searches import service as searches
from services.discovery.settings import DiscoverySettings
from shared.kit.jobs import enqueue
from shared.kit.runtime import Runtime


async def enqueue_due(runtime: Runtime) -> bool:
    """Enqueue a run for every workspace and platform with something to ask for, unless one is under way."""
    platforms = [key for key in searches.connectors() if _can_be_asked(runtime, key)]
    before = _before(runtime)
    if not platforms or before is None:
        return False
    async with runtime.database.system_session() as session:
        workspace_ids = await creators.workspaces(session)
        for workspace_id, platform in await repository.waiting(
            session, workspace_ids=workspace_ids, platforms=platforms, before=before
        ):
            await enqueue(
                session, "recheck_posts", {"workspace_id": workspace_id, "platform": platform}, schema="discovery",
                dedupe_key=f"recheck:{workspace_id}:{platform}",
            )  # fmt: skip
    return False


async def recheck(runtime: Runtime, *, workspace_id: UUID, platform: str) -> None:
    """One run: the oldest first, until nothing is due or no more calls may be made.

    What a call brought is stored before the next one, so a run that is cut begins where it stood.
    """
    before = _before(runtime)
    if before is None or not _can_be_asked(runtime, platform):
        return
    connector, ledger = searches.connect_metered(runtime, workspace_id, platform)
    calls = Calls(ledger, asking.MOST_CALLS)
    if connector.capability("posts").support not in searches.WITHOUT_CALLS:
        await _recheck_posts(runtime, workspace_id=workspace_id, connector=connector, calls=calls, before=before)
    if connector.capability("profile_followers_count").support not in searches.WITHOUT_CALLS:
        await recheck_accounts(runtime, workspace_id=workspace_id, connector=connector, calls=calls, before=before)


async def _recheck_posts(
    runtime: Runtime, *, workspace_id: UUID, connector: Connector, calls: Calls, before: datetime
) -> None:
    size = connector.post_batch
    async with runtime.database.tenant_session(workspace_id) as session:
        due = await repository.oldest(
            session, workspace_id=workspace_id, platform=connector.platform, before=before, limit=size * calls.left
        )

    async def ask(batch: Sequence[tuple[UUID, str]]) -> Page[PostRecord]:
        return await connector.posts([platform_id for _, platform_id in batch])

    async for batch, page in batch_by_batch(due, size=size, calls=calls, ask=ask):
        await _take(runtime, connector, workspace_id, batch, page, before)


async def _take(
    runtime: Runtime, connector: Connector, workspace_id: UUID, batch: Sequence[tuple[UUID, str]],
    page: Page[PostRecord], before: datetime,
) -> None:  # fmt: skip
    now = datetime.now(UTC)
    readings = await creators.read(posts=page.items)
    days = connector.retain_days
    missing = set(page.missing)
    async with runtime.database.tenant_session(workspace_id) as session:
        await creators.store(
            session, workspace_id=workspace_id, readings=readings, source=connector.platform,
            expires_at=now + timedelta(days=days) if days is not None else None, comments_expire_at=None,
        )  # fmt: skip
        await repository.set_asked(
            session, workspace_id=workspace_id, before=before, at=now,
            post_ids=[post_id for post_id, platform_id in batch if platform_id not in missing],
        )  # fmt: skip
    if missing:
        async with runtime.database.system_session() as session:
            await service.forget_posts(session, platform=connector.platform, platform_ids=sorted(missing))


def _before(runtime: Runtime) -> datetime | None:
    """What was seen since then need not be asked for; None where nothing is ever asked for again."""
    settings = runtime.settings
    days = settings.discovery_recheck_days if isinstance(settings, DiscoverySettings) else 0
    return datetime.now(UTC) - timedelta(days=days) if days else None


def _can_be_asked(runtime: Runtime, platform: str) -> bool:
    """Whether a platform tells of posts or accounts by their ids; what others brought goes when its time is over."""
    try:
        connector = searches.connect_unmetered(runtime, platform)
    except ValueError:
        return False
    return not connector.needs() and any(
        connector.capability(name).support not in searches.WITHOUT_CALLS
        for name in ("posts", "profile_followers_count")
    )
