"""Whom discovery watches for campaigns: accounts of approved partners, and the brand's own from the first day."""

import hashlib
from datetime import UTC, datetime, timedelta
from uuid import UUID

from services.attribution.watches import repository
from services.attribution.watches.repository import Missing
from shared.clients.discovery import DiscoveryClient
from shared.kit.errors import Invalid, NotFound, NotPermitted, NotSupported, Problem
from shared.kit.ids import new_id
from shared.kit.runtime import Runtime
from shared.rules.identifiers import parse_account
from shared.schemas.following import FollowState
from shared.schemas.ids import encode
from shared.schemas.watches import WatchCreate, WatchedAccount

_BATCH = 100
_LONGEST = 200
_AGAIN_AT_MOST = timedelta(minutes=15)
_REFUSED_FOR = timedelta(days=1)
# What asking again will not change before somebody configured or changed something.
_REFUSALS = (NotSupported, NotPermitted, Invalid)


async def note_missing(runtime: Runtime) -> bool:
    """Write down who is to be followed and is not yet. True when there may be more."""
    now = datetime.now(UTC)
    async with runtime.database.system_session() as session:
        found = await repository.missing(session, at=now, limit=_BATCH)
    for one in found:
        async with runtime.database.tenant_session(one.workspace_id) as session:
            await repository.want(session, values=_wanted(one, now))
    return len(found) == _BATCH


async def ask_for_wanted(runtime: Runtime) -> bool:
    """Ask discovery for what is wanted and due. True when there may be more."""
    async with runtime.database.system_session() as session:
        found = await repository.due(session, at=datetime.now(UTC), limit=_BATCH)
    for workspace_id, row_id in found:
        await _ask(runtime, workspace_id, row_id)
    return len(found) == _BATCH


async def end_unwanted(runtime: Runtime) -> bool:
    """Let discovery end what nobody needs any more. True when there may be more."""
    async with runtime.database.system_session() as session:
        found = await repository.unwanted(session, at=datetime.now(UTC), limit=_BATCH)
    for workspace_id, row_id in found:
        await _end(runtime, workspace_id, row_id)
    return len(found) == _BATCH


def _wanted(one: Missing, now: datetime) -> dict[str, object]:
    platform, platform_id, handle, error = one.platform, one.platform_id, one.handle, None
    if one.partnership_id is None:
        try:
            account = parse_account(one.given)
        except ValueError as refusal:
            error = str(refusal)
        else:
            platform, platform_id, handle = account.platform, account.platform_id, account.handle or None
            if platform is None:
                error = "the platform is not named: write platform:handle or the profile's address"
    about = encode("pts", one.partnership_id) if one.partnership_id else encode("cmp", one.campaign_id)
    reference = f"{about}/{encode('acc', one.account_id) if one.account_id else one.given}"
    if len(reference) > _LONGEST:
        reference = f"{about}/{hashlib.sha256(one.given.encode()).hexdigest()}"
    return {
        "workspace_id": one.workspace_id,
        "id": new_id(),
        "campaign_id": one.campaign_id,
        "partnership_id": one.partnership_id,
        "account_id": one.account_id,
        "given": one.given,
        "platform": platform,
        "platform_id": platform_id,
        "handle": handle,
        "reference": reference,
        "state": FollowState.WANTED if error is None else FollowState.REFUSED,
        "watch_id": None,
        "error": error,
        "attempts": 0,
        # what nobody can read is not asked for again
        "next_try_at": now if error is None else None,
    }


async def _ask(runtime: Runtime, workspace_id: UUID, row_id: UUID) -> None:
    """Count the attempt, ask, write down the answer. An attempt whose answer was lost is looked for at the next."""
    now = datetime.now(UTC)
    async with runtime.database.tenant_session(workspace_id) as session:
        row = await repository.follow(session, row_id=row_id)
        if row is None or row.state not in (FollowState.WANTED, FollowState.REFUSED):
            return
        row.attempts += 1
        row.next_try_at = now + min(timedelta(seconds=2 ** min(row.attempts, 12)), _AGAIN_AT_MOST)
        asked_before = row.attempts > 1
        reference = row.reference
        body = WatchCreate(
            accounts=(WatchedAccount(platform=row.platform or "", platform_id=row.platform_id, handle=row.handle),),
            reference=reference,
        )
    client = DiscoveryClient(runtime, workspace_id=workspace_id)
    watch_id, error, refused = None, None, False
    try:
        if asked_before:
            watch_id = next((one.id for one in await client.watches() if one.reference == reference), None)
        watch_id = watch_id or (await client.create_watch(body)).id
    except Problem as problem:
        refused = isinstance(problem, _REFUSALS)
        error = "; ".join([problem.detail, *(fault.detail for fault in problem.errors)])[:1_000]
    async with runtime.database.tenant_session(workspace_id) as session:
        row = await repository.follow(session, row_id=row_id)
        if row is None:
            return
        row.error = error
        if watch_id is not None:
            row.state, row.watch_id, row.next_try_at = FollowState.FOLLOWED, watch_id, None
        elif refused:
            row.state, row.next_try_at = FollowState.REFUSED, now + _REFUSED_FOR


async def _end(runtime: Runtime, workspace_id: UUID, row_id: UUID) -> None:
    async with runtime.database.tenant_session(workspace_id) as session:
        row = await repository.follow(session, row_id=row_id)
        if row is None:
            return
        watch_id = row.watch_id
    error = None
    if watch_id is not None:
        try:
            await DiscoveryClient(runtime, workspace_id=workspace_id).delete_watch(watch_id)
        except NotFound:
            pass
        except Problem as problem:
            error = problem.detail[:1_000]
    async with runtime.database.tenant_session(workspace_id) as session:
        row = await repository.follow(session, row_id=row_id)
        if row is None:
            return
        row.error = error
        if error is None:
            row.state, row.next_try_at = FollowState.ENDED, None
        else:
            row.next_try_at = datetime.now(UTC) + timedelta(minutes=1)
