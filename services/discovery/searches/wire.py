"""Rows of searches as what goes over the wire."""

from services.discovery.creators.service import counts_of as counts_of
from services.discovery.creators.service import creator_of as creator_of
from services.discovery.searches.progress import progress_of
from services.discovery.searches.repository import SHOWN, CandidateRow, SearchRow
from shared.schemas.base import JobStatus
from shared.schemas.brief import Brief
from shared.schemas.creators import Creator
from shared.schemas.searches import Candidate, Mark, PlatformSummary, Provenance, Search, SearchCreate, SearchLimits

# Everything of a shown creator's row, with the time of the latest own post and the person.
CREATORS = f"""
    SELECT c.*, (SELECT max(p.created_at) FROM discovery.posts p
        WHERE p.workspace_id = c.workspace_id AND p.author_id = c.id) AS last_posted_at,
        (SELECT l.person_id FROM discovery.person_links l
        WHERE l.workspace_id = c.workspace_id AND l.creator_id = c.id AND l.state <> 'cut') AS person_id
    FROM discovery.creators c WHERE c.workspace_id = :workspace_id AND c.id = ANY(:ids) AND {SHOWN}"""  # noqa: S608  # our own condition


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


def candidate_of(row: CandidateRow, creator: Creator, provenance: Provenance) -> Candidate:
    return Candidate(
        creator=creator, rank=row.rank, score=row.score, in_band=row.in_band, posts_in_90_days=row.posts_in_90_days,
        provenance=provenance, marks=tuple(Mark(mark) for mark in row.marks),
        found_at=row.found_at,
    )  # fmt: skip
