"""One look of a watch at its search: ask again what may have changed, then tell who is new."""

from datetime import UTC, datetime, timedelta

from sqlalchemy.ext.asyncio import AsyncSession

from services.discovery.events import service as events
from services.discovery.events.service import NewEvent
from services.discovery.searches import service as searches
from services.discovery.watches import repository
from services.discovery.watches.repository import WatchRow
from services.discovery.watches.service import ASKING, AWAITING, IDLE, READING, following
from shared.kit.errors import Conflict
from shared.kit.webhooks.outbox import Event, emit_all
from shared.schemas.base import Unknown
from shared.schemas.events import EventKind
from shared.schemas.ids import encode
from shared.schemas.webhooks import OutboundEvent

_POLL = timedelta(seconds=5)


async def go_on(session: AsyncSession, *, row: WatchRow, now: datetime) -> None:
    """Take the watch one phase further; the search itself is walked by its own job in between."""
    if row.search_id is None:
        return
    search = await searches.get_search(session, search_id=row.search_id, lock=True)
    if not searches.is_over(search):
        row.next_run_at = now + _POLL
        return
    if row.phase == AWAITING:
        await repository.take_finds(session, row=row, is_news=False, with_unknown=True, now=now)
        await _rest(session, row, now)
    elif row.phase == IDLE:
        try:
            await searches.ask_again(session, row=search, max_calls=row.max_calls)
        except Conflict as conflict:
            row.error = conflict.detail
            await _rest(session, row, now)
            return
        row.phase, row.next_run_at, row.error = ASKING, now, None
    elif row.phase == ASKING and await searches.read_changed_comments(session, row=search):
        row.phase, row.next_run_at = READING, now
    else:
        await _tell(session, row, with_unknown=searches.unknown_of(search) is not Unknown.EXCLUDE, now=now)
        row.runs += 1
        row.last_run_at = now
        row.error = search.error
        await _rest(session, row, now)


async def _rest(session: AsyncSession, row: WatchRow, now: datetime) -> None:
    if row.search_id is not None:
        await searches.note_comments(session, search_id=row.search_id)
    row.phase = IDLE
    row.due_at = following(row.due_at, every_hours=row.every_hours, now=now)
    row.next_run_at = row.due_at


async def _tell(session: AsyncSession, row: WatchRow, *, with_unknown: bool, now: datetime) -> None:
    """Tell the candidates that the search has now and had not before."""
    news = await repository.take_finds(session, row=row, is_news=True, with_unknown=with_unknown, now=now)
    if row.search_id is None or not news:
        return
    found, hooks = [], []
    for one in news:
        path = "; ".join(one.path or ()) or None
        found.append(
            NewEvent(
                type=EventKind.CANDIDATE_FOUND, creator_id=one.creator_id, search_id=row.search_id, watch_ids=[row.id]
            )
        )
        data = {
            "watch_id": encode("wch", row.id), "search_id": encode("sch", row.search_id),
            "creator_id": encode("crt", one.creator_id), "rank": one.rank, "path": path, "reference": row.reference,
        }  # fmt: skip
        hooks.append(Event(OutboundEvent.CANDIDATE_FOUND, data, at=datetime.now(UTC)))
    await events.publish(session, workspace_id=row.workspace_id, found=found)
    await emit_all(session, hooks, workspace_id=row.workspace_id)
