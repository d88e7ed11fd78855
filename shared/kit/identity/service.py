"""Use cases of identity: make and end workspaces and keys."""

from collections.abc import Iterable
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from shared.kit.errors import Conflict, NotFound
from shared.kit.identity import repository
from shared.kit.identity.caller import Caller
from shared.kit.identity.keys import generate_key, hash_key
from shared.kit.identity.tables import KeyRow, WorkspaceRow
from shared.kit.ids import new_id
from shared.schemas.identity import Scope


async def create_workspace(session: AsyncSession, *, name: str, caller: Caller) -> WorkspaceRow:
    return await repository.add_workspace(session, workspace_id=new_id(), name=name, created_by=caller.key_id)


async def create_key(
    session: AsyncSession, *, workspace_id: UUID, name: str, scopes: Iterable[Scope], caller: Caller
) -> tuple[KeyRow, str]:
    """The stored key and its secret, which is known only now. NotFound for an unknown workspace."""
    if await repository.workspace(session, workspace_id=workspace_id) is None:
        raise NotFound("no such workspace")
    secret = generate_key()
    row = await repository.add_key(
        session, workspace_id=workspace_id, key_id=new_id(), name=name, hashed=hash_key(secret),
        scopes=list(scopes), created_by=caller.key_id,
    )  # fmt: skip
    return row, secret


async def revoke_key(session: AsyncSession, *, key_id: UUID, caller: Caller) -> None:
    """End a key; within 30 seconds every process has forgotten it. A key cannot end itself."""
    if key_id == caller.key_id:
        raise Conflict("a key cannot revoke itself; use another admin key")
    if await repository.revoke_key(session, key_id=key_id) is None:
        raise NotFound("no such key")


async def ensure_bootstrap_key(session: AsyncSession, *, key_sha256: str) -> None:
    """The first workspace and its key with every scope, for the key whose SHA-256 (hex) `up` passed on."""
    await repository.ensure_bootstrap_key(
        session, workspace_id=new_id(), key_id=new_id(), hashed=bytes.fromhex(key_sha256), scopes=[*Scope]
    )
