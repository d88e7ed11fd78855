"""The ledger of calls: each is written down before it is made, and refused when a platform's quota has no room."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from services.discovery.connector import Call, Clock, QuotaRule, RateLimited, utc_now
from services.discovery.quotas import repository
from services.discovery.ratelimits import ObservedLimit
from services.discovery.resets import Budget, DayBoundary, Rolling, RollingKeys
from shared.kit.db import Database
from shared.kit.ids import new_id

LONGEST_SPAN = timedelta(days=32)
NEVER = timedelta(days=365)


@dataclass
class Ledger:
    """The meter that a connector calls through, for one workspace.

    A quota is shared by all workspaces of this installation. While several use it, each may spend an equal part, so
    that one search does not starve another's.
    """

    database: Database
    workspace_id: UUID
    rules: Sequence[QuotaRule] = ()
    clock: Clock = utc_now
    calls: int = 0
    """Calls that were let through."""
    _under_way: dict[Call, list[UUID]] = field(default_factory=dict)

    async def before(self, call: Call) -> None:
        """Write the call down. Raises RateLimited when a rule, or what the platform said last, leaves no room."""
        async with self.database.system_session() as session:
            await repository.lock(session, call=call)
            now = self.clock()
            await self._refuse_while_empty(session, call, now)
            for rule in self.rules:
                if rule.bucket == call.bucket and rule.limit is not None:
                    await self._refuse_beyond(session, call, rule, rule.limit, now)
            use_id = new_id()
            await repository.add(session, call=call, workspace_id=self.workspace_id, use_id=use_id, at=now)
        self.calls += 1
        self._under_way.setdefault(call, []).append(use_id)

    async def after(self, call: Call, observed: ObservedLimit | None) -> None:
        """Keep what the platform said, and count the call from now: it may have been counted there only now."""
        now = self.clock()
        under_way = self._under_way.get(call, [])
        use_id = under_way.pop(0) if under_way else None
        if not under_way:
            self._under_way.pop(call, None)
        async with self.database.system_session() as session:
            if use_id is not None:
                await repository.answered(session, workspace_id=self.workspace_id, use_id=use_id, at=now)
            if observed is not None and not (observed.remaining is None and observed.resets_at is None):
                await repository.observe(
                    session, call=call, remaining=observed.remaining, resets_at=observed.resets_at, at=now
                )

    async def _refuse_while_empty(self, session: AsyncSession, call: Call, now: datetime) -> None:
        known = await repository.limit(session, call=call)
        if known is None or known.remaining is None or known.resets_at is None:
            return
        if known.remaining < call.units and known.resets_at > now:
            raise RateLimited(call.platform, call.endpoint, "its quota is used up", retry_at=known.resets_at)

    async def _refuse_beyond(
        self, session: AsyncSession, call: Call, rule: QuotaRule, limit: int, now: datetime
    ) -> None:
        since = _since(rule, now)
        spent = await repository.spent(session, call=call, since=since)
        sharers = len({*spent, self.workspace_id})
        share = max(call.units, limit // sharers)
        mine = spent.get(self.workspace_id, 0)
        if sum(spent.values()) + call.units <= limit and mine + call.units <= share:
            return
        free: list[datetime | None] = []
        for owner, size in ((None, limit), (self.workspace_id, share)):
            uses = await repository.uses(session, call=call, since=since, workspace_id=owner)
            free.append(rule.reset.free_at(uses, limit=size, now=now, units=call.units, key=call.key))
        retry_at = max(moment if moment is not None else now + NEVER for moment in free)
        if retry_at > now:
            raise RateLimited(call.platform, call.endpoint, f"its quota of {limit} is used up", retry_at=retry_at)


def _since(rule: QuotaRule, now: datetime) -> datetime:
    match rule.reset:
        case Rolling(span=span):
            return now - span
        case RollingKeys(span=span):
            return now - 2 * span
        case DayBoundary() as day:
            return day.day_of(now)[0] - timedelta(microseconds=1)
        case Budget():
            return now - NEVER
        case _:
            return now - LONGEST_SPAN


async def left(database: Database, *, platform: str, rules: Sequence[QuotaRule], now: datetime) -> dict[str, int]:
    """The room that the rules leave on a platform now, by bucket: what the busiest host and credential still have."""
    rooms: dict[str, int] = {}
    async with database.system_session() as session:
        for rule in rules:
            if rule.limit is None:
                continue
            spent = await repository.most_spent(session, platform=platform, bucket=rule.bucket, since=_since(rule, now))
            room = max(0, rule.limit - spent)
            rooms[rule.bucket] = min(room, rooms.get(rule.bucket, room))
    return rooms
