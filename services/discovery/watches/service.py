"""Use cases of watches: make one, change it, end it, and find those whose time has come."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from services.discovery.connector import Connector
from services.discovery.creators import service as creators
from services.discovery.searches import service as searches
from services.discovery.watches import repository
from services.discovery.watches.repository import AccountRow, WatchRow
from shared.kit.errors import NotFound, NotPermitted, NotSupported
from shared.kit.etags import require_match
from shared.kit.identity.caller import Caller
from shared.kit.ids import new_id
from shared.kit.jobs import enqueue
from shared.kit.runtime import Runtime
from shared.schemas.base import Fault, JobStatus
from shared.schemas.platforms import PermittedUse, Support
from shared.schemas.watches import WatchChange, WatchCreate, WatchedAccount, WatchKind

IDLE, ASKING, READING, AWAITING = "idle", "asking", "reading", "awaiting"
"""Phases of a watched search: nothing to do, its hashtags are asked again, changed comments are read again, and it
was not over yet when the watch began."""
NEEDED = ("author_feed_with_counts", "profile_followers_count")
_AT_ONCE = 500
_WITHOUT_CALLS = (Support.NO, Support.NEEDS_APPROVAL, Support.NEEDS_USER_TOKEN)


async def create_watch(session: AsyncSession, *, runtime: Runtime, body: WatchCreate, caller: Caller) -> WatchRow:
    """Accounts are looked at from now on, a search for the first time after a span.

    Raises NotFound for the search, NotPermitted and NotSupported with every account that cannot be watched.
    """
    now = datetime.now(UTC)
    span = timedelta(hours=body.every_hours)
    phase, first = IDLE, now
    if body.search_id is not None:
        search = await searches.get_search(session, search_id=body.search_id)
        phase, first = (IDLE, now + span) if searches.is_over(search) else (AWAITING, now)
    else:
        _check(runtime, caller.workspace_id, body.accounts)
    row = WatchRow(
        workspace_id=caller.workspace_id, id=new_id(), status=JobStatus.RUNNING, search_id=body.search_id,
        kind=WatchKind.SEARCH if body.search_id else WatchKind.ACCOUNTS, phase=phase, every_hours=body.every_hours,
        max_calls=body.max_calls, until=body.until, reference=body.reference, runs=0, due_at=first, next_run_at=first,
        version=1, created_at=now, created_by=caller.key_id,
    )  # fmt: skip
    await repository.add(session, row)
    if body.search_id is not None and phase == IDLE:
        # who was found before is no news
        await repository.take_finds(session, row=row, is_news=False, with_unknown=True, now=now)
        await searches.note_comments(session, search_id=body.search_id)
    await _add_accounts(session, row, body.accounts, now)
    return row


async def _add_accounts(
    session: AsyncSession, row: WatchRow, accounts: Sequence[WatchedAccount], now: datetime
) -> None:
    named = {(one.platform, one.platform_id, _plain(one.handle)): one for one in accounts}
    given = [
        {"number": number, "platform": platform, "platform_id": platform_id, "handle": handle}
        for number, (platform, platform_id, handle) in enumerate(named)
    ]
    if not given:
        return
    found = await repository.known_creators(session, workspace_id=row.workspace_id, accounts=given)
    known = {one.number: one.id for one in found if not one.opted_out}
    await repository.add_accounts(
        session,
        [
            {
                **one, "workspace_id": row.workspace_id, "watch_id": row.id, "creator_id": known.get(number),
                "due_at": now, "next_run_at": now,
            }
            for number, one in enumerate(given)
        ],
    )  # fmt: skip


def _plain(handle: str | None) -> str | None:
    return handle.strip().removeprefix("@") if handle else None


def _check(runtime: Runtime, workspace_id: UUID, accounts: Sequence[WatchedAccount]) -> None:
    """Raise the refusal for what its platform does not let be watched: the terms first, then the abilities."""
    made: dict[str, str | None] = {}
    forbidden: list[Fault] = []
    impossible: list[Fault] = []
    for number, account in enumerate(accounts):
        pointer = f"/accounts/{number}/platform"
        kind = searches.connectors().get(account.platform)
        if kind is None:
            known = ", ".join(sorted(searches.connectors()))
            impossible.append(Fault(pointer=pointer, detail=f"no platform that can be watched; there are {known}"))
        elif not {PermittedUse.DISCOVERY, PermittedUse.OWN_ACCOUNTS} & set(kind.permitted_uses):
            forbidden.append(Fault(pointer=pointer, detail=f"the terms of {kind.name} do not permit it"))
        else:
            if account.platform not in made:
                made[account.platform] = _obstacle(runtime, workspace_id, account.platform)
            if (obstacle := made[account.platform]) is not None:
                impossible.append(Fault(pointer=pointer, detail=obstacle[:1_000]))
    if forbidden:
        raise NotPermitted("some accounts may not be watched", errors=forbidden + impossible)
    if impossible:
        raise NotSupported("some accounts cannot be watched", errors=impossible)


def _obstacle(runtime: Runtime, workspace_id: UUID, platform: str) -> str | None:
    """Why accounts of a platform cannot be watched here; None where they can."""
    try:
        connector = searches.connect(runtime, workspace_id, platform)
    except ValueError as error:
        return f"{platform} is not configured: {error}"
    if needs := connector.needs():
        return f"{platform} needs {'; '.join(needs)}"
    rows = [connector.capability(name) for name in NEEDED]
    missing = [row for row in rows if row.support in _WITHOUT_CALLS]
    if len(missing) == len(rows):
        return f"{platform}: {missing[0].reason or 'it offers neither posts of an account nor its numbers'}"
    return None


async def get_watch(session: AsyncSession, *, watch_id: UUID, lock: bool = False) -> WatchRow:
    """The watch; NotFound when the workspace has none of this id."""
    row = await repository.watch(session, watch_id=watch_id, lock=lock)
    if row is None:
        raise NotFound("no such watch")
    return row


async def change_watch(session: AsyncSession, *, watch_id: UUID, change: WatchChange, if_match: str | None) -> WatchRow:
    """Fields left out stay; null empties `until` and `reference`. Raises NotFound, PreconditionFailed."""
    row = await get_watch(session, watch_id=watch_id, lock=True)
    require_match(if_match, version=row.version)
    now = datetime.now(UTC)
    sent = {
        name: value for name, value in change if name in change.model_fields_set
        and (value is not None or name in ("until", "reference"))
    }  # fmt: skip
    paused = sent.pop("paused", None)
    for name, value in sent.items():
        setattr(row, name, value)
    if paused:
        row.status = JobStatus.PAUSED
    elif paused is False or row.status == JobStatus.COMPLETED:
        is_over = row.until is not None and row.until <= now
        if row.status != JobStatus.RUNNING and not is_over:
            row.status, row.next_run_at = JobStatus.RUNNING, now
            await repository.wake_accounts(session, watch_id=row.id, at=now)
    row.version += 1
    await session.flush()
    return row


async def delete_watch(session: AsyncSession, *, watch_id: UUID) -> None:
    """Raises NotFound. What it brought stays."""
    await repository.remove(session, row=await get_watch(session, watch_id=watch_id, lock=True))


async def accounts_of(session: AsyncSession, rows: Sequence[WatchRow]) -> Mapping[UUID, Sequence[AccountRow]]:
    """The accounts of some watches, by watch."""
    found: dict[UUID, list[AccountRow]] = {row.id: [] for row in rows}
    for account in await repository.accounts(session, watch_ids=list(found)):
        found[account.watch_id].append(account)
    return found


async def require_creator(session: AsyncSession, *, creator_id: UUID) -> None:
    """Raises NotFound for one that the workspace does not know."""
    await creators.get_creator(session, creator_id=creator_id)


async def forget_creator(
    session: AsyncSession, *, workspace_id: UUID, creator_id: UUID, platform: str, names: Sequence[str]
) -> None:
    """No watch follows the account any more, by whatever name it was given."""
    await repository.forget_creator(
        session, workspace_id=workspace_id, creator_id=creator_id, platform=platform, names=names
    )


async def followed(
    session: AsyncSession, *, creators: Sequence[tuple[UUID, UUID]]
) -> dict[tuple[UUID, UUID], Sequence[UUID]]:
    """Of creators, given with their workspaces, those that a watch follows or once followed: the watches that run."""
    found = await repository.followed(session, creators=creators)
    return {(row.workspace_id, row.creator_id): row.watch_ids for row in found}


async def forget_numbers(session: AsyncSession, *, creators: Sequence[tuple[UUID, UUID]]) -> None:
    """The daily numbers of creators, given with their workspaces, are kept no longer."""
    await repository.forget_numbers(session, creators=creators)


async def enqueue_due(runtime: Runtime) -> bool:
    """Enqueue the work of every watch whose time has come. Equal work that still waits or runs is not added to."""
    async with runtime.database.system_session() as session:
        for workspace_id, watch_id in await repository.due(session, now=datetime.now(UTC), limit=_AT_ONCE):
            await enqueue(
                session, "run_watch", {"workspace_id": workspace_id, "watch_id": watch_id}, schema="discovery",
                dedupe_key=f"watch:{watch_id}",
            )  # fmt: skip
    return False


async def expire(runtime: Runtime) -> bool:
    """Forget daily numbers that may be kept no longer; whether there may be more."""
    async with runtime.database.system_session() as session:
        return await repository.expire_snapshots(session) > 0


def following(due_at: datetime, *, every_hours: int, now: datetime) -> datetime:
    """The next beat of a schedule behind now. Beats that passed unused are left out, and no beat drifts."""
    span = timedelta(hours=every_hours)
    return due_at + span * max(1, (now - due_at) // span + 1)


def connector_of(runtime: Runtime, workspace_id: UUID, platform: str) -> Connector:
    """The platform's connector, its calls written into the ledger. Raises KeyError and ValueError."""
    return searches.connect(runtime, workspace_id, platform)
