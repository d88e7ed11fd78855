"""Use cases: end a workspace at once, delete what it has in every service until each service confirms."""

from uuid import UUID

import structlog
from sqlalchemy.ext.asyncio import AsyncSession

from services.attribution.tracking import service as tracking
from shared.clients.base import ServiceClient
from shared.kit.errors import Conflict, NotFound, Problem
from shared.kit.identity import repository as identity
from shared.kit.identity.caller import Caller
from shared.kit.runtime import Runtime
from shared.schemas.identity import Scope

SERVICES = ("discovery", "scoring", "attribution")
_log = structlog.get_logger(__name__)


async def end_workspace(session: AsyncSession, *, workspace_id: UUID, caller: Caller) -> None:
    """Mark it deleted, which ends its keys. Raises NotFound, and Conflict for the caller's own."""
    if workspace_id == caller.workspace_id:
        raise Conflict("a key cannot delete its own workspace; use another admin key")
    if not await identity.mark_workspace_deleted(session, workspace_id=workspace_id):
        raise NotFound("no such workspace")


async def erase_ended_workspaces(runtime: Runtime) -> bool:
    """Delete the rows of every workspace that was ended, service by service; the workspace itself goes last.

    A service that is away is asked again in the next round. True when there may be more to do at once.
    """
    async with runtime.identity.system_session() as session:
        ended = await identity.ended_workspaces(session)
    for workspace_id in ended:
        try:
            for service in SERVICES:
                client = ServiceClient(runtime, service, workspace_id, scopes=(Scope.ADMIN,))
                await client.call("DELETE", "/v1/workspace-data")
        except Problem as problem:
            _log.warning("workspace not erased yet", workspace=str(workspace_id), problem=problem.detail)
            continue
        async with runtime.database.system_session() as session:
            await tracking.forget_cached_links(session)
        async with runtime.identity.system_session() as session:
            await identity.remove_workspace(session, workspace_id=workspace_id)
    return False
