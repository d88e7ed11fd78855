"""Charts of a report as inline SVG: no script, no style attribute, nothing from elsewhere; texts and colours by class.

The figures of every chart stand in a table beside it, so its text names the chart and where its figures are.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from html import escape
from math import ceil, floor, log10

WIDTH = 760
_LABELS, _VALUES = 170, 150
_BAR, _GAP = 13, 12
_PLOT_HEIGHT = 170
_LEFT, _TOP, _BOTTOM = 56, 12, 26
_WIDEST = 36


@dataclass(frozen=True)
class Bar:
    """A bar with its text for people; None is unknown and is drawn as the word."""

    value: float | None
    text: str


@dataclass(frozen=True)
class BarRow:
    """Bars that belong together, one of each series."""

    label: str
    bars: tuple[Bar, ...]


def bars(rows: Sequence[BarRow], *, identifier: str, title: str, description: str) -> str:
    """Horizontal bars on one scale that begins at zero; the n-th bar of a row is drawn as series n."""
    largest = max((bar.value for row in rows for bar in row.bars if bar.value is not None), default=0) or 1
    length = WIDTH - _LABELS - _VALUES
    parts, y = [], 4.0
    for row in rows:
        height = len(row.bars) * _BAR
        parts.append(_text(_LABELS - 8, y + height / 2 + 4, _short(row.label), "label end"))
        for place, bar in enumerate(row.bars):
            top = y + place * _BAR
            width = max(0.0, bar.value or 0) / largest * length
            if bar.value:
                parts.append(_rect(_LABELS, top, max(width, 1), _BAR - 2, f"s{place}"))
            parts.append(_text(_LABELS + width + 6, top + _BAR - 3, bar.text, "value"))
        y += height + _GAP
    return _svg(parts, height=y, identifier=identifier, title=title, description=description)


def columns(days: Sequence[tuple[date, float]], *, identifier: str, title: str, description: str) -> str:
    """One column a day from the first day to the last; a day without a line is a day without an event, so empty."""
    first, last = days[0][0], days[-1][0]
    count = (last - first).days + 1
    top = nice_ceiling(max(value for _, value in days))
    length = WIDTH - _LEFT - 10
    step = length / count
    parts = []
    for part in range(3):
        value = top * part / 2
        y = _TOP + _PLOT_HEIGHT * (1 - part / 2)
        parts.append(f'<line class="grid" x1="{_LEFT}" x2="{WIDTH - 10}" y1="{y:.1f}" y2="{y:.1f}"/>')
        parts.append(_text(_LEFT - 6, y + 4, f"{value:,.10g}", "value end"))
    for day, value in days:
        height = value / top * _PLOT_HEIGHT
        x = _LEFT + (day - first).days * step
        parts.append(_rect(x, _TOP + _PLOT_HEIGHT - height, max(min(step * 0.8, _WIDEST), 0.6), height, "s0"))
    every = max(1, ceil(count / 8))
    for place in range(0, count, every):
        day = first + timedelta(days=place)
        x = _LEFT + place * step + min(step * 0.4, _WIDEST / 2)
        parts.append(_text(x, _TOP + _PLOT_HEIGHT + 18, f"{day.day} {day:%b}", "value middle"))
    return _svg(
        parts, height=_TOP + _PLOT_HEIGHT + _BOTTOM, identifier=identifier, title=title, description=description
    )


def nice_ceiling(value: float) -> float:
    """A round number not below `value`, whose half is a whole number too: 2, 4, 10, 24, 300."""
    if value <= 10:
        return max(2, 2 * ceil(value / 2))
    scale = 10.0 ** floor(log10(value))
    return next(
        times * scale / 10 for times in (10, 12, 16, 20, 24, 30, 40, 60, 80, 100) if times * scale >= 10 * value
    )


def _svg(parts: Sequence[str], *, height: float, identifier: str, title: str, description: str) -> str:
    head = (
        f'<svg class="chart" role="img" aria-labelledby="{identifier}-title {identifier}-text" '
        f'viewBox="0 0 {WIDTH} {height:.0f}">'
        f'<title id="{identifier}-title">{escape(title)}</title>'
        f'<desc id="{identifier}-text">{escape(description)}</desc>'
    )
    return head + "".join(parts) + "</svg>"


def _text(x: float, y: float, text: str, kind: str) -> str:
    return f'<text class="{kind}" x="{x:.1f}" y="{y:.1f}">{escape(text)}</text>'


def _rect(x: float, y: float, width: float, height: float, kind: str) -> str:
    return f'<rect class="{kind}" x="{x:.1f}" y="{y:.1f}" width="{width:.1f}" height="{height:.1f}"/>'


def _short(text: str, limit: int = 24) -> str:
    return text if len(text) <= limit else f"{text[: limit - 1]}…"
