"""HTTP for audience reports."""

from typing import Annotated

from fastapi import Depends, Path, Response

from services.scoring.audience_reports import repository, service
from services.scoring.audience_reports.repository import AudienceReportRow
from services.scoring.settings import ScoringSettings
from shared.clients.discovery import DiscoveryClient
from shared.kit.app import router as kit_router
from shared.kit.edge import Reader, ReadSession, ServiceRuntime, Session, Writer, page_of
from shared.kit.errors import NotFound, problems
from shared.kit.pages import PageRequest
from shared.schemas.audience_reports import AudienceReportCreate, StoredAudienceReport
from shared.schemas.base import Page
from shared.schemas.ids import AudienceReportId, CreatorId, encode

router = kit_router("/v1/creators/{creator_id}/audience-reports", tags=["audience reports"])

CreatorPath = Annotated[CreatorId, Path(description="a creator of the caller's workspace, by discovery's identifier")]
ReportPath = Annotated[AudienceReportId, Path(description="a report of that creator")]


async def known_creator(runtime: ServiceRuntime, caller: Reader, creator_id: CreatorPath) -> CreatorId:
    """The creator, if discovery knows it. Asked before the request's transaction begins."""
    client = DiscoveryClient(runtime, workspace_id=caller.workspace_id, key_id=caller.key_id)
    return (await client.creator(creator_id)).id


Known = Annotated[CreatorId, Depends(known_creator)]


@router.post(
    "", status_code=201, operation_id="create_audience_report", summary="Take down what a creator reports",
    responses=problems(NotFound),
)  # fmt: skip
async def create_audience_report(
    creator_id: Known, session: Session, caller: Writer, runtime: ServiceRuntime, body: AudienceReportCreate,
    response: Response,
) -> StoredAudienceReport:  # fmt: skip
    """The creator's own numbers about the audience, with their date and source; rankings made from now on read them.
    Ages and genders are known from here only and are never inferred."""
    days = runtime.settings.audience_report_days if isinstance(runtime.settings, ScoringSettings) else 1
    row = await service.create_report(session, creator_id=creator_id, body=body, keep_days=days, caller=caller)
    response.headers["Location"] = f"/v1/creators/{encode('crt', creator_id)}/audience-reports"
    return _report(row)


@router.get(
    "", operation_id="list_audience_reports", summary="List what a creator reported", responses=problems(NotFound)
)
async def list_audience_reports(
    creator_id: Known,
    session: ReadSession,
    _: Reader,
    page: Annotated[PageRequest, Depends(page_of("audience_reports"))],
) -> Page[StoredAudienceReport]:
    """The last received first."""
    found = await repository.reports(session, creator_id=creator_id, page=page)
    rows, cursor = page.cut(found, lambda row: [row.id])
    return Page(items=tuple(map(_report, rows)), next_cursor=cursor)


@router.delete(
    "/{report_id}", status_code=204, operation_id="delete_audience_report", summary="Delete a report",
    responses=problems(NotFound),
)  # fmt: skip
async def delete_audience_report(
    session: Session, _: Writer, creator_id: CreatorPath, report_id: ReportPath
) -> Response:
    """Later rankings no longer read it. Scores made before rest on their snapshot until its evidence expires or the
    creator is erased."""
    await service.delete_report(session, creator_id=creator_id, report_id=report_id)
    return Response(status_code=204)


def _report(row: AudienceReportRow) -> StoredAudienceReport:
    return StoredAudienceReport(
        **service.in_bundle(row).model_dump(),
        id=row.id,
        creator_id=row.creator_id,
        expires_at=row.expires_at,
        created_by=row.created_by,
    )
