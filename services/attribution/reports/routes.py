"""HTTP for reports: JSON, CSV and a page."""

import asyncio
from typing import Annotated

from fastapi import APIRouter, Path, Query, Response

from services.attribution.reports import service
from services.attribution.reports.page import as_page, policy
from services.attribution.reports.service import Wanted
from services.attribution.reports.table import as_csv
from shared.kit.app import router as kit_router
from shared.kit.edge import Reader, ReadSession
from shared.kit.errors import NotFound, problems
from shared.schemas.base import Day, Key
from shared.schemas.ids import CampaignId, PartnershipId
from shared.schemas.reports import Report, ReportFormat, Split

router = kit_router("/v1/campaigns", tags=["reports"])
ROUTERS: list[APIRouter] = [router]

CampaignPath = Annotated[CampaignId, Path(description="a campaign of the caller's workspace")]
From = Annotated[Day | None, Query(alias="from", description="first day, in the campaign's time zone")]
To = Annotated[Day | None, Query(description="last day, included, in the campaign's time zone")]
Partnership = Annotated[PartnershipId | None, Query(description="only this creator")]
Model = Annotated[Key | None, Query(description="credit by this model instead of the campaign's")]
Splits = Annotated[list[Split], Query(max_length=3, description="split lines by account, asset or day; repeatable")]


@router.get(
    "/{campaign_id}/report",
    operation_id="get_campaign_report",
    summary="Report what each creator of a campaign brought",
    response_model=Report,
    responses={200: {"content": {"text/csv": {"schema": {"type": "string"}}}}, **problems(NotFound)},
)
async def get_campaign_report(
    session: ReadSession, _: Reader, campaign_id: CampaignPath,
    from_: From = None, to: To = None, partnership_id: Partnership = None, model: Model = None,
    split: Splits = [],  # noqa: B006  # FastAPI copies it
    format: Annotated[ReportFormat, Query()] = ReportFormat.JSON,  # noqa: A002  # the parameter's public name
) -> Response:  # fmt: skip
    """Every figure carries its trust; null is unknown, never zero. Test conversions are in none.

    Conversions are the creator's whose touch decided; `credit` is by the model and after refunds. Amounts are in minor
    units of the report's currency; CSV gives them in major units, a line a creator, account, asset or day.
    """
    wanted = Wanted(first=from_, last=to, partnership_id=partnership_id, model=model, splits=frozenset(split))
    report = await service.get_report(session, campaign_id=campaign_id, wanted=wanted)
    if format is ReportFormat.CSV:
        return Response(as_csv(report), media_type="text/csv; charset=utf-8")
    return Response(report.model_dump_json(), media_type="application/json")


@router.get(
    "/{campaign_id}/report.html",
    operation_id="get_campaign_report_page",
    summary="A campaign's report as one HTML file",
    response_class=Response,
    responses={200: {"content": {"text/html": {"schema": {"type": "string"}}}}, **problems(NotFound)},
)
async def get_campaign_report_page(
    session: ReadSession, _: Reader, campaign_id: CampaignPath,
    from_: From = None, to: To = None, partnership_id: Partnership = None, model: Model = None,
) -> Response:  # fmt: skip
    """With tables and charts; without scripts and without anything from elsewhere, so it can be saved and sent."""
    wanted = Wanted(
        first=from_, last=to, partnership_id=partnership_id, model=model, splits=frozenset({Split.ASSET}),
        days_of_totals=True,
    )  # fmt: skip
    report = await service.get_report(session, campaign_id=campaign_id, wanted=wanted)
    page = await asyncio.to_thread(as_page, report)
    headers = {"Content-Security-Policy": policy(), "X-Content-Type-Options": "nosniff", "Cache-Control": "no-store"}
    return Response(page, media_type="text/html; charset=utf-8", headers=headers)
