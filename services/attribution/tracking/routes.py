"""HTTP for tracking assets: links with their QR codes, promo codes and hashtags."""

import io
from datetime import UTC, datetime
from enum import StrEnum
from typing import Annotated, Any

import segno
from fastapi import APIRouter, Depends, Path, Query, Request, Response

from services.attribution.tracking import csv_lines, repository, service
from services.attribution.tracking.repository import CodeRow, HashtagRow, LinkRow
from shared.kit.app import router as kit_router
from shared.kit.edge import Exporter, Reader, ReadSession, ServiceRuntime, Session, Writer, page_of
from shared.kit.errors import Conflict, NotFound, PreconditionFailed, UnsupportedMediaType, problems
from shared.kit.etags import IfMatch, set_etag
from shared.kit.pages import PageRequest
from shared.kit.settings import Settings
from shared.schemas.base import Page
from shared.schemas.ids import CampaignId, CodeId, HashtagAssetId, LinkId, PartnershipId, encode
from shared.schemas.tracking import (
    Code,
    CodeBatch,
    CodeChange,
    CodeCreate,
    HashtagAsset,
    HashtagAssetChange,
    HashtagAssetCreate,
    Link,
    LinkBatch,
    LinkChange,
    LinkCreate,
    LinkRevision,
    Utm,
)

links = kit_router("/v1/links", tags=["tracking"])
codes = kit_router("/v1/codes", tags=["tracking"])
hashtags = kit_router("/v1/hashtags", tags=["tracking"])
of_campaigns = kit_router("/v1/campaigns", tags=["tracking"])
ROUTERS: list[APIRouter] = [links, codes, hashtags, of_campaigns]

LinkPath = Annotated[LinkId, Path(description="a link of the caller's workspace")]
CodePath = Annotated[CodeId, Path(description="a code of the caller's workspace")]
HashtagPath = Annotated[HashtagAssetId, Path(description="a hashtag of the caller's workspace")]
OfPartnership = Annotated[PartnershipId | None, Query(description="only those of this partnership")]
OfCampaign = Annotated[CampaignId | None, Query(description="only those of this campaign")]


class QrFormat(StrEnum):
    """A picture for print and screens, or one of pixels."""

    SVG = "svg"
    PNG = "png"


@links.post(
    "",
    status_code=201,
    operation_id="create_link",
    summary="Create a tracking link",
    responses=problems(NotFound, Conflict),
)
async def create_link(
    session: Session, caller: Writer, runtime: ServiceRuntime, body: LinkCreate, response: Response
) -> Link:
    """409 `not_approved` before a person approved the partnership. UTM fields may hold `{campaign}`, `{partner}`,
    `{slug}` and `{label}`."""
    row = await service.create_link(session, body=body, settings=runtime.settings, caller=caller)
    response.headers["Location"] = f"/v1/links/{encode('lnk', row.id)}"
    set_etag(response, row.version)
    return _link(row, runtime.settings)


@links.get("", operation_id="list_links", summary="List tracking links", responses=problems(NotFound))
async def list_links(
    session: ReadSession, _: Reader, runtime: ServiceRuntime,
    page: Annotated[PageRequest, Depends(page_of("links"))],
    partnership_id: OfPartnership = None, campaign_id: OfCampaign = None,
) -> Page[Link]:  # fmt: skip
    found = await repository.links(session, partnership_id=partnership_id, campaign_id=campaign_id, page=page)
    rows, cursor = page.cut(found, lambda row: [row.id])
    return Page(items=tuple(_link(row, runtime.settings) for row in rows), next_cursor=cursor)


@links.get("/{link_id}", operation_id="get_link", summary="Read a tracking link", responses=problems(NotFound))
async def get_link(
    session: ReadSession, _: Reader, runtime: ServiceRuntime, link_id: LinkPath, response: Response
) -> Link:
    row = await service.get_link(session, link_id=link_id)
    set_etag(response, row.version)
    return _link(row, runtime.settings)


