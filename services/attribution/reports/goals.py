"""Which figure of the totals a goal is about. Pure."""

from collections.abc import Sequence

from services.attribution.reports.facts import SeriesCell
from services.attribution.reports.figures import unavailable, weakest
from shared.schemas.reports import Figure, ReportColumns

# Names that briefs use for a column beside the column's own.
_ALSO = {
    "clicks": "human_clicks", "sales": "purchase", "purchases": "purchase", "leads": "lead", "sign_ups": "sign_up",
    "signups": "sign_up", "downloads": "download", "donations": "donation", "pledges": "pledge", "codes": "code_uses",
    "posts": "posted", "engagement_rate": "rate", "roas": "return_ratio", "return": "return_ratio", "cost": "total",
    "cost_per_acquisition": "cost_per_conversion", "cpm": "cost_per_thousand", "cpc": "cost_per_click",
}  # fmt: skip
# Series whose days add up; of the others the last day counts.
_FLOWS = frozenset({"site_visits", "visits", "mentions", "sessions", "page_views"})
_KINDS = frozenset({"purchase", "lead", "sign_up", "download", "donation", "pledge"})


def actual(metric: str, totals: ReportColumns, series: Sequence[SeriesCell]) -> Figure:
    """What was reached of a goal's metric: a column of the totals, conversions of a kind, or a daily series."""
    name = _ALSO.get(metric, metric)
    if name in _KINDS:
        count = totals.conversion.conversions
        found = totals.conversion.by_kind.get(name)
        return found or (count.model_copy(update={"value": 0}) if count.value is not None else count)
    told = [cell for cell in series if cell.metric == metric]
    for stage in (
        totals.conversion, totals.engagement, totals.money, totals.awareness, totals.delivery, totals.growth
    ):  # fmt: skip
        figure = getattr(stage, name, None)
        if isinstance(figure, Figure) and (figure.value is not None or not told):
            return figure
    return of_series(metric, told)


def of_series(metric: str, told: Sequence[SeriesCell]) -> Figure:
    """A daily series over the reported days: the sum of a flow, the last value of a stock, over all its accounts."""
    if not told:
        return unavailable("no figure and no daily series has this name")
    flow = metric in _FLOWS
    value = sum(cell.total if flow else cell.last for cell in told)
    return Figure(
        value=int(value) if value == int(value) else value,
        trust=weakest(cell.trust for cell in told),
        as_of=min(cell.observed_at for cell in told),
        note="sum of the days that are known" if flow else f"of {max(cell.last_day for cell in told)}",
    )
