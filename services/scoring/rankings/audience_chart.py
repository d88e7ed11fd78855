"""A creator's audience for the report: shares of sampled commenters, and what the creator reports, as bars."""

import html
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from services.scoring import own_reports
from services.scoring.criteria.audience_fit import MIN_PEOPLE
from services.scoring.evidence import Evidence
from services.scoring.text.languages import primary
from shared.schemas.audience_reports import ReportedDimension

_SHOWN = 5
_WIDTH, _HEIGHT = 420, 16
_COLOURS = ("#1f4e79", "#4f81b0", "#8fb3d4", "#c0792a", "#e3b27a")
_REST = "#d5dce3"


@dataclass(frozen=True, slots=True)
class AudienceRow:
    """One split of an audience: the bar as SVG text, the same in words, and on what it rests. Without a bar too few are
    known."""

    name: str
    bar: str | None
    words: str
    basis: str


def rows(evidence: Evidence) -> list[AudienceRow]:
    """Languages and countries of the sampled commenters, then the creator's own reports."""
    people, who = evidence.commenters, evidence.words_for_audience
    spoken = [primary(one.language) for one in people if one.language]
    countries = [one.country for one in people if one.country]
    found = [
        _measured("languages", spoken, len(people), who),
        _measured("countries", countries, len(people), who),
    ]
    for dimension in ReportedDimension:
        report = own_reports.loudest(evidence, dimension)
        if report is not None:
            shares = [(one.key, one.share) for one in report.shares if one.dimension is dimension]
            basis = f"as the creator reports of {report.reported_on}, from {report.source or 'no named source'}"
            found.append(_row(f"{dimension} (reported)", shares, basis))
    return found


def _measured(name: str, known: Sequence[str], sampled: int, who: str) -> AudienceRow:
    basis = f"known of {len(known)} of {sampled} {who}"
    if len(known) < MIN_PEOPLE:
        return AudienceRow(name, None, f"too few to tell: at least {MIN_PEOPLE} are needed", basis)
    counts = Counter(known)
    return _row(name, [(key, count / len(known)) for key, count in counts.items()], basis)


def _row(name: str, shares: Iterable[tuple[str, float]], basis: str) -> AudienceRow:
    ordered = sorted(shares, key=lambda pair: (-pair[1], pair[0]))
    shown = ordered[:_SHOWN]
    rest = min(1.0, sum(share for _, share in ordered[_SHOWN:]))
    words = [f"{key} {share:.0%}" for key, share in shown]
    if len(ordered) > _SHOWN:
        words.append(f"others {rest:.0%}")
    return AudienceRow(name, _bar(shown, ", ".join(words)), ", ".join(words), basis)


def _bar(shown: Sequence[tuple[str, float]], title: str) -> str:
    """Shares from the left, each with its name where it has room; what is not named is grey."""
    # people who speak two languages make more than a whole
    scale = _WIDTH / max(1.0, sum(share for _, share in shown))
    parts, start = [f'<rect x="0" y="0" width="{_WIDTH}" height="{_HEIGHT}" fill="{_REST}"/>'], 0.0
    for (key, share), colour in zip(shown, _COLOURS, strict=False):
        wide = share * scale
        parts.append(f'<rect x="{start:.2f}" y="0" width="{wide:.2f}" height="{_HEIGHT}" fill="{colour}"/>')
        if wide > 9 * len(key) + 6:
            ink = "#1c2733" if colour in _COLOURS[2:] else "#ffffff"
            parts.append(
                f'<text x="{start + 5:.2f}" y="12" font-size="11" font-family="system-ui, sans-serif" '
                f'fill="{ink}">{html.escape(key)}</text>'
            )
        start += wide
    return (
        f'<svg role="img" aria-label="{html.escape(title)}" width="{_WIDTH}" height="{_HEIGHT}" '
        f'viewBox="0 0 {_WIDTH} {_HEIGHT}">{"".join(parts)}</svg>'
    )
