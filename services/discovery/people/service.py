"""Use cases of people: propose which accounts are of one human; somebody confirms or cuts, and that is kept."""

import asyncio
from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from services.discovery.people import repository
from services.discovery.people.linking import Evidence, Link, Pair, Profile, evidence, grouped, keys_meant, pair_of
from services.discovery.people.repository import PersonLinkRow, PersonRow
from shared.kit.db import Database
from shared.kit.errors import NotFound
from shared.kit.identity.caller import Caller
from shared.kit.ids import new_id
from shared.kit.jobs import enqueue
from shared.schemas.people import LinkState


async def request(session: AsyncSession, *, workspace_id: UUID) -> None:
    """Have the workspace's accounts compared in the background, once the session's transaction committed."""
    await enqueue(session, "propose_people", {"workspace_id": workspace_id}, schema="discovery")


async def get_person(session: AsyncSession, *, person_id: UUID) -> PersonRow:
    """Raises NotFound."""
    row = await repository.person(session, person_id=person_id)
    if row is None:
        raise NotFound("no such person")
    return row


async def confirm(session: AsyncSession, *, person_id: UUID, caller: Caller) -> PersonRow:
    """Every account that is suggested for the person is of that person. No later proposal changes that."""
    await repository.lock(session, workspace_id=caller.workspace_id)
    row = await get_person(session, person_id=person_id)
    links = await repository.link_rows(session, person_id=person_id)
    suggested = [one.creator_id for one in links if one.state == LinkState.SUGGESTED]
    await repository.decide(
        session, person_id=person_id, creator_ids=suggested, state=LinkState.CONFIRMED, at=datetime.now(UTC),
        by=caller.key_id,
    )  # fmt: skip
    return row


async def cut(session: AsyncSession, *, person_id: UUID, creator_id: UUID, caller: Caller) -> PersonRow:
    """The account is not of the same human as the person's others, and no later proposal says so again.

    What would be left alone is cut as well. Raises NotFound for an account that the person does not have.
    """
    await repository.lock(session, workspace_id=caller.workspace_id)
    row = await get_person(session, person_id=person_id)
    links = {one.creator_id: one.state for one in await repository.link_rows(session, person_id=person_id)}
    if creator_id not in links:
        raise NotFound("the person has no such account")
    if links[creator_id] == LinkState.CUT:
        return row
    others = [one for one, state in links.items() if state != LinkState.CUT and one != creator_id]
    now = datetime.now(UTC)
    pairs = [pair_of(creator_id, other) for other in others]
    await repository.add_cuts(
        session,
        rows=[
            {
                "workspace_id": caller.workspace_id, "first_id": first, "second_id": second, "decided_at": now,
                "decided_by": caller.key_id,
            }
            for first, second in pairs
        ],
    )  # fmt: skip
    gone = [creator_id, *(others if len(others) == 1 else ())]
    await repository.decide(
        session, person_id=person_id, creator_ids=gone, state=LinkState.CUT, at=now, by=caller.key_id
    )
    return row


async def propose(database: Database, *, workspace_id: UUID) -> None:
    """Compare all profiles of the workspace that link to anything, and write down which belong together."""
    profiles = await _profiles(database, workspace_id)
    found = await asyncio.to_thread(evidence, profiles)
    async with database.tenant_session(workspace_id) as session:
        await repository.lock(session, workspace_id=workspace_id)
        links = await repository.link_rows(session)
        cuts = await repository.cuts(session)
        now = datetime.now(UTC)
        rows = await asyncio.to_thread(suggestions, found, links=links, cuts=cuts, now=now)
        await repository.replace_suggestions(session, workspace_id=workspace_id, rows=rows, now=now)


async def _profiles(database: Database, workspace_id: UUID) -> list[Profile]:
    """Profiles with links, and those without any to which a verified link leads."""
    found: dict[UUID, Profile] = {}
    after: UUID | None = None
    while True:
        async with database.tenant_session(workspace_id) as session:
            rows = await repository.linking_profiles(session, workspace_id=workspace_id, after=after)
        found |= {row.id: _profile(row) for row in rows}
        if len(rows) < repository.PAGE:
            break
        after = rows[-1].id
    verified = {link.url for one in found.values() for link in one.links if link.verified}
    if verified:
        keys = {key for url in verified for key in keys_meant(url)}
        names = {key.replace("#", "@", 1).partition("@")[2] for key in keys}
        urls = {form for url in verified for form in (url, url.rstrip("/"), f"{url.rstrip('/')}/")}
        async with database.tenant_session(workspace_id) as session:
            rows = await repository.linked_profiles(
                session, workspace_id=workspace_id, names=[*names - {""}], urls=[*urls]
            )
        found |= {row.id: _profile(row) for row in rows}
    return list(found.values())


def _profile(row: Any) -> Profile:  # noqa: ANN401  # a row
    links = [one for one in row.links or () if isinstance(one, dict) and one.get("url")]
    return Profile(
        row.id, row.platform, row.platform_id, row.handle, row.url, row.website,
        tuple(Link(one["url"], one.get("verified_at") is not None) for one in links),
    )  # fmt: skip


def suggestions(
    found: Sequence[Evidence], *, links: Sequence[PersonLinkRow], cuts: Sequence[Pair], now: datetime
) -> list[dict[str, Any]]:
    """The links to propose beside those that are decided; a group that was there before keeps its person."""
    live: dict[UUID, set[UUID]] = defaultdict(set)
    confirmed: dict[UUID, list[UUID]] = defaultdict(list)
    gone: dict[UUID, set[UUID]] = defaultdict(set)
    known: dict[tuple[UUID, UUID], datetime] = {}
    for one in links:
        if one.state == LinkState.CUT:
            gone[one.person_id].add(one.creator_id)
            continue
        live[one.person_id].add(one.creator_id)
        known[one.person_id, one.creator_id] = one.proposed_at
        if one.state == LinkState.CONFIRMED:
            confirmed[one.person_id].append(one.creator_id)
    apart = [*cuts, *((one, other) for person in confirmed for one in gone[person] for other in confirmed[person])]
    person_of = {account: person for person, accounts in confirmed.items() for account in accounts}
    rows: list[dict[str, Any]] = []
    taken = set(confirmed)
    for group in grouped(found, confirmed=confirmed.values(), cuts=apart):
        accounts = {member.id for member in group}
        person = next((person_of[one] for one in accounts if one in person_of), None)
        person = person or _owner(accounts, live=live, gone=gone, taken=taken) or new_id()
        taken.add(person)
        rows += [
            {
                "person_id": person, "creator_id": one.id, "reason": one.reason, "confidence": one.confidence,
                "proposed_at": known.get((person, one.id), now),
            }
            for one in group
            if one.id not in person_of
        ]  # fmt: skip
    return rows


def _owner(
    accounts: set[UUID], *, live: Mapping[UUID, set[UUID]], gone: Mapping[UUID, set[UUID]], taken: set[UUID]
) -> UUID | None:
    """The person who had most of these accounts, unless one of them was cut from that person."""
    shares = [
        (-len(theirs & accounts), person.int, person)
        for person, theirs in live.items()
        if person not in taken and theirs & accounts and not gone.get(person, set()) & accounts
    ]
    return min(shares)[2] if shares else None


async def forget_creator(session: AsyncSession, *, workspace_id: UUID, creator_id: UUID) -> None:
    """An erased account is of nobody, and nobody was decided to be it."""
    await repository.forget(session, workspace_id=workspace_id, creator_id=creator_id)
