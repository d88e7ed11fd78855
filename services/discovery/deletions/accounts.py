"""Asking platforms again for accounts that nobody saw for long: who is there is renewed, who is not is hidden.

An account that a platform does not show may be deleted, suspended or paused, and some platforms do not tell which. So
it is hidden at first, as a suspended one is, and forgotten when the next time of asking, days later, misses it again.
"""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from uuid import UUID

import structlog

from services.discovery.connector import Connector, ConnectorError, Page
from services.discovery.creators import service as creators
from services.discovery.deletions import repository, service
from services.discovery.deletions.asking import Calls, concerns_these_only
from services.discovery.deletions.repository import KnownAccount
from services.discovery.records import CreatorRecord
from shared.kit.runtime import Runtime
from shared.schemas.creators import AccountStatus

_NOBODY: Page[CreatorRecord] = Page()
_log = structlog.get_logger(__name__)


async def recheck_accounts(
    runtime: Runtime, *, workspace_id: UUID, connector: Connector, calls: Calls, before: datetime
) -> None:
    """The accounts of one run, the oldest first, for as many calls as are left."""
    size = connector.profile_batch
    async with runtime.database.tenant_session(workspace_id) as session:
        due = await repository.oldest_accounts(
            session, workspace_id=workspace_id, platform=connector.platform, before=before, limit=size * calls.left
        )
    for start in range(0, len(due), size):
        if not calls.left:
            return
        batch = due[start : start + size]
        try:
            page = await connector.profiles([one.platform_id for one in batch])
        except ConnectorError as error:
            _log.warning("accounts not asked for again", platform=connector.platform, reason=error.reason)
            if not concerns_these_only(error):
                return
            page = _NOBODY
        await _take(runtime, connector, workspace_id, batch, page, before)


async def _take(
    runtime: Runtime, connector: Connector, workspace_id: UUID, batch: Sequence[KnownAccount],
    page: Page[CreatorRecord], before: datetime,
) -> None:  # fmt: skip
    now = datetime.now(UTC)
    readings = await creators.read(creators=page.items)
    days = connector.retain_days
    async with runtime.database.tenant_session(workspace_id) as session:
        await creators.store(
            session, workspace_id=workspace_id, readings=readings, source=connector.platform,
            expires_at=now + timedelta(days=days) if days is not None else None, comments_expire_at=None,
        )  # fmt: skip
        await repository.set_accounts_asked(
            session, workspace_id=workspace_id, before=before, at=now, creator_ids=[one.id for one in batch]
        )
    statuses = _statuses(batch, page)
    if statuses:
        async with runtime.database.system_session() as session:
            await service.change_accounts(session, platform=connector.platform, statuses=statuses)


def _statuses(batch: Sequence[KnownAccount], page: Page[CreatorRecord]) -> dict[str, AccountStatus]:
    """What is news about the accounts, by platform id."""
    hidden = {one.platform_id for one in batch if one.status == AccountStatus.SUSPENDED}
    found = {
        one: AccountStatus.DELETED if one in hidden else AccountStatus.SUSPENDED
        for one in {account.platform_id for account in batch} & set(page.missing)
    }
    for record in page.items:
        if record.platform_id in hidden and record.status in (None, AccountStatus.UNKNOWN, AccountStatus.ACTIVE):
            found[record.platform_id] = AccountStatus.ACTIVE
    return found
