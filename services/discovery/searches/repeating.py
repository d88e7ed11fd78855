"""Asking a finished search again: what may have changed since, and nothing else."""

from datetime import UTC, datetime
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from services.discovery.searches import repository
from services.discovery.searches.progress import tell
from services.discovery.searches.repository import SearchRow
from shared.kit.errors import Conflict
from shared.kit.jobs import enqueue
from shared.schemas.base import JobStatus

OVER = (JobStatus.COMPLETED, JobStatus.FAILED, JobStatus.CANCELLED)

# The newest page of each hashtag, the profiles and posts of the seeds, and what was imported. Accounts and posts that
# the search has seen are not read again: their steps exist already.
_ASK_AGAIN = """
    UPDATE discovery.search_steps s SET state = 'waiting', attempts = 0, cursor = NULL, note = NULL
    WHERE s.workspace_id = :workspace_id AND s.search_id = :search_id AND s.page = 0 AND s.state <> 'waiting'
        AND (s.source = 'archive' OR s.kind IN ('hashtag', 'seeds') OR s.kind = 'author_posts' AND EXISTS (
            SELECT FROM discovery.search_members m
            JOIN discovery.creators c ON c.workspace_id = :workspace_id AND c.id = m.creator_id
            WHERE m.workspace_id = :workspace_id AND m.search_id = :search_id AND m.is_seed
                AND c.platform = s.source AND c.platform_id = s.target))"""
_DROP_LATER_BATCHES = """
    DELETE FROM discovery.search_steps s WHERE s.workspace_id = :workspace_id AND s.search_id = :search_id
        AND s.page > 0 AND (s.source = 'archive' OR s.kind IN ('hashtag', 'seeds') AND s.state = 'waiting')"""
# Posts under which there are more comments than when they were read.
_READ_CHANGED = """
    UPDATE discovery.search_steps s SET state = 'waiting', attempts = 0, cursor = NULL, note = NULL
    FROM discovery.posts p
    WHERE s.workspace_id = :workspace_id AND s.search_id = :search_id AND s.kind = 'comments' AND s.page = 0
        AND s.source <> 'archive' AND s.state = 'done' AND s.payload ? 'seen'
        AND p.workspace_id = :workspace_id AND p.platform = s.source AND p.platform_id = s.target
        AND (p.counts #>> '{comments,value}')::bigint > (s.payload ->> 'seen')::bigint"""
_NOTE_COMMENTS = """
    UPDATE discovery.search_steps s SET payload =
        CASE jsonb_typeof(s.payload) WHEN 'object' THEN s.payload ELSE '{}' END
        || jsonb_build_object('seen', coalesce((p.counts #>> '{comments,value}')::bigint, 0))
    FROM discovery.posts p
    WHERE s.workspace_id = :workspace_id AND s.search_id = :search_id AND s.kind = 'comments' AND s.page = 0
        AND s.source <> 'archive' AND s.state = 'done'
        AND p.workspace_id = :workspace_id AND p.platform = s.source AND p.platform_id = s.target
        AND (s.payload ->> 'seen')::bigint IS DISTINCT FROM coalesce((p.counts #>> '{comments,value}')::bigint, 0)"""


def is_over(row: SearchRow) -> bool:
    """Whether nothing is left to do, for now or for good."""
    return row.status in OVER


async def ask_again(session: AsyncSession, *, row: SearchRow, max_calls: int) -> None:
    """Let a search that is over look for what is new, by at most so many steps more. Conflict for a cancelled one."""
    if row.status == JobStatus.CANCELLED:
        raise Conflict("the search is cancelled")
    keys = {"workspace_id": row.workspace_id, "search_id": row.id}
    await repository.run(session, _DROP_LATER_BATCHES, keys)
    await repository.run(session, _ASK_AGAIN, keys)
    row.max_calls = row.steps_done + max_calls
    await _go_on(session, row)


async def read_changed_comments(session: AsyncSession, *, row: SearchRow) -> bool:
    """Let the search read comments again under posts that have more of them now; whether there are any."""
    if row.steps_done >= row.max_calls or row.status == JobStatus.CANCELLED:
        return False
    changed = await repository.run(session, _READ_CHANGED, {"workspace_id": row.workspace_id, "search_id": row.id})
    if changed:
        await _go_on(session, row)
    return changed > 0


async def note_comments(session: AsyncSession, *, search_id: UUID) -> None:
    """Remember how many comments the posts have whose comments were read."""
    row = await repository.search(session, search_id=search_id)
    if row is not None:
        await session.execute(text(_NOTE_COMMENTS), {"workspace_id": row.workspace_id, "search_id": search_id})


async def _go_on(session: AsyncSession, row: SearchRow) -> None:
    row.status, row.finished_at, row.error, row.started_at = JobStatus.RUNNING, None, None, datetime.now(UTC)
    await tell(session, row)
    await enqueue(session, "run_search", {"workspace_id": row.workspace_id, "search_id": row.id}, schema="discovery")
