"""A search goes on by one step: the most promising one is chosen from committed state, made, and stored as a whole."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from typing import Any
from uuid import UUID

import orjson
from sqlalchemy.ext.asyncio import AsyncSession

from services.discovery.connector import (
    AuthenticationNeeded,
    Connector,
    ConnectorError,
    PlatformFault,
    RateLimited,
)
from services.discovery.creators.service import store
from services.discovery.searches import frontier, network, repository
from services.discovery.searches.progress import tell
from services.discovery.searches.references import as_rows, parse
from services.discovery.searches.repository import NewStep, SearchRow, StepRow
from services.discovery.searches.sources import ARCHIVE, connect
from services.discovery.settings import DiscoverySettings
from shared.kit.runtime import Runtime
from shared.rules.hashtags import normalise_all
from shared.schemas.base import JobStatus
from shared.schemas.brief import Brief
from shared.schemas.searches import SearchCreate

ACTIVE = (JobStatus.QUEUED, JobStatus.RUNNING)
LEAST_POSTS = 3
HASHTAG_PAGES = 5
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
        async with self.runtime.database.tenant_session(self.workspace_id) as session:
            row = await repository.search(session, search_id=self.search_id, lock=True)
            if row is None or row.status not in ACTIVE:
                return Went.STOPPED, None
            await self._open(session, row)
            if row.steps_done >= row.max_calls:
                return Went.OVER, None
            now = datetime.now(UTC)
            row.blocked = {source: until for source, until in row.blocked.items() if _time(until) > now}
            step = await self._choose(session, row)
            if step is None:
                waiting = await repository.steps_waiting(session, search_ids=[row.id])
                if row.blocked and waiting:
                    return Went.WAITING, min(_time(until) for until in row.blocked.values())
                return Went.OVER, None
            if step.source == ARCHIVE:
                await _archive_step(session, row, step)
                return Went.ON, None
            session.expunge(step)
        await self._network_step(step)
        return Went.ON, None

    async def _open(self, session: AsyncSession, row: SearchRow) -> None:
        """The first steps, and those that a greater depth allows."""
        now = datetime.now(UTC)
        if row.started_at is None:
            row.started_at = now
        row.status = JobStatus.RUNNING
        if row.opened_depth is None or row.opened_depth < row.depth:
            request = SearchCreate.model_validate(row.request)
            await repository.add_steps(session, row=row, steps=_first_steps(request, row.depth, self))
            for source in request.sources:
                if source != ARCHIVE and row.opened_depth is not None:
                    await _read_comments(session, row, source, None)
            row.opened_depth = row.depth

    async def _choose(self, session: AsyncSession, row: SearchRow) -> StepRow | None:
        """The next step. Profiles are asked for in full batches, and in smaller ones before what needs them."""
        blocked = list(row.blocked)
        step = await repository.next_step(session, row=row, without=blocked)
        for source, count in await repository.rows_of(session, frontier.SOURCES_WITHOUT_PROFILE, _keys(row)):
            if source in blocked:
                continue
            size = self.connector(source).profile_batch
            last = step is None or (step.kind == "author_posts" and step.source == source)
            if last or (size > 1 and count >= size):
                ids = [
                    one.platform_id
                    for one in await repository.rows_of(
                        session, frontier.WITHOUT_PROFILE, {**_keys(row), "source": source, "size": size}
                    )
                ]
                number = await repository.last_step(session, row=row) + 1
                await repository.add_steps(
                    session, row=row,
                    steps=[NewStep(source, "profiles", f"batch {number}", 0, 800.0, payload={"ids": ids})],
                )  # fmt: skip
                await repository.run(
                    session, frontier.MARK_PROFILES, {**_keys(row), "source": source, "platform_ids": ids}
                )
                return await repository.next_step(session, row=row, without=blocked)
        return step

    async def _network_step(self, step: StepRow) -> None:
        """Call with no transaction open, then store everything that follows from the answer in one."""
        connector = self.connector(step.source)
        now = datetime.now(UTC)
        try:
            brought = await network.call(connector, step, now=now)
        except ConnectorError as error:
            await self._failed(step, error)
            return
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
            found = await _grow(session, row, step, brought, now)
            await _done(session, row, step, found=found)

    async def _failed(self, step: StepRow, error: ConnectorError) -> None:
        async with self.runtime.database.tenant_session(self.workspace_id) as session:
            row = await repository.search(session, search_id=self.search_id, lock=True)
            if row is None:
                return
            if isinstance(error, RateLimited):
                row.blocked = {**row.blocked, step.source: error.retry_at.isoformat()}
                row.waiting_for = str(error)[:1_000]
                await tell(session, row)
            elif isinstance(error, PlatformFault) and error.transient and step.attempts + 1 < MAX_ATTEMPTS:
                await repository.change_step(
                    session,
                    step=step,
                    attempts=step.attempts + 1,
                    priority=step.priority - 100,
                    note=str(error)[:1_000],
                )
            else:
                if isinstance(error, AuthenticationNeeded):
                    await repository.drop_waiting(
                        session, row=row, source=step.source, kind=step.kind, note=str(error)[:1_000]
                    )
                if isinstance(error, AuthenticationNeeded | PlatformFault) or step.kind in ("hashtag", "seeds"):
                    _warn(row, str(error))
                await _done(session, row, step, failed=str(error)[:1_000])


def _first_steps(request: SearchCreate, depth: int, walk: Walk) -> list[NewStep]:
    steps: list[NewStep] = []
    keys = hashtags_of(request.brief) if request.hashtags else {}
    seeds = [parse(text) for text in request.brief.seeds]
    for source in request.sources:
        if source == ARCHIVE:
            if seeds:
                steps.append(NewStep(ARCHIVE, "seeds", "brief", 0, 2_100.0))
            steps += [NewStep(ARCHIVE, "hashtag", key, 0, 2_000.0) for key in keys]
            if request.comments:
                steps += [NewStep(ARCHIVE, "comments", f"hop {hop}", hop, 1_900.0 - hop) for hop in range(1, depth + 1)]
            continue
        connector = walk.connector(source)
        named = [one for one in seeds if one.platform in (None, source)]
        ids = list(dict.fromkeys(found for one in named if (found := connector.account_id(one.url or one.name))))
        size = connector.profile_batch
        for number, start in enumerate(range(0, len(ids), size)):
            part = ids[start : start + size]
            steps.append(NewStep(source, "seeds", "brief", 0, 1_000.0, page=number, payload={"ids": part}))
        steps += [
            NewStep(source, "hashtag", display, 0, 900.0, payload={"spellings": spellings})
            for display, spellings in keys.values()
        ]
    return steps


def hashtags_of(brief: Brief) -> Mapping[str, tuple[str, list[str]]]:
    """What is searched for: key to spelling as given and all spellings. Topics stand in where there are no hashtags."""
    given: Sequence[str] = brief.hashtags or ["".join(topic.split()) for topic in brief.topics]
    excluded = {tag.key for tag in normalise_all(brief.hashtags_excluded)}
    tags = [tag for tag in normalise_all(given) if tag.key not in excluded]
    return {
        tag.key: (tag.display, [one for one in given if any(same.key == tag.key for same in normalise_all([one]))])
        for tag in tags
    }


async def _archive_step(session: AsyncSession, row: SearchRow, step: StepRow) -> None:
    request = SearchCreate.model_validate(row.request)
    platforms = list(request.brief.platforms) or None
    keys = {**_keys(row), "platforms": platforms, "now": datetime.now(UTC)}
    found = 0
    if step.kind == "hashtag":
        found = await repository.run(session, frontier.ARCHIVE_HASHTAG, {**keys, "key": step.target})
    elif step.kind == "seeds":
        ids = await accounts_named(session, row.workspace_id, request.brief.seeds)
        if len(ids) < len(request.brief.seeds):
            missing = [text for text, some in zip(request.brief.seeds, ids, strict=True) if not some]
            if missing:
                _warn(row, f"not in the archive: {', '.join(missing[:10])}")
        found = await repository.run(
            session, frontier.ARCHIVE_ACCOUNTS, {**keys, "creator_ids": list({one for some in ids for one in some}),
                                                 "is_seed": True},
        )  # fmt: skip
    else:
        part = await repository.rows_of(
            session, frontier.FRONTIER,
            {**_keys(row), "hop": step.hop, "after": step.cursor, "size": frontier.ARCHIVE_BATCH},
        )  # fmt: skip
        if part:
            found = await repository.run(
                session,
                frontier.ARCHIVE_COMMENTS,
                {**keys, "hop": step.hop, "frontier": [one.creator_id for one in part]},
            )
        if len(part) == frontier.ARCHIVE_BATCH:
            following = NewStep(
                ARCHIVE, step.kind, step.target, step.hop, step.priority, step.page + 1, str(part[-1].creator_id)
            )
            await repository.add_steps(session, row=row, steps=[following])
    await _done(session, row, step, found=found)


async def accounts_named(session: AsyncSession, workspace_id: UUID, references: Sequence[str]) -> list[list[UUID]]:
    """For each reference the creators of the workspace that it names."""
    found: list[list[UUID]] = [[] for _ in references]
    if references:
        rows = orjson.dumps(as_rows([parse(text) for text in references])).decode()
        for creator_id, number in await repository.rows_of(
            session, frontier.NAMED, {"workspace_id": workspace_id, "references": rows}
        ):
            found[number].append(creator_id)
    return found


async def _grow(session: AsyncSession, row: SearchRow, step: StepRow, brought: network.Brought, now: datetime) -> int:
    """Accounts seen and steps that follow. Returns how many accounts are new or nearer."""
    request = SearchCreate.model_validate(row.request)
    source, accounts = step.source, list(brought.accounts)
    found = 0
    if step.kind in ("hashtag", "comments", "seeds"):
        found = await repository.run(session, frontier.ADD_MEMBERS, {
            **_keys(row), "source": source, "platform": source, "platform_ids": accounts, "hop": step.hop,
            "is_seed": step.kind == "seeds", "profile_asked": step.kind == "seeds", "now": now,
        })  # fmt: skip
    if step.kind == "seeds" and brought.missing:
        _warn(row, f"not found on {source}: {', '.join(brought.missing[:10])}")
    if brought.next_cursor is not None and (step.kind != "hashtag" or step.page + 1 < HASHTAG_PAGES):
        following = NewStep(
            source, step.kind, step.target, step.hop, step.priority - 1, step.page + 1, brought.next_cursor,
            step.payload,
        )  # fmt: skip
        await repository.add_steps(session, row=row, steps=[following])
    profiled = accounts if step.kind in ("profiles", "seeds") else []
    if step.kind in ("hashtag", "comments"):
        known = await repository.rows_of(
            session, frontier.KNOWN_PROFILES, {**_keys(row), "source": source, "platform_ids": accounts, "now": now}
        )
        profiled = [one.platform_id for one in known]
    if profiled:
        await _read_feeds(session, row, source, profiled)
    if step.kind == "author_posts":
        await repository.run(session, frontier.MARK_FEEDS, {
            **_keys(row), "source": source, "platform_ids": accounts, "complete": brought.feed_complete,
        })  # fmt: skip
    if request.comments and step.kind in ("hashtag", "author_posts"):
        await _read_comments(session, row, source, accounts)
    return found


async def _read_feeds(session: AsyncSession, row: SearchRow, source: str, accounts: list[str]) -> None:
    """Steps for the own posts of accounts of which nothing known fails the candidate rule."""
    band = Brief.model_validate(row.brief).follower_band
    worth = await repository.rows_of(session, frontier.WORTH_READING, {
        **_keys(row), "source": source, "platform_ids": accounts, "band_min": band.min, "band_max": band.max,
        "least_posts": LEAST_POSTS,
    })  # fmt: skip
    steps = [NewStep(source, "author_posts", one.platform_id, one.hop, 650.0 - 200 * one.hop) for one in worth]
    await repository.add_steps(session, row=row, steps=steps)


async def _read_comments(session: AsyncSession, row: SearchRow, source: str, accounts: list[str] | None) -> None:
    """Steps for the comments under posts of these accounts, or of all members."""
    brief = Brief.model_validate(row.brief)
    posts = await repository.rows_of(session, frontier.POSTS_TO_READ, {
        **_keys(row), "source": source, "creators": accounts, "depth": row.depth, "keys": list(hashtags_of(brief)),
        "band_min": brief.follower_band.min, "band_max": brief.follower_band.max,
    })  # fmt: skip
    steps = [
        NewStep(source, "comments", one.platform_id, one.hop, 700.0 - 200 * (one.hop - 1) + (25 if one.tagged else 0))
        for one in posts
    ]
    await repository.add_steps(session, row=row, steps=steps)


async def _done(
    session: AsyncSession, row: SearchRow, step: StepRow, *, found: int = 0, failed: str | None = None
) -> None:
    now = datetime.now(UTC)
    state = repository.DONE if failed is None else repository.FAILED
    await repository.change_step(session, step=step, state=state, found=found, note=failed, done_at=now)
    row.steps_done += 1
    row.steps_failed += 1 if failed else 0
    row.waiting_for = row.waiting_for if row.blocked else None
    row.creators_seen = await repository.count_members(session, row=row)
    await tell(session, row)


def _warn(row: SearchRow, text: str) -> None:
    if text not in row.warnings and len(row.warnings) < 50:
        row.warnings = [*row.warnings, text[:1_000]]


def _keys(row: SearchRow) -> dict[str, Any]:
    return {"workspace_id": row.workspace_id, "search_id": row.id}


def _time(text: str) -> datetime:
    return datetime.fromisoformat(text)
