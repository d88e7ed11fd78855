"""HTTP for landing pages: their management, and the page itself."""

import hashlib
from pathlib import Path as FilePath
from typing import Annotated

from fastapi import APIRouter, Depends, Path, Query, Request, Response
from fastapi.responses import HTMLResponse

from services.attribution.pages import html, repository, service
from services.attribution.pages.repository import PageRow
from services.attribution.tracking import service as tracking
from shared.kit.app import router as kit_router
from shared.kit.edge import Reader, ReadSession, ServiceRuntime, Session, Writer, page_of
from shared.kit.errors import Conflict, NotFound, PreconditionFailed, problems
from shared.kit.etags import IfMatch, set_etag
from shared.kit.pages import PageRequest
from shared.kit.settings import Settings
from shared.schemas.base import Page
from shared.schemas.ids import CampaignId, PageId, PartnershipId, encode
from shared.schemas.tracking import AssetState, LandingPage, PageChange, PageCreate

router = kit_router("/v1/pages", tags=["tracking"])
public = kit_router("/p", tags=["public"])
of_sites = kit_router("", tags=["public"])
ROUTERS: list[APIRouter] = [router, public, of_sites]

_SCRIPT = (FilePath(__file__).parent / "gs.js").read_bytes()
_SCRIPT_HEADERS = {
    "Cache-Control": "public, max-age=86400",
    "ETag": f'"{hashlib.sha256(_SCRIPT).hexdigest()[:32]}"',
    "X-Content-Type-Options": "nosniff",
    # sites of other hosts load it, also with an integrity hash
    "Access-Control-Allow-Origin": "*",
    "Cross-Origin-Resource-Policy": "cross-origin",
}

PagePath = Annotated[PageId, Path(description="a landing page of the caller's workspace")]


@router.post(
    "", status_code=201, operation_id="create_page", summary="Create a landing page",
    responses=problems(NotFound, Conflict),
)  # fmt: skip
async def create_page(
    session: Session, caller: Writer, runtime: ServiceRuntime, body: PageCreate, response: Response
) -> LandingPage:
    """409 `not_approved` before a person approved the partnership. The link and code are the partnership's own."""
    row = await service.create_page(session, body=body, caller=caller)
    response.headers["Location"] = f"/v1/pages/{encode('pag', row.id)}"
    set_etag(response, row.version)
    return _page(row, runtime.settings)


@router.get("", operation_id="list_pages", summary="List landing pages", responses=problems(NotFound))
async def list_pages(
    session: ReadSession, _: Reader, runtime: ServiceRuntime,
    page: Annotated[PageRequest, Depends(page_of("pages"))],
    partnership_id: Annotated[PartnershipId | None, Query(description="only those of this partnership")] = None,
    campaign_id: Annotated[CampaignId | None, Query(description="only those of this campaign")] = None,
) -> Page[LandingPage]:  # fmt: skip
    found = await repository.pages(session, partnership_id=partnership_id, campaign_id=campaign_id, page=page)
    rows, cursor = page.cut(found, lambda row: [row.id])
    return Page(items=tuple(_page(row, runtime.settings) for row in rows), next_cursor=cursor)


@router.get("/{page_id}", operation_id="get_page", summary="Read a landing page", responses=problems(NotFound))
async def get_page(
    session: ReadSession, _: Reader, runtime: ServiceRuntime, page_id: PagePath, response: Response
) -> LandingPage:
    row = await service.get_page(session, page_id=page_id)
    set_etag(response, row.version)
    return _page(row, runtime.settings)


@router.patch(
    "/{page_id}", operation_id="change_page", summary="Change a landing page",
    responses=problems(NotFound, PreconditionFailed),
)  # fmt: skip
async def change_page(
    session: Session, _: Writer, runtime: ServiceRuntime, page_id: PagePath, body: PageChange, response: Response,
    if_match: IfMatch = None,
) -> LandingPage:  # fmt: skip
    row = await service.change_page(session, page_id=page_id, change=body, if_match=if_match)
    set_etag(response, row.version)
    return _page(row, runtime.settings)


@public.get("/{slug}", include_in_schema=False)
async def show_page(request: Request, runtime: ServiceRuntime, slug: str) -> HTMLResponse:
    host = request.headers.get("host", "").lower()[:255]
    content = await service.public_page(
        runtime.database, host=host.replace("\x00", ""), slug=slug[:64].replace("\x00", "")
    )
    return HTMLResponse(
        html.render(content),
        headers={
            "Content-Security-Policy": html.CONTENT_SECURITY_POLICY,
            "X-Content-Type-Options": "nosniff",
            "Referrer-Policy": "same-origin",
            "Cache-Control": "no-store",
        },
    )


@of_sites.get("/gs.js", include_in_schema=False)
async def get_script(request: Request) -> Response:
    """For a brand's own pages: carries the click id on, without a request or a cookie of its own."""
    if _SCRIPT_HEADERS["ETag"] in request.headers.get("if-none-match", ""):
        return Response(status_code=304, headers=_SCRIPT_HEADERS)
    return Response(_SCRIPT, media_type="text/javascript; charset=utf-8", headers=_SCRIPT_HEADERS)


def _page(row: PageRow, settings: Settings) -> LandingPage:
    return LandingPage(
        id=row.id,
        partnership_id=row.partnership_id,
        campaign_id=row.campaign_id,
        link_id=row.link_id,
        code_id=row.code_id,
        slug=row.slug,
        url=tracking.public_address(settings, row.host, f"/p/{row.slug}"),
        title=row.title,
        offer=row.offer,
        button=row.button,
        state=AssetState.DISABLED if row.disabled else AssetState.ACTIVE,
        disclosure_text=row.disclosure_text,
        created_at=row.created_at,
        created_by=row.created_by,
    )
