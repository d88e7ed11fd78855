"""Background work on conversions: clicks that were not judged yet, customers who turn out to have bought before."""

from typing import Any
from uuid import UUID

from services.attribution.conversions import importing, service
from shared.kit.jobs import JobContext, JobSet
from shared.kit.loops import Loop
from shared.kit.runtime import Runtime

JOBS = JobSet()
_PAGE = 50


@JOBS.job(service.CUSTOMER_JOB)
async def resolve_customer(context: JobContext[Any]) -> None:
    """Decide later conversions of the customer anew, each in its own transaction. Twice changes nothing more."""
    conversion_id = UUID(context.payload["conversion_id"])
    last: UUID | None = None
    while True:
        async with context.runtime.database.tenant_session(context.workspace_id) as session:
            found = await service.customers_later_conversions(
                session, conversion_id=conversion_id, last=last, limit=_PAGE
            )
        for one in found:
            async with context.runtime.database.tenant_session(context.workspace_id) as session:
                await service.resolve_again(session, conversion_id=one, secrets=context.runtime.secrets, cascade=False)
        if len(found) < _PAGE:
            return
        last = found[-1]


@JOBS.job(importing.IMPORT_JOB)
async def import_conversions(context: JobContext[Any]) -> None:
    await importing.work_off(
        context.runtime.database,
        workspace_id=context.workspace_id,
        import_id=UUID(context.payload["import_id"]),
        secrets=context.runtime.secrets,
    )


async def resolve_waiting(runtime: Runtime) -> bool:
    return await service.resolve_waiting(runtime.database, secrets=runtime.secrets)


LOOPS = (Loop("resolve_waiting_conversions", 1.0, resolve_waiting),)
