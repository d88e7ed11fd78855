"""Identifiers of the other services in a body: each is asked for, since another workspace's is nobody's here."""

from collections.abc import Iterable
from uuid import UUID

from shared.clients.discovery import DiscoveryClient
from shared.clients.scoring import ScoringClient
from shared.kit.identity.caller import Caller
from shared.kit.runtime import Runtime


async def require_creators(runtime: Runtime, *, caller: Caller, creator_ids: Iterable[UUID | None]) -> None:
    """Raises NotFound for a creator that discovery does not know in the caller's workspace, Unavailable without it."""
    client = DiscoveryClient(runtime, workspace_id=caller.workspace_id, key_id=caller.key_id)
    for creator_id in dict.fromkeys(one for one in creator_ids if one is not None):
        await client.creator(creator_id)


async def require_origins(runtime: Runtime, *, caller: Caller, search_id: UUID | None, ranking_id: UUID | None) -> None:
    """Raises NotFound for a search or ranking that is not the caller's workspace's, Unavailable without its service."""
    if search_id is not None:
        await DiscoveryClient(runtime, workspace_id=caller.workspace_id, key_id=caller.key_id).search(search_id)
    if ranking_id is not None:
        await ScoringClient(runtime, workspace_id=caller.workspace_id, key_id=caller.key_id).ranking(ranking_id)
