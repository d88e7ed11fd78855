"""HTTP for fraud signals."""

from typing import Annotated

from fastapi import Path

from services.attribution.signals import service
from shared.kit.app import router as kit_router
from shared.kit.edge import Reader, ReadSession
from shared.kit.errors import NotFound, problems
from shared.schemas.ids import CampaignId
from shared.schemas.signals import FraudSignals

router = kit_router("/v1/campaigns", tags=["signals"])


@router.get(
    "/{campaign_id}/signals",
    operation_id="list_fraud_signals",
    summary="List what looks like fraud",
    responses=problems(NotFound),
)
async def list_fraud_signals(
    session: ReadSession, _: Reader,
    campaign_id: Annotated[CampaignId, Path(description="a campaign of the caller's workspace")],
) -> FraudSignals:  # fmt: skip
    """Each with its rule and evidence. Nothing was done about any: a person can hold commissions back."""
    return await service.of_campaign(session, campaign_id=campaign_id)
