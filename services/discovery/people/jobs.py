"""Background work of people: compare the profiles of a workspace."""

from services.discovery.people import service
from shared.kit.jobs import JobContext, JobSet
from shared.kit.runtime import Runtime

JOBS = JobSet()


@JOBS.job("propose_people", concurrency=2)
async def propose_people(context: JobContext[Runtime]) -> None:
    """Made anew from what is known now, however often it is started."""
    await service.propose(context.runtime.database, workspace_id=context.workspace_id)
