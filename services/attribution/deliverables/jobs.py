"""Background work: pieces whose last day went by."""

from services.attribution.deliverables import service
from shared.kit.loops import Loop
from shared.kit.runtime import Runtime


async def mark_overdue(runtime: Runtime) -> bool:
    return await service.mark_overdue(runtime.database)


LOOPS = (Loop("mark_overdue_deliverables", 60.0, mark_overdue),)
