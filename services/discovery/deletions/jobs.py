"""Background work of deletions: posts that nobody saw for long are asked for again."""

from services.discovery.deletions.rechecking import enqueue_due, recheck
from shared.kit.jobs import JobContext, JobSet
from shared.kit.loops import Loop
from shared.kit.runtime import Runtime

JOBS = JobSet()


@JOBS.job("recheck_posts", concurrency=2)
async def recheck_posts(context: JobContext[Runtime]) -> None:
    """Begun again after a crash it makes at most one call anew."""
    await recheck(context.runtime, workspace_id=context.workspace_id, platform=context.payload["platform"])


LOOPS = (Loop("enqueue_rechecks", 3_600.0, enqueue_due),)
