"""Evidence goes when its time is over, its creator is erased or its platform shows it no more; scores lose with it what
would tell it again."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import structlog
from sqlalchemy.ext.asyncio import AsyncSession

from services.scoring.audience_reports import service as audience_reports
from services.scoring.benchmarks import service as benchmarks
from services.scoring.bundles import service as bundles
from services.scoring.rankings import repository
from services.scoring.rankings.batch import compress_detail, read_detail
from shared.clients.discovery import DiscoveryClient
from shared.kit import errors
from shared.kit.loops import Loop
from shared.kit.runtime import Runtime
from shared.schemas.creators import CreatorRef
from shared.schemas.events import CreatorErased, EvidenceWithdrawn
from shared.schemas.rankings import Score

_AT_ONCE = 200
_WORKSPACES = 100
_ERASED = "erased"
_UNDER_WAY = timedelta(minutes=1)
"""What was gathered so shortly after a deletion may have been read before it was there to be seen."""
_log = structlog.get_logger(__name__)


def without_evidence(score: Score) -> Score:
    """The numbers and the reasons stay; links to posts, comments and people go."""
    return score.model_copy(
        update={
            "criteria": tuple(result.model_copy(update={"evidence": ()}) for result in score.criteria),
            "gates": tuple(gate.model_copy(update={"evidence": ()}) for gate in score.gates),
            "observations": (),
        }
    )


def erased(score: Score, *, reason: str = "this creator was erased") -> Score:
    """Nothing that names or describes the creator: the place in the ranking stays, empty."""
    bare = without_evidence(score)
    return bare.model_copy(
        update={
            "creator": CreatorRef(id=score.creator.id, platform=score.creator.platform, platform_id=_ERASED),
            "criteria": tuple(
                result.model_copy(update={"reasons": (_ERASED,), "parts": ()}) for result in bare.criteria
            ),
            "gates": tuple(gate.model_copy(update={"reason": _ERASED}) for gate in bare.gates),
            "reasons": (reason,),
            "bundle_id": None,
            "bundle_hash": None,
        }
    )


async def expire(runtime: Runtime) -> bool:
    """Drop evidence whose time is over, a part at a time; whether there may be more."""
    async with runtime.database.system_session() as session:
        gone = await bundles.expire(session, limit=_AT_ONCE)
        await _take_evidence(session, dropped=gone)
        await benchmarks.expire(session)
        await audience_reports.expire(session)
    return len(gone) == _AT_ONCE


async def _take_evidence(session: AsyncSession, *, dropped: Sequence[tuple[UUID, UUID]]) -> None:
    """From the scores over (workspace, bundle) pairs whose content was dropped."""
    if not dropped:
        return
    await repository.rewrite_scores(
        session,
        rows=[
            {**_key(row), "detail": compress_detail(without_evidence(read_detail(row[3])).model_dump_json().encode())}
            for row in await repository.scores_on_bundles(session, bundles=dropped)
        ],
    )
    await repository.forget_images(session, bundles=dropped)


def _key(row: tuple[UUID, UUID, UUID, bytes]) -> dict[str, Any]:
    return {"workspace_id": row[0], "ranking_id": row[1], "creator_id": row[2]}


async def follow_discovery(runtime: Runtime) -> bool:
    """Pull discovery's events for every workspace that holds evidence: forget whom discovery erased, and what is gone
    from its platform."""
    after: UUID | None = None
    while True:
        async with runtime.database.system_session() as session:
            page = await bundles.workspaces(session, after=after, limit=_WORKSPACES)
        for workspace_id in page:
            try:
                await _follow(runtime, workspace_id)
            except errors.NotFound:
                return False
            except errors.Problem as problem:
                _log.warning("events of discovery not read", workspace=str(workspace_id), reason=problem.detail)
            except Exception:  # noqa: BLE001  # what one workspace holds must not keep deletions from the others
                _log.exception("events of discovery not followed", workspace=str(workspace_id))
        if len(page) < _WORKSPACES:
            return False
        after = page[-1]


async def _follow(runtime: Runtime, workspace_id: UUID) -> None:
    client = DiscoveryClient(runtime, workspace_id=workspace_id)
    async with runtime.database.tenant_session(workspace_id) as session:
        cursor = await bundles.event_cursor(session)
    more = True
    while more:
        feed = await client.events(after=cursor)
        gone = [event.creator_id for event in feed.items if isinstance(event, CreatorErased)]
        cursor, more = feed.after or cursor, feed.has_more
        async with runtime.database.tenant_session(workspace_id) as session:
            if gone:
                await erase(session, gone)
            for event in feed.items:
                if isinstance(event, EvidenceWithdrawn):
                    await withdraw(session, event)
            await bundles.set_event_cursor(session, workspace_id=workspace_id, cursor=cursor)


async def withdraw(session: AsyncSession, event: EvidenceWithdrawn) -> None:
    """Drop the evidence that may hold what is gone. Scores keep their numbers, those of a deleted account its place."""
    before = event.at + _UNDER_WAY
    dropped = await bundles.withdraw(session, creator_id=event.creator_id, before=before)
    await _take_evidence(session, dropped=dropped)
    if event.account_deleted:
        reason = "this account was deleted on its platform"
        await _empty_places(session, [event.creator_id], reason=reason, before=before)
        await benchmarks.erase(session, creators=[event.creator_id])


async def erase(session: AsyncSession, creators: Sequence[UUID]) -> None:
    """Forget the evidence, scores and images of creators; their places in rankings stay, empty."""
    await _empty_places(session, creators, reason="this creator was erased")
    await repository.forget_images(session, creators=creators)
    await bundles.erase(session, creators=creators)
    await benchmarks.erase(session, creators=creators)
    await audience_reports.erase(session, creators=creators)


async def _empty_places(
    session: AsyncSession, creators: Sequence[UUID], *, reason: str, before: datetime | None = None
) -> None:
    rows = []
    for row in await repository.scores_of_creators(session, creators=creators, before=before):
        score = erased(read_detail(row[3]), reason=reason)
        detail = compress_detail(score.model_dump_json().encode())
        rows.append({**_key(row), "detail": detail, "creator": score.creator.model_dump(mode="json")})
    await repository.rewrite_scores(session, rows=rows)


LOOPS = (Loop("expire_evidence", 60.0, expire), Loop("follow_discovery", 20.0, follow_discovery))
