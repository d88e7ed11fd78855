"""Reports of campaigns: what each creator brought, from one look at the tables."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import UTC, date, datetime
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from services.attribution.campaigns import service as campaigns
from services.attribution.model import AttributionModel
from services.attribution.reports import repository
from services.attribution.reports.building import build
from services.attribution.reports.facts import About, Facts, Span
from shared.kit import plugins
from shared.kit.errors import Invalid, NotFound
from shared.schemas.base import Fault
from shared.schemas.brief import Goal
from shared.schemas.campaigns import AttributionRules
from shared.schemas.reports import AssetKind, Report, Split


@dataclass(frozen=True)
class Wanted:
    """What of a campaign a report is asked for: days of its zone, both included; one creator; a model; splits.

    `days_of_totals` splits the totals by day without the creators' lines.
    """

    first: date | None = None
    last: date | None = None
    partnership_id: UUID | None = None
    model: str | None = None
    splits: frozenset[Split] = frozenset()
    days_of_totals: bool = False

    @property
    def by_day(self) -> bool:
        return self.days_of_totals or Split.DAY in self.splits


async def get_report(session: AsyncSession, *, campaign_id: UUID, wanted: Wanted) -> Report:
    """Raises NotFound, also for another workspace's campaign or partnership; Invalid for a model that is none."""
    about = await _about(session, campaign_id)
    models = _models()
    model = wanted.model or (about.model if about.model in models else "last_touch")
    _check(wanted, model, models)
    facts = await _facts(session, about=about, wanted=wanted)
    return build(facts, about, model=model, models=models, splits_asked=wanted.splits, days=wanted.by_day)


def _models() -> Collection[str]:
    return plugins.load("services.attribution.models", AttributionModel).keys()


def _check(wanted: Wanted, model: str, models: Collection[str]) -> None:
    if model not in models:
        raise Invalid(errors=[Fault(pointer="model", detail=f"one of {', '.join(sorted(models))} is expected")])
    if wanted.first is not None and wanted.last is not None and wanted.last < wanted.first:
        raise Invalid(errors=[Fault(pointer="to", detail="lies before from")])


async def _about(session: AsyncSession, campaign_id: UUID) -> About:
    row = await campaigns.get_campaign(session, campaign_id=campaign_id)
    return About(
        id=row.id,
        name=row.name,
        zone=row.timezone,
        currency=row.currency,
        starts_on=row.starts_on,
        ends_on=row.ends_on,
        goals=tuple(Goal.model_validate(goal) for goal in row.goals),
        rules=AttributionRules.model_validate(row.attribution),
        model=row.model,
        generated=row.generated,
    )


async def _facts(session: AsyncSession, *, about: About, wanted: Wanted) -> Facts:
    span = Span(wanted.first, wanted.last, about.zone)
    by_day, by_asset = wanted.by_day, Split.ASSET in wanted.splits
    people = await repository.partnerships(session, campaign_id=about.id)
    if wanted.partnership_id is not None:
        people = [one for one in people if one.id == wanted.partnership_id]
        if not people:
            raise NotFound("no such partnership of this campaign")
    assets = await repository.assets(session, campaign_id=about.id)
    scopes = [about.id, *(one.id for one in people)]
    if by_asset:
        scopes += [asset.id for asset in assets if asset.kind is AssetKind.LINK]
    campaign = about.id
    return Facts(
        at=datetime.now(UTC),
        span=span,
        partnerships=people,
        accounts=await repository.accounts(session, partner_ids=[one.partner_id for one in people])
        if Split.ACCOUNT in wanted.splits
        else [],
        pieces=await repository.pieces(session, partnership_ids=[one.id for one in people], zone=about.zone),
        posts=await repository.posts(session, campaign_id=campaign, span=span),
        assets=assets,
        hits=await repository.hits(session, campaign_id=campaign, span=span, by_day=by_day),
        visitors=await repository.visitors(session, scope_ids=scopes, span=span, by_day=by_day),
        conversions=await repository.conversions(
            session, campaign_id=campaign, span=span, by_day=by_day, by_asset=by_asset
        ),
        uses=await repository.uses(session, campaign_id=campaign, span=span, by_day=by_day),
        credits=await repository.credited(session, campaign_id=campaign, span=span, by_day=by_day),
        commissions=await repository.commissions(session, campaign_id=campaign, span=span, by_day=by_day),
        payments=await repository.payments(session, campaign_id=about.id),
        strays=await repository.strays(session, campaign_id=about.id, span=span, bounds=_bounds(about, span))
        if wanted.partnership_id is None
        else [],
        series=await repository.series(session, campaign_id=campaign, span=span),
    )


def _bounds(about: About, span: Span) -> Span:
    """Conversions that name no campaign are shown in those that ran when they happened."""
    first = max((day for day in (span.first, about.starts_on) if day is not None), default=None)
    last = min((day for day in (span.last, about.ends_on) if day is not None), default=None)
    return Span(first, last, span.zone)
