"""How far a search is, as its answer and its events tell it."""

from datetime import UTC, datetime

from sqlalchemy.ext.asyncio import AsyncSession

from services.discovery.searches import repository
from services.discovery.searches.repository import SearchRow
from shared.schemas.base import JobStatus
from shared.schemas.searches import QuotaLeft, SearchEvent, SearchProgress


def progress_of(row: SearchRow, waiting: int) -> SearchProgress:
    """What is done, and what is known to remain: every waiting step, as far as the budget goes."""
    left = max(0, row.max_calls - row.steps_done)
    until = min((datetime.fromisoformat(text) for text in row.blocked.values()), default=None)
    over = row.status in (JobStatus.COMPLETED, JobStatus.CANCELLED, JobStatus.FAILED)
    return SearchProgress(
        calls_spent=row.steps_done,
        calls_left=left,
        steps_done=row.steps_done,
        steps_waiting=waiting,
        steps_left=0 if over else min(left, waiting) if row.started_at else None,
        quota_left=tuple(
            QuotaLeft(source=source, quota=name, left=left)
            for source, rooms in row.quota_left.items()
            for name, left in rooms.items()
        ),
        creators_seen=row.creators_seen,
        candidates=row.candidates,
        best=tuple(row.best),
        waiting_until=until if until and until > datetime.now(UTC) else None,
        waiting_for=row.waiting_for,
    )


async def tell(session: AsyncSession, row: SearchRow) -> None:
    """Add an event that says how far the search is."""
    await session.flush()
    waiting = await repository.steps_waiting(session, search_ids=[row.id])
    event = SearchEvent(
        search_id=row.id, status=JobStatus(row.status), progress=progress_of(row, waiting.get(row.id, 0))
    )
    row.events += 1
    await repository.add_event(
        session, row=row, number=row.events, data=event.model_dump(mode="json"), at=datetime.now(UTC)
    )
