"""Landing pages: the creator's own address, served by us, whose button is one of the partnership's links."""

from datetime import UTC, datetime
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from services.attribution.campaigns import service as campaigns
from services.attribution.domains import service as domains
from services.attribution.pages import repository
from services.attribution.pages.html import Content
from services.attribution.pages.repository import PageRow
from services.attribution.partners import service as partners
from services.attribution.partnerships import service as partnerships
from services.attribution.tracking import service as tracking
from shared.kit.db import Database
from shared.kit.errors import Gone, NotFound
from shared.kit.etags import require_match
from shared.kit.identity.caller import Caller
from shared.kit.ids import new_id
from shared.schemas.tracking import AssetState, PageChange, PageCreate


async def create_page(session: AsyncSession, *, body: PageCreate, caller: Caller) -> PageRow:
    """Raises NotFound (also for a link or code of another partnership), NotApproved, Conflict, Invalid."""
    partnership = await partnerships.issuable(session, partnership_id=body.partnership_id)
    link = await tracking.get_link(session, link_id=body.link_id)
    if link.partnership_id != partnership.id:
        raise NotFound("the partnership has no such link")
    if body.code_id is not None:
        await _require_code(session, code_id=body.code_id, partnership_id=partnership.id)
    page_id, now = new_id(), datetime.now(UTC)
    slug = await tracking.take_slug(
        session, host=link.host, wanted=body.slug, kind="page", caller=caller, target_id=page_id
    )
    return await repository.add(
        session,
        workspace_id=caller.workspace_id,
        id=page_id,
        partnership_id=partnership.id,
        campaign_id=partnership.campaign_id,
        link_id=link.id,
        code_id=body.code_id,
        host=link.host,
        slug=slug,
        title=body.title,
        offer=body.offer,
        button=body.button.strip() or "Continue",
        disabled=False,
        disclosure_text=partnership.disclosure_text,
        version=1,
        created_at=now,
        updated_at=now,
        created_by=caller.key_id,
    )


async def change_page(session: AsyncSession, *, page_id: UUID, change: PageChange, if_match: str | None) -> PageRow:
    """Fields left out stay. Raises NotFound, PreconditionFailed."""
    row = await repository.page(session, page_id=page_id, lock=True)
    if row is None:
        raise NotFound("no such page")
    require_match(if_match, version=row.version)
    if change.code_id is not None:
        await _require_code(session, code_id=change.code_id, partnership_id=row.partnership_id)
    for name in change.model_fields_set:
        value = getattr(change, name)
        if value is not None or name in ("offer", "code_id"):
            setattr(row, name, value)
    row.version += 1
    row.updated_at = datetime.now(UTC)
    await session.flush()
    return row


async def get_page(session: AsyncSession, *, page_id: UUID) -> PageRow:
    """Raises NotFound, also for another workspace's page."""
    row = await repository.page(session, page_id=page_id)
    if row is None:
        raise NotFound("no such page")
    return row


async def public_page(database: Database, *, host: str, slug: str) -> Content:
    """What anybody sees at the page's address. Raises NotFound, Gone for a page that is disabled."""
    async with database.system_session() as session:
        branded = await domains.is_usable(session, host=host)
        row = await repository.by_slug(session, host=host if branded else "", slug=slug.lower())
    if row is None:
        raise NotFound("there is no such page")
    if row.disabled:
        raise Gone("this page is closed")
    async with database.tenant_session(row.workspace_id) as session:
        link = await tracking.get_link(session, link_id=row.link_id)
        campaign = await campaigns.get_campaign(session, campaign_id=row.campaign_id)
        partnership = await partnerships.get_partnership(session, partnership_id=row.partnership_id)
        names = await partners.names(session, partner_ids=[partnership.partner_id])
        code = None
        if row.code_id is not None:
            held = await tracking.get_code(session, code_id=row.code_id)
            if tracking.state_of(held, now=datetime.now(UTC)) is AssetState.ACTIVE:
                code = held.code
    brief = campaign.brief or {}
    segments = brief.get("audience", {}).get("segments", [])
    languages = [language for segment in segments for language in segment.get("languages", [])]
    return Content(
        language=languages[0] if languages else "en",
        title=row.title,
        brand=brief.get("brand", {}).get("name") or campaign.name,
        creator=names[partnership.partner_id],
        offer=row.offer,
        code=code,
        button=row.button,
        href=f"/r/{link.slug}",
        disclosure=row.disclosure_text,
    )


async def _require_code(session: AsyncSession, *, code_id: UUID, partnership_id: UUID) -> None:
    code = await tracking.get_code(session, code_id=code_id)
    if code.partnership_id != partnership_id:
        raise NotFound("the partnership has no such code")
