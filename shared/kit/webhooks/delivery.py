"""The delivery engine of a worker: claims what is due, sends it, records what came of it, and wakes up by NOTIFY.

At least once: a delivery is claimed for a time longer than its request may take, and an attempt counts when it is
recorded. A worker that is killed in between leaves a claim that ends by itself, and the same message is sent again
under the same `webhook-id`. Several workers may run at once.
"""

import asyncio
import random
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from uuid import UUID

import asyncpg
import structlog
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncSession

from shared.kit.runtime import Runtime
from shared.kit.webhooks import queue, service
from shared.kit.webhooks.outbox import channel
from shared.kit.webhooks.queue import Due, Outcome
from shared.kit.webhooks.schedule import State, judge, long_failing
from shared.kit.webhooks.sending import send

_log = structlog.get_logger(__name__)
_DATABASE_AWAY = (OSError, SQLAlchemyError, asyncpg.PostgresError, asyncpg.InterfaceError, TimeoutError)


def utc_now() -> datetime:
    return datetime.now(UTC)


@dataclass(frozen=True)
class Limits:
    """How much runs at once in one worker. A failing endpoint gets one request at a time from a part of its own,
    so that any number of dead endpoints leaves the rest of `in_flight` to the living."""

    in_flight: int = 200
    in_flight_to_failing: int = 40
    per_endpoint: int = 8
    request: timedelta = timedelta(seconds=20)
    lease: timedelta = timedelta(seconds=60)
    # Without a notification (a pooler that carries none) the queue is looked at so often.
    look: timedelta = timedelta(seconds=0.5)
    gather: timedelta = timedelta(seconds=0.01)
    stop: timedelta = timedelta(seconds=2)


