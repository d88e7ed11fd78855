"""HTTP for partnerships."""

from collections.abc import Sequence
from typing import Annotated

from fastapi import Body, Depends, Path, Query, Response
from sqlalchemy.ext.asyncio import AsyncSession

from services.attribution.partners import service as partners
from services.attribution.partnerships import repository, service
from services.attribution.partnerships.repository import PartnershipRow, TermsRow
from shared.kit.app import router as kit_router
from shared.kit.edge import Approver, Reader, ReadSession, Session, Writer, page_of
from shared.kit.errors import Conflict, NotFound, PreconditionFailed, problems
from shared.kit.etags import IfMatch, set_etag
from shared.kit.pages import PageRequest
from shared.schemas.base import Page
from shared.schemas.ids import CampaignId, PartnerId, PartnershipId, encode
from shared.schemas.partnerships import (
    ApprovalCreate,
    Partnership,
    PartnershipCreate,
    PartnershipState,
    StateChange,
    TermsInput,
    TermsVersion,
    TransitionCreate,
)

router = kit_router("/v1/partnerships", tags=["partnerships"])

PartnershipPath = Annotated[PartnershipId, Path(description="a partnership of the caller's workspace")]


@router.post(
    "",
    status_code=201,
    operation_id="create_partnership",
    summary="Consider a partner for a campaign",
    responses=problems(NotFound, Conflict),
)
async def create_partnership(
    session: Session, caller: Writer, body: PartnershipCreate, response: Response
) -> Partnership:
    """409 for a partner who declined or asked not to be contacted, anywhere in the workspace."""
    row = await service.create_partnership(session, body=body, caller=caller)
    response.headers["Location"] = f"/v1/partnerships/{encode('pts', row.id)}"
    return await _answer(session, row, response)


@router.get("", operation_id="list_partnerships", summary="List partnerships", responses=problems(NotFound))
async def list_partnerships(
    session: ReadSession, _: Reader, page: Annotated[PageRequest, Depends(page_of("partnerships"))],
    campaign_id: Annotated[CampaignId | None, Query(description="only those of this campaign")] = None,
    partner_id: Annotated[PartnerId | None, Query(description="only those with this partner")] = None,
    state: Annotated[PartnershipState | None, Query(description="only those in this state")] = None,
) -> Page[Partnership]:  # fmt: skip
    found = await repository.partnerships(
        session, campaign_id=campaign_id, partner_id=partner_id, state=state, page=page
    )
    rows, cursor = page.cut(found, lambda row: [row.id])
    return Page(items=await _partnerships(session, rows), next_cursor=cursor)


@router.get(
    "/{partnership_id}",
    operation_id="get_partnership",
    summary="Read a partnership",
    responses=problems(NotFound),
)
async def get_partnership(
    session: ReadSession, _: Reader, partnership_id: PartnershipPath, response: Response
) -> Partnership:
    """With its history, the terms in force and what was promised."""
    return await _answer(session, await service.get_partnership(session, partnership_id=partnership_id), response)


@router.post(
    "/{partnership_id}/approve",
    operation_id="approve_partnership",
    summary="Approve a partnership",
    responses=problems(NotFound, Conflict),
)
async def approve_partnership(
    session: Session, caller: Approver, partnership_id: PartnershipPath, response: Response,
    body: Annotated[ApprovalCreate | None, Body()] = None,
) -> Partnership:  # fmt: skip
    """A person's decision, recorded with the key that made it. Before it, nothing is issued to the partner."""
    row = await service.approve(session, partnership_id=partnership_id, note=body.note if body else None, caller=caller)
    return await _answer(session, row, response)


@router.post(
    "/{partnership_id}/transitions",
    operation_id="move_partnership",
    summary="Move a partnership to another state",
    responses=problems(NotFound, Conflict, PreconditionFailed),
)
async def move_partnership(
    session: Session, caller: Writer, partnership_id: PartnershipPath, body: TransitionCreate, response: Response,
    if_match: IfMatch = None,
) -> Partnership:  # fmt: skip
    """Nothing is sent to anybody: this records what people did. A decline ends all follow-ups."""
    row = await service.transition(session, partnership_id=partnership_id, body=body, if_match=if_match, caller=caller)
    return await _answer(session, row, response)


@router.post(
    "/{partnership_id}/terms",
    status_code=201,
    operation_id="set_partnership_terms",
    summary="Give a partnership new terms",
    responses=problems(NotFound, Conflict, PreconditionFailed),
)
async def set_partnership_terms(
    session: Session, caller: Writer, partnership_id: PartnershipPath, body: TermsInput, if_match: IfMatch = None
) -> TermsVersion:
    """A new version; older ones stay, because a conversion keeps the terms of its day."""
    return _terms(
        await service.set_terms(session, partnership_id=partnership_id, terms=body, if_match=if_match, caller=caller)
    )


@router.get(
    "/{partnership_id}/terms",
    operation_id="list_partnership_terms",
    summary="List the versions of a partnership's terms",
    responses=problems(NotFound),
)
async def list_partnership_terms(
    session: ReadSession, _: Reader, partnership_id: PartnershipPath,
    page: Annotated[PageRequest, Depends(page_of("partnership_terms"))],
) -> Page[TermsVersion]:  # fmt: skip
    await service.get_partnership(session, partnership_id=partnership_id)
    found = await repository.terms_versions(session, partnership_id=partnership_id, page=page)
    rows, cursor = page.cut(found, lambda row: [row.version])
    return Page(items=tuple(_terms(row) for row in rows), next_cursor=cursor)


async def _answer(session: AsyncSession, row: PartnershipRow, response: Response) -> Partnership:
    set_etag(response, row.version)
    return (await _partnerships(session, [row]))[0]


async def _partnerships(session: AsyncSession, rows: Sequence[PartnershipRow]) -> tuple[Partnership, ...]:
    ids = [row.id for row in rows]
    names = await partners.names(session, partner_ids={row.partner_id for row in rows})
    steps = await repository.steps(session, partnership_ids=ids)
    terms = await repository.current_terms(session, rows=rows)
    promised = await repository.deliverables(session, partnership_ids=ids)
    return tuple(
        Partnership(
            id=row.id,
            campaign_id=row.campaign_id,
            partner_id=row.partner_id,
            partner_name=names[row.partner_id],
            state=PartnershipState(row.state),
            history=tuple(
                StateChange(state=PartnershipState(step.state), reason=step.reason, at=step.at, by=step.by)
                for step in steps.get(row.id, ())
            ),
            terms=_terms(terms[row.id]) if row.id in terms else None,
            disclosure_text=row.disclosure_text,
            approved_at=row.approved_at,
            approved_by=row.approved_by,
            deliverables=tuple(service.deliverable_of(piece) for piece in promised.get(row.id, ())),
            note=row.note,
            created_at=row.created_at,
            updated_at=row.updated_at,
            created_by=row.created_by,
        )
        for row in rows
    )


def _terms(row: TermsRow) -> TermsVersion:
    return TermsVersion(
        version=row.version,
        terms=TermsInput.model_validate(row.terms),
        created_at=row.created_at,
        created_by=row.created_by,
    )
