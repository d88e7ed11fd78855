"""Background work of erasures: ask every service until each confirms, then forget here."""

from datetime import timedelta
from uuid import UUID

import structlog

from services.discovery.erasures import repository, service
from shared.kit.errors import Problem
from shared.kit.jobs import JobContext, JobSet, enqueue
from shared.kit.runtime import Runtime

JOBS = JobSet()
_AGAIN = timedelta(seconds=30)
_log = structlog.get_logger(__name__)


@JOBS.job("erase_creator", concurrency=2)
async def erase_creator(context: JobContext[Runtime]) -> None:
    """A service that is away is asked again, for as long as it takes."""
    runtime, erasure_id = context.runtime, UUID(context.payload["erasure_id"])
    waiting_for = None
    for other in service.OTHERS:
        try:
            await service.ask(runtime, workspace_id=context.workspace_id, erasure_id=erasure_id, service=other)
        except Problem as problem:
            waiting_for = f"{other}: {type(problem).__name__}"
            _log.warning("creator not erased yet", service=str(other), problem=problem.detail)
    if waiting_for is None:
        if await service.finish(runtime, workspace_id=context.workspace_id, erasure_id=erasure_id):
            return
        waiting_for = "discovery: an import that was on its way"
    async with runtime.database.tenant_session(context.workspace_id) as session:
        row = await repository.erasure(session, erasure_id=erasure_id, lock=True)
        if row is not None:
            row.waiting_for = waiting_for
            await enqueue(session, "erase_creator", dict(context.payload), schema="discovery", after=_AGAIN)
