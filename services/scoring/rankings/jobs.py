"""Background work of rankings: pull the evidence page by page, score it in batches, order the result."""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import structlog
from sqlalchemy.ext.asyncio import AsyncSession

from services.scoring.audience_reports import service as audience_reports
from services.scoring.benchmarks import service as benchmarks
from services.scoring.bundles import service as bundles
from services.scoring.criteria.aesthetic_fit import image_urls
from services.scoring.evidence import Evidence
from services.scoring.peers import Benchmarks
from services.scoring.rankings import images, repository, service
from services.scoring.rankings.batch import BatchResult, Item, Setup, setup_of
from services.scoring.rankings.pool import ScoreBatch, scoring_processes
from services.scoring.rankings.repository import RankingRow
from services.scoring.registry import criteria
from services.scoring.settings import ScoringSettings
from services.scoring.vectors import Vectors
from services.scoring.versions import code_version, parameters_version
from shared.clients.discovery import DiscoveryClient, EvidencePage
from shared.kit import errors
from shared.kit.jobs import MAX_STARTS, JobContext, JobSet
from shared.kit.runtime import Runtime
from shared.kit.webhooks.outbox import emit
from shared.schemas.audience_reports import AudienceReport
from shared.schemas.base import JobStatus
from shared.schemas.brief import Brief
from shared.schemas.evidence import EvidenceBundle
from shared.schemas.ids import encode
from shared.schemas.webhooks import OutboundEvent

JOBS = JobSet()
_log = structlog.get_logger(__name__)

# Candidates per page of evidence, per batch in memory, and per piece of work of one process.
PAGE = 25
BATCH = 128
PIECE = 16
_OVER = (JobStatus.COMPLETED, JobStatus.FAILED, JobStatus.CANCELLED)


@JOBS.job("score_ranking", concurrency=4)
async def score_ranking(context: JobContext[Runtime]) -> None:
    """Goes on where an earlier start stopped: pages by the stored cursor, batches by the last scored position."""
    ranking_id, runtime = UUID(context.payload["ranking_id"]), context.runtime
    row = await _begin(context, ranking_id)
    if row is None:
        return
    try:
        if not row.pulled:
            await _pull(context, row)
        setup = await _set_up(context, ranking_id)
        await _score(context, ranking_id, setup)
        async with runtime.database.tenant_session(context.workspace_id) as session:
            row = await service.get_ranking(session, ranking_id=ranking_id)
            await service.write_order(session, row=row)
            await repository.change(
                session, ranking_id=ranking_id, status=JobStatus.COMPLETED, finished_at=datetime.now(UTC),
                warnings=[*row.warnings, *_left_out(row)],
            )  # fmt: skip
            await _announce(session, row)
    except errors.Unavailable:
        if context.start < MAX_STARTS:
            raise
        await _fail(context, ranking_id, "the discovery service could not be reached")
    except errors.Problem as problem:
        await _fail(context, ranking_id, problem.detail)


def _left_out(row: RankingRow) -> list[str]:
    missing = (row.candidates or 0) - row.scored
    if not missing:
        return []
    return [
        f"candidates without a score: {missing}. Their evidence was withdrawn, erased or over before it could be read"
    ]


async def _announce(session: AsyncSession, row: RankingRow) -> None:
    data = {
        "ranking_id": encode("rnk", row.id), "search_id": encode("sch", row.search_id), "name": row.name,
        "candidates": row.candidates, "scored": row.scored,
    }  # fmt: skip
    await emit(session, OutboundEvent.RANKING_COMPLETED, data, workspace_id=row.workspace_id, event_id=row.id)


async def _begin(context: JobContext[Runtime], ranking_id: UUID) -> RankingRow | None:
    async with context.runtime.database.tenant_session(context.workspace_id) as session:
        row = await repository.ranking(session, ranking_id=ranking_id)
        if row is None or row.status in _OVER:
            return None
        await repository.change(session, ranking_id=ranking_id, status=JobStatus.RUNNING)
        return row


async def _fail(context: JobContext[Runtime], ranking_id: UUID, reason: str) -> None:
    _log.warning("ranking failed", ranking=str(ranking_id), reason=reason)
    async with context.runtime.database.tenant_session(context.workspace_id) as session:
        await repository.change(
            session, ranking_id=ranking_id, status=JobStatus.FAILED, error=reason[:1_000], finished_at=datetime.now(UTC)
        )


