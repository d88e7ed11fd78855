"""Use cases of searches: start, steer, estimate."""

from datetime import UTC, datetime
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from services.discovery.quotas import service as quotas
from services.discovery.searches import evidence_sql as sql
from services.discovery.searches import repository
from services.discovery.searches.briefs import hashtags_of as hashtags_of
from services.discovery.searches.fans import expected_calls, references
from services.discovery.searches.progress import tell
from services.discovery.searches.repeating import ask_again as ask_again
from services.discovery.searches.repeating import is_over as is_over
from services.discovery.searches.repeating import note_comments as note_comments
from services.discovery.searches.repeating import read_changed_comments as read_changed_comments
from services.discovery.searches.repository import SearchRow
from services.discovery.searches.sources import ARCHIVE as ARCHIVE
from services.discovery.searches.sources import WITHOUT_CALLS as WITHOUT_CALLS
from services.discovery.searches.sources import connect as connect
from services.discovery.searches.sources import connect_metered as connect_metered
from services.discovery.searches.sources import connect_unmetered as connect_unmetered
from services.discovery.searches.sources import connectors as connectors
from services.discovery.searches.sources import known
from services.discovery.searches.sources import quotas_of as quotas_of
from shared.kit.errors import Conflict, Invalid, NotFound, NotPermitted
from shared.kit.identity.caller import Caller
from shared.kit.ids import new_id
from shared.kit.jobs import enqueue
from shared.kit.runtime import Runtime
from shared.schemas.base import Fault, JobStatus, Unknown
from shared.schemas.brief import BRIEF_VERSION, brief_hash, missing_for_search
from shared.schemas.platforms import PermittedUse
from shared.schemas.searches import CannotServe, Estimate, SearchCreate, SearchExtend, SourceEstimate

# Calls that one hashtag or one seed brings about on a network, from few answers to many; an estimate, no promise. Who
# talks to the brand leads on as a seed does.
CALLS_PER_HASHTAG = (5, 300)
CALLS_PER_SEED = (3, 60)


async def create_search(session: AsyncSession, *, runtime: Runtime, body: SearchCreate, caller: Caller) -> SearchRow:
    """Store the search and enqueue its work. Raises Invalid naming what it lacks, NotPermitted for a source's terms."""
    _check(runtime, caller.workspace_id, body)
    row = SearchRow(
        workspace_id=caller.workspace_id, id=new_id(), name=body.name or body.brief.name, status=JobStatus.QUEUED,
        brief=body.brief.model_dump(mode="json"), brief_version=BRIEF_VERSION, brief_hash=brief_hash(body.brief),
        request=body.model_dump(mode="json"), max_calls=body.limits.max_calls, depth=body.limits.depth,
        opened_depth=None, steps_done=0, steps_failed=0, creators_seen=0, candidates=0, best=[], blocked={},
        quota_left={}, summary=[], warnings=_warnings(body), events=0, created_at=datetime.now(UTC),
        created_by=caller.key_id,
    )  # fmt: skip
    await repository.add_search(session, row)
    await tell(session, row)
    await go_on(session, row=row)
    return row


async def go_on(session: AsyncSession, *, row: SearchRow) -> None:
    """Enqueue the work of a search that is to run."""
    await enqueue(session, "run_search", {"workspace_id": row.workspace_id, "search_id": row.id}, schema="discovery")


def _check(runtime: Runtime, workspace_id: UUID, body: SearchCreate) -> None:
    faults = [Fault(pointer="/brief", detail=f"a search needs {what}") for what in missing_for_search(body.brief)]
    for number, source in enumerate(body.sources):
        if source not in known():
            faults.append(Fault(pointer=f"/sources/{number}", detail=f"not a source; there are {', '.join(known())}"))
        elif source != ARCHIVE and (needs := connect(runtime, workspace_id, source).needs()):
            faults.append(Fault(pointer=f"/sources/{number}", detail=f"{source} needs {'; '.join(needs)}"[:1_000]))
    if not faults and not (body.hashtags and hashtags_of(body.brief)) and not body.brief.seeds:
        faults.append(Fault(pointer="/brief", detail="with the hashtag step off a search needs seeds"))
    if faults:
        raise Invalid("the search cannot be started", errors=faults)
    for source in body.sources:
        if source != ARCHIVE and PermittedUse.DISCOVERY not in connectors()[source].permitted_uses:
            raise NotPermitted(f"the terms of {connectors()[source].name} do not permit discovery")


def _warnings(body: SearchCreate) -> list[str]:
    if body.filters.known == "exclude":
        return ["partners are known here once their accounts are watched: list them in the brief's exclude before that"]
    return []


async def get_search(session: AsyncSession, *, search_id: UUID, lock: bool = False) -> SearchRow:
    """The search; NotFound when the workspace has none of this id."""
    row = await repository.search(session, search_id=search_id, lock=lock)
    if row is None:
        raise NotFound("no such search")
    return row


async def exportable_search(session: AsyncSession, *, search_id: UUID) -> SearchRow:
    """A search whose order stands and whose sources permit exports; NotPermitted names the first that does not.

    What was imported is not bound by a platform's terms but by the licence of the archive, which its owner knows.
    """
    row = await get_search(session, search_id=search_id)
    if row.status in (JobStatus.QUEUED, JobStatus.RUNNING):
        raise Conflict(f"the search is {row.status}; its candidates can be exported once it is over or paused")
    keys = {"workspace_id": row.workspace_id, "search_id": row.id}
    for source in sorted(one.source for one in await repository.rows_of(session, sql.SOURCES, keys)):
        kind = connectors().get(source)
        if kind is not None and PermittedUse.EXPORT not in kind.permitted_uses:
            raise NotPermitted(f"the terms of {kind.name} do not permit exports")
    return row