@links.patch(
    "/{link_id}",
    operation_id="change_link",
    summary="Change a tracking link",
    responses=problems(NotFound, PreconditionFailed),
)
async def change_link(
    session: Session, caller: Writer, runtime: ServiceRuntime, link_id: LinkPath, body: LinkChange,
    response: Response, if_match: IfMatch = None,
) -> Link:  # fmt: skip
    """Redirects follow within a moment. What was changed, when and by which key is kept."""
    row = await service.change_link(
        session, link_id=link_id, change=body, if_match=if_match, settings=runtime.settings, caller=caller
    )
    set_etag(response, row.version)
    return _link(row, runtime.settings)


@links.get(
    "/{link_id}/changes", operation_id="list_link_changes", summary="List what was changed about a link",
    responses=problems(NotFound),
)  # fmt: skip
async def list_link_changes(
    session: ReadSession, _: Reader, link_id: LinkPath,
    page: Annotated[PageRequest, Depends(page_of("link_changes"))],
) -> Page[LinkRevision]:  # fmt: skip
    await service.get_link(session, link_id=link_id)
    found = await repository.link_changes(session, link_id=link_id, page=page)
    rows, cursor = page.cut(found, lambda row: [row.version])
    items = tuple(LinkRevision(version=row.version, before=row.before, at=row.at, by=row.by) for row in rows)
    return Page(items=items, next_cursor=cursor)


@links.get(
    "/{link_id}/qr",
    operation_id="get_link_qr",
    summary="Draw a link's QR code",
    response_class=Response,
    responses={
        200: {
            "description": "the picture",
            "content": {
                "image/svg+xml": {"schema": {"type": "string"}},
                "image/png": {"schema": {"type": "string", "format": "binary"}},
            },
        },
        **problems(NotFound),
    },
)
async def get_link_qr(
    session: ReadSession, _: Reader, runtime: ServiceRuntime, link_id: LinkPath,
    format: Annotated[QrFormat, Query(description="svg or png")] = QrFormat.SVG,  # noqa: A002  # the parameter's name on the wire
    scale: Annotated[int, Query(ge=1, le=50, description="pixels a module")] = 8,
) -> Response:  # fmt: skip
    row = await service.get_link(session, link_id=link_id)
    # error correction M, as print needs; a quiet zone of four modules, as the standard asks (ISO/IEC 18004)
    code = segno.make(_short_url(row, runtime.settings), error="m", micro=False)
    out = io.BytesIO()
    code.save(out, kind=str(format), scale=scale, border=4)
    media_type = "image/svg+xml" if format is QrFormat.SVG else "image/png"
    return Response(out.getvalue(), media_type=media_type)


def _csv_body(example: str) -> dict[str, Any]:
    content = {"text/csv": {"schema": {"type": "string"}, "example": example}}
    return {"requestBody": {"required": True, "content": content}}


async def _csv(request: Request) -> bytes:
    if request.headers.get("content-type", "text/csv").partition(";")[0].strip().lower() != "text/csv":
        raise UnsupportedMediaType("the body is text/csv")
    return await request.body()


@links.post(
    "/import",
    status_code=201,
    operation_id="import_links",
    summary="Create tracking links from CSV",
    responses=problems(NotFound, Conflict, UnsupportedMediaType),
    openapi_extra=_csv_body(
        "partnership_id,destination_url,slug,utm_source\n"
        "pts_01kz7kpps0fg8skbh5vs8fs3n4,https://shop.example.com/spring,ana-spring,bluesky\n"
    ),
)
async def import_links(request: Request, session: Session, caller: Writer, runtime: ServiceRuntime) -> LinkBatch:
    """All lines or none; at most 1,000. Columns are the fields of a link, its UTM fields as `utm_source` and so on."""
    rows = await service.import_links(session, content=await _csv(request), settings=runtime.settings, caller=caller)
    return LinkBatch(items=tuple(_link(row, runtime.settings) for row in rows))


