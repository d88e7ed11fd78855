"""The judge: gives every hit its verdict within two seconds, keeps the rollups, and judges again under new rules."""

import time
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from uuid import UUID

import structlog
from sqlalchemy.ext.asyncio import AsyncSession

from services.attribution.hits import repository, rollups
from services.attribution.hits.agents import agents
from services.attribution.hits.repository import Bucket, JudgingRow, Mark, Unjudged, Verdict
from services.attribution.hits.verdicts import DUPLICATE_SECONDS, MAX_CLICKS, RULES_VERSION, Clicks, Evidence, judge
from services.attribution.reports import service as reports
from services.attribution.tracking import service as tracking
from shared.kit.runtime import Runtime

_log = structlog.get_logger(__name__)
JUDGED_MARK = "judged"
AGAIN_MARK = "judged_again"
BATCH = 5_000
_BUCKETS = 5_000
_IDLE_SECONDS = 30.0
# Under a flood, counting that took this long is followed by a pause of so many times as long.
_LONG_SECONDS = 0.1
_FLOOD = 200
_ROLLUP_PAUSE = 9
_VISITOR_PAUSE = 10
_LOWEST = UUID(int=0)


@dataclass
class _State:
    """What a worker remembers between rounds; everything in it can be read again from the database."""

    clicks: Clicks = field(default_factory=Clicks)
    mark: Mark | None = None
    last_round: float = 0.0
    next_rollups: float = 0.0
    next_visitors: float = 0.0
    again_done: bool = False


