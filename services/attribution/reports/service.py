"""Reports of campaigns: what each creator brought, from one look at the tables."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import UTC, date, datetime
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from services.attribution.campaigns import service as campaigns
from services.attribution.model import AttributionModel
from services.attribution.rates import service as rates
from services.attribution.reports import currencies, repository, sums
from services.attribution.reports.building import MOST_DAY_LINES, build
from services.attribution.reports.cells import Cells
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
    facts = await _converted(session, await _facts(session, about=about, wanted=wanted), about=about)
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
        workspace_id=row.workspace_id,
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
    cells = Cells(session, about, span)
    people = await repository.partnerships(session, campaign_id=about.id)
    if wanted.partnership_id is not None:
        people = [one for one in people if one.id == wanted.partnership_id]
        if not people:
            raise NotFound("no such partnership of this campaign")
    assets = await repository.assets(session, campaign_id=about.id)
    by_asset = Split.ASSET in wanted.splits
    scopes = [about.id, *(one.id for one in people)]
    if by_asset:
        scopes += [asset.id for asset in assets if asset.kind is AssetKind.LINK]
    lines = await cells.count_days() * len(people) if wanted.by_day else 0
    # a single creator's days are those of the totals too
    by_day = wanted.by_day and lines <= MOST_DAY_LINES and (Split.DAY in wanted.splits or len(people) == 1)
    return Facts(
        at=datetime.now(UTC),
        span=span,
        partnerships=people,
        accounts=await repository.accounts(session, partner_ids=[one.partner_id for one in people])
        if Split.ACCOUNT in wanted.splits
        else [],
        pieces=await repository.pieces(session, partnership_ids=[one.id for one in people], zone=about.zone),
        posts=await repository.posts(session, campaign_id=about.id, span=span),
        assets=assets,
        hits=await cells.hits(by_day=by_day),
        visitors=await cells.visitors(scopes, by_day=by_day),
        conversions=await cells.conversions(by_day=by_day, by_asset=by_asset),
        uses=await cells.uses(by_day=by_day),
        credits=await cells.credits(by_day=by_day),
        commissions=await cells.commissions(by_day=by_day),
        payments=await repository.payments(session, campaign_id=about.id, zone=about.zone, currency=about.currency),
        strays=await repository.strays(session, campaign_id=about.id, span=span, bounds=_bounds(about, span))
        if wanted.partnership_id is None
        else [],
        series=await repository.series(session, campaign_id=about.id, span=span),
        daily=await cells.daily() if wanted.by_day and not by_day else None,
    )


async def _converted(session: AsyncSession, facts: Facts, *, about: About) -> Facts:
    """With what other currencies hold in the campaign's, where rates were given. Without a campaign's, as it is."""
    if about.currency is None:
        return facts
    bases, days = currencies.foreign(facts, about.currency)
    if not bases or not days:
        return facts
    given = await rates.rates_into(session, quote=about.currency, bases=bases, first=min(days), last=max(days))
    return currencies.at_rates(facts, given, about.currency)


def _bounds(about: About, span: Span) -> Span:
    """Conversions that name no campaign are shown in those that ran when they happened."""
    first = max((day for day in (span.first, about.starts_on) if day is not None), default=None)
    last = min((day for day in (span.last, about.ends_on) if day is not None), default=None)
    return Span(first, last, span.zone)


async def conversions_change(session: AsyncSession, *, conversion_ids: Iterable[UUID]) -> None:
    """To be said in the transaction that changes conversions, their credits or commissions, before and after it."""
    await sums.mark_conversions(session, conversion_ids=conversion_ids)


async def hits_change(session: AsyncSession, *, workspace_id: UUID, link_ids: Iterable[UUID], bucket: datetime) -> None:
    """To be said, as owner, in the transaction that counts a quarter hour of links again."""
    await sums.mark_hits(session, workspace_id=workspace_id, link_ids=link_ids, bucket=bucket)
