"""A report from its facts: pure, so that the same facts always make the same report."""

from collections.abc import Collection, Sequence
from datetime import date, timedelta
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from services.attribution.reports import goals, splits
from services.attribution.reports.actions import next_action
from services.attribution.reports.conversion import credit
from services.attribution.reports.facts import VERDICTS, About, Facts, Partnership
from services.attribution.reports.figures import Clock, unavailable
from services.attribution.reports.growth import growth
from services.attribution.reports.lines import Frame, Matter, Sorted, columns, grouped
from services.attribution.reports.missing import missing
from shared.schemas.brief import Goal
from shared.schemas.hits import HitVerdict
from shared.schemas.partnerships import PartnershipState
from shared.schemas.reports import (
    GENERATED,
    ExcludedHits,
    Figure,
    GoalLine,
    MissingData,
    Report,
    ReportColumns,
    ReportCreator,
    ReportRate,
    Split,
    Unattributed,
)

# Lines of creators' days in one report.
MOST_DAY_LINES = 1_000
_TOO_MANY = MissingData(
    what="days of each creator", why=f"more than {MOST_DAY_LINES:,} lines: ask for one creator or fewer days"
)
_UTC_ZONES = frozenset({"UTC", "Etc/UTC", "Etc/GMT", "GMT", "Etc/UCT", "UCT", "Zulu", "Etc/Zulu", "Universal"})
# Why hits with these verdicts are no clicks.
_WHY = {
    HitVerdict.BOT: "a program, not a browser",
    HitVerdict.LINK_PREVIEW: "an app fetched a preview of the link",
    HitVerdict.PREFETCH: "a browser fetched ahead, before anybody acted",
    HitVerdict.HEAD: "asked for the address alone",
    HitVerdict.DUPLICATE: "the same visitor clicked this link within the hour",
    HitVerdict.CAPPED: "the link's click cap was reached",
    HitVerdict.EXPIRED: "the link was over, not yet begun, or disabled",
}


def build(
    facts: Facts,
    campaign: About,
    *,
    model: str,
    models: Collection[str],
    splits_asked: Collection[Split],
    days: bool = False,
) -> Report:
    """The report of a campaign. `facts.visitors` holds those of links, partnerships and the campaign."""
    found = Sorted(facts)
    creators = [one for one in facts.partnerships if one.approved_at is not None or found.touched(one.id)]
    frame = _frame(facts, campaign, creators, model=model)
    accounts = grouped(facts.accounts, lambda one: one.partner_id)
    each_day = Split.DAY in splits_asked and facts.daily is None
    lines = []
    for creator in creators:
        matter = found.of([creator])
        columns_of = columns(matter, frame)
        action = next_action(
            columns_of, state=PartnershipState(creator.state), has_asset=bool(matter.assets), pieces=matter.pieces,
            today=frame.today,
        )  # fmt: skip
        mine = accounts.get(creator.partner_id, [])
        links = found.of([], visitors_of=[asset.id for asset in matter.assets])
        lines.append(
            ReportCreator(
                **_stages(columns_of),
                partnership_id=creator.id,
                partner_id=creator.partner_id,
                partner_name=creator.partner_name,
                state=PartnershipState(creator.state),
                accounts=splits.by_account(matter, mine, frame) if Split.ACCOUNT in splits_asked else (),
                assets=splits.by_asset(matter, links, frame) if Split.ASSET in splits_asked else (),
                days=splits.by_day(matter, frame) if each_day else (),
                credit_by_model=_by_model(matter, frame, models),
                next_action=action.action,
                next_action_reason=action.reason,
            )
        )
    everybody = found.of(creators, visitors_of=_scopes(facts, campaign, creators))
    totals = columns(everybody, frame, several=len(creators) > 1)
    totals = totals.model_copy(update={"growth": growth(facts.series, total=totals.money.total)})
    told = [cell for cell in facts.series if cell.metric == "mentions"]
    mentions = goals.of_series("mentions", told) if told else unavailable("no daily mentions were received")
    totals = totals.model_copy(update={"awareness": totals.awareness.model_copy(update={"mentions": mentions})})
    return Report(
        notice=_notice(campaign),
        campaign_id=campaign.id,
        campaign_name=campaign.name,
        as_of=facts.at,
        day_from=facts.span.first,
        day_to=facts.span.last,
        timezone=campaign.zone,
        currency=frame.currency,
        model=model,
        goals=tuple(_goal(goal, totals, facts) for goal in campaign.goals),
        creators=tuple(lines),
        days=splits.by_day(_by_day(everybody, facts), frame, several=len(creators) > 1) if days else (),
        totals=totals,
        unattributed=_unattributed(facts),
        excluded_hits=_excluded(everybody),
        rates=tuple(
            ReportRate(
                base=use.base,
                quote=use.quote,
                day=use.day,
                rate=f"{use.rate:f}",
                source=use.source,
                used_from=use.first,
                used_to=use.last,
            )
            for use in facts.rates
        ),
        missing=(
            *missing(facts, creators, currency=frame.currency, held_back=not facts.span.is_whole),
            *([_TOO_MANY] if Split.DAY in splits_asked and not each_day else []),
        ),
    )