async def _pull(context: JobContext[Runtime], row: RankingRow) -> None:
    """Store every page with the cursor behind it in one transaction, so that a restart neither skips nor repeats."""
    client = DiscoveryClient(context.runtime, workspace_id=context.workspace_id, key_id=row.created_by)
    await _note_permitted_uses(context, row.id, client)
    async for page in client.evidence_pages(row.search_id, cursor=row.cursor, limit=PAGE):
        async with context.runtime.database.tenant_session(context.workspace_id) as session:
            reports = await audience_reports.reports_of(session, creators=[one.creator.id for one in page.bundles])
        packed = await asyncio.to_thread(_packed, page, reports)
        await _store_page(context, row.id, page, packed)


def _packed(page: EvidencePage, reports: Mapping[UUID, Sequence[AudienceReport]]) -> list[bundles.PackedBundle]:
    return [bundles.pack(audience_reports.joined(_without_strangers(bundle), reports)) for bundle in page.bundles]


def _without_strangers(bundle: EvidenceBundle) -> EvidenceBundle:
    """Without names and posts of the people under whose posts the creator was found: no criterion asks for them, and
    nobody would tell when they are deleted."""
    talk = tuple(
        entry.model_copy(update={"under_handle": None, "examples": ()}) for entry in bundle.provenance.comments
    )
    update = {"comments": talk, "posts": (), "path": ()}
    return bundle.model_copy(update={"provenance": bundle.provenance.model_copy(update=update)})


async def _store_page(
    context: JobContext[Runtime], ranking_id: UUID, page: EvidencePage, packed: list[bundles.PackedBundle]
) -> None:
    observed = await asyncio.to_thread(benchmarks.observed, page.bundles)
    workspace_id = context.workspace_id
    async with context.runtime.database.tenant_session(workspace_id) as session:
        ids = await bundles.store(session, workspace_id=workspace_id, packed=packed)
        await benchmarks.add(session, workspace_id=workspace_id, observations=observed)
        first = await repository.next_position(session, ranking_id=ranking_id)
        pairs = [(one.bundle.creator.id, bundle_id) for one, bundle_id in zip(packed, ids, strict=True)]
        added = await repository.add_members(
            session, workspace_id=workspace_id, ranking_id=ranking_id, first_position=first, members=pairs
        )
        stored = RankingRow.bundles_stored + added
        values: dict[str, Any] = {"cursor": page.next_cursor, "bundles_stored": stored}
        if page.next_cursor is None:
            values.update(pulled=True, candidates=stored)
        await repository.change(session, ranking_id=ranking_id, **values)


async def _note_permitted_uses(context: JobContext[Runtime], ranking_id: UUID, client: DiscoveryClient) -> None:
    """What each platform's terms permit, as discovery says it; pinned, since a receipt must replay with it."""
    try:
        platforms = await client.platforms()
    except errors.NotFound:
        return
    uses = {platform.platform: sorted(platform.permitted_uses) for platform in platforms}
    async with context.runtime.database.tenant_session(context.workspace_id) as session:
        await repository.change(session, ranking_id=ranking_id, permitted_uses=uses)


async def _set_up(context: JobContext[Runtime], ranking_id: UUID) -> Setup:
    """Pin benchmarks and versions at the first batch; a restart goes on with the pinned ones."""
    async with context.runtime.database.tenant_session(context.workspace_id) as session:
        row = await service.get_ranking(session, ranking_id=ranking_id)
        found: Benchmarks | None = None
        if row.benchmarks_hash is not None:
            found = await benchmarks.pinned(session, digest=row.benchmarks_hash)
        if found is None:
            found = await benchmarks.pin(session, workspace_id=context.workspace_id)
        await repository.change(
            session, ranking_id=ranking_id, benchmarks_hash=found.digest, code_version=code_version(),
            parameters_version=parameters_version(), criteria=list(criteria()),
        )  # fmt: skip
    brief = Brief.model_validate(row.brief)
    references = row.images
    if brief.reference_images and references is None:
        references = await _features(context, brief.reference_images)
        async with context.runtime.database.tenant_session(context.workspace_id) as session:
            await repository.change(session, ranking_id=ranking_id, images=references)
    return setup_of(brief, found, row.permitted_uses, row.weights, datetime.now(UTC), references)


async def _features(context: JobContext[Runtime], urls: Sequence[str]) -> dict[str, Any]:
    found = await images.fetch_features(context.runtime.egress, urls)
    return {url: features.as_json() for url, features in sorted(found.items())}


