"""HTTP for partners."""

from collections.abc import Iterable
from typing import Annotated

from fastapi import Depends, Path, Response

from services.attribution.partners import repository, service
from services.attribution.partners.repository import PartnerAccountRow, PartnerRow
from services.attribution.references import require_creators
from shared.kit.app import router as kit_router
from shared.kit.edge import Reader, ReadSession, ServiceRuntime, Session, Writer, page_of
from shared.kit.errors import Conflict, NotFound, PreconditionFailed, problems
from shared.kit.etags import IfMatch, set_etag
from shared.kit.pages import PageRequest
from shared.schemas.base import Page
from shared.schemas.creators import ContactRoute
from shared.schemas.ids import PartnerId, encode
from shared.schemas.partners import Partner, PartnerAccount, PartnerAccountCreate, PartnerChange, PartnerCreate

router = kit_router("/v1/partners", tags=["partners"])

PartnerPath = Annotated[PartnerId, Path(description="a partner of the caller's workspace")]


async def with_known_creators(runtime: ServiceRuntime, caller: Writer, body: PartnerCreate) -> PartnerCreate:
    """The body, if discovery knows its creators. Asked before the request's transaction begins."""
    await require_creators(runtime, caller=caller, creator_ids=[account.creator_id for account in body.accounts])
    return body


async def with_known_creator(
    runtime: ServiceRuntime, caller: Writer, body: PartnerAccountCreate
) -> PartnerAccountCreate:
    """As `with_known_creators`, for one account."""
    await require_creators(runtime, caller=caller, creator_ids=[body.creator_id])
    return body


@router.post(
    "", status_code=201, operation_id="create_partner", summary="Create a partner",
    responses=problems(NotFound, Conflict),
)  # fmt: skip
async def create_partner(
    known: Annotated[PartnerCreate, Depends(with_known_creators)], session: Session, caller: Writer, response: Response
) -> Partner:
    """From a candidate (`creator_id` of its account) or by hand. An account belongs to one partner: 409 otherwise."""
    row = await service.create_partner(session, body=known, caller=caller)
    response.headers["Location"] = f"/v1/partners/{encode('ptr', row.id)}"
    set_etag(response, row.version)
    found = await repository.accounts(session, partner_ids=[row.id])
    return _partner(row, found[row.id])


@router.get("", operation_id="list_partners", summary="List partners", responses=problems(NotFound))
async def list_partners(
    session: ReadSession, _: Reader, page: Annotated[PageRequest, Depends(page_of("partners"))]
) -> Page[Partner]:
    rows, cursor = page.cut(await repository.partners(session, page=page), lambda row: [row.id])
    found = await repository.accounts(session, partner_ids=[row.id for row in rows])
    return Page(items=tuple(_partner(row, found.get(row.id, ())) for row in rows), next_cursor=cursor)


@router.get("/{partner_id}", operation_id="get_partner", summary="Read a partner", responses=problems(NotFound))
async def get_partner(session: ReadSession, _: Reader, partner_id: PartnerPath, response: Response) -> Partner:
    row = await service.get_partner(session, partner_id=partner_id)
    set_etag(response, row.version)
    found = await repository.accounts(session, partner_ids=[row.id])
    return _partner(row, found.get(row.id, ()))


@router.patch(
    "/{partner_id}",
    operation_id="change_partner",
    summary="Change a partner",
    responses=problems(NotFound, PreconditionFailed),
)
async def change_partner(
    session: Session, _: Writer, partner_id: PartnerPath, body: PartnerChange, response: Response,
    if_match: IfMatch = None,
) -> Partner:  # fmt: skip
    """`do_not_contact` holds in the whole workspace until it is taken back."""
    row = await service.change_partner(session, partner_id=partner_id, change=body, if_match=if_match)
    set_etag(response, row.version)
    found = await repository.accounts(session, partner_ids=[row.id])
    return _partner(row, found.get(row.id, ()))


@router.post(
    "/{partner_id}/accounts",
    status_code=201,
    operation_id="add_partner_account",
    summary="Add an account to a partner",
    responses=problems(NotFound, Conflict),
)
async def add_partner_account(
    known: Annotated[PartnerAccountCreate, Depends(with_known_creator)], session: Session, caller: Writer,
    partner_id: PartnerPath, response: Response,
) -> Partner:  # fmt: skip
    row = await service.add_account(session, partner_id=partner_id, body=known, caller=caller)
    set_etag(response, row.version)
    found = await repository.accounts(session, partner_ids=[row.id])
    return _partner(row, found[row.id])


def _partner(row: PartnerRow, accounts: Iterable[PartnerAccountRow]) -> Partner:
    return Partner(
        id=row.id,
        name=row.name,
        accounts=tuple(
            PartnerAccount(
                id=account.id,
                platform=account.platform,
                platform_id=account.platform_id,
                handle=account.handle,
                creator_id=account.creator_id,
                url=account.url,
            )
            for account in accounts
        ),
        contact_routes=tuple(ContactRoute.model_validate(route) for route in row.contact_routes),
        do_not_contact=row.do_not_contact,
        do_not_contact_reason=row.do_not_contact_reason,
        note=row.note,
        created_at=row.created_at,
        updated_at=row.updated_at,
        created_by=row.created_by,
    )
