"""HTTP for followed accounts."""

from typing import Annotated

from fastapi import Depends, Path

from services.attribution.campaigns import service as campaigns
from services.attribution.watches import repository
from services.attribution.watches.repository import AccountWatchRow
from shared.kit.app import router as kit_router
from shared.kit.edge import Reader, ReadSession, page_of
from shared.kit.errors import NotFound, problems
from shared.kit.pages import PageRequest
from shared.schemas.base import Page
from shared.schemas.following import CampaignFollow, FollowState
from shared.schemas.ids import CampaignId

router = kit_router("/v1/campaigns", tags=["posts"])


@router.get(
    "/{campaign_id}/followed-accounts",
    operation_id="list_followed_accounts",
    summary="List the accounts whose posts and numbers come by themselves",
    responses=problems(NotFound),
)
async def list_followed_accounts(
    session: ReadSession, _: Reader, page: Annotated[PageRequest, Depends(page_of("followed_accounts"))],
    campaign_id: Annotated[CampaignId, Path(description="a campaign of the caller's workspace")],
) -> Page[CampaignFollow]:  # fmt: skip
    """The brand's own accounts from the campaign's first day, partners' from their approval on.

    `refused` are those that their platform does not let be followed: their posts and numbers come by hand.
    """
    await campaigns.get_campaign(session, campaign_id=campaign_id)
    found = await repository.follows(session, campaign_id=campaign_id, page=page)
    rows, cursor = page.cut(found, lambda row: [row.id])
    return Page(items=tuple(_follow(row) for row in rows), next_cursor=cursor)


def _follow(row: AccountWatchRow) -> CampaignFollow:
    return CampaignFollow(
        campaign_id=row.campaign_id,
        partnership_id=row.partnership_id,
        account_id=row.account_id,
        given=row.given[:1_000],
        platform=row.platform,
        platform_id=row.platform_id,
        handle=row.handle,
        state=FollowState(row.state),
        watch_id=row.watch_id,
        error=row.error,
        last_event_at=row.last_event_at,
        created_at=row.created_at,
    )
