"""HTTP for partners."""

from collections.abc import Iterable
from typing import Annotated

from fastapi import Depends, Path, Response

from services.attribution.partners import repository, service
from services.attribution.partners.repository import PartnerAccountRow, PartnerRow
from shared.kit.app import router as kit_router
from shared.kit.edge import Reader, ReadSession, Session, Writer, page_of
from shared.kit.errors import Conflict, NotFound, PreconditionFailed, problems
from shared.kit.etags import IfMatch, set_etag
from shared.kit.pages import PageRequest
from shared.schemas.base import Page
from shared.schemas.creators import ContactRoute
from shared.schemas.ids import PartnerId, encode
from shared.schemas.partners import Partner, PartnerAccount, PartnerAccountCreate, PartnerChange, PartnerCreate

router = kit_router("/v1/partners", tags=["partners"])

PartnerPath = Annotated[PartnerId, Path(description="a partner of the caller's workspace")]


@router.post(
    "", status_code=201, operation_id="create_partner", summary="Create a partner", responses=problems(Conflict)
)
async def create_partner(session: Session, caller: Writer, body: PartnerCreate, response: Response) -> Partner:
    """From a candidate (`creator_id` of its account) or by hand. An account belongs to one partner: 409 otherwise."""
    row = await service.create_partner(session, body=body, caller=caller)
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
    session: Session, caller: Writer, partner_id: PartnerPath, body: PartnerAccountCreate, response: Response
) -> Partner:
    row = await service.add_account(session, partner_id=partner_id, body=body, caller=caller)
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
