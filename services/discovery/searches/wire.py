"""Rows of searches as what goes over the wire."""

from typing import Any

from services.discovery.searches.progress import progress_of
from services.discovery.searches.repository import CandidateRow, SearchRow
from shared.schemas.base import JobStatus
from shared.schemas.brief import Brief
from shared.schemas.creators import Contactable, Creator, CreatorCounts
from shared.schemas.searches import Candidate, Mark, PlatformSummary, Provenance, Search, SearchCreate, SearchLimits

# Everything of a creator's row, with the time of the latest own post.
CREATORS = """
    SELECT c.*, (SELECT max(p.created_at) FROM discovery.posts p
        WHERE p.workspace_id = c.workspace_id AND p.author_id = c.id) AS last_posted_at
    FROM discovery.creators c WHERE c.workspace_id = :workspace_id AND c.id = ANY(:ids) AND NOT c.opted_out"""


def search_of(row: SearchRow, waiting: int) -> Search:
    request = SearchCreate.model_validate(row.request)
    return Search(
        id=row.id, name=row.name, status=JobStatus(row.status), brief=Brief.model_validate(row.brief),
        brief_version=row.brief_version, brief_hash=row.brief_hash, sources=request.sources,
        limits=SearchLimits(max_calls=row.max_calls, depth=row.depth), hashtags=request.hashtags,
        comments=request.comments, unknown=request.unknown, filters=request.filters,
        progress=progress_of(row, waiting),
        summary=tuple(PlatformSummary.model_validate(one) for one in row.summary), warnings=tuple(row.warnings),
        error=row.error, created_at=row.created_at, created_by=row.created_by, started_at=row.started_at,
        finished_at=row.finished_at,
    )  # fmt: skip


def creator_of(row: Any) -> Creator:  # noqa: ANN401  # a row of CREATORS
    """A creator as stored; a count that is not known says why."""
    return Creator.model_validate({
        "id": row.id, "platform": row.platform, "platform_id": row.platform_id, "handle": row.handle,
        "display_name": _cut(row.display_name, 200), "url": _cut(row.url), "bio_text": row.bio_text,
        "avatar_url": _cut(row.avatar_url), "website": _cut(row.website), "links": row.links or (),
        "language": row.language, "country": row.country, "place": _cut(row.place, 200),
        "created_at": row.account_created_at, "is_bot": row.is_bot, "is_verified": row.is_verified,
        "account_kind": row.account_kind or "unknown", "status": row.status or "unknown",
        "counts": counts_of(CreatorCounts, row),
        "contactable": Contactable.YES if row.website or row.links else Contactable.UNKNOWN,
        "handle_history": row.handle_history or (), "stub": row.stub, "source": row.source,
        "first_seen_at": row.first_seen_at, "observed_at": row.observed_at, "expires_at": row.expires_at,
        "last_posted_at": row.last_posted_at,
    })  # fmt: skip


def counts_of(kind: type[Any], row: Any) -> Any:  # noqa: ANN401  # rows and schemas with counts
    """Counts by name: known ones, and for the others the reason of their absence."""
    names = kind.model_fields
    withheld = {name: {**value, "value": None} for name, value in row.withheld.items() if name in names}
    return kind.model_validate({**withheld, **{name: value for name, value in row.counts.items() if name in names}})


def candidate_of(row: CandidateRow, creator: Creator) -> Candidate:
    return Candidate(
        creator=creator, rank=row.rank, score=row.score, in_band=row.in_band, posts_in_90_days=row.posts_in_90_days,
        provenance=Provenance.model_validate(row.provenance), marks=tuple(Mark(mark) for mark in row.marks),
        found_at=row.found_at,
    )  # fmt: skip


def _cut(text: str | None, longest: int = 1_000) -> str | None:
    return text[:longest] if text else None
