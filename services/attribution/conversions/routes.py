"""HTTP for conversions and their refunds."""

from typing import Annotated, Any
from uuid import UUID

from fastapi import Depends, Path, Query, Request, Response

from services.attribution.conversions import importing, repository, service
from services.attribution.conversions.repository import ConversionImportRow, ConversionRow, CreditRow, RefundRow
from shared.kit.app import router as kit_router
from shared.kit.edge import Reader, ReadSession, ServiceRuntime, Session, Writer, page_of
from shared.kit.errors import Conflict, NotFound, UnsupportedMediaType, problems
from shared.kit.pages import PageRequest
from shared.schemas.base import JobStatus, Key, Page
from shared.schemas.conversions import (
    Attribution,
    AttributionState,
    Conversion,
    ConversionCreate,
    ConversionImport,
    ConversionKind,
    Credit,
    ExternalId,
    Refund,
    RefundByOrderCreate,
    RefundCreate,
    Touchpoint,
)
from shared.schemas.ids import CampaignId, ConversionId, ImportId, PartnershipId, encode
from shared.schemas.imports import LineFault

router = kit_router("/v1/conversions", tags=["conversions"])
refunds_router = kit_router("/v1/refunds", tags=["conversions"])

ConversionPath = Annotated[ConversionId, Path(description="a conversion of the caller's workspace")]


@router.post(
    "",
    status_code=201,
    operation_id="create_conversion",
    summary="Record a conversion",
    response_model=Conversion,
    responses={200: {"model": Conversion, "description": "It was known"}, **problems(NotFound, Conflict)},
)
async def create_conversion(
    session: Session, caller: Writer, runtime: ServiceRuntime, body: ConversionCreate, response: Response
) -> Conversion:
    """Counted once per source and external id, however often it is sent; the answer says who is credited and why."""
    done = await service.record(
        session,
        told=service.told_by_api(body, secrets=runtime.secrets),
        workspace_id=caller.workspace_id,
        key_id=caller.key_id,
        secrets=runtime.secrets,
        strict=True,
    )
    response.status_code = 201 if done.new else 200
    response.headers["Location"] = f"/v1/conversions/{encode('cnv', done.row.id)}"
    return (await _all(session, [done.row]))[0]


@router.post(
    "/import",
    status_code=202,
    operation_id="import_conversions",
    summary="Import conversions from CSV",
    responses=problems(UnsupportedMediaType),
    max_body_size=importing.MAX_BYTES,
    openapi_extra={
        "requestBody": {
            "required": True,
            "content": {
                "text/csv": {
                    "schema": {"type": "string"},
                    "example": "kind,occurred_at,amount,currency,code,external_id\n"
                    "purchase,2027-03-02T09:30:00Z,89.90,GBP,ANA10,order-1001\n",
                }
            },
        }
    },
)
async def import_conversions(
    request: Request, session: Session, caller: Writer, response: Response,
    source: Annotated[Key, Query(description="for lines that name none")] = "csv",
) -> ConversionImport:  # fmt: skip
    """At most 20 MB, worked off later. A bad line is named with its reason and does not stop the rest.

    Columns are the fields of a conversion; `amount` and `discount` are in major units. The same file again counts
    nothing twice.
    """
    if request.headers.get("content-type", "text/csv").partition(";")[0].strip().lower() != "text/csv":
        raise UnsupportedMediaType("the body is text/csv")
    row = await importing.begin(
        session, body=await request.body(), source=source, workspace_id=caller.workspace_id, key_id=caller.key_id
    )
    response.headers["Location"] = f"/v1/conversions/imports/{encode('imp', row.id)}"
    return import_of(row)


@router.get(
    "/imports/{import_id}",
    operation_id="get_conversion_import",
    summary="Read how far an import of conversions is",
    responses=problems(NotFound),
)
async def get_conversion_import(
    session: ReadSession, _: Reader, import_id: Annotated[ImportId, Path(description="an import of conversions")]
) -> ConversionImport:
    return import_of(await importing.get_import(session, import_id=import_id))


@router.get("", operation_id="list_conversions", summary="List conversions", responses=problems(NotFound))
async def list_conversions(
    session: ReadSession, _: Reader, page: Annotated[PageRequest, Depends(page_of("conversions"))],
    campaign_id: Annotated[CampaignId | None, Query(description="decided for it, or naming it")] = None,
    partnership_id: Annotated[PartnershipId | None, Query(description="decided by a touch of it")] = None,
    state: Annotated[AttributionState | None, Query(description="unattributed ones are kept and shown")] = None,
    kind: Annotated[ConversionKind | None, Query()] = None,
    livemode: Annotated[bool | None, Query(description="false for tests")] = None,
    source: Annotated[Key | None, Query()] = None,
    external_id: Annotated[ExternalId | None, Query()] = None,
) -> Page[Conversion]:  # fmt: skip
    """Newest arrivals first."""
    found = await repository.conversions(
        session, campaign_id=campaign_id, partnership_id=partnership_id, state=state, kind=kind, livemode=livemode,
        source=source, external_id=external_id, page=page,
    )  # fmt: skip
    rows, cursor = page.cut(found, lambda row: [row.id])
    return Page(items=tuple(await _all(session, rows)), next_cursor=cursor)


@router.get(
    "/{conversion_id}", operation_id="get_conversion", summary="Read a conversion", responses=problems(NotFound)
)
async def get_conversion(session: ReadSession, _: Reader, conversion_id: ConversionPath) -> Conversion:
    """With what was considered, which rule won, and what the other models would have given."""
    return (await _all(session, [await service.get_conversion(session, conversion_id=conversion_id)]))[0]