class Deliverer:
    """One worker's deliveries. `clock` and `chance` (in [0, 1)) are what tests replace to travel in time."""

    def __init__(
        self, runtime: Runtime, *, limits: Limits | None = None, clock: Callable[[], datetime] = utc_now,
        chance: Callable[[], float] = random.random,
    ) -> None:  # fmt: skip
        self._runtime = runtime
        self._limits = limits or Limits()
        self._clock = clock
        self._chance = chance
        self._wake = asyncio.Event()
        self._running: dict[asyncio.Task[None], Due] = {}
        self._done: list[Outcome] = []
        self._failing: set[UUID] = set()
        self._paused: dict[UUID, datetime] = {}

    async def run(self, shutdown: asyncio.Event) -> None:
        """Deliver until `shutdown`; comes back by itself after PostgreSQL was away. Ends within 3 seconds."""
        listener = asyncio.create_task(self._listen())
        stopping = asyncio.create_task(shutdown.wait())
        wait = 0.2
        try:
            while not shutdown.is_set():
                self._wake.clear()
                try:
                    await self._round()
                    wait = 0.2
                except _DATABASE_AWAY as error:
                    _log.warning("webhook deliveries lost their database, trying again", error=repr(error))
                    await asyncio.wait([stopping], timeout=wait)
                    wait = min(wait * 2, 5.0)
                await self._until_woken(stopping)
        finally:
            listener.cancel()
            stopping.cancel()
            await self._stop()

    async def drain(self) -> int:
        """Attempt what is due now and come back when nothing is due or under way: for commands and tests.

        How many attempts were made.
        """
        attempts = 0
        while True:
            attempts += len(self._done)  # the round records exactly these
            if not await self._round() and not self._running and not self._done:
                return attempts
            if self._running:
                await asyncio.wait(self._running, return_when=asyncio.FIRST_COMPLETED)

    async def _until_woken(self, stopping: asyncio.Task[bool]) -> None:
        woken = asyncio.create_task(self._wake.wait())
        await asyncio.wait([woken, stopping], timeout=self._limits.look.total_seconds(), return_when="FIRST_COMPLETED")
        woken.cancel()
        # What is written in the same moment goes into one round.
        await asyncio.sleep(self._limits.gather.total_seconds())

    async def _stop(self) -> None:
        """Give what is under way a moment; what does not end in it is sent again later."""
        if self._running:
            await asyncio.wait(self._running, timeout=self._limits.stop.total_seconds())
        for task in self._running:
            task.cancel()
        try:
            await self._record()
        except _DATABASE_AWAY as error:
            _log.warning("attempts not recorded, they are made again", error=repr(error), attempts=len(self._done))

    async def _round(self) -> int:
        """Record what ended, claim what is due and start it; how many deliveries were claimed."""
        await self._record()
        now, limits = self._clock(), self._limits
        capacity = limits.in_flight - len(self._running)
        if capacity <= 0:
            return 0
        self._paused = {endpoint: until for endpoint, until in self._paused.items() if until > now}
        async with self._runtime.database.system_session() as session:
            keys = await queue.claim(
                session, now=now, lease_until=now + limits.lease, per_endpoint=limits.per_endpoint,
                free=self._free(), capacity=capacity,
            )  # fmt: skip
            dues = await queue.load(session, keys=keys) if keys else []
            await self._set_aside(session, dues, now)
        for due in dues:
            if due.state == "active" and not _paused(due, now):
                task = asyncio.create_task(self._attempt(due))
                self._running[task] = due
        return len(keys)

    def _free(self) -> dict[UUID, int]:
        """How many requests may start to each endpoint that is not idle and healthy."""
        limits = self._limits
        busy = Counter(due.endpoint_id for due in self._running.values())
        room_for_failing = sum(busy[endpoint] for endpoint in self._failing) < limits.in_flight_to_failing
        free = {endpoint: max(0, limits.per_endpoint - count) for endpoint, count in busy.items()}
        for endpoint in self._failing:
            free[endpoint] = 1 if room_for_failing and not busy[endpoint] else 0
        return {**free, **dict.fromkeys(self._paused, 0)}

    async def _set_aside(self, session: AsyncSession, dues: list[Due], now: datetime) -> None:
        """Put back what belongs to a paused endpoint; give up what belongs to a disabled one."""
        paused = [due for due in dues if due.state == "active" and _paused(due, now)]
        if paused:
            await queue.postpone(session, dues=paused)
            for due in paused:
                # A person may end the pause, so it is not believed for long.
                self._paused[due.endpoint_id] = min(due.paused_until or now, now + timedelta(seconds=5))
        for workspace_id, endpoint_id in {(due.workspace_id, due.endpoint_id) for due in dues if due.state != "active"}:
            await service.give_up(session, workspace_id=workspace_id, endpoint_id=endpoint_id)
        self._failing.update(due.endpoint_id for due in dues if due.failures)

    async def _attempt(self, due: Due) -> None:
        """Send one message. Never raises: whatever goes wrong is the attempt's outcome."""
        started = self._clock()
        try:
            answer = await send(
                self._runtime.egress,
                self._runtime.secrets,
                due,
                at=started,
                seconds=self._limits.request.total_seconds(),
            )
            verdict = judge(
                answer.status, step=due.step + 1, failures=due.failures, retry_after=answer.retry_after,
                now=self._clock(), chance=self._chance(),
            )  # fmt: skip
            self._done.append(
                Outcome(due, started, answer.duration_ms, answer.status, answer.error, answer.excerpt, verdict)
            )
        finally:
            # Without an outcome (cancelled) the claim ends by itself and the message is sent again.
            task = asyncio.current_task()
            if task is not None:
                self._running.pop(task, None)
            self._wake.set()

    async def _record(self) -> None:
        """Write down every attempt that ended, in one transaction; kept for the next round when that fails."""
        outcomes = self._done[:]
        if not outcomes:
            return
        async with self._runtime.database.system_session() as session:
            await queue.record(session, outcomes=outcomes)
            answered = {(o.due.workspace_id, o.due.endpoint_id) for o in outcomes if o.verdict.state is State.DELIVERED}
            if answered & {(o.due.workspace_id, o.due.endpoint_id) for o in outcomes if o.due.failures} or any(
                endpoint in self._failing for _, endpoint in answered
            ):
                await queue.endpoints_answered(session, endpoints=answered)
            await self._count_failures(session, outcomes)
        del self._done[: len(outcomes)]
        self._failing.difference_update(endpoint for _, endpoint in answered)
        self._failing.update(
            o.due.endpoint_id
            for o in outcomes
            if o.verdict.failed and (o.due.workspace_id, o.due.endpoint_id) not in answered
        )

    async def _count_failures(self, session: AsyncSession, outcomes: list[Outcome]) -> None:
        failed: dict[tuple[UUID, UUID], list[Outcome]] = {}
        for outcome in outcomes:
            if outcome.verdict.failed:
                failed.setdefault((outcome.due.workspace_id, outcome.due.endpoint_id), []).append(outcome)
        for (workspace_id, endpoint_id), theirs in sorted(failed.items()):
            pauses = [outcome.verdict.pause_until for outcome in theirs if outcome.verdict.pause_until]
            failing = await queue.endpoint_failed(
                session, workspace_id=workspace_id, endpoint_id=endpoint_id, times=len(theirs), at=theirs[0].at,
                pause_until=max(pauses, default=None),
            )  # fmt: skip
            if failing is None:
                continue
            reason = None
            if any(outcome.verdict.gone for outcome in theirs):
                reason = "it answered 410 Gone"
            elif long_failing(failing.failing_since, now=self._clock()):
                reason = f"nothing was delivered since {failing.failing_since:%Y-%m-%d}"
            if reason:
                _log.warning("webhook endpoint disabled", endpoint=str(endpoint_id), reason=reason)
                await service.disable(session, workspace_id=workspace_id, endpoint_id=endpoint_id, reason=reason)

    async def _listen(self) -> None:
        """Hear the notifications of this service's outbox; without them the queue is still looked at regularly."""
        url = self._runtime.database.url.replace("postgresql+asyncpg://", "postgresql://", 1)
        name = channel(self._runtime.database.schema)
        while True:
            lost = asyncio.Event()
            try:
                connection = await asyncpg.connect(
                    url,
                    timeout=5,
                    server_settings={"application_name": f"groundswell-{self._runtime.service}-webhooks"},
                )
                try:
                    connection.add_termination_listener(lambda *_, lost=lost: lost.set())
                    await connection.add_listener(name, lambda *_: self._wake.set())
                    self._wake.set()
                    await lost.wait()
                finally:
                    connection.terminate()
            except _DATABASE_AWAY as error:
                _log.warning("webhook notifications lost, listening again", error=repr(error))
            await asyncio.sleep(1.0)


def _paused(due: Due, now: datetime) -> bool:
    return due.paused_until is not None and due.paused_until > now


async def deliver_webhooks(runtime: Runtime, shutdown: asyncio.Event) -> None:
    """The background work that a service's worker runs."""
    await Deliverer(runtime).run(shutdown)
