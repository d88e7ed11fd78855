"""The loop that sums days again whose hits or conversions changed."""

from services.attribution.reports import sums
from shared.kit.loops import Loop
from shared.kit.runtime import Runtime

# Days in one transaction.
_BATCH = 20


async def sum_days(runtime: Runtime) -> bool:
    """Sum the marked days again. True while there are more."""
    async with runtime.database.system_session() as session:
        taken = await sums.take_marks(session, limit=_BATCH)
        for mark in taken:
            await sums.rebuild(session, mark)
    return len(taken) == _BATCH


LOOPS: tuple[Loop, ...] = (Loop("report days", 10, sum_days),)