@codes.post(
    "/import",
    status_code=201,
    operation_id="import_codes",
    summary="Create promo codes from CSV",
    responses=problems(NotFound, Conflict, UnsupportedMediaType),
    openapi_extra=_csv_body("partnership_id,code,percent_bp\npts_01kz7kpps0fg8skbh5vs8fs3n4,ANA10,1000\n"),
)
async def import_codes(request: Request, session: Session, caller: Writer) -> CodeBatch:
    """All lines or none; at most 1,000. Without a `code` in a line, one that nobody can guess."""
    rows = await service.import_codes(session, content=await _csv(request), caller=caller)
    return CodeBatch(items=tuple(_code(row) for row in rows))


@of_campaigns.get(
    "/{campaign_id}/codes/export",
    operation_id="export_codes",
    summary="Promo codes of a campaign as CSV, for a shop's import",
    response_class=Response,
    responses={
        200: {"description": "the file", "content": {"text/csv": {"schema": {"type": "string"}}}},
        **problems(NotFound),
    },
)
async def export_codes(
    session: ReadSession, _: Exporter, campaign_id: Annotated[CampaignId, Path(description="whose codes")]
) -> Response:
    """Limits are in it where they were given: only the shop can enforce them."""
    rows = await service.codes_for_export(session, campaign_id=campaign_id)
    headers = {"Content-Disposition": 'attachment; filename="codes.csv"'}
    return Response(csv_lines.write_codes(rows), media_type="text/csv; charset=utf-8", headers=headers)


@codes.post(
    "",
    status_code=201,
    operation_id="create_code",
    summary="Create a promo code",
    responses=problems(NotFound, Conflict),
)
async def create_code(session: Session, caller: Writer, body: CodeCreate, response: Response) -> Code:
    """409 `not_approved` before a person approved the partnership. Without a text, one that nobody can guess."""
    row = await service.create_code(session, body=body, caller=caller)
    response.headers["Location"] = f"/v1/codes/{encode('cod', row.id)}"
    set_etag(response, row.version)
    return _code(row)


@codes.get("", operation_id="list_codes", summary="List promo codes", responses=problems(NotFound))
async def list_codes(
    session: ReadSession, _: Reader, page: Annotated[PageRequest, Depends(page_of("codes"))],
    partnership_id: OfPartnership = None, campaign_id: OfCampaign = None,
) -> Page[Code]:  # fmt: skip
    found = await repository.codes(session, partnership_id=partnership_id, campaign_id=campaign_id, page=page)
    rows, cursor = page.cut(found, lambda row: [row.id])
    return Page(items=tuple(_code(row) for row in rows), next_cursor=cursor)


@codes.get("/{code_id}", operation_id="get_code", summary="Read a promo code", responses=problems(NotFound))
async def get_code(session: ReadSession, _: Reader, code_id: CodePath, response: Response) -> Code:
    row = await service.get_code(session, code_id=code_id)
    set_etag(response, row.version)
    return _code(row)


@codes.patch(
    "/{code_id}",
    operation_id="change_code",
    summary="Change a promo code",
    responses=problems(NotFound, PreconditionFailed),
)
async def change_code(
    session: Session, _: Writer, code_id: CodePath, body: CodeChange, response: Response, if_match: IfMatch = None
) -> Code:
    """Tell the shop too: only the shop can enforce limits and dates."""
    row = await service.change_code(session, code_id=code_id, change=body, if_match=if_match)
    set_etag(response, row.version)
    return _code(row)


@hashtags.post(
    "",
    status_code=201,
    operation_id="create_hashtag",
    summary="Give a partnership a hashtag of its own",
    responses=problems(NotFound, Conflict),
)
async def create_hashtag(
    session: Session, caller: Writer, body: HashtagAssetCreate, response: Response
) -> HashtagAsset:
    """409 `not_approved` before a person approved the partnership; 409 for a hashtag that others use."""
    row = await service.create_hashtag(session, body=body, caller=caller)
    response.headers["Location"] = f"/v1/hashtags/{encode('hsh', row.id)}"
    set_etag(response, row.version)
    return _hashtag(row)