async def cancel_search(session: AsyncSession, *, search_id: UUID) -> SearchRow:
    """Stop for good; what was found stays. A cancelled search stays as it is, a finished one is a Conflict."""
    row = await get_search(session, search_id=search_id, lock=True)
    if row.status in (JobStatus.COMPLETED, JobStatus.FAILED):
        raise Conflict(f"the search is {row.status}")
    if row.status != JobStatus.CANCELLED:
        row.status, row.finished_at = JobStatus.CANCELLED, datetime.now(UTC)
        await tell(session, row)
    return row


async def pause_search(session: AsyncSession, *, search_id: UUID) -> SearchRow:
    """Stop behind the step that is being made. Conflict for one that is over."""
    row = await get_search(session, search_id=search_id, lock=True)
    if row.status in (JobStatus.COMPLETED, JobStatus.FAILED, JobStatus.CANCELLED):
        raise Conflict(f"the search is {row.status}")
    if row.status != JobStatus.PAUSED:
        row.status = JobStatus.PAUSED
        await tell(session, row)
    return row


async def resume_search(session: AsyncSession, *, search_id: UUID) -> SearchRow:
    """Go on where it stopped. Conflict for one that is over; one that runs stays as it is."""
    row = await get_search(session, search_id=search_id, lock=True)
    if row.status in (JobStatus.COMPLETED, JobStatus.FAILED, JobStatus.CANCELLED):
        raise Conflict(f"the search is {row.status}")
    if row.status == JobStatus.PAUSED:
        row.status = JobStatus.RUNNING if row.started_at else JobStatus.QUEUED
        await tell(session, row)
        await go_on(session, row=row)
    return row


async def extend_search(session: AsyncSession, *, search_id: UUID, body: SearchExtend) -> SearchRow:
    """Give it more calls or depth; a completed search goes on. Conflict when the new limits are smaller."""
    row = await get_search(session, search_id=search_id, lock=True)
    if row.status == JobStatus.CANCELLED:
        raise Conflict("the search is cancelled")
    if body.limits.max_calls < row.max_calls or body.limits.depth < row.depth:
        raise Conflict(f"the limits are totals and only grow: now {row.max_calls} calls and depth {row.depth}")
    row.max_calls, row.depth = body.limits.max_calls, body.limits.depth
    if row.status in (JobStatus.COMPLETED, JobStatus.FAILED):
        row.status, row.finished_at, row.error = JobStatus.RUNNING, None, None
        await go_on(session, row=row)
    await tell(session, row)
    return row


async def estimate(runtime: Runtime, *, body: SearchCreate, workspace_id: UUID) -> Estimate:
    """What the search would take. Unknown sources are Invalid; what a source cannot do is said, not hidden."""
    unknown = [
        Fault(pointer=f"/sources/{number}", detail=f"not a source; there are {', '.join(known())}")
        for number, source in enumerate(body.sources)
        if source not in known()
    ]
    if unknown:
        raise Invalid("the search cannot be estimated", errors=unknown)
    tags = len(hashtags_of(body.brief)) if body.hashtags else 0
    seeds = len(body.brief.seeds)
    parts, cannot = [], []
    for source in dict.fromkeys(body.sources):
        if source == ARCHIVE:
            brand = body.fans and bool(references(body.brief))
            calls = tags + bool(seeds) + (body.limits.depth if body.comments else 0) + brand
            parts.append(SourceEstimate(source=source, calls_low=calls, calls_high=calls, note="costs no quota"))
            continue
        connector = connect(runtime, workspace_id, source)
        fans = expected_calls(body, connector)
        wanted = {
            "hashtag_search": tags > 0, "comments_with_authors": body.comments or fans > (0, 0),
            "profile_followers_count": True, "mentions": fans > (0, 0),
        }  # fmt: skip
        cannot += [
            CannotServe(source=source, capability=name, reason=(row.reason or "not offered")[:1_000])
            for name, asked in wanted.items()
            if asked and (row := connector.capability(name)).support in WITHOUT_CALLS
        ]
        low = tags * CALLS_PER_HASHTAG[0] + seeds * CALLS_PER_SEED[0] + fans[0]
        led_on = tags * CALLS_PER_HASHTAG[1] + (seeds + (fans > (0, 0))) * CALLS_PER_SEED[1]
        high = led_on * max(1, body.limits.depth) + fans[1]
        rules = quotas_of(runtime, connector)
        rooms = await quotas.left(runtime.database, platform=source, rules=rules, now=datetime.now(UTC))
        left = next(iter(rooms.values()), None)  # a connector names the quota that a search spends first
        parts.append(
            SourceEstimate(
                source=source, calls_low=min(low, body.limits.max_calls), calls_high=min(high, body.limits.max_calls),
                quota_left=left, note="how many comment is known only while searching",
            )
        )  # fmt: skip
    return Estimate(
        missing=tuple(missing_for_search(body.brief)),
        calls_low=min(sum(one.calls_low for one in parts), body.limits.max_calls),
        calls_high=min(sum(one.calls_high for one in parts), body.limits.max_calls),
        sources=tuple(parts),
        cannot_serve=tuple(cannot),
    )


def unknown_of(row: SearchRow) -> Unknown:
    """What the search's own setting does with candidates of unknown activity, topic or counts."""
    return SearchCreate.model_validate(row.request).unknown
