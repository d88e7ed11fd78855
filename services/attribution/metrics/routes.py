"""HTTP for daily metrics."""

from typing import Annotated

from fastapi import Depends, Path, Query, Request

from services.attribution.campaigns import service as campaigns
from services.attribution.metrics import repository, service
from services.attribution.metrics.repository import DailyMetricRow
from shared.kit.app import router as kit_router
from shared.kit.edge import Reader, ReadSession, Session, Writer, page_of
from shared.kit.errors import NotFound, UnsupportedMediaType, problems
from shared.kit.pages import PageRequest
from shared.schemas.base import Day, Key, Page, Trust
from shared.schemas.ids import CampaignId
from shared.schemas.metrics import MetricPoint, MetricsCreate, MetricsReceived

router = kit_router("/v1/metrics", tags=["metrics"])
campaign_router = kit_router("/v1/campaigns", tags=["metrics"])

CampaignPath = Annotated[CampaignId, Path(description="a campaign of the caller's workspace")]


@router.post("", operation_id="receive_metrics", summary="Send daily values", responses=problems(NotFound))
async def receive_metrics(session: Session, caller: Writer, body: MetricsCreate) -> MetricsReceived:
    """Followers, page likes, subscribers, site visits, mentions and others; a value for a known day replaces it."""
    return await service.receive(
        session, campaign_id=body.campaign_id, source=body.source, points=body.points, caller=caller
    )


@campaign_router.post(
    "/{campaign_id}/metrics/import",
    operation_id="import_metrics",
    summary="Send daily values as CSV",
    responses=problems(NotFound, UnsupportedMediaType),
    openapi_extra={
        "requestBody": {
            "required": True,
            "content": {
                "text/csv": {
                    "schema": {"type": "string"},
                    "example": "metric,day,value\nsite_visits,2027-03-02,1834\n",
                }
            },
        }
    },
)
async def import_metrics(
    request: Request, session: Session, caller: Writer, campaign_id: CampaignPath,
    source: Annotated[Key, Query()] = "csv",
) -> MetricsReceived:  # fmt: skip
    """Columns: metric, day, value and perhaps platform, account. An empty value is a gap. All lines or none."""
    if request.headers.get("content-type", "text/csv").partition(";")[0].strip().lower() != "text/csv":
        raise UnsupportedMediaType("the body is text/csv")
    points = service.read_csv(await request.body())
    return await service.receive(session, campaign_id=campaign_id, source=source, points=points, caller=caller)


@router.get("", operation_id="list_metrics", summary="List daily values", responses=problems(NotFound))
async def list_metrics(
    session: ReadSession, _: Reader, page: Annotated[PageRequest, Depends(page_of("metrics"))],
    campaign_id: Annotated[CampaignId | None, Query()] = None,
    metric: Annotated[Key | None, Query()] = None,
    day_from: Annotated[Day | None, Query()] = None,
    day_to: Annotated[Day | None, Query(description="this day included")] = None,
) -> Page[MetricPoint]:  # fmt: skip
    """By campaign, series and day. A day that is missing is a gap: nobody told its value."""
    if campaign_id is not None:
        await campaigns.get_campaign(session, campaign_id=campaign_id)
    found = await repository.points(
        session, campaign_id=campaign_id, metric=metric, day_from=day_from, day_to=day_to, page=page
    )
    rows, cursor = page.cut(
        found, lambda row: [row.campaign_id, row.metric, row.platform, row.account, row.day.isoformat()]
    )
    return Page(items=tuple(_point(row) for row in rows), next_cursor=cursor)


ROUTERS = (router, campaign_router)


def _point(row: DailyMetricRow) -> MetricPoint:
    return MetricPoint(
        campaign_id=row.campaign_id,
        metric=row.metric,
        day=row.day,
        value=row.value,
        platform=row.platform or None,
        account=row.account or None,
        source=row.source,
        trust=Trust(row.trust),
        observed_at=row.observed_at,
    )
