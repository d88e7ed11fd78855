"""A ranking as CSV and NDJSON, a page at a time, so that memory does not grow with the ranking."""

from collections.abc import AsyncIterator, Sequence
from uuid import UUID

from services.scoring.rankings import repository
from services.scoring.rankings.wire import score_of_row
from shared.kit.db import Database
from shared.rules.tables import csv_line
from shared.schemas.ids import encode
from shared.schemas.rankings import EvidenceKind, Score

PAGE = 200
# Commenters are on no export.
_PEOPLE = (EvidenceKind.COMMENT, EvidenceKind.COMMENTER)
_FIXED = (
    "rank", "rank_low", "rank_high", "platform", "handle", "display_name", "url", "creator_id", "eligible", "score",
    "low", "high", "known_share", "data_age_days", "scored_at", "gates", "reasons",
)  # fmt: skip


def without_people(score: Score) -> Score:
    """The score without links to comments and commenters."""
    return score.model_copy(
        update={
            "criteria": tuple(
                result.model_copy(
                    update={"evidence": tuple(link for link in result.evidence if link.kind not in _PEOPLE)}
                )
                for result in score.criteria
            )
        }
    )


async def _pages(database: Database, *, workspace_id: UUID, ranking_id: UUID) -> AsyncIterator[list[Score]]:
    place = 0
    while True:
        async with database.tenant_session(workspace_id) as session:
            rows = await repository.scores_from(session, ranking_id=ranking_id, place=place, limit=PAGE)
            decisions = await repository.decisions(
                session, ranking_id=ranking_id, creators=[row.creator_id for row in rows]
            )
        if not rows:
            return
        place = rows[-1].place or 0
        yield [without_people(score_of_row(row, decisions)) for row in rows]


async def ndjson(database: Database, *, workspace_id: UUID, ranking_id: UUID) -> AsyncIterator[bytes]:
    """A score a line, as the list has them."""
    async for page in _pages(database, workspace_id=workspace_id, ranking_id=ranking_id):
        yield b"".join(score.model_dump_json().encode() + b"\n" for score in page)


async def csv_lines(
    database: Database, *, workspace_id: UUID, ranking_id: UUID, criteria: Sequence[str]
) -> AsyncIterator[bytes]:
    """RFC 4180 with a header line, UTF-8; a column for each criterion's value and contribution."""
    columns = [f"{name}_{part}" for name in criteria for part in ("value", "contribution")]
    yield csv_line([*_FIXED, *columns])
    async for page in _pages(database, workspace_id=workspace_id, ranking_id=ranking_id):
        yield b"".join(csv_line(_cells(score, criteria)) for score in page)


def _cells(score: Score, criteria: Sequence[str]) -> list[object]:
    creator, interval = score.creator, score.interval
    cells: list[object] = [
        score.rank, score.rank_low, score.rank_high, creator.platform, creator.handle, creator.display_name,
        creator.url, encode("crt", creator.id), score.eligible, score.value,
        interval.low if interval else None, interval.high if interval else None, score.known_share,
        score.data_age_days, score.scored_at.isoformat(),
        "; ".join(f"{gate.name} {gate.state}: {gate.reason}" for gate in score.gates), "; ".join(score.reasons),
    ]  # fmt: skip
    by_name = {result.name: result for result in score.criteria}
    for name in criteria:
        result = by_name.get(name)
        cells += [result.value, result.contribution] if result else [None, None]
    return cells
