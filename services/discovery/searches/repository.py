"""SQL of searches, their steps, members, candidates and events."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, NamedTuple
from uuid import UUID

import orjson
from sqlalchemy import delete, func, select, text, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from services.discovery.tables.searches import CandidateRow, MemberRow, SearchEventRow, SearchRow, StepRow
from shared.kit.pages import PageRequest
from shared.schemas.base import JobStatus

__all__ = ["CandidateRow", "MemberRow", "SearchEventRow", "SearchRow", "StepRow"]

WAITING, DONE, FAILED = "waiting", "done", "failed"
SHOWN = """NOT c.opted_out AND c.gone_at IS NULL AND c.status IS DISTINCT FROM 'suspended'
        AND (c.missed_at IS NULL OR c.missed_at < c.observed_at)"""
"""Of the accounts c, those that may be told of, whatever a search once found."""


class NewStep(NamedTuple):
    """A step to add unless the search has it already."""

    source: str
    kind: str
    target: str
    hop: int
    priority: float
    page: int = 0
    cursor: str | None = None
    payload: Any = None
    about: str | None = None
    exposure: int = 1


async def add_search(session: AsyncSession, row: SearchRow) -> None:
    session.add(row)
    await session.flush()


async def search(session: AsyncSession, *, search_id: UUID, lock: bool = False) -> SearchRow | None:
    """The search; `lock` keeps others from changing it until the transaction ends."""
    statement = select(SearchRow).where(SearchRow.id == search_id)
    if lock:
        statement = statement.with_for_update()
    return await session.scalar(statement.execution_options(populate_existing=True))


async def searches(session: AsyncSession, *, page: PageRequest, status: JobStatus | None) -> Sequence[SearchRow]:
    """The newest first."""
    statement = select(SearchRow).order_by(SearchRow.id.desc()).limit(page.limit + 1)
    if status is not None:
        statement = statement.where(SearchRow.status == status)
    if page.after is not None:
        statement = statement.where(SearchRow.id < page.after[0])
    return (await session.scalars(statement)).all()


_ADD_STEPS = """
    INSERT INTO discovery.search_steps (workspace_id, search_id, id, source, kind, target, page, cursor, payload, hop,
        priority, about, exposure, state, attempts)
    SELECT :workspace_id, :search_id, id, source, kind, target, page, cursor, payload, hop, priority, about, exposure,
        'waiting', 0
    FROM jsonb_to_recordset(CAST(:rows AS jsonb)) AS s(id bigint, source text, kind text, target text, page integer,
        cursor text, payload jsonb, hop integer, priority double precision, about text, exposure integer)
    ON CONFLICT DO NOTHING"""


async def add_steps(session: AsyncSession, *, row: SearchRow, steps: Sequence[NewStep]) -> int:
    """Add the steps that the search does not have yet, in this order; returns how many."""
    if not steps:
        return 0
    unique = {(step.source, step.kind, step.target, step.page): step for step in steps}
    last = await last_step(session, row=row)
    rows = [{**step._asdict(), "id": last + number} for number, step in enumerate(unique.values(), start=1)]
    keys = {"workspace_id": row.workspace_id, "search_id": row.id}
    return await run(session, _ADD_STEPS, {**keys, "rows": orjson.dumps(rows).decode()})


async def last_step(session: AsyncSession, *, row: SearchRow) -> int:
    """The number of the newest step, 0 before the first."""
    found = await session.scalar(select(func.max(StepRow.id)).where(StepRow.search_id == row.id))
    return int(found or 0)


async def next_step(session: AsyncSession, *, row: SearchRow, without: Sequence[str]) -> StepRow | None:
    """The most promising waiting step of a source that may be asked now; ties by number."""
    return await session.scalar(
        select(StepRow)
        .where(StepRow.search_id == row.id, StepRow.state == WAITING, StepRow.source.not_in(without))
        .order_by(StepRow.priority.desc(), StepRow.id)
        .limit(1)
    )


async def change_step(session: AsyncSession, *, step: StepRow, **values: Any) -> None:  # noqa: ANN401  # columns
    await session.execute(
        update(StepRow).where(StepRow.search_id == step.search_id, StepRow.id == step.id).values(**values)
    )


async def drop_waiting(session: AsyncSession, *, row: SearchRow, source: str, kind: str, note: str) -> int:
    """Give up every waiting step of a kind; returns how many."""
    given_up = await session.execute(
        update(StepRow)
        .where(StepRow.search_id == row.id, StepRow.state == WAITING, StepRow.source == source, StepRow.kind == kind)
        .values(state=FAILED, note=note)
        .returning(StepRow.id)
    )
    return len(given_up.all())


async def steps_waiting(session: AsyncSession, *, search_ids: Sequence[UUID]) -> dict[UUID, int]:
    """How many steps wait, by search."""
    found = await session.execute(
        select(StepRow.search_id, func.count())
        .where(StepRow.search_id.in_(search_ids), StepRow.state == WAITING)
        .group_by(StepRow.search_id)
    )
    return {search_id: int(count) for search_id, count in found}


async def calls_by_source(session: AsyncSession, *, row: SearchRow) -> dict[str, int]:
    """Steps that were made, by source."""
    found = await session.execute(
        select(StepRow.source, func.count())
        .where(StepRow.search_id == row.id, StepRow.done_at.is_not(None))
        .group_by(StepRow.source)
    )
    return {source: int(count) for source, count in found}


async def count_members(session: AsyncSession, *, row: SearchRow) -> int:
    found = await session.scalar(select(func.count()).select_from(MemberRow).where(MemberRow.search_id == row.id))
    return int(found or 0)


async def replace_candidates(session: AsyncSession, *, row: SearchRow, found: Sequence[Mapping[str, Any]]) -> None:
    """Write the ranking anew; an account that was a candidate before keeps the time at which it was found."""
    known = await session.execute(
        select(CandidateRow.creator_id, CandidateRow.found_at).where(CandidateRow.search_id == row.id)
    )
    found_at = {one.creator_id: one.found_at for one in known}
    await session.execute(delete(CandidateRow).where(CandidateRow.search_id == row.id))
    for start in range(0, len(found), 1_000):
        values = [
            {
                **one, "workspace_id": row.workspace_id, "search_id": row.id,
                "found_at": found_at.get(one["creator_id"], one["found_at"]),
            }
            for one in found[start : start + 1_000]
        ]  # fmt: skip
        await session.execute(insert(CandidateRow), values)


async def candidates(
    session: AsyncSession, *, row: SearchRow, page: PageRequest, without_unknown: bool
) -> Sequence[CandidateRow]:
    """In rank order. Accounts that opted out, were deleted or suspended since then are left out."""
    rank = 0 if page.after is None else page.after[0]
    return await candidates_behind(session, row=row, rank=rank, limit=page.limit + 1, without_unknown=without_unknown)


async def candidates_behind(
    session: AsyncSession, *, row: SearchRow, rank: int, limit: int, without_unknown: bool
) -> Sequence[CandidateRow]:
    """Up to `limit` candidates behind a rank, the first of which is 1, as `candidates` has them."""
    statement = (
        select(CandidateRow)
        .where(
            CandidateRow.search_id == row.id,
            CandidateRow.rank > rank,
            text(
                "EXISTS (SELECT FROM discovery.creators c WHERE c.workspace_id = candidates.workspace_id"
                f" AND c.id = candidates.creator_id AND {SHOWN})"
            ),
        )
        .order_by(CandidateRow.rank)
        .limit(limit)
    )
    if without_unknown:
        statement = statement.where(~CandidateRow.has_unknown)
    return (await session.scalars(statement)).all()


async def add_event(session: AsyncSession, *, row: SearchRow, number: int, data: Any, at: datetime) -> None:  # noqa: ANN401  # JSON
    session.add(SearchEventRow(workspace_id=row.workspace_id, search_id=row.id, id=number, data=data, at=at))
    await session.flush()


async def events(session: AsyncSession, *, search_id: UUID, after: int, limit: int = 500) -> Sequence[SearchEventRow]:
    """Events behind a number, the oldest first."""
    return (
        await session.scalars(
            select(SearchEventRow)
            .where(SearchEventRow.search_id == search_id, SearchEventRow.id > after)
            .order_by(SearchEventRow.id)
            .limit(limit)
        )
    ).all()


async def rows_of(session: AsyncSession, statement: str, parameters: Mapping[str, Any]) -> list[Any]:
    """The rows of a statement of this noun's SQL files."""
    return list((await session.execute(text(statement), dict(parameters))).all())


async def plan_for_this_workspace(session: AsyncSession) -> None:
    """For the rest of the transaction: a plan made for all workspaces takes thousands of accounts for a handful."""
    await session.execute(text("SET LOCAL plan_cache_mode = 'force_custom_plan'"))


async def run(session: AsyncSession, statement: str, parameters: Mapping[str, Any]) -> int:
    """Run a statement of this noun's SQL files; returns the number of rows it changed."""
    done: Any = await session.execute(text(statement), dict(parameters))
    return max(int(done.rowcount), 0)