async def _with_images(context: JobContext[Runtime], ranking_id: UUID, items: list[Item]) -> list[Item]:
    """Items with the features of their creators' images, kept with the members so that receipts can be replayed."""
    urls = await asyncio.to_thread(lambda: [image_urls(Evidence(bundles.unpack(item.content))) for item in items])
    wanted = [found[: images.PER_CREATOR] for found in urls]
    known = await _features(context, [url for found in wanted for url in found])
    read = [{url: known[url] for url in found if url in known} for found in wanted]
    async with context.runtime.database.tenant_session(context.workspace_id) as session:
        for item, features in zip(items, read, strict=True):
            await repository.set_images(session, ranking_id=ranking_id, creator_id=item.creator_id, images=features)
    return [replace(item, images=features) for item, features in zip(items, read, strict=True)]


async def _score(context: JobContext[Runtime], ranking_id: UUID, setup: Setup) -> None:
    """Score what is not scored yet. While one batch is scored the next is read and the one before is written; no more
    than these three are in memory."""
    runtime = context.runtime
    async with runtime.database.tenant_session(context.workspace_id) as session:
        row = await service.get_ranking(session, ranking_id=ranking_id)
        position = await repository.last_scored_position(session, ranking_id=ranking_id)
    processes = runtime.settings.scoring_processes if isinstance(runtime.settings, ScoringSettings) else 1
    async with scoring_processes((row.candidates or 0) - row.scored, processes) as score_batch:
        loading = asyncio.create_task(_load(context, ranking_id, setup, position))
        storing: asyncio.Task[None] | None = None
        try:
            while (batch := await loading) is not None:
                loading = asyncio.create_task(_load(context, ranking_id, setup, batch.last))
                pieces = await _in_pieces(score_batch, setup, batch.items)
                if storing is not None:
                    await storing
                storing = asyncio.create_task(_store_batch(context, ranking_id, setup, pieces, batch))
            if storing is not None:
                await storing
        finally:
            # waited for, so that nothing of this run is still being written when the next one begins
            left = [task for task in (loading, storing) if task is not None]
            for task in left:
                task.cancel()
            await asyncio.gather(*left, return_exceptions=True)


@dataclass(frozen=True, slots=True)
class _Batch:
    """Items to score, and the positions of the first and the last member they come from."""

    items: list[Item]
    first: int
    last: int


async def _load(context: JobContext[Runtime], ranking_id: UUID, setup: Setup, position: int) -> _Batch | None:
    """The next batch behind a position; None at the end. Members whose evidence is gone are left out."""
    async with context.runtime.database.tenant_session(context.workspace_id) as session:
        members = await repository.members_after(session, ranking_id=ranking_id, position=position, limit=BATCH)
        contents = await bundles.contents(session, bundle_ids=[bundle_id for _, _, bundle_id in members])
    if not members:
        return None
    items = [
        Item(creator_id, bundle_id, *contents[bundle_id])
        for _, creator_id, bundle_id in members
        if bundle_id in contents
    ]
    if setup.references != "[]":
        items = await _with_images(context, ranking_id, items)
    return _Batch(items, members[0][0], members[-1][0])


async def _in_pieces(score_batch: ScoreBatch, setup: Setup, items: list[Item]) -> list[BatchResult]:
    cut = [items[start : start + PIECE] for start in range(0, len(items), PIECE)]
    return list(await asyncio.gather(*(score_batch(setup, piece) for piece in cut)))


async def _store_batch(
    context: JobContext[Runtime], ranking_id: UUID, setup: Setup, pieces: list[BatchResult], batch: _Batch
) -> None:
    workspace_id = context.workspace_id
    scored = [one for piece in pieces for one in piece.scored]
    unpacked = [Vectors.unpacked(piece.vectors) for piece in pieces]
    names = tuple(criteria())
    vectors = Vectors.joined(unpacked) if unpacked else Vectors.of(names, [])
    async with context.runtime.database.tenant_session(workspace_id) as session:
        # what was withdrawn while it was scored leaves no score
        held = await bundles.hold(session, bundle_ids=[one.bundle_id for one in scored])
        scored = [one for one in scored if one.bundle_id in held]
        vectors = vectors.only({one.creator_id for one in scored})
        await repository.add_scores(
            session, workspace_id=workspace_id, ranking_id=ranking_id, scored=scored, scored_at=setup.scored_at
        )
        await repository.add_vectors(
            session, workspace_id=workspace_id, ranking_id=ranking_id, first=batch.first, last=batch.last,
            content=vectors.packed(),
        )  # fmt: skip
        await repository.change(session, ranking_id=ranking_id, scored=RankingRow.scored + len(scored))