def _by_day(everybody: Matter, facts: Facts) -> Matter:
    """What the totals' days are made of: their own sums where creators were not read by day."""
    if facts.daily is None:
        return everybody
    return Matter(
        assets=everybody.assets, posts=everybody.posts, hits=facts.daily.hits, visitors=facts.daily.visitors,
        conversions=facts.daily.conversions, uses=facts.daily.uses, credits=facts.daily.credits,
        commissions=facts.daily.commissions,
    )  # fmt: skip


def _notice(campaign: About) -> str:
    if campaign.generated:
        return f"{GENERATED} data: made up to show what a report says; nothing in it happened."
    return "What each creator brought. Every figure says where it comes from; what nobody knows is unknown, not zero."


def _frame(facts: Facts, campaign: About, creators: Sequence[Partnership], *, model: str) -> Frame:
    today = facts.at.astimezone(ZoneInfo(facts.span.zone)).date()
    end = _end(facts, campaign)
    windows = [
        rules.window_days
        for rules in (campaign.rules, *(one.terms.attribution for one in creators if one.terms))
        if rules is not None
    ]
    clock = Clock(
        days_over=end is not None and end < today,
        windows_over=end is not None and end + timedelta(days=max(windows)) < today,
    )
    utc = facts.span.zone in _UTC_ZONES
    return Frame(
        clock=clock, today=today, currency=_currency(facts, campaign, creators), model=model,
        exact_visitors=utc or facts.span.is_whole, utc_days=utc, whole=facts.span.is_whole,
    )  # fmt: skip


def _end(facts: Facts, campaign: About) -> date | None:
    ends = [day for day in (facts.span.last, campaign.ends_on) if day is not None]
    return min(ends) if ends else None


def _currency(facts: Facts, campaign: About, creators: Sequence[Partnership]) -> str | None:
    """The campaign's, else the only one that occurs."""
    if campaign.currency is not None:
        return campaign.currency
    seen = {cell.currency for cell in facts.conversions if cell.currency}
    seen |= {cell.currency for cell in facts.commissions} | {cell.currency for cell in facts.payments}
    seen |= {part.currency for one in creators if one.terms for part in one.terms.compensation if part.currency}
    return seen.pop() if len(seen) == 1 else None


def _scopes(facts: Facts, campaign: About, creators: Sequence[Partnership]) -> list[UUID]:
    """Whose visitors the totals count: the campaign's, since one visitor may come by several creators."""
    return [campaign.id] if len(creators) != 1 else [creators[0].id]


def _stages(found: ReportColumns) -> dict[str, Any]:
    return {name: getattr(found, name) for name in ReportColumns.model_fields}


def _by_model(matter: Matter, frame: Frame, models: Collection[str]) -> dict[str, Figure]:
    cells = grouped(matter.credits, lambda one: one.model)
    if not matter.assets and not cells:
        return {name: unavailable("no asset was issued") for name in sorted(models)}
    return {name: credit(cells.get(name, []), currency=frame.currency, clock=frame.clock) for name in sorted(models)}


def _goal(goal: Goal, totals: ReportColumns, facts: Facts) -> GoalLine:
    return GoalLine(goal=goal, target=goal.target, actual=goals.actual(goal.metric, totals, facts.series))


def _unattributed(facts: Facts) -> tuple[Unattributed, ...]:
    return tuple(
        Unattributed(
            kind=cell.kind, currency=cell.currency, conversions=cell.conversions,
            amount_minor=cell.amount if cell.amount_known else None, reason=cell.reason[:1000],
        )
        for cell in facts.strays
    )  # fmt: skip


def _excluded(everybody: Matter) -> tuple[ExcludedHits, ...]:
    sums = [sum(cell.counts[place] for cell in everybody.hits) for place in range(len(VERDICTS))]
    return tuple(
        ExcludedHits(verdict=verdict, reason=_WHY[verdict], hits=hits)
        for verdict, hits in zip(VERDICTS, sums, strict=True)
        if hits and verdict is not HitVerdict.HUMAN
    )
