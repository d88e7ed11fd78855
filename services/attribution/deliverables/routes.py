"""HTTP for promised pieces."""

from typing import Annotated

from fastapi import Depends, Path, Query, Response

from services.attribution.deliverables import repository, service
from services.attribution.partnerships import service as partnerships
from shared.kit.app import router as kit_router
from shared.kit.edge import Reader, ReadSession, Session, Writer, page_of
from shared.kit.errors import Conflict, NotFound, PreconditionFailed, problems
from shared.kit.etags import IfMatch, set_etag
from shared.kit.pages import PageRequest
from shared.schemas.base import Page
from shared.schemas.ids import CampaignId, DeliverableId, PartnershipId
from shared.schemas.partnerships import Deliverable, DeliverableChange, DeliverableState

router = kit_router("/v1/deliverables", tags=["partnerships"])

DeliverablePath = Annotated[DeliverableId, Path(description="a deliverable of the caller's workspace")]


@router.get("", operation_id="list_deliverables", summary="List what was promised", responses=problems(NotFound))
async def list_deliverables(
    session: ReadSession, _: Reader, page: Annotated[PageRequest, Depends(page_of("deliverables"))],
    partnership_id: Annotated[PartnershipId | None, Query(description="only those of this partnership")] = None,
    campaign_id: Annotated[CampaignId | None, Query(description="only those of this campaign")] = None,
    state: Annotated[DeliverableState | None, Query(description="only those in this state")] = None,
) -> Page[Deliverable]:  # fmt: skip
    """In the order of promise, also those that newer terms cancelled."""
    found = await repository.deliverables(
        session, partnership_id=partnership_id, campaign_id=campaign_id, state=state, page=page
    )
    rows, cursor = page.cut(found, lambda row: [row.id])
    return Page(items=tuple(partnerships.deliverable_of(row) for row in rows), next_cursor=cursor)


@router.get(
    "/{deliverable_id}", operation_id="get_deliverable", summary="Read a promised piece", responses=problems(NotFound)
)
async def get_deliverable(
    session: ReadSession, _: Reader, deliverable_id: DeliverablePath, response: Response
) -> Deliverable:
    row = await service.get_deliverable(session, deliverable_id=deliverable_id)
    set_etag(response, row.version)
    return partnerships.deliverable_of(row)


@router.patch(
    "/{deliverable_id}",
    operation_id="change_deliverable",
    summary="Say what became of a promised piece",
    responses=problems(NotFound, Conflict, PreconditionFailed),
)
async def change_deliverable(
    session: Session, caller: Writer, deliverable_id: DeliverablePath, body: DeliverableChange, response: Response,
    if_match: IfMatch = None,
) -> Deliverable:  # fmt: skip
    """By hand, as for events, testimonials and stories. What is waived counts neither as promised nor as late."""
    row = await service.decide(session, deliverable_id=deliverable_id, change=body, if_match=if_match, caller=caller)
    set_etag(response, row.version)
    return partnerships.deliverable_of(row)
