"""HTTP for campaigns."""

from typing import Annotated

from fastapi import Depends, Path, Query, Response

from services.attribution.campaigns import repository, service
from services.attribution.campaigns.repository import CampaignRow
from services.attribution.references import require_origins
from shared.kit.app import router as kit_router
from shared.kit.edge import Reader, ReadSession, ServiceRuntime, Session, Writer, page_of
from shared.kit.errors import NotFound, PreconditionFailed, problems
from shared.kit.etags import IfMatch, set_etag
from shared.kit.pages import PageRequest
from shared.schemas.base import Money, Page
from shared.schemas.brief import Brief, BriefKind, Goal
from shared.schemas.campaigns import AttributionRules, Campaign, CampaignChange, CampaignCreate, CampaignStatus
from shared.schemas.ids import CampaignId, encode

router = kit_router("/v1/campaigns", tags=["campaigns"])

CampaignPath = Annotated[CampaignId, Path(description="a campaign of the caller's workspace")]


async def with_known_origins(runtime: ServiceRuntime, caller: Writer, body: CampaignCreate) -> CampaignCreate:
    """The body, if its search and ranking are known. Asked before the request's transaction begins."""
    await require_origins(runtime, caller=caller, search_id=body.search_id, ranking_id=body.ranking_id)
    return body


@router.post(
    "", status_code=201, operation_id="create_campaign", summary="Create a campaign", responses=problems(NotFound)
)
async def create_campaign(
    known: Annotated[CampaignCreate, Depends(with_known_origins)], session: Session, caller: Writer, response: Response
) -> Campaign:
    """Owned accounts are snapshotted daily from now on: a baseline cannot be collected later."""
    row = await service.create_campaign(session, body=known, caller=caller)
    response.headers["Location"] = f"/v1/campaigns/{encode('cmp', row.id)}"
    set_etag(response, row.version)
    return campaign_of(row)


@router.get("", operation_id="list_campaigns", summary="List campaigns", responses=problems(NotFound))
async def list_campaigns(
    session: ReadSession, _: Reader, page: Annotated[PageRequest, Depends(page_of("campaigns"))],
    status: Annotated[CampaignStatus | None, Query(description="only those of this status")] = None,
) -> Page[Campaign]:  # fmt: skip
    rows, cursor = page.cut(await repository.campaigns(session, status=status, page=page), lambda row: [row.id])
    return Page(items=tuple(campaign_of(row) for row in rows), next_cursor=cursor)


@router.get("/{campaign_id}", operation_id="get_campaign", summary="Read a campaign", responses=problems(NotFound))
async def get_campaign(session: ReadSession, _: Reader, campaign_id: CampaignPath, response: Response) -> Campaign:
    row = await service.get_campaign(session, campaign_id=campaign_id)
    set_etag(response, row.version)
    return campaign_of(row)


@router.patch(
    "/{campaign_id}",
    operation_id="change_campaign",
    summary="Change a campaign",
    responses=problems(NotFound, PreconditionFailed),
)
async def change_campaign(
    session: Session, _: Writer, campaign_id: CampaignPath, body: CampaignChange, response: Response,
    if_match: IfMatch = None,
) -> Campaign:  # fmt: skip
    """The brief never changes: a campaign keeps the one that it was made from."""
    row = await service.change_campaign(session, campaign_id=campaign_id, change=body, if_match=if_match)
    set_etag(response, row.version)
    return campaign_of(row)


def campaign_of(row: CampaignRow) -> Campaign:
    budget = None
    if row.budget_minor is not None and row.budget_currency is not None:
        budget = Money(amount_minor=row.budget_minor, currency=row.budget_currency)
    return Campaign(
        id=row.id,
        name=row.name,
        kind=BriefKind(row.kind),
        status=CampaignStatus(row.status),
        brief=Brief.model_validate(row.brief) if row.brief is not None else None,
        brief_hash=row.brief_hash,
        search_id=row.search_id,
        ranking_id=row.ranking_id,
        goals=tuple(Goal.model_validate(goal) for goal in row.goals),
        timezone=row.timezone,
        currency=row.currency,
        owned_accounts=tuple(row.owned_accounts),
        starts_on=row.starts_on,
        ends_on=row.ends_on,
        budget=budget,
        attribution=AttributionRules.model_validate(row.attribution),
        model=row.model,
        click_parameter=row.click_parameter,
        commission_on_donations=row.commission_on_donations,
        generated=row.generated,
        created_at=row.created_at,
        updated_at=row.updated_at,
        created_by=row.created_by,
    )
