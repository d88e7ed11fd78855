"""HTTP for visitors."""

from typing import Annotated

from fastapi import APIRouter, Path, Query

from services.attribution.campaigns import service as campaigns
from services.attribution.partnerships import service as partnerships
from services.attribution.tracking import service as tracking
from services.attribution.visitors import repository, service
from services.attribution.visitors.repository import VisitorSettingRow
from shared.kit.app import router as kit_router
from shared.kit.edge import Reader, ReadSession, Session, Writer
from shared.kit.errors import NotFound, problems
from shared.schemas.base import Day
from shared.schemas.ids import CampaignId, LinkId, PartnershipId
from shared.schemas.visitors import VisitorDays, VisitorSettings, VisitorSettingsInput

links = kit_router("/v1/links", tags=["hits"])
of_partnerships = kit_router("/v1/partnerships", tags=["hits"])
of_campaigns = kit_router("/v1/campaigns", tags=["hits"])
settings = kit_router("/v1/visitor-settings", tags=["hits"])
ROUTERS: list[APIRouter] = [links, of_partnerships, of_campaigns, settings]

From = Annotated[Day | None, Query(alias="from", description="from this UTC day on")]
To = Annotated[Day | None, Query(alias="to", description="up to this UTC day, included")]


@links.get(
    "/{link_id}/visitors", operation_id="count_link_visitors", summary="Count a link's visitors by day",
    responses=problems(NotFound),
)  # fmt: skip
async def count_link_visitors(
    session: ReadSession, _: Reader, link_id: Annotated[LinkId, Path(description="a link of the caller's workspace")],
    first: From = None, last: To = None,
) -> VisitorDays:  # fmt: skip
    """Different visitors among the clicks of each UTC day. Pseudonyms end at midnight, so nobody can tell a visitor of
    two days from two visitors: a longer span is counted in visitor days."""
    await tracking.get_link(session, link_id=link_id)
    return await service.count(session, scope_id=link_id, first=first, last=last)


@of_partnerships.get(
    "/{partnership_id}/visitors", operation_id="count_partnership_visitors",
    summary="Count a partnership's visitors by day", responses=problems(NotFound),
)  # fmt: skip
async def count_partnership_visitors(
    session: ReadSession, _: Reader,
    partnership_id: Annotated[PartnershipId, Path(description="a partnership of the caller's workspace")],
    first: From = None, last: To = None,
) -> VisitorDays:  # fmt: skip
    """Of all its links together, each visitor once a day."""
    await partnerships.get_partnership(session, partnership_id=partnership_id)
    return await service.count(session, scope_id=partnership_id, first=first, last=last)


@of_campaigns.get(
    "/{campaign_id}/visitors", operation_id="count_campaign_visitors",
    summary="Count a campaign's visitors by day", responses=problems(NotFound),
)  # fmt: skip
async def count_campaign_visitors(
    session: ReadSession, _: Reader,
    campaign_id: Annotated[CampaignId, Path(description="a campaign of the caller's workspace")],
    first: From = None, last: To = None,
) -> VisitorDays:  # fmt: skip
    """Of all its links together, each visitor once a day."""
    await campaigns.get_campaign(session, campaign_id=campaign_id)
    return await service.count(session, scope_id=campaign_id, first=first, last=last)


@settings.get("", operation_id="get_visitor_settings", summary="Read what is kept of visitors")
async def get_visitor_settings(session: ReadSession, _: Reader) -> VisitorSettings:
    return _settings(await repository.setting(session))


@settings.put("", operation_id="put_visitor_settings", summary="Say what is kept of visitors")
async def put_visitor_settings(session: Session, caller: Writer, body: VisitorSettingsInput) -> VisitorSettings:
    """With `cookie`, tracking links give browsers a first-party cookie of 90 days, by which a visitor is told from
    others behind the same address; a law may ask for consent. Off by default. Browsers that send Global Privacy
    Control get none."""
    return _settings(await service.change_setting(session, cookie=body.cookie, caller=caller))


def _settings(row: VisitorSettingRow | None) -> VisitorSettings:
    if row is None:
        return VisitorSettings(cookie=False)
    return VisitorSettings(cookie=row.cookie, updated_at=row.updated_at, updated_by=row.updated_by)
