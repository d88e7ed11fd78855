"""Background work on inbound webhooks: read and apply what was accepted, forget what is old."""

from typing import Any
from uuid import UUID

from services.attribution.inbound import service
from services.attribution.receiver import Unreadable
from shared.kit.errors import Problem
from shared.kit.jobs import MAX_STARTS, JobContext, JobSet
from shared.kit.loops import Loop
from shared.kit.runtime import Runtime

JOBS = JobSet()


@JOBS.job(service.PROCESS_JOB)
async def process_inbound_delivery(context: JobContext[Any]) -> None:
    """Attempts, results and failures are each written in a transaction of their own, so that a failure is visible."""
    database = context.runtime.database
    delivery_id = UUID(context.payload["delivery_id"])
    async with database.tenant_session(context.workspace_id) as session:
        if not await service.begin(session, delivery_id=delivery_id):
            return
    try:
        async with database.tenant_session(context.workspace_id) as session:
            await service.process(session, delivery_id=delivery_id, box=context.runtime.secrets)
    except Exception as error:
        # what can't be read or is refused stays so until somebody changes the settings; anything else may pass
        hopeless = isinstance(error, (Unreadable, Problem))
        reason = str(error) if hopeless else f"{type(error).__name__}: {error}"
        async with database.tenant_session(context.workspace_id) as session:
            await service.note_failure(
                session, delivery_id=delivery_id, reason=reason, final=hopeless or context.start >= MAX_STARTS
            )
        if not hopeless:
            raise


async def expire(runtime: Runtime) -> bool:
    return await service.expire(runtime.database)


LOOPS = (Loop("expire_inbound_deliveries", 3600.0, expire),)
