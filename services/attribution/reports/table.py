"""A report as CSV: one line for each creator, account, asset and day, then the totals and everything left out."""

import csv
import io
from collections.abc import Iterator
from typing import Any

from shared.rules.money import to_decimal
from shared.rules.tables import safe_cell
from shared.schemas.ids import encode
from shared.schemas.reports import Figure, Report, ReportColumns

_HEAD = ("line", "partnership_id", "partner_name", "part", "what", "why")
_STAGES = tuple(ReportColumns.model_fields)
# Columns in minor units of the report's currency.
MONEY = frozenset(
    {
        "cost_per_thousand", "cost_per_click", "cost_per_follower", "revenue", "discount_given", "refunds", "net",
        "credit", "fee", "product", "shipping", "commission", "total", "cost_per_conversion", "paid", "held", "due",
    }
)  # fmt: skip


def columns_of() -> list[tuple[str, str]]:
    """Stage and column of every figure, in the order of the report."""
    return [
        (stage, name)
        for stage in _STAGES
        for name, field in type(getattr(ReportColumns(), stage)).model_fields.items()
        if field.annotation is Figure
    ]


def as_csv(report: Report) -> str:
    """Amounts in major units; an unknown figure is an empty cell; beside every figure its trust."""
    names = columns_of()
    out = io.StringIO()
    writer = csv.writer(out)
    figures = [cell for stage, name in names for cell in (f"{stage}_{name}", f"{stage}_{name}_trust")]
    writer.writerow([*_HEAD, "currency", "as_of", "model", *figures])
    tail = [report.currency or "", report.as_of.isoformat(), report.model]
    for head, line in _lines(report):
        writer.writerow([*map(safe_cell, head), *tail, *(_figures(line, names, report.currency) if line else ())])
    return out.getvalue()


def _lines(report: Report) -> Iterator[tuple[tuple[str, ...], ReportColumns | None]]:
    if report.notice:
        yield ("notice", "", "", "", report.notice, ""), None
    for goal in report.goals:
        reached = "" if goal.actual.value is None else f"{goal.actual.value:g}"
        yield ("goal", "", "", goal.goal.metric, f"{reached} of {goal.target:g}", goal.actual.note or ""), None
    for one in report.creators:
        who = (encode("pts", one.partnership_id), one.partner_name)
        yield ("creator", *who, "", one.next_action or "", one.next_action_reason or ""), one
        for account in one.accounts:
            yield ("account", *who, f"{account.platform}:{account.handle}", "", ""), account
        for asset in one.assets:
            yield ("asset", *who, f"{asset.kind}:{asset.label}", "", ""), asset
        for day in one.days:
            yield ("day", *who, day.day.isoformat(), "", ""), day
    for day in report.days:
        yield ("total_day", "", "", day.day.isoformat(), "", ""), day
    yield ("total", "", "", "", "", ""), report.totals
    for stray in report.unattributed:
        amount = _amount(stray.amount_minor, stray.currency) if stray.amount_minor is not None else ""
        what = f"{stray.conversions} {stray.kind} {amount} {stray.currency or ''}".strip()
        yield ("unattributed", "", "", stray.kind, what, stray.reason), None
    for left in report.excluded_hits:
        yield ("excluded_hits", "", "", left.verdict, str(left.hits), left.reason or ""), None
    for gap in report.missing:
        whose = encode("pts", gap.partnership_id) if gap.partnership_id else ""
        yield ("missing", whose, "", "", gap.what, gap.why), None
    for rate in report.rates:
        what = f"1 {rate.base} = {rate.rate} {rate.quote} of {rate.day}"
        yield ("rate", "", "", rate.base, what, f"{rate.source}; used from {rate.used_from} to {rate.used_to}"), None


def _figures(line: ReportColumns, names: list[tuple[str, str]], currency: str | None) -> Iterator[Any]:
    for stage, name in names:
        figure: Figure = getattr(getattr(line, stage), name)
        if figure.value is None:
            yield ""
        elif name in MONEY:
            yield _amount(figure.value, currency)
        else:
            yield figure.value
        yield figure.trust


def _amount(minor: float, currency: str | None) -> str:
    if currency is None:
        return f"{minor:g}"
    if isinstance(minor, int):
        return f"{to_decimal(minor, currency):f}"
    return f"{float(to_decimal(round(minor * 10_000), currency)) / 10_000:.6f}".rstrip("0").rstrip(".")
