"""Background work of portfolios: read the candidates' audiences from the stored evidence, then choose."""

import asyncio
from datetime import UTC, datetime
from uuid import UUID

import structlog

from services.scoring.bundles import service as bundles
from services.scoring.context import Context
from services.scoring.portfolios import repository, service
from services.scoring.portfolios.audience import Audience, audience_of
from services.scoring.portfolios.select import Infeasible
from services.scoring.rankings import service as rankings
from shared.kit import errors
from shared.kit.jobs import JobContext, JobSet
from shared.kit.runtime import Runtime
from shared.schemas.base import JobStatus
from shared.schemas.creators import CreatorRef
from shared.schemas.portfolios import PortfolioCreate

JOBS = JobSet()
_log = structlog.get_logger(__name__)
_BATCH = 50


@JOBS.job("choose_portfolio", concurrency=2)
async def choose_portfolio(context: JobContext[Runtime]) -> None:
    """Choose once; a repeated start of finished work does nothing."""
    portfolio_id, database = UUID(context.payload["portfolio_id"]), context.runtime.database
    async with database.tenant_session(context.workspace_id) as session:
        row = await repository.portfolio(session, portfolio_id=portfolio_id)
        if row is None or row.status in (JobStatus.COMPLETED, JobStatus.FAILED):
            return
        await repository.change(session, portfolio_id=portfolio_id, status=JobStatus.RUNNING)
    body = PortfolioCreate.model_validate(row.request)
    try:
        candidates = await _candidates(context, body)
        result = await asyncio.to_thread(service.choose, body, candidates)
        values = {"status": JobStatus.COMPLETED, "result": service.without_names(result).model_dump(mode="json")}
    except (Infeasible, errors.EvidenceExpired, errors.NotFound) as error:
        _log.warning("portfolio failed", portfolio=str(portfolio_id), reason=str(error))
        values = {"status": JobStatus.FAILED, "error": str(error)[:1_000]}
    async with database.tenant_session(context.workspace_id) as session:
        await repository.change(session, portfolio_id=portfolio_id, finished_at=datetime.now(UTC), **values)


async def _candidates(
    context: JobContext[Runtime], body: PortfolioCreate
) -> list[tuple[CreatorRef, int | None, Audience | None]]:
    """The best ranked with their audiences; one batch of evidence is in memory at a time."""
    database = context.runtime.database
    async with database.tenant_session(context.workspace_id) as session:
        ranking = await rankings.get_ranking(session, ranking_id=body.ranking_id)
        setup = await rankings.setup_of_ranking(session, row=ranking)
        members = await rankings.best_members(
            session, ranking_id=body.ranking_id, limit=body.candidates_max, always=body.must_have
        )
    criteria_context = rankings.context_of_setup(setup)
    found: list[tuple[CreatorRef, int | None, Audience | None]] = []
    for start in range(0, len(members), _BATCH):
        part = members[start : start + _BATCH]
        async with database.tenant_session(context.workspace_id) as session:
            contents = await bundles.contents(session, bundle_ids=[bundle_id for _, _, bundle_id in part])
        audiences = await asyncio.to_thread(
            _audiences, [contents.get(bundle_id) for _, _, bundle_id in part], criteria_context
        )
        found.extend((creator, rank, audience) for (creator, rank, _), audience in zip(part, audiences, strict=True))
    return found


def _audiences(contents: list[tuple[str, bytes] | None], context: Context) -> list[Audience | None]:
    return [None if content is None else audience_of(bundles.unpack(content[1]), context) for content in contents]
