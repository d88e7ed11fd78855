"""A search goes on by one step: the most promising one is chosen from committed state, made, and stored as a whole."""

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from services.discovery.connector import (
    AuthenticationNeeded,
    Connector,
    ConnectorError,
    PlatformFault,
    RateLimited,
)
from services.discovery.creators.service import store
from services.discovery.quotas import service as quotas
from services.discovery.searches import fans, frontier, network, repository
from services.discovery.searches.archive import archive_step
from services.discovery.searches.expectation import COUNTED, NAMED, UNIT, guess
from services.discovery.searches.growth import done, first_steps, grow, keys_of, read_comments, warn
from services.discovery.searches.learning import due, learn, price, yields_of
from services.discovery.searches.progress import tell
from services.discovery.searches.repository import NewStep, SearchRow, StepRow
from services.discovery.searches.sources import ARCHIVE, connect, quotas_of
from services.discovery.settings import DiscoverySettings
from shared.kit.runtime import Runtime
from shared.schemas.base import JobStatus
from shared.schemas.searches import SearchCreate

ACTIVE = (JobStatus.QUEUED, JobStatus.RUNNING)
MAX_ATTEMPTS = 3


class Went(StrEnum):
    """How a search went on: one step further, no further for now, to its end, or not at all since it is not running."""

    ON = "on"
    WAITING = "waiting"
    OVER = "over"
    STOPPED = "stopped"


