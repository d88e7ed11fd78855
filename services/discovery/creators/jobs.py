"""Background work of creators: what may be kept no longer is forgotten."""

from services.discovery.creators import service
from shared.kit.loops import Loop
from shared.kit.runtime import Runtime


async def _expire(runtime: Runtime) -> bool:
    return await service.expire(runtime.database)


LOOPS = (Loop("expire_archive", 600.0, _expire),)
