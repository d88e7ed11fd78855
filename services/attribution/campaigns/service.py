"""Campaigns: made from a brief or by hand, changed by people, read by everything that belongs to one."""

from collections.abc import Sequence
from datetime import UTC, date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from services.attribution.campaigns import repository
from services.attribution.campaigns.repository import CampaignRow
from services.attribution.model import AttributionModel
from shared.kit import plugins
from shared.kit.errors import Invalid, NotFound
from shared.kit.etags import require_match
from shared.kit.identity.caller import Caller
from shared.kit.ids import new_id
from shared.rules.hashtags import normalise_all
from shared.schemas.base import Fault
from shared.schemas.brief import BRIEF_VERSION, Brief, BriefKind, brief_hash
from shared.schemas.campaigns import CampaignChange, CampaignCreate, CampaignStatus
from shared.schemas.partnerships import DEFAULT_DISCLOSURE

# Fields of a change that null empties; for the others null is the same as leaving them out.
_CLEARABLE = frozenset({"starts_on", "ends_on", "budget"})


async def create_campaign(session: AsyncSession, *, body: CampaignCreate, caller: Caller) -> CampaignRow:
    """What the body leaves out comes from its brief. Invalid for an unknown model or days out of order."""
    brief = body.brief
    now = datetime.now(UTC)
    amount, currency = _budget(body)
    starts_on = body.starts_on or (brief.starts_on if brief else None)
    ends_on = body.ends_on or (brief.ends_on if brief else None)
    _check_days(starts_on, ends_on)
    _check_model(body.model)
    goals = body.goals if body.goals is not None else (brief.goals if brief else ())
    owned = body.owned_accounts if body.owned_accounts is not None else (brief.owned_accounts if brief else ())
    return await repository.add(
        session,
        workspace_id=caller.workspace_id,
        id=new_id(),
        name=body.name or (brief.name if brief else ""),
        kind=brief.kind if brief else BriefKind.PRODUCT,
        status=CampaignStatus.DRAFT,
        brief=brief.model_dump(mode="json") if brief else None,
        brief_version=BRIEF_VERSION if brief else None,
        brief_hash=brief_hash(brief) if brief else None,
        search_id=body.search_id,
        ranking_id=body.ranking_id,
        goals=[goal.model_dump(mode="json") for goal in goals],
        timezone=body.timezone or (brief.timezone if brief else None) or "UTC",
        currency=body.currency or currency,
        owned_accounts=list(owned),
        starts_on=starts_on,
        ends_on=ends_on,
        budget_minor=amount,
        budget_currency=currency,
        attribution=body.attribution.model_dump(mode="json"),
        model=body.model,
        click_parameter=body.click_parameter,
        commission_on_donations=body.commission_on_donations,
        generated=body.generated,
        disclosure_text=disclosure_of(brief),
        version=1,
        created_at=now,
        updated_at=now,
        created_by=caller.key_id,
    )


async def change_campaign(
    session: AsyncSession, *, campaign_id: UUID, change: CampaignChange, if_match: str | None
) -> CampaignRow:
    """Fields left out stay. Raises NotFound, PreconditionFailed, Invalid."""
    row = await repository.campaign(session, campaign_id=campaign_id, lock=True)
    if row is None:
        raise NotFound("no such campaign")
    require_match(if_match, version=row.version)
    sent: dict[str, Any] = {
        name: getattr(change, name)
        for name in change.model_fields_set
        if getattr(change, name) is not None or name in _CLEARABLE
    }
    if "model" in sent:
        _check_model(sent["model"])
    if "budget" in sent:
        budget = sent.pop("budget")
        row.budget_minor = budget.amount_minor if budget else None
        row.budget_currency = budget.currency if budget else None
    if "goals" in sent:
        row.goals = [goal.model_dump(mode="json") for goal in sent.pop("goals")]
    if "attribution" in sent:
        row.attribution = sent.pop("attribution").model_dump(mode="json")
    if "owned_accounts" in sent:
        row.owned_accounts = list(sent.pop("owned_accounts"))
    for name, value in sent.items():
        setattr(row, name, value)
    _check_days(row.starts_on, row.ends_on)
    row.version += 1
    row.updated_at = datetime.now(UTC)
    await session.flush()
    return row


async def get_campaign(session: AsyncSession, *, campaign_id: UUID) -> CampaignRow:
    """Raises NotFound, also for another workspace's campaign."""
    row = await repository.campaign(session, campaign_id=campaign_id)
    if row is None:
        raise NotFound("no such campaign")
    return row


async def general_hashtags(session: AsyncSession) -> Sequence[str]:
    """Keys of the hashtags that the workspace's briefs search by or exclude: everybody's, so nobody's asset."""
    found: set[str] = set()
    for _, brief in await repository.briefs(session):
        found.update(
            tag.key for tag in normalise_all([*brief.get("hashtags", ()), *brief.get("hashtags_excluded", ())])
        )
    return sorted(found)


def disclosure_of(brief: Brief | None) -> str:
    """The brief's wording, else `#ad`: there is always one."""
    text = brief.disclosure.text.strip() if brief and brief.disclosure.text else ""
    return text or DEFAULT_DISCLOSURE


def _budget(body: CampaignCreate) -> tuple[int | None, str | None]:
    if body.budget is not None:
        return body.budget.amount_minor, body.budget.currency
    if body.brief is not None:
        return body.brief.budget.amount_minor, body.brief.budget.currency
    return None, None


def _check_days(starts_on: date | None, ends_on: date | None) -> None:
    if starts_on is not None and ends_on is not None and ends_on < starts_on:
        raise Invalid(errors=[Fault(pointer="/ends_on", detail="lies before starts_on")])


def _check_model(key: str) -> None:
    known = plugins.load("services.attribution.models", AttributionModel)
    if key not in known:
        raise Invalid(errors=[Fault(pointer="/model", detail=f"one of {', '.join(known)} is expected")])
