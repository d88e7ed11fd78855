"""A search's candidates as CSV and NDJSON, a page at a time, so that memory does not grow with the search."""

from collections.abc import AsyncIterator, Sequence
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from services.discovery.searches import evidence_sql as sql
from services.discovery.searches import provenance, repository
from services.discovery.searches.repository import CandidateRow, SearchRow
from services.discovery.searches.wire import CREATORS, candidate_of, creator_of
from shared.kit.db import Database
from shared.kit.errors import Conflict
from shared.rules.tables import csv_line
from shared.schemas.creators import CreatorCounts
from shared.schemas.exports import Elsewhere, ExportedCandidate
from shared.schemas.ids import encode
from shared.schemas.searches import Candidate

PAGE = 200
_COUNTS = tuple(CreatorCounts.model_fields)
COLUMNS = (
    "rank", "score", "platform", "handle", "display_name", "url", "creator_id", "in_band",
    *(f"{name}{part}" for name in _COUNTS for part in ("", "_state", "_observed_at")),
    "posts_in_90_days", "contactable", "contact_routes", "marks", "language", "country", "account_kind", "found_at",
    "observed_at", "path", "is_seed", "fan_of_brand", "hops", "hashtags", "posts", "comments", "comments_elsewhere",
    "accounts_elsewhere", "posts_elsewhere",
)  # fmt: skip


async def ndjson(database: Database, *, row: SearchRow, without_unknown: bool) -> AsyncIterator[bytes]:
    """A candidate a line, as the list has them but for those whom an export does not name."""
    async for page in _pages(database, row=row, without_unknown=without_unknown):
        yield b"".join(one.model_dump_json().encode() + b"\n" for one in page)


async def csv_lines(database: Database, *, row: SearchRow, without_unknown: bool) -> AsyncIterator[bytes]:
    """RFC 4180 with a header line, UTF-8. An unknown number is an empty cell, and its state says why."""
    yield csv_line(COLUMNS)
    async for page in _pages(database, row=row, without_unknown=without_unknown):
        yield b"".join(csv_line(_cells(one)) for one in page)


async def _pages(
    database: Database, *, row: SearchRow, without_unknown: bool
) -> AsyncIterator[list[ExportedCandidate]]:
    rank = 0
    while True:
        async with database.tenant_session(row.workspace_id) as session:
            now = await repository.search(session, search_id=row.id)
            if now is None or now.events != row.events:
                # what was sent and what would follow are of two orders: the answer is cut, not ended
                raise Conflict("the search went on while it was exported")
            rows = await repository.candidates_behind(
                session, row=row, rank=rank, limit=PAGE, without_unknown=without_unknown
            )
            items = await _exported(session, row, rows)
        if not rows:
            return
        rank = rows[-1].rank
        yield items


async def _exported(session: AsyncSession, row: SearchRow, rows: Sequence[CandidateRow]) -> list[ExportedCandidate]:
    workspace = {"workspace_id": row.workspace_id}
    ids = [one.creator_id for one in rows]
    creators = {
        one.id: creator_of(one) for one in await repository.rows_of(session, CREATORS, {**workspace, "ids": ids})
    }
    provenances = await provenance.told(
        session, workspace_id=row.workspace_id, rows=rows,
        platforms={one.id: one.platform for one in creators.values()},
    )  # fmt: skip
    items = [
        candidate_of(one, creators[one.creator_id], told) for one in rows if (told := provenances.get(one.creator_id))
    ]
    posts = list({post.post_id for item in items for post in item.provenance.posts})
    authors = {
        one.id: one.author_id for one in await repository.rows_of(session, sql.AUTHORS, {**workspace, "posts": posts})
    }
    named = {talk.under_creator_id for item in items for talk in item.provenance.comments}
    asked = {**workspace, "search_id": row.id, "ids": list(named | {one for one in authors.values() if one})}
    candidates = {one.creator_id for one in await repository.rows_of(session, sql.CANDIDATES_AMONG, asked)}
    own = {post for post, author in authors.items() if author in candidates}
    return [without_others(item, candidates=candidates, posts=own) for item in items]


def without_others(item: Candidate, *, candidates: set[UUID], posts: set[UUID]) -> ExportedCandidate:
    """The candidate with a provenance that names nobody but `candidates`, and no posts but theirs, `posts`."""
    told = item.provenance
    others = [talk for talk in told.comments if talk.under_creator_id not in candidates]
    narrowed = told.model_copy(
        update={
            "posts": tuple(post for post in told.posts if post.post_id in posts),
            "comments": tuple(talk for talk in told.comments if talk.under_creator_id in candidates),
            "path": tuple(provenance.without_names(line, others) for line in told.path),
        }
    )
    elsewhere = Elsewhere(
        comments=sum(talk.comments for talk in others), accounts=len(others),
        posts=len(told.posts) - len(narrowed.posts),
    )  # fmt: skip
    return ExportedCandidate(**dict(item) | {"provenance": narrowed}, elsewhere=elsewhere)


def _cells(one: ExportedCandidate) -> list[object]:
    creator, told, elsewhere = one.creator, one.provenance, one.elsewhere
    counts: list[object] = []
    for name in _COUNTS:
        count = getattr(creator.counts, name)
        counts += [count.value, count.state, count.observed_at.isoformat() if count.observed_at else None]
    return [
        one.rank, one.score, creator.platform, creator.handle, creator.display_name, creator.url,
        encode("crt", creator.id), one.in_band, *counts, one.posts_in_90_days, creator.contactable,
        "; ".join(f"{route.kind} {route.value} ({route.source})" for route in creator.contact_routes),
        " ".join(one.marks), creator.language, creator.country, creator.account_kind, one.found_at.isoformat(),
        creator.observed_at.isoformat(), "; ".join(told.path), told.is_seed, told.fan_of_brand, told.hops,
        "; ".join(f"#{tag.hashtag} {tag.posts}" for tag in told.hashtags),
        " ".join(post.url or encode("pst", post.post_id) for post in told.posts),
        "; ".join(f"@{talk.under_handle or '?'} {talk.comments} on {talk.posts} posts" for talk in told.comments),
        elsewhere.comments, elsewhere.accounts, elsewhere.posts,
    ]  # fmt: skip
