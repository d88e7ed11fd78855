"""The client of the attribution service, for conversions, posts and metrics."""

from datetime import UTC, date, datetime

from shared.clients.attribution import AttributionClient
from shared.schemas.conversions import ConversionCreate, ConversionKind, RefundCreate
from shared.schemas.ids import decode
from shared.schemas.metrics import MetricPointInput, MetricsCreate
from shared.schemas.tracked_posts import TrackedPostCreate
from tests.house import Tenant
from tests.services.attribution import making
from tests.services.attribution.orders import creator

NOON = datetime(2027, 3, 2, 12, tzinfo=UTC)


async def test_conversions_posts_and_metrics_go_through_the_client(tenant: Tenant) -> None:
    campaign = await making.campaign(tenant)
    ana = await creator(tenant, campaign=campaign, code="ANA10")
    campaign_id, partnership_id = decode("cmp", campaign["id"]), decode("pts", ana["id"])
    client = AttributionClient(tenant.house.runtime("discovery"), workspace_id=tenant.workspace_id)
    made = await client.create_conversion(
        ConversionCreate(kind=ConversionKind.PURCHASE, occurred_at=NOON, amount_minor=500, currency="GBP", code="ANA10")
    )
    await client.refund_conversion(made.id, RefundCreate(occurred_at=NOON))
    assert (await client.conversion(made.id)).refunded_minor == 500
    post = TrackedPostCreate(partnership_id=partnership_id, url="https://blog.example.com/shoes", published_at=NOON)
    assert (await client.create_post(post)).campaign_id == campaign_id
    point = MetricPointInput(metric="followers", day=date(2027, 3, 2), value=1)
    assert (await client.receive_metrics(MetricsCreate(campaign_id=campaign_id, points=(point,)))).added == 1
    assert (await client.fraud_signals(campaign_id)).items == ()
