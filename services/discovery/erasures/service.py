"""Use cases of erasures: hide a creator at once, make every service forget, then forget here."""

from datetime import UTC, datetime
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from services.discovery.creators import service as creators
from services.discovery.erasures import repository
from services.discovery.erasures.repository import ErasureRow
from services.discovery.events import service as events
from services.discovery.events.service import NewEvent
from services.discovery.people import service as people
from services.discovery.watches import service as watches
from shared.clients.base import ServiceClient
from shared.clients.erasing import erase
from shared.kit.errors import NotFound
from shared.kit.identity.caller import Caller
from shared.kit.ids import new_id
from shared.kit.jobs import enqueue
from shared.kit.runtime import Runtime
from shared.kit.scrub import scrub_workspace
from shared.rules.erasing import Names
from shared.schemas.base import JobStatus
from shared.schemas.erasures import ErasingService, Erasure, ErasureOrder
from shared.schemas.events import EventKind
from shared.schemas.identity import Scope

OTHERS = (ErasingService.SCORING, ErasingService.ATTRIBUTION)


async def erase_creator(session: AsyncSession, *, creator_id: UUID, caller: Caller) -> ErasureRow:
    """Nobody is shown the creator from now on, and no import, search or watch brings it back. Raises NotFound."""
    known = await repository.open_erasure(session, creator_id=creator_id)
    if known is not None:
        return known
    account = await repository.account(session, creator_id=creator_id)
    if account is None:
        raise NotFound("no such creator")
    await creators.bury(
        session, workspace_id=caller.workspace_id, platform=account.platform, platform_id=account.platform_id,
        handles=account.handles,
    )  # fmt: skip
    await repository.hide(session, creator_id=creator_id)
    row = ErasureRow(
        workspace_id=caller.workspace_id, id=new_id(), creator_id=creator_id, status=JobStatus.QUEUED, confirmed=[],
        requested_at=datetime.now(UTC), created_by=caller.key_id,
    )  # fmt: skip
    await repository.add(session, row)
    await go_on(session, row)
    return row


async def go_on(session: AsyncSession, row: ErasureRow) -> None:
    """Enqueue the work of an erasure."""
    await enqueue(
        session, "erase_creator", {"workspace_id": row.workspace_id, "erasure_id": row.id}, schema="discovery"
    )


async def get_erasure(session: AsyncSession, *, erasure_id: UUID) -> ErasureRow:
    """Raises NotFound."""
    row = await repository.erasure(session, erasure_id=erasure_id)
    if row is None:
        raise NotFound("no such erasure")
    return row


async def ask(runtime: Runtime, *, workspace_id: UUID, erasure_id: UUID, service: ErasingService) -> None:
    """Have another service forget the creator, unless it confirmed before. Raises the problem that it answers."""
    async with runtime.database.tenant_session(workspace_id) as session:
        row = await get_erasure(session, erasure_id=erasure_id)
        account = await repository.account(session, creator_id=row.creator_id)
    if account is None or service in row.confirmed:
        return
    order = ErasureOrder(
        creator_id=row.creator_id, platform=account.platform, platform_id=account.platform_id, handles=account.handles
    )
    await erase(ServiceClient(runtime, service, workspace_id, scopes=(Scope.ADMIN,)), order)
    async with runtime.database.tenant_session(workspace_id) as session:
        locked = await repository.erasure(session, erasure_id=erasure_id, lock=True)
        if locked is not None:
            locked.confirmed = [*locked.confirmed, service]
            locked.status = JobStatus.RUNNING


async def finish(runtime: Runtime, *, workspace_id: UUID, erasure_id: UUID) -> bool:
    """Forget here what the others have forgotten, in one transaction; False while an older import is still merged."""
    async with runtime.database.system_session() as session:
        row = await repository.erasure(session, erasure_id=erasure_id, lock=True)
        if row is None or row.workspace_id != workspace_id or row.status == JobStatus.COMPLETED:
            return True
        if await repository.open_import(session, workspace_id=workspace_id, before=row.requested_at):
            return False
        account = await repository.account(session, creator_id=row.creator_id)
        if account is not None:
            keys = {"workspace_id": workspace_id, "creator_id": row.creator_id}
            names = (account.platform_id, *account.handles)
            await watches.forget_creator(session, **keys, platform=account.platform, names=names)
            await events.forget_creator(session, **keys)
            await people.forget_creator(session, **keys)
            await repository.forget(session, **keys, account=account)
            told = Names(account.handles, account.platform_id)
            await scrub_workspace(
                session, schema=runtime.database.schema, workspace_id=workspace_id, needles=told.needles,
                replacements=told.replacements, json_replacements=told.json_replacements,
            )  # fmt: skip
            erased = NewEvent(type=EventKind.CREATOR_ERASED, creator_id=row.creator_id)
            await events.publish(session, workspace_id=workspace_id, found=[erased])
        row.confirmed = [*row.confirmed, ErasingService.DISCOVERY]
        row.status, row.finished_at, row.waiting_for = JobStatus.COMPLETED, datetime.now(UTC), None
    return True


def erasure_of(row: ErasureRow) -> Erasure:
    return Erasure(
        id=row.id, creator_id=row.creator_id, status=JobStatus(row.status),
        confirmed=tuple(ErasingService(one) for one in row.confirmed), waiting_for=row.waiting_for,
        requested_at=row.requested_at, finished_at=row.finished_at,
    )  # fmt: skip
