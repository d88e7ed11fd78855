"""Charts of a ranking as SVG text, drawn without a network: contributions, intervals, values, palettes, pods."""

import math
from collections.abc import Sequence
from typing import Any

import altair as alt
import vl_convert

from services.scoring.authenticity.pods import Pod
from services.scoring.images.features import ImageFeatures
from shared.schemas.evidence import SELF
from shared.schemas.rankings import Score

_WIDTH, _ROW = 620, 22


def name_of(score: Score) -> str:
    """A creator's label: rank and handle, shortened."""
    handle = score.creator.handle or score.creator.platform_id
    short = handle if len(handle) <= 28 else f"{handle[:27]}…"
    return f"{score.rank}. {short}"


def contributions(scores: Sequence[Score]) -> str:
    """Stacked bars: how many points of each score come from which criterion."""
    rows = [
        {"creator": name_of(score), "criterion": result.name.replace("_", " "), "points": result.contribution}
        for score in scores
        for result in score.criteria
        if result.contribution
    ]
    chart = (
        alt.Chart(_data(rows))
        .mark_bar()
        .encode(
            x=alt.X("points:Q", title="points of the score", scale=alt.Scale(domain=[0, 100])),
            y=_creators(scores),
            color=alt.Color(
                "criterion:N",
                title=None,
                scale=alt.Scale(scheme="tableau20"),
                legend=alt.Legend(orient="bottom", columns=4, labelLimit=240),
            ),
            order=alt.Order("criterion:N"),
        )
    )
    return _svg(chart, len(scores))


def intervals(scores: Sequence[Score]) -> str:
    """Each score with its 90 % interval."""
    rows = [
        {"creator": name_of(score), "score": score.value, "low": score.interval.low, "high": score.interval.high}
        for score in scores
        if score.interval is not None
    ]
    base = alt.Chart(_data(rows)).encode(y=_creators(scores))
    scale = alt.Scale(domain=[0, 100])
    rule = base.mark_rule(strokeWidth=3, color="#9aa7b5").encode(
        x=alt.X("low:Q", title="score with its 90 % interval", scale=scale), x2="high:Q"
    )
    point = base.mark_point(filled=True, size=60, color="#1f4e79").encode(x=alt.X("score:Q", scale=scale))
    return _svg(rule + point, len(scores))


def values(scores: Sequence[Score]) -> str:
    """Every criterion that weighs something, of every creator, 0 to 100; what abstained is left empty."""
    rows = [
        {"creator": name_of(score), "criterion": result.name.replace("_", " "), "value": result.value}
        for score in scores
        for result in score.criteria
        if result.value is not None and result.weight
    ]
    chart = (
        alt.Chart(_data(rows))
        .mark_rect()
        .encode(
            x=alt.X("criterion:N", title=None, axis=alt.Axis(labelAngle=-35)),
            y=_creators(scores),
            color=alt.Color("value:Q", title="points", scale=alt.Scale(scheme="viridis", domain=[0, 100])),
        )
    )
    return _svg(chart, len(scores))


def _data(rows: Sequence[dict[str, Any]]) -> Any:  # noqa: ANN401  # altair publishes no types
    return alt.Data(values=list(rows))  # type: ignore[no-untyped-call]  # altair's own


def _creators(scores: Sequence[Score]) -> alt.Y:
    return alt.Y("creator:N", title=None, sort=[name_of(score) for score in scores], axis=alt.Axis(labelLimit=220))


def _svg(chart: Any, rows: int) -> str:  # noqa: ANN401  # altair publishes no types
    # labels are measured with a font that is narrower than many browsers' own: the room around keeps them whole
    room = {"left": 60, "right": 40, "top": 5, "bottom": 5}
    sized = chart.properties(width=_WIDTH, height=max(3, rows) * _ROW, padding=room).configure_view(stroke=None)
    svg: str = vl_convert.vegalite_to_svg(sized.to_dict())
    return svg


def palette(image: ImageFeatures, *, width: int = 180, height: int = 18) -> str:
    """A strip of an image's commonest colours, each as wide as its share."""
    parts, start = [], 0.0
    for red, green, blue, share in image.swatches:
        wide = round(share * width, 2)
        parts.append(f'<rect x="{start:.2f}" y="0" width="{wide}" height="{height}" fill="rgb({red},{green},{blue})"/>')
        start += wide
    return f'<svg role="img" width="{width}" height="{height}" viewBox="0 0 {width} {height}">{"".join(parts)}</svg>'


def pod_graph(pod: Pod, *, size: int = 220) -> str:
    """A reciprocal group around its creator: dots without names, lines where both comment on each other."""
    centre, around = size / 2, size / 2 - 14
    places = {SELF: (centre, centre)}
    for number, member in enumerate(pod.members):
        angle = 2 * math.pi * number / len(pod.members)
        places[member] = (centre + around * math.cos(angle), centre + around * math.sin(angle))
    lines = [
        f'<line x1="{places[a][0]:.1f}" y1="{places[a][1]:.1f}" x2="{places[b][0]:.1f}" y2="{places[b][1]:.1f}"/>'
        for a, b in pod.edges[:2_000]
        if a in places and b in places
    ]
    dots = [
        f'<circle cx="{x:.1f}" cy="{y:.1f}" r="{radius}" fill="{colour}"/>'
        for name, (x, y) in places.items()
        for radius, colour in [(9, "#b03a2e") if name == SELF else (5, "#1f4e79")]
    ]
    return (
        f'<svg role="img" width="{size}" height="{size}" viewBox="0 0 {size} {size}">'
        f'<g stroke="#9aa7b5" stroke-width="1">{"".join(lines)}</g>{"".join(dots)}</svg>'
    )
