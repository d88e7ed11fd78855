"""Background work of imports: the merge, and the purge of uploads that were cut."""

from uuid import UUID

from services.discovery.imports import merging, service
from services.discovery.settings import DiscoverySettings
from shared.kit.jobs import MAX_STARTS, JobContext, JobSet
from shared.kit.loops import Loop
from shared.kit.runtime import Runtime

JOBS = JobSet()


@JOBS.job("merge_import", concurrency=4)
async def merge_import(context: JobContext[Runtime]) -> None:
    database, import_id = context.runtime.database, UUID(context.payload["import_id"])
    try:
        settings = context.runtime.settings
        days = settings.evidence_days if isinstance(settings, DiscoverySettings) else merging.EVIDENCE_DAYS
        await merging.merge_import(database, workspace_id=context.workspace_id, import_id=import_id, evidence_days=days)
    except Exception as error:
        if context.start >= MAX_STARTS:
            await service.fail_import(
                database, workspace_id=context.workspace_id, import_id=import_id,
                reason=f"given up after {context.start} attempts: {type(error).__name__}",
            )  # fmt: skip
        raise


async def _purge(runtime: Runtime) -> bool:
    return await service.purge_abandoned(runtime.database)


LOOPS = (Loop("purge_abandoned_uploads", 60.0, _purge),)
