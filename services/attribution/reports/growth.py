"""Growth of the owned accounts over the reported days, from their daily follower counts. Pure."""

from collections.abc import Sequence

from services.attribution.reports.facts import SeriesCell
from services.attribution.reports.figures import ratio, unavailable, weakest
from shared.schemas.reports import Figure, ReportGrowth

_NO_COUNTS = "no daily follower counts of owned accounts were received"
_NO_BASELINE = "the lift over a baseline is an analysis of its own"


def growth(series: Sequence[SeriesCell], *, total: Figure) -> ReportGrowth:
    """The change from the first to the last known day, summed over accounts that have two days at least."""
    told = [cell for cell in series if cell.metric == "followers" and cell.last_day > cell.first_day]
    if not told:
        change = unavailable(_NO_COUNTS)
    else:
        value = sum(cell.last - cell.first for cell in told)
        change = Figure(
            value=int(value) if value == int(value) else value,
            trust=weakest(cell.trust for cell in told),
            as_of=min(cell.observed_at for cell in told),
            note=f"from {min(cell.first_day for cell in told)} to {max(cell.last_day for cell in told)}",
        )
    per_follower = unavailable("no follower was gained") if change.value is not None and change.value <= 0 else None
    return ReportGrowth(
        change=change,
        expected=unavailable(_NO_BASELINE),
        lift=unavailable(_NO_BASELINE),
        cost_per_follower=per_follower or ratio(total, change),
    )
