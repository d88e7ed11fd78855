"""HTTP for ending a workspace in every service."""

from typing import Annotated

from fastapi import Path, Response

from services.attribution.workspaces import service
from shared.kit.app import router as kit_router
from shared.kit.edge import Administrator, IdentitySession
from shared.kit.errors import Conflict, NotFound, problems
from shared.schemas.ids import WorkspaceId

router = kit_router("/v1/workspaces", tags=["identity"])


@router.delete(
    "/{workspace_id}",
    status_code=202,
    response_class=Response,
    operation_id="delete_workspace",
    summary="Delete a workspace with everything in it",
    responses=problems(NotFound, Conflict),
)
async def delete_workspace(
    session: IdentitySession,
    caller: Administrator,
    workspace_id: Annotated[WorkspaceId, Path(description="any workspace but the caller's own")],
) -> Response:
    """Its keys stop working within 30 seconds; a worker then deletes its rows in every service, until each confirms."""
    await service.end_workspace(session, workspace_id=workspace_id, caller=caller)
    return Response(status_code=202)
