"""Branded domains: claimed by a workspace, proven, then used by its links and pages."""

import secrets
from datetime import UTC, datetime, timedelta
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from services.attribution.domains import checking, repository
from services.attribution.domains.repository import DomainRow
from services.attribution.settings import AttributionSettings
from shared.kit.errors import Conflict, Invalid, NotFound
from shared.kit.guard import UrlRefused, check_url, read_allow
from shared.kit.identity.caller import Caller
from shared.kit.ids import new_id
from shared.kit.runtime import Runtime
from shared.kit.settings import Settings
from shared.schemas.base import Fault

_BATCH = 20
_FIRST_PAUSE = timedelta(seconds=30)
_LONGEST_PAUSE = timedelta(hours=1)
# A claim that nobody proves by then is looked at again when somebody asks.
_PATIENCE = timedelta(days=7)


async def create_domain(session: AsyncSession, *, host: str, settings: Settings, caller: Caller) -> DomainRow:
    """Claim a host; its proof is looked for from now on. Raises Invalid for one that is not public, Conflict."""
    try:
        check_url(f"https://{host}/", allow=read_allow(settings.egress_allow))
    except UrlRefused as error:
        raise Invalid(errors=[Fault(pointer="/host", detail=str(error))]) from None
    now = datetime.now(UTC)
    row = await repository.add(
        session,
        workspace_id=caller.workspace_id,
        id=new_id(),
        host=host,
        token=f"groundswell-{secrets.token_urlsafe(24)}",
        attempts=0,
        next_check_at=now,
        created_at=now,
        created_by=caller.key_id,
    )
    if row is None:
        raise Conflict("the workspace has this host")
    return row


async def get_domain(session: AsyncSession, *, domain_id: UUID) -> DomainRow:
    """Raises NotFound, also for another workspace's domain."""
    row = await repository.domain(session, domain_id=domain_id)
    if row is None:
        raise NotFound("no such domain")
    return row


async def look_again(session: AsyncSession, *, domain_id: UUID) -> DomainRow:
    """Have the proof looked for at once; nothing for one that is verified. Raises NotFound."""
    row = await repository.domain(session, domain_id=domain_id, lock=True)
    if row is None:
        raise NotFound("no such domain")
    if row.verified_at is None:
        row.next_check_at, row.attempts = datetime.now(UTC), 0
        await session.flush()
    return row


async def remove_domain(session: AsyncSession, *, domain_id: UUID) -> None:
    """Raises NotFound, and Conflict while links or pages lie under the host."""
    row = await repository.domain(session, domain_id=domain_id, lock=True)
    if row is None:
        raise NotFound("no such domain")
    if row.verified_at is not None:
        if await repository.is_in_use(session, host=row.host):
            raise Conflict("links or pages lie under this host; they would lead nowhere")
        await repository.free_host(session, host=row.host)
    await repository.remove(session, row=row)


async def is_usable(session: AsyncSession, *, host: str) -> bool:
    """Whether the session's workspace proved that the host is its own."""
    return await repository.is_verified(session, host=host)


async def check_due(runtime: Runtime) -> bool:
    """Look for the proof of every domain whose time has come. True when there may be more."""
    async with runtime.database.system_session() as session:
        found = await repository.due(session, at=datetime.now(UTC), limit=_BATCH)
    for workspace_id, domain_id in found:
        await _check(runtime, workspace_id, domain_id)
    return len(found) == _BATCH


async def _check(runtime: Runtime, workspace_id: UUID, domain_id: UUID) -> None:
    """No transaction is open while the host is asked."""
    async with runtime.database.tenant_session(workspace_id) as session:
        row = await repository.domain(session, domain_id=domain_id)
        if row is None or row.verified_at is not None:
            return
        host, token = row.host, row.token
    settings = runtime.settings
    servers = settings.dns_servers if isinstance(settings, AttributionSettings) else ()
    error = await checking.is_proven(host, token, egress=runtime.egress, dns_servers=servers)
    now = datetime.now(UTC)
    async with runtime.database.tenant_session(workspace_id) as session:
        row = await repository.domain(session, domain_id=domain_id, lock=True)
        if row is None or row.verified_at is not None:
            return
        row.checked_at, row.error, row.attempts = now, error, row.attempts + 1
        if error is None and not await repository.take_host(session, host=host, workspace_id=workspace_id):
            row.error = "another workspace of this installation proved this host before"
        if row.error is None:
            row.verified_at, row.next_check_at = now, None
        else:
            pause = min(_FIRST_PAUSE * 2 ** min(row.attempts - 1, 10), _LONGEST_PAUSE)
            row.next_check_at = now + pause if now - row.created_at < _PATIENCE else None
