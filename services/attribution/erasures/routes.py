"""HTTP by which discovery makes this service forget a creator."""

from datetime import UTC, datetime

from services.attribution.erasures import service
from shared.kit.app import router as kit_router
from shared.kit.edge import Administrator, OwnerSession, ServiceRuntime
from shared.schemas.erasures import ErasingService, ErasureOrder, ErasureReceipt

router = kit_router("/v1/creator-data", tags=["operations"])


@router.post("/erasures", operation_id="erase_creator_data", summary="Forget a creator in this service")
async def erase_creator_data(
    session: OwnerSession, caller: Administrator, runtime: ServiceRuntime, body: ErasureOrder
) -> ErasureReceipt:
    """Accounts, handles, contact routes, posts, terms and codes go; ledger lines stay without a name for a time.

    Called by discovery; erase a creator with `DELETE /v1/creators/{id}` there.
    """
    now = datetime.now(UTC)
    held_until = await service.erase(session, runtime=runtime, workspace_id=caller.workspace_id, order=body, now=now)
    return ErasureReceipt(
        service=ErasingService.ATTRIBUTION, creator_id=body.creator_id, held_until=held_until, erased_at=now
    )
