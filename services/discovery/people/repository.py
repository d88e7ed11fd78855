"""Every SQL statement about people, their accounts and what somebody decided about them."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

import orjson
from sqlalchemy import select, text, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from services.discovery.tables.people import PersonCutRow, PersonLinkRow, PersonRow
from shared.kit.pages import PageRequest
from shared.schemas.people import LinkState

__all__ = ["PersonCutRow", "PersonLinkRow", "PersonRow"]

PAGE = 5_000
_PROFILE = "SELECT c.id, c.platform, c.platform_id, c.handle, c.url, c.website, c.links FROM discovery.creators c"


async def lock(session: AsyncSession, *, workspace_id: UUID) -> None:
    """One change of a workspace's people at a time, until the transaction ends."""
    await session.execute(text("SELECT pg_advisory_xact_lock(7211, hashtext(:w))"), {"w": str(workspace_id)})


async def linking_profiles(session: AsyncSession, *, workspace_id: UUID, after: UUID | None) -> Sequence[Any]:
    """A page of the profiles that name a site or a link, by id."""
    found = await session.execute(
        text(
            f"""{_PROFILE} WHERE c.workspace_id = :workspace_id AND NOT c.opted_out AND NOT c.stub
                AND (c.website IS NOT NULL OR jsonb_typeof(c.links) = 'array' AND c.links <> '[]')
                AND (CAST(:after AS uuid) IS NULL OR c.id > :after)
            ORDER BY c.id LIMIT {PAGE}"""
        ),
        {"workspace_id": workspace_id, "after": after},
    )
    return found.all()


async def linked_profiles(
    session: AsyncSession, *, workspace_id: UUID, names: Sequence[str], urls: Sequence[str]
) -> Sequence[Any]:
    """Profiles that one of some names or addresses may mean, whatever they name themselves; whoever asks compares."""
    found = await session.execute(
        text(
            f"""{_PROFILE} WHERE c.workspace_id = :workspace_id AND NOT c.opted_out AND NOT c.stub
                AND (lower(c.handle) = ANY(:names) OR c.platform_id = ANY(:names) OR c.url = ANY(:urls))"""
        ),
        {"workspace_id": workspace_id, "names": list(names), "urls": list(urls)},
    )
    return found.all()


async def people(
    session: AsyncSession, *, page: PageRequest, state: LinkState | None, creator_id: UUID | None
) -> Sequence[PersonRow]:
    """The oldest first; with `state` or `creator_id` those who have such an account."""
    statement = select(PersonRow).order_by(PersonRow.id).limit(page.limit + 1)
    if state is not None or creator_id is not None:
        links = select(PersonLinkRow.person_id).where(PersonLinkRow.workspace_id == PersonRow.workspace_id)
        if state is not None:
            links = links.where(PersonLinkRow.state == state)
        if creator_id is not None:
            links = links.where(PersonLinkRow.creator_id == creator_id)
        statement = statement.where(PersonRow.id.in_(links))
    if page.after is not None:
        statement = statement.where(PersonRow.id > page.after[0])
    return (await session.scalars(statement)).all()


async def person(session: AsyncSession, *, person_id: UUID) -> PersonRow | None:
    return await session.scalar(select(PersonRow).where(PersonRow.id == person_id))


async def links(session: AsyncSession, *, person_ids: Sequence[UUID]) -> Sequence[Any]:
    """The people's links with what names their accounts; those that want to be found by nobody are left out."""
    found = await session.execute(
        text(
            """SELECT k.person_id, k.reason, k.confidence, k.state, k.decided_at, k.decided_by, c.id, c.platform,
                c.platform_id, c.handle, c.display_name, c.url
            FROM discovery.person_links k
            JOIN discovery.creators c ON c.workspace_id = k.workspace_id AND c.id = k.creator_id
            WHERE k.person_id = ANY(:ids) AND NOT c.opted_out
            ORDER BY k.person_id, k.state = 'cut', k.confidence DESC, c.id"""
        ),
        {"ids": list(person_ids)},
    )
    return found.all()


async def link_rows(session: AsyncSession, *, person_id: UUID | None = None) -> Sequence[PersonLinkRow]:
    """The links of a person, or of everybody."""
    statement = select(PersonLinkRow).order_by(PersonLinkRow.person_id, PersonLinkRow.creator_id)
    if person_id is not None:
        statement = statement.where(PersonLinkRow.person_id == person_id)
    return (await session.scalars(statement.execution_options(populate_existing=True))).all()