@router.post(
    "/{conversion_id}/resolve",
    operation_id="resolve_conversion",
    summary="Decide a conversion anew",
    responses=problems(NotFound),
)
async def resolve_conversion(
    session: Session, _: Writer, runtime: ServiceRuntime, conversion_id: ConversionPath
) -> Conversion:
    """By the rules and touchpoints known now; the terms stay those of its day."""
    row = await service.resolve_again(session, conversion_id=conversion_id, secrets=runtime.secrets)
    return (await _all(session, [row]))[0]


@router.post(
    "/{conversion_id}/refunds",
    status_code=201,
    operation_id="create_refund",
    summary="Refund a conversion",
    responses=problems(NotFound, Conflict),
)
async def create_refund(
    session: Session, caller: Writer, conversion_id: ConversionPath, body: RefundCreate
) -> Conversion:
    """Without an amount, all that is left. With an external id, the same refund is counted once."""
    row = await service.refund_conversion(
        session, conversion_id=conversion_id, body=body, workspace_id=caller.workspace_id, key_id=caller.key_id
    )
    return (await _all(session, [row]))[0]


@refunds_router.post(
    "",
    status_code=201,
    operation_id="create_refund_by_order",
    summary="Refund an order by its own id",
    responses=problems(NotFound, Conflict),
)
async def create_refund_by_order(session: Session, caller: Writer, body: RefundByOrderCreate) -> Refund:
    """The refund may come before its order; it is then kept and applied when the order comes."""
    row = await service.refund_order(session, body=body, workspace_id=caller.workspace_id, key_id=caller.key_id)
    return refund_of(row)


@refunds_router.get("", operation_id="list_refunds", summary="List refunds", responses=problems(NotFound))
async def list_refunds(
    session: ReadSession, _: Reader, page: Annotated[PageRequest, Depends(page_of("refunds"))],
    waiting: Annotated[bool | None, Query(description="only those whose order is not here yet, or is")] = None,
) -> Page[Refund]:  # fmt: skip
    """Newest arrivals first."""
    rows, cursor = page.cut(await repository.refunds(session, waiting=waiting, page=page), lambda row: [row.id])
    return Page(items=tuple(refund_of(row) for row in rows), next_cursor=cursor)


ROUTERS = (router, refunds_router)


async def _all(session: ReadSession, rows: list[ConversionRow]) -> list[Conversion]:
    credit_rows, refund_rows = await service.details(session, conversion_ids=[row.id for row in rows])
    return [conversion_of(row, credit_rows.get(row.id, []), refund_rows.get(row.id, [])) for row in rows]


def conversion_of(row: ConversionRow, credit_rows: list[CreditRow], refund_rows: list[RefundRow]) -> Conversion:
    by_model: dict[str, list[Credit]] = {}
    for one in credit_rows:
        by_model.setdefault(one.model, []).append(_credit(one))
    chosen = by_model.pop(row.model, []) if row.model else []
    return Conversion(
        id=row.id,
        kind=ConversionKind(row.kind),
        occurred_at=row.occurred_at,
        amount_minor=row.amount_minor,
        currency=row.currency,
        discount_minor=row.discount_minor,
        refunded_minor=row.refunded_minor,
        code=row.code,
        click_id=row.click_id,
        external_id=row.external_id,
        source=row.source,
        campaign_id=row.campaign_id or row.stated_campaign_id,
        new_customer=row.new_customer,
        livemode=row.livemode,
        voided=row.voided,
        refunds=tuple(refund_of(one) for one in refund_rows),
        attribution=Attribution(
            state=AttributionState(row.state),
            partnership_id=row.partnership_id,
            model=row.model,
            rule=row.rule,
            credits=tuple(chosen),
            considered=tuple(_touchpoint(one) for one in row.considered),
            other_models={key: tuple(found) for key, found in by_model.items()},
            decided_at=row.decided_at,
        ),
        created_at=row.created_at,
        created_by=row.created_by,
    )


def _credit(row: CreditRow) -> Credit:
    """The credit after refunds."""
    return Credit(
        partnership_id=row.partnership_id,
        share=float(row.weight / row.total_weight),
        amount_minor=row.net_minor,
        currency=row.currency if row.net_minor is not None else None,
    )


def _touchpoint(one: dict[str, Any]) -> Touchpoint:
    ids = {name: UUID(value) for name, value in one.items() if name.endswith("_id")}
    return Touchpoint(signal=one["signal"], at=one["at"], used=one["used"], reason=one["reason"], **ids)


def import_of(row: ConversionImportRow) -> ConversionImport:
    return ConversionImport(
        id=row.id,
        status=JobStatus(row.status),
        source=row.source,
        lines=row.lines,
        lines_done=row.lines_done,
        recorded=row.recorded,
        repeated=row.repeated,
        faulty=row.faulty,
        faults=tuple(LineFault.model_validate(fault) for fault in row.faults),
        error=row.error,
        created_at=row.created_at,
        finished_at=row.finished_at,
    )


def refund_of(row: RefundRow) -> Refund:
    return Refund(
        source=row.source,
        order_external_id=row.order_external_id,
        conversion_id=row.conversion_id,
        occurred_at=row.occurred_at,
        amount_minor=row.effective_minor if row.conversion_id is not None else row.amount_minor,
        external_id=row.external_id,
        reason=row.reason,
        created_at=row.created_at,
    )