@hashtags.get("", operation_id="list_hashtags", summary="List hashtags", responses=problems(NotFound))
async def list_hashtags(
    session: ReadSession, _: Reader, page: Annotated[PageRequest, Depends(page_of("hashtags"))],
    partnership_id: OfPartnership = None, campaign_id: OfCampaign = None,
) -> Page[HashtagAsset]:  # fmt: skip
    found = await repository.hashtags(session, partnership_id=partnership_id, campaign_id=campaign_id, page=page)
    rows, cursor = page.cut(found, lambda row: [row.id])
    return Page(items=tuple(_hashtag(row) for row in rows), next_cursor=cursor)


@hashtags.get("/{hashtag_id}", operation_id="get_hashtag", summary="Read a hashtag", responses=problems(NotFound))
async def get_hashtag(session: ReadSession, _: Reader, hashtag_id: HashtagPath, response: Response) -> HashtagAsset:
    row = await service.get_hashtag(session, hashtag_id=hashtag_id)
    set_etag(response, row.version)
    return _hashtag(row)


@hashtags.patch(
    "/{hashtag_id}",
    operation_id="change_hashtag",
    summary="Put a hashtag out of use, or back",
    responses=problems(NotFound, PreconditionFailed),
)
async def change_hashtag(
    session: Session, _: Writer, hashtag_id: HashtagPath, body: HashtagAssetChange, response: Response,
    if_match: IfMatch = None,
) -> HashtagAsset:  # fmt: skip
    """Posts that were matched with it stay matched; it stays the partnership's own."""
    row = await service.change_hashtag(session, hashtag_id=hashtag_id, change=body, if_match=if_match)
    set_etag(response, row.version)
    return _hashtag(row)


def _short_url(row: LinkRow, settings: Settings) -> str:
    return service.public_address(settings, row.host, f"/r/{row.slug}")


def _link(row: LinkRow, settings: Settings) -> Link:
    return Link(
        id=row.id,
        partnership_id=row.partnership_id,
        campaign_id=row.campaign_id,
        slug=row.slug,
        host=row.host or None,
        short_url=_short_url(row, settings),
        destination_url=row.destination_url,
        label=row.label,
        utm=Utm.model_validate(row.utm),
        click_parameter=row.click_parameter,
        starts_at=row.starts_at,
        ends_at=row.ends_at,
        expired_url=row.expired_url,
        click_cap=row.click_cap,
        capped_url=row.capped_url,
        state=service.state_of(row, now=datetime.now(UTC)),
        disclosure_text=row.disclosure_text,
        created_at=row.created_at,
        updated_at=row.updated_at,
        created_by=row.created_by,
    )


def _code(row: CodeRow) -> Code:
    return Code(
        id=row.id,
        partnership_id=row.partnership_id,
        campaign_id=row.campaign_id,
        code=row.code,
        percent_bp=row.percent_bp,
        amount_minor=row.amount_minor,
        currency=row.currency,
        starts_at=row.starts_at,
        ends_at=row.ends_at,
        max_uses=row.max_uses,
        one_per_customer=row.one_per_customer,
        stock_cap=row.stock_cap,
        state=service.state_of(row, now=datetime.now(UTC)),
        disclosure_text=row.disclosure_text,
        created_at=row.created_at,
        created_by=row.created_by,
    )


def _hashtag(row: HashtagRow) -> HashtagAsset:
    return HashtagAsset(
        id=row.id,
        partnership_id=row.partnership_id,
        campaign_id=row.campaign_id,
        hashtag=row.hashtag,
        key=row.key,
        state=service.state_of(row, now=datetime.now(UTC)),
        disclosure_text=row.disclosure_text,
        created_at=row.created_at,
        created_by=row.created_by,
    )
