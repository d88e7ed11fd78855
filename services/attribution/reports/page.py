"""A report as one HTML file that needs nothing else: no script, no request, readable by people and screen readers."""

import base64
import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from zoneinfo import ZoneInfo

from jinja2 import Environment, FileSystemLoader, StrictUndefined, Template

from services.attribution.rates.service import DAYS_HELD
from services.attribution.reports import charts
from services.attribution.reports.charts import Bar, BarRow
from services.attribution.reports.table import MONEY
from shared.rules.money import format_money
from shared.schemas.base import Trust
from shared.schemas.reports import GENERATED, Figure, GoalLine, Report, ReportColumns

_HERE = Path(__file__).parent
_MARKS = {Trust.CREATOR_REPORTED: "†", Trust.ESTIMATED: "≈"}
_SHARES = frozenset({"rate", "share_of_voice"})
# Creators in a chart; the table has them all.
_IN_CHART = 20


@dataclass(frozen=True)
class Column:
    """A column of a table: which figure of a line."""

    title: str
    stage: str
    name: str

    def of(self, line: ReportColumns) -> tuple[Figure, str]:
        return getattr(getattr(line, self.stage), self.name), self.name


def _columns(stage: str, **titles: str) -> tuple[Column, ...]:
    return tuple(Column(title, stage, name) for name, title in titles.items())


_CONVERSION = _columns(
    "conversion", code_uses="Code uses", conversions="Conversions", new_customers="New customers", revenue="Revenue",
    discount_given="Discount given", refunds="Refunds", net="Net", credit="Credit",
)  # fmt: skip
_MONEY = _columns(
    "money", fee="Fee", product="Product", commission="Commission", total="Total", cost_per_conversion="Per conversion",
    return_ratio="Return", held="Held", due="Due", paid="Paid",
)  # fmt: skip
_CLICKS = _columns(
    "engagement", hits="Hits", human_clicks="Human clicks", visitors="Visitor days", cost_per_click="Cost per click"
)
_POSTS = (
    *_columns("delivery", promised="Promised", posted="Posted", late="Late", disclosed="Disclosed", still_live="Live"),
    *_columns("awareness", impressions="Impressions", views="Views", reach="Reach"),
    *_columns("engagement", likes="Likes", comments="Comments", shares="Shares", saves="Saves", rate="Engagement rate"),
)
_ASSETS = (*_CLICKS[:3], *_CONVERSION[:2], _CONVERSION[3])
_DAYS = (*_CLICKS[:2], *_CONVERSION[:2], _CONVERSION[3], _CONVERSION[5], _CONVERSION[7])
_TILES = (
    _CLICKS[1], _CONVERSION[1], _CONVERSION[3], _CONVERSION[7], Column("Total cost", "money", "total"), _MONEY[5],
)  # fmt: skip


@cache
def _css() -> str:
    return (_HERE / "page.css").read_text(encoding="utf-8")


@cache
def policy() -> str:
    """The Content-Security-Policy of the page: nothing at all but its own style, known by its hash."""
    digest = base64.b64encode(hashlib.sha256(_css().encode()).digest()).decode()
    return f"default-src 'none'; style-src 'sha256-{digest}'; base-uri 'none'; form-action 'none'"


@cache
def _template() -> Template:
    environment = Environment(
        loader=FileSystemLoader(_HERE), autoescape=True, undefined=StrictUndefined, trim_blocks=True
    )
    return environment.get_template("page.html.j2")


def as_page(report: Report) -> str:
    """The report as a page; `report.days` and the creators' assets are drawn where they are there."""
    view = _View(report.currency)
    ranked = sorted(
        (
            one
            for one in report.creators
            if one.conversion.credit.value is not None or one.money.total.value is not None
        ),
        key=lambda one: -(one.conversion.credit.value or 0),
    )
    days = [(line.day, line) for line in report.days]
    return _template().render(
        report=report,
        generated=bool(report.notice and report.notice.startswith(GENERATED)),
        policy=policy(),
        css=_css(),
        as_of=f"{report.as_of.astimezone(ZoneInfo(report.timezone)):%-d %B %Y, %H:%M}",
        period=_period(report),
        growing=report.totals.conversion.conversions.mature is False,
        text=view.text,
        amount=view.amount,
        words=_words,
        reached=_reached,
        is_money=_is_money,
        goal_number=lambda line, value: view.number(value, money=_is_money(line)),
        tiles=[(column.title, column.of(report.totals)) for column in _TILES],
        conversion=_CONVERSION,
        money=_MONEY,
        clicks=_CLICKS,
        posts=_POSTS,
        days_held=DAYS_HELD,
        assets=_ASSETS,
        days=_DAYS,
        models=sorted({name for one in report.creators for name in one.credit_by_model}),
        shown=_IN_CHART,
        hidden=len(ranked) > _IN_CHART,
        chart_return=charts.bars(
            [
                BarRow(one.partner_name, (view.bar(one.conversion.credit), view.bar(one.money.total)))
                for one in ranked[:_IN_CHART]
            ],
            identifier="chart-return", title="Credit and total cost by creator",
            description="Bars from zero; the figures are in the tables below.",
        ) if ranked else None,
        chart_clicks=_by_day(
            [(day, line.engagement.human_clicks) for day, line in days], "chart-clicks", "Human clicks a day"
        ),
        chart_conversions=_by_day(
            [(day, line.conversion.conversions) for day, line in days], "chart-conversions", "Conversions a day"
        ),
    )  # fmt: skip


class _View:
    """How figures look in the report's currency."""

    def __init__(self, currency: str | None) -> None:
        self._currency = currency

    def text(self, found: "Figure | tuple[Figure, str]", *, money: bool = False) -> str | None:
        figure, name = found if isinstance(found, tuple) else (found, "")
        if figure.value is None:
            return None
        text = f"{figure.value:.2%}" if name in _SHARES else self.number(figure.value, money=money or name in MONEY)
        return f"{_MARKS.get(figure.trust, '')}{text}{'*' if figure.unknown_share else ''}"

    def number(self, value: float, *, money: bool) -> str:
        if money:
            return self.amount(round(value), self._currency)
        return f"{value:,}" if isinstance(value, int) else f"{value:,.2f}".removesuffix(".00")

    def amount(self, minor: int | None, currency: str | None) -> str:
        if minor is None:
            return "unknown"
        return format_money(minor, currency) if currency else f"{minor:,} minor units"

    def bar(self, figure: Figure) -> Bar:
        return Bar(figure.value, "unknown" if figure.value is None else self.number(figure.value, money=True))


def _period(report: Report) -> str:
    if report.day_from is None and report.day_to is None:
        return "all days"
    if report.day_from is None:
        return f"days until {report.day_to}"
    return f"days from {report.day_from}" + (f" to {report.day_to}" if report.day_to else "")


def _by_day(found: Sequence[tuple[object, Figure]], identifier: str, title: str) -> str | None:
    known = [(day, figure.value) for day, figure in found if figure.value is not None]
    if not any(value for _, value in known):
        return None
    return charts.columns(
        known,  # type: ignore[arg-type]  # days, as the report's lines carry them
        identifier=identifier, title=title, description="One column a day; the figures are in the table below.",
    )  # fmt: skip


def _is_money(line: GoalLine) -> bool:
    return line.goal.metric in MONEY


def _reached(line: GoalLine) -> str:
    if line.actual.value is None or not line.target:
        return ""
    return f"{line.actual.value / line.target:.0%}"


def _words(key: str) -> str:
    return key.replace("_", " ").capitalize()
