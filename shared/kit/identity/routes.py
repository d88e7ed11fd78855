"""HTTP for workspaces and keys; served by the attribution service, in whose database identity lives by default."""

from typing import Annotated

from fastapi import Depends, Path, Response

from shared.kit.app import router as kit_router
from shared.kit.edge import Administrator, IdentitySession, Reader, page_of
from shared.kit.errors import Conflict, NotFound, problems
from shared.kit.identity import repository, service
from shared.kit.identity.tables import KeyRow, WorkspaceRow
from shared.kit.pages import PageRequest
from shared.schemas.base import Page
from shared.schemas.identity import Key, KeyCreate, KeyCreated, Scope, Workspace, WorkspaceCreate
from shared.schemas.ids import KeyId, WorkspaceId

router = kit_router("/v1", tags=["identity"])

WorkspacePath = Annotated[WorkspaceId, Path(description="a workspace of this installation")]
KeyPath = Annotated[KeyId, Path(description="a key of this installation")]


@router.post(
    "/workspaces",
    status_code=201,
    operation_id="create_workspace",
    summary="Create a workspace",
    response_model=Workspace,
)
async def create_workspace(session: IdentitySession, caller: Administrator, body: WorkspaceCreate) -> Workspace:
    return _workspace(await service.create_workspace(session, name=body.name, caller=caller))


@router.get(
    "/workspaces",
    operation_id="list_workspaces",
    summary="List the workspaces of this installation",
    responses=problems(NotFound),
)
async def list_workspaces(
    session: IdentitySession, _: Administrator, page: Annotated[PageRequest, Depends(page_of("workspaces"))]
) -> Page[Workspace]:
    rows, cursor = page.cut(await repository.workspaces(session, page=page), lambda row: [row.workspace_id])
    return Page(items=tuple(_workspace(row) for row in rows), next_cursor=cursor)


@router.get(
    "/workspaces/{workspace_id}", operation_id="get_workspace", summary="Read a workspace", responses=problems(NotFound)
)
async def get_workspace(session: IdentitySession, caller: Reader, workspace_id: WorkspacePath) -> Workspace:
    """The caller's own workspace; every workspace for an administrator's key."""
    row = await repository.workspace(session, workspace_id=workspace_id)
    if row is None or not (row.workspace_id == caller.workspace_id or Scope.ADMIN in caller.scopes):
        raise NotFound("no such workspace")
    return _workspace(row)


@router.post(
    "/keys", status_code=201, operation_id="create_key", summary="Create an API key", responses=problems(NotFound)
)
async def create_key(session: IdentitySession, caller: Administrator, body: KeyCreate) -> KeyCreated:
    """The secret is in this answer and nowhere else. A key with the scope `admin` runs the whole installation."""
    row, secret = await service.create_key(
        session,
        workspace_id=body.workspace_id or caller.workspace_id,
        name=body.name,
        scopes=body.scopes,
        caller=caller,
    )
    return KeyCreated(**_key(row).model_dump(), secret=secret)


@router.get("/keys", operation_id="list_keys", summary="List API keys", responses=problems(NotFound))
async def list_keys(
    session: IdentitySession, _: Administrator, page: Annotated[PageRequest, Depends(page_of("keys"))]
) -> Page[Key]:
    """Keys of every workspace, revoked ones too, without their secrets."""
    found = await repository.keys(session, workspace_id=None, page=page)
    rows, cursor = page.cut(found, lambda row: [row.workspace_id, row.key_id])
    return Page(items=tuple(_key(row) for row in rows), next_cursor=cursor)


@router.delete(
    "/keys/{key_id}",
    status_code=204,
    operation_id="revoke_key",
    summary="Revoke an API key",
    responses=problems(NotFound, Conflict),
)
async def revoke_key(session: IdentitySession, caller: Administrator, key_id: KeyPath) -> Response:
    """Refused everywhere within 30 seconds. Revoking a revoked key changes nothing."""
    await service.revoke_key(session, key_id=key_id, caller=caller)
    return Response(status_code=204)


def _workspace(row: WorkspaceRow) -> Workspace:
    return Workspace(id=row.workspace_id, name=row.name, created_at=row.created_at)


def _key(row: KeyRow) -> Key:
    return Key(
        id=row.key_id,
        workspace_id=row.workspace_id,
        name=row.name,
        scopes=tuple(Scope(scope) for scope in row.scopes),
        created_at=row.created_at,
        revoked_at=row.revoked_at,
    )
