"""Fraud signals of a campaign, computed when asked for; nothing is done about them."""

from datetime import UTC, datetime
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from services.attribution.campaigns import service as campaigns
from services.attribution.conversions.service import OWN_ORDER
from services.attribution.signals import repository, rules
from shared.schemas.signals import FraudSignals


async def of_campaign(session: AsyncSession, *, campaign_id: UUID) -> FraudSignals:
    """Raises NotFound, also for another workspace's campaign."""
    await campaigns.get_campaign(session, campaign_id=campaign_id)
    codes = await repository.code_uses(session, campaign_id=campaign_id)
    flooded = await repository.floods(session, campaign_id=campaign_id, least=rules.MIN_FLOOD_CLICKS)
    referrals = await repository.referrers(session, campaign_id=campaign_id)
    own = await repository.own_orders(session, campaign_id=campaign_id, reason=OWN_ORDER)
    fast = await repository.fast(session, campaign_id=campaign_id, seconds=rules.IMPOSSIBLE_SECONDS)
    return FraudSignals(
        campaign_id=campaign_id,
        as_of=datetime.now(UTC),
        items=(
            *rules.leaked_codes(codes, campaign_id=campaign_id),
            *rules.coupon_sites(referrals, campaign_id=campaign_id),
            *rules.code_limits(codes, campaign_id=campaign_id),
            *rules.self_referrals(own, campaign_id=campaign_id),
            *rules.floods(flooded, campaign_id=campaign_id),
            *rules.impossible_speeds(fast, campaign_id=campaign_id),
        ),
    )
