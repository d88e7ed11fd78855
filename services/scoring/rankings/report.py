"""A ranking as one self-contained HTML page: charts, reasons, evidence; no script, nothing loaded from elsewhere."""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined, Template
from sqlalchemy.ext.asyncio import AsyncSession

from services.scoring.authenticity.pods import find_pod
from services.scoring.bundles import service as bundles
from services.scoring.evidence import Evidence
from services.scoring.images.features import ImageFeatures
from services.scoring.rankings import audience_chart, charts, repository, service
from services.scoring.rankings.audience_chart import AudienceRow
from services.scoring.rankings.order import sensitivity
from services.scoring.rankings.wire import ranking_of, score_of_row
from shared.schemas.rankings import Ranking, Score
from shared.schemas.sensitivity import Sensitivity

# How many creators a page shows; the whole list is in the exports.
SHOWN = 25
CONTENT_SECURITY_POLICY = (
    "default-src 'none'; style-src 'unsafe-inline'; img-src data:; base-uri 'none'; form-action 'none'"
)


@dataclass(frozen=True, slots=True)
class Shown:
    """One creator of the page."""

    score: Score
    audience: tuple[AudienceRow, ...]
    strips: tuple[str, ...]
    pod: str | None


@cache
def _template() -> Template:
    environment = Environment(
        loader=FileSystemLoader(Path(__file__).parent), autoescape=True, undefined=StrictUndefined, trim_blocks=True
    )
    return environment.get_template("report.html.j2")


async def html(session: AsyncSession, *, row: repository.RankingRow) -> str:
    """The page of a finished ranking."""
    rows = await repository.best_scores(session, ranking_id=row.id, limit=SHOWN)
    decisions = await repository.decisions(session, ranking_id=row.id, creators=[one.creator_id for one in rows])
    scores = [score_of_row(one, decisions) for one in rows]
    images = [await repository.images_of(session, ranking_id=row.id, creator_id=one.creator_id) for one in rows]
    contents = await bundles.contents(session, bundle_ids=[one.bundle_id for one in rows]) if rows else {}
    stored = [contents[one.bundle_id][1] if one.bundle_id in contents else None for one in rows]
    order = await service.current_order(session, row=row)
    found = await asyncio.to_thread(sensitivity, order, row.weights)
    return await asyncio.to_thread(_render, ranking_of(row), scores, found, images, stored, row.images or {})


def _render(
    ranking: Ranking, scores: Sequence[Score], found: Sensitivity, images: Sequence[Mapping[str, Any] | None],
    stored: Sequence[bytes | None], references: Mapping[str, Any],
) -> str:  # fmt: skip
    scored = [score for score in scores if score.value is not None]
    page: str = _template().render(
        ranking=ranking,
        sensitivity=found,
        charts={
            "contributions": charts.contributions(scored),
            "intervals": charts.intervals(scored),
            "criteria": charts.values(scored),
        },
        references=[charts.palette(ImageFeatures.from_json(one)) for one in references.values()],
        creators=[
            _shown(score, features, content) for score, features, content in zip(scores, images, stored, strict=True)
        ],
    )
    return page


def _strips(images: Mapping[str, Any] | None) -> tuple[str, ...]:
    return tuple(charts.palette(ImageFeatures.from_json(one)) for one in list((images or {}).values())[:6])


def _shown(score: Score, images: Mapping[str, Any] | None, content: bytes | None) -> Shown:
    """Audience and pod are read from the evidence, and gone with it."""
    if content is None:
        return Shown(score, (), _strips(images), None)
    evidence = Evidence(bundles.unpack(content))
    return Shown(score, tuple(audience_chart.rows(evidence)), _strips(images), _pod(evidence))


def _pod(evidence: Evidence) -> str | None:
    found = find_pod(evidence)
    return None if found is None or found.pod is None else charts.pod_graph(found.pod)