class Judge:
    """The loops of one worker. Each runs in one process at a time."""

    def __init__(self, *, rules_version: int = RULES_VERSION) -> None:
        self._rules_version = rules_version
        self._states: dict[str, _State] = {}

    async def judge_new(self, runtime: Runtime) -> bool:
        """Judge what was stored since the last round. True when there is more."""
        state = self._state(runtime)
        async with runtime.database.system_session() as session:
            if state.mark is None or time.monotonic() - state.last_round > _IDLE_SECONDS:
                await self._remember(session, state)
            found = await self._judge_batch(session, state)
        state.last_round = time.monotonic()
        return found

    async def rebuild_rollups(self, runtime: Runtime) -> bool:
        """Rebuild the rollups of changed quarter hours, then close links that reached their cap."""
        state = self._state(runtime)
        if time.monotonic() < state.next_rollups:
            return False
        began = time.monotonic()
        async with runtime.database.system_session() as session:
            taken = await rollups.take_dirty_buckets(session, limit=_BUCKETS)
            await _rebuild(session, taken)
            await rollups.cap_links(session, at=datetime.now(UTC), channel=tracking.LINKS_CHANNEL)
        state.next_rollups = _pause_until(began, _ROLLUP_PAUSE if len(taken) >= _FLOOD else 0)
        return len(taken) == _BUCKETS

    async def close_capped(self, runtime: Runtime) -> bool:
        """Count the links that have a click cap, and close those that reached it: every second, flood or not."""
        async with runtime.database.system_session() as session:
            taken = await rollups.take_dirty_buckets(session, limit=_BUCKETS, only_capped=True)
            await _rebuild(session, taken)
            await rollups.cap_links(session, at=datetime.now(UTC), channel=tracking.LINKS_CHANNEL)
        return False

    async def count_visitors(self, runtime: Runtime) -> bool:
        """Count the visitors of changed days again."""
        state = self._state(runtime)
        if time.monotonic() < state.next_visitors:
            return False
        began = time.monotonic()
        async with runtime.database.system_session() as session:
            days = await rollups.take_dirty_days(session)
            for (workspace_id, day), links in sorted(days.items()):
                await rollups.rebuild_visitors(
                    session, workspace_id=workspace_id, day=day, link_ids=links,
                    begins=datetime(day.year, day.month, day.day, tzinfo=UTC),
                )  # fmt: skip
        flood = sum(map(len, days.values())) >= _FLOOD
        state.next_visitors = _pause_until(began, _VISITOR_PAUSE if flood else 0)
        return False

    async def judge_again(self, runtime: Runtime) -> bool:
        """Judge a batch of hits again: those whose verdict is of older rules, then those that a workspace asked for.

        True until all are done.
        """
        state = self._state(runtime)
        async with runtime.database.system_session() as session:
            if not state.again_done:
                state.again_done = not await self._older_batch(session)
                return True
            asked = await repository.open_judging(session)
            if asked is not None:
                await self._asked_batch(session, asked)
        return asked is not None

    def forget(self, runtime: Runtime) -> None:
        """Drop what is remembered, as a restart does."""
        self._states.pop(runtime.database.url, None)

    def _state(self, runtime: Runtime) -> _State:
        return self._states.setdefault(runtime.database.url, _State())

    async def _remember(self, session: AsyncSession, state: _State) -> None:
        horizon = await repository.oldest_running(session)
        state.mark = await repository.mark(session, name=JUDGED_MARK) or Mark(0, self._rules_version, None, None)
        if state.mark.xid > horizon:
            # The database was restored into another cluster, whose transactions are numbered anew.
            state.mark = Mark(0, self._rules_version, None, None)
        state.clicks = Clicks()
        since = datetime.now(UTC) - timedelta(seconds=DUPLICATE_SECONDS)
        for link_id, visitor, at, hit_id in await repository.recent_clicks(session, since=since, limit=MAX_CLICKS):
            state.clicks.add(link_id=link_id, visitor=visitor, at=at, hit_id=hit_id)

    async def _judge_batch(self, session: AsyncSession, state: _State) -> bool:
        mark = state.mark or Mark(0, self._rules_version, None, None)
        # Asked before the hits are read: what lies below it is all visible to the read.
        horizon = await repository.oldest_running(session)
        rows = await repository.unjudged(session, from_xid=mark.xid, limit=BATCH)
        if rows:
            await self._write(session, rows, state.clicks)
        reached = horizon if len(rows) < BATCH else min(horizon, rows[-1].number)
        state.mark = Mark(max(mark.xid, reached), self._rules_version, None, None)
        if rows or mark.xid == 0:
            await repository.set_mark(session, name=JUDGED_MARK, mark=state.mark)
        return len(rows) == BATCH

    async def _write(self, session: AsyncSession, rows: list[Unjudged], clicks: Clicks) -> None:
        known = agents()
        verdicts = []
        for row in rows:
            found = judge(Evidence._make(row[2:]), agents=known, clicks=clicks)
            verdicts.append(Verdict(row[0], row[2], row[3], *found))
        await repository.write_verdicts(session, verdicts=verdicts, rule_version=self._rules_version)

    async def _older_batch(self, session: AsyncSession) -> bool:
        """Hits of older rules, workspace by workspace; the walk is over when the mark names no workspace any more."""
        held = await repository.mark(session, name=AGAIN_MARK)
        if held is None or held.rule_version != self._rules_version:
            held = Mark(0, self._rules_version, await repository.next_workspace(session, after=None), None)
        workspace = held.after_workspace
        if workspace is not None:
            rows = await repository.judged_by_older_rules(
                session, workspace_id=workspace, after=held.after_hit or _LOWEST, rule_version=self._rules_version,
                limit=BATCH,
            )  # fmt: skip
            if rows:
                await self._write_again(session, workspace, rows)
                held = held._replace(after_hit=rows[-1].id)
            else:
                following = await repository.next_workspace(session, after=workspace)
                held = Mark(0, self._rules_version, following, None)
        await repository.set_mark(session, name=AGAIN_MARK, mark=held)
        return workspace is not None

    async def _asked_batch(self, session: AsyncSession, asked: JudgingRow) -> None:
        """The same for every hit of one workspace up to the moment of its request, whichever rules judged it."""
        rows = await repository.judged_by_older_rules(
            session, workspace_id=asked.workspace_id, after=asked.after_hit or _LOWEST, until=asked.until_hit,
            rule_version=self._rules_version + 1, limit=BATCH,
        )  # fmt: skip
        asked.rule_version = self._rules_version
        if rows:
            await self._write_again(session, asked.workspace_id, rows)
            asked.hits += len(rows)
            asked.after_hit = UUID(int=rows[-1].id.int)
        else:
            asked.finished_at = datetime.now(UTC)

    async def _write_again(self, session: AsyncSession, workspace: UUID, rows: list[Unjudged]) -> None:
        """New verdicts on hits in their order, with the clicks of the hour before the first."""
        clicks = Clicks()
        since = rows[0].at - timedelta(seconds=DUPLICATE_SECONDS)
        for link_id, visitor, at, hit_id in await repository.recent_clicks(
            session, since=since, before=rows[0].id, limit=MAX_CLICKS, workspace_id=workspace
        ):
            clicks.add(link_id=link_id, visitor=visitor, at=at, hit_id=hit_id)
        await self._write(session, rows, clicks)
        _log.info("hits judged again", hits=len(rows), rules=self._rules_version)


async def _rebuild(session: AsyncSession, buckets: Iterable[Bucket]) -> None:
    grouped: dict[tuple[UUID, datetime], list[UUID]] = {}
    for bucket in buckets:
        grouped.setdefault((bucket.workspace_id, bucket.bucket), []).append(bucket.link_id)
    for (workspace_id, begins), links in sorted(grouped.items()):
        await rollups.rebuild_rollups(session, workspace_id=workspace_id, bucket=begins, link_ids=links)
        await reports.hits_change(session, workspace_id=workspace_id, link_ids=links, bucket=begins)


def _pause_until(began: float, factor: int) -> float:
    took = time.monotonic() - began
    return began + took * (factor + 1) if took > _LONG_SECONDS else 0.0