@dataclass
class Walk:
    """One worker on one search; holds its connectors."""

    runtime: Runtime
    workspace_id: UUID
    search_id: UUID
    _connectors: dict[str, Connector] = field(default_factory=dict)

    def connector(self, source: str) -> Connector:
        if source not in self._connectors:
            self._connectors[source] = connect(self.runtime, self.workspace_id, source)
        return self._connectors[source]

    @property
    def evidence_days(self) -> int:
        settings = self.runtime.settings
        return settings.evidence_days if isinstance(settings, DiscoverySettings) else 30

    async def advance(self) -> tuple[Went, datetime | None]:
        """Make one step. With WAITING comes the time from which it can go on."""
        step = await self._next()
        if step is None:  # the search learns from what it has seen before it chooses
            await learn(self.runtime, self.workspace_id, self.search_id)
            step = await self._next()
        if isinstance(step, StepRow):
            await self._network_step(step)
            return Went.ON, None
        return step or (Went.ON, None)

    async def _next(self) -> StepRow | tuple[Went, datetime | None] | None:
        """The step to make, or how the search went on without a call; None where it has to learn first."""
        async with self.runtime.database.tenant_session(self.workspace_id) as session:
            row = await repository.search(session, search_id=self.search_id, lock=True)
            if row is None or row.status not in ACTIVE:
                return Went.STOPPED, None
            await self._open(session, row)
            if row.steps_done >= row.max_calls:
                return Went.OVER, None
            if due(row):
                return None
            now = datetime.now(UTC)
            row.blocked = {source: until for source, until in row.blocked.items() if _time(until) > now}
            step = await self._choose(session, row)
            if step is None:
                waiting = await repository.steps_waiting(session, search_ids=[row.id])
                if row.blocked and waiting:
                    return Went.WAITING, min(_time(until) for until in row.blocked.values())
                return Went.OVER, None
            if step.source == ARCHIVE:
                await archive_step(session, row, step)
                return Went.ON, None
            session.expunge(step)
            return step

    async def _open(self, session: AsyncSession, row: SearchRow) -> None:
        """The first steps, and those that a greater depth allows."""
        now = datetime.now(UTC)
        if row.started_at is None:
            row.started_at = now
        row.status = JobStatus.RUNNING
        if row.opened_depth is None or row.opened_depth < row.depth:
            request = SearchCreate.model_validate(row.request)
            await repository.add_steps(session, row=row, steps=first_steps(request, row.depth, self.connector))
            for source in request.sources:
                if source != ARCHIVE and row.opened_depth is not None:
                    await read_comments(session, row, source, None)
            row.opened_depth = row.depth
            await price(session, row, everything=True)

    async def _choose(self, session: AsyncSession, row: SearchRow) -> StepRow | None:
        """The next step. Profiles are asked for in batches, once a batch promises more than any other step."""
        blocked = list(row.blocked)
        step = await repository.next_step(session, row=row, without=blocked)
        yields = await yields_of(session, row)
        for (source,) in await repository.rows_of(session, frontier.SOURCES_WITHOUT_PROFILE, keys_of(row)):
            if source in blocked:
                continue
            known = yields.get(source, {})
            batch = await repository.rows_of(session, frontier.WITHOUT_PROFILE, {
                **keys_of(row), "source": source, "size": self.connector(source).profile_batch,
                "guess_here": guess(known, 0), "guess": guess(known, 1),
            })  # fmt: skip
            promise = COUNTED * sum(one.worth for one in batch) / UNIT
            if step is None or promise > step.priority:
                ids = [one.platform_id for one in batch]
                number = await repository.last_step(session, row=row) + 1
                added = NewStep(source, "profiles", f"batch {number}", 0, NAMED, payload={"ids": ids})
                await repository.add_steps(session, row=row, steps=[added])
                await repository.run(
                    session, frontier.MARK_PROFILES, {**keys_of(row), "source": source, "platform_ids": ids}
                )
                return await repository.next_step(session, row=row, without=blocked)
        return step

    async def _network_step(self, step: StepRow) -> None:
        """Call with no transaction open, then store everything that follows from the answer in one."""
        connector = self.connector(step.source)
        now = datetime.now(UTC)
        try:
            brought = (
                await fans.call(connector, step) if step.kind in fans.KINDS
                else await network.call(connector, step, now=now)
            )  # fmt: skip
        except ConnectorError as error:
            await self._failed(step, error, await self._quota_left(connector))
            return
        left = await self._quota_left(connector)
        async with self.runtime.database.tenant_session(self.workspace_id) as session:
            row = await repository.search(session, search_id=self.search_id, lock=True)
            if row is None or row.status not in (*ACTIVE, JobStatus.PAUSED):
                return
            retain = connector.retain_days
            comments_days = min(self.evidence_days, retain or self.evidence_days)
            await store(
                session, workspace_id=self.workspace_id, readings=brought.readings, source=step.source,
                expires_at=now + timedelta(days=retain) if retain is not None else None,
                comments_expire_at=now + timedelta(days=comments_days),
            )  # fmt: skip
            row.quota_left = {**row.quota_left, step.source: left}
            if step.kind in fans.KINDS:
                found = await fans.following(session, row, step, brought, connector, now)
            else:
                found = await grow(session, row, step, brought, now)
            await done(session, row, step, found=found)
            await price(session, row, about=step.about)

    async def _quota_left(self, connector: Connector) -> dict[str, int]:
        rules = quotas_of(self.runtime, connector)
        return await quotas.left(self.runtime.database, platform=connector.platform, rules=rules, now=datetime.now(UTC))

    async def _failed(self, step: StepRow, error: ConnectorError, left: dict[str, int]) -> None:
        async with self.runtime.database.tenant_session(self.workspace_id) as session:
            row = await repository.search(session, search_id=self.search_id, lock=True)
            if row is None:
                return
            row.quota_left = {**row.quota_left, step.source: left}
            if isinstance(error, RateLimited):
                row.blocked = {**row.blocked, step.source: error.retry_at.isoformat()}
                row.waiting_for = str(error)[:1_000]
                await tell(session, row)
            elif isinstance(error, PlatformFault) and error.transient and step.attempts + 1 < MAX_ATTEMPTS:
                await repository.change_step(
                    session,
                    step=step,
                    attempts=step.attempts + 1,
                    priority=step.priority / 2,
                    note=str(error)[:1_000],
                )
            else:
                if isinstance(error, AuthenticationNeeded):
                    await repository.drop_waiting(
                        session, row=row, source=step.source, kind=step.kind, note=str(error)[:1_000]
                    )
                if isinstance(error, AuthenticationNeeded | PlatformFault) or step.kind in ("hashtag", "seeds"):
                    warn(row, str(error))
                await done(session, row, step, failed=str(error)[:1_000])


def _time(text: str) -> datetime:
    return datetime.fromisoformat(text)
