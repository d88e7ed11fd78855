"""Asking platforms again for accounts that nobody saw for long: who is there is renewed, who is not is hidden.

An account that a platform does not show may be deleted, suspended or paused, and some platforms do not tell which. So
its status stays what was known, it is hidden at first, and forgotten when the next asking, days later, misses it again.
"""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from uuid import UUID

from services.discovery.connector import Connector, Page
from services.discovery.creators import service as creators
from services.discovery.deletions import repository, service
from services.discovery.deletions.asking import Calls, batch_by_batch
from services.discovery.deletions.repository import KnownAccount
from services.discovery.records import CreatorRecord
from shared.kit.runtime import Runtime
from shared.schemas.creators import AccountStatus


async def recheck_accounts(
    runtime: Runtime, *, workspace_id: UUID, connector: Connector, calls: Calls, before: datetime
) -> None:
    """The accounts of one run, the oldest first, for as many calls as are left."""
    size = connector.profile_batch
    async with runtime.database.tenant_session(workspace_id) as session:
        due = await repository.oldest_accounts(
            session, workspace_id=workspace_id, platform=connector.platform, before=before, limit=size * calls.left
        )

    async def ask(batch: Sequence[KnownAccount]) -> Page[CreatorRecord]:
        return await connector.profiles([one.platform_id for one in batch])

    async for batch, page in batch_by_batch(due, size=size, calls=calls, ask=ask):
        await _take(runtime, connector, workspace_id, batch, page, before)


async def _take(
    runtime: Runtime, connector: Connector, workspace_id: UUID, batch: Sequence[KnownAccount],
    page: Page[CreatorRecord], before: datetime,
) -> None:  # fmt: skip
    now = datetime.now(UTC)
    readings = await creators.read(creators=page.items)
    days = connector.retain_days
    missing = set(page.missing)
    async with runtime.database.tenant_session(workspace_id) as session:
        await creators.store(
            session, workspace_id=workspace_id, readings=readings, source=connector.platform,
            expires_at=now + timedelta(days=days) if days is not None else None, comments_expire_at=None,
        )  # fmt: skip
        await repository.set_accounts_asked(
            session, workspace_id=workspace_id, before=before, at=now, creator_ids=[one.id for one in batch],
            missing=[one.id for one in batch if one.platform_id in missing],
        )  # fmt: skip
    again = {one.platform_id: AccountStatus.DELETED for one in batch if one.missed and one.platform_id in missing}
    if again:
        async with runtime.database.system_session() as session:
            await service.change_accounts(session, platform=connector.platform, statuses=again)