async def cuts(session: AsyncSession) -> list[tuple[UUID, UUID]]:
    """All pairs that somebody cut."""
    found = await session.execute(select(PersonCutRow.first_id, PersonCutRow.second_id))
    return [(one.first_id, one.second_id) for one in found]


async def add_cuts(session: AsyncSession, *, rows: Sequence[Mapping[str, Any]]) -> None:
    await session.execute(insert(PersonCutRow).on_conflict_do_nothing(), [dict(row) for row in rows])


async def decide(
    session: AsyncSession, *, person_id: UUID, creator_ids: Sequence[UUID], state: LinkState, at: datetime,
    by: UUID | None,
) -> None:  # fmt: skip
    """Write down what somebody decided about some accounts of a person."""
    await session.execute(
        update(PersonLinkRow)
        .where(PersonLinkRow.person_id == person_id, PersonLinkRow.creator_id.in_(creator_ids))
        .values(state=state, decided_at=at, decided_by=by)
    )


_REPLACE = (
    "DELETE FROM discovery.person_links WHERE workspace_id = :workspace_id AND state = 'suggested'",
    """INSERT INTO discovery.people (workspace_id, id, created_at)
    SELECT DISTINCT CAST(:workspace_id AS uuid), r.person_id, CAST(:now AS timestamptz)
    FROM jsonb_to_recordset(CAST(:rows AS jsonb)) AS r(person_id uuid) ON CONFLICT DO NOTHING""",
    """INSERT INTO discovery.person_links
        (workspace_id, person_id, creator_id, reason, confidence, state, proposed_at)
    SELECT :workspace_id, r.person_id, r.creator_id, r.reason, r.confidence, 'suggested', r.proposed_at
    FROM jsonb_to_recordset(CAST(:rows AS jsonb)) AS r(person_id uuid, creator_id uuid, reason text,
        confidence double precision, proposed_at timestamptz)
    JOIN discovery.creators c ON c.workspace_id = :workspace_id AND c.id = r.creator_id AND NOT c.opted_out""",
)
# A suggestion needs two accounts, and a person at least one.
_TIDY = (
    """DELETE FROM discovery.person_links k WHERE k.workspace_id = :workspace_id AND k.state = 'suggested'
        AND (SELECT count(*) FROM discovery.person_links o WHERE o.workspace_id = k.workspace_id
            AND o.person_id = k.person_id AND o.state <> 'cut') < 2""",
    """DELETE FROM discovery.people p WHERE p.workspace_id = :workspace_id AND NOT EXISTS (
        SELECT FROM discovery.person_links k WHERE k.workspace_id = p.workspace_id AND k.person_id = p.id)""",
)


async def replace_suggestions(
    session: AsyncSession, *, workspace_id: UUID, rows: Sequence[Mapping[str, Any]], now: datetime
) -> None:
    """Write what is proposed now in place of what was; decided links stay."""
    parameters = {
        "workspace_id": workspace_id,
        "rows": orjson.dumps([dict(row) for row in rows], default=str).decode(),
        "now": now,
    }
    for statement in _REPLACE:
        used = {name: value for name, value in parameters.items() if f":{name}" in statement}
        await session.execute(text(statement), used)
    await tidy(session, workspace_id=workspace_id)


async def tidy(session: AsyncSession, *, workspace_id: UUID) -> None:
    """Drop suggestions that are left alone, and people without an account."""
    for statement in _TIDY:
        await session.execute(text(statement), {"workspace_id": workspace_id})


async def forget(session: AsyncSession, *, workspace_id: UUID, creator_id: UUID) -> None:
    """Delete what is kept of an account here, and what is nothing without it."""
    keys = {"workspace_id": workspace_id, "creator_id": creator_id}
    for statement in (
        "DELETE FROM discovery.person_links WHERE workspace_id = :workspace_id AND creator_id = :creator_id",
        """DELETE FROM discovery.person_cuts WHERE workspace_id = :workspace_id
            AND (first_id = :creator_id OR second_id = :creator_id)""",
    ):
        await session.execute(text(statement), keys)
    await tidy(session, workspace_id=workspace_id)
