"""What a service's worker runs for webhooks beside the deliveries: the log is kept for thirty days."""

from datetime import UTC, datetime, timedelta

from shared.kit.loops import Loop
from shared.kit.runtime import Runtime
from shared.kit.webhooks import queue

LOG_KEPT = timedelta(days=30)
_AT_ONCE = 2_000


async def expire_log(runtime: Runtime) -> bool:
    """Delete a part of what is older than thirty days; whether there may be more."""
    async with runtime.database.system_session() as session:
        gone = await queue.expire(session, before=datetime.now(UTC) - LOG_KEPT, limit=_AT_ONCE)
    return gone == _AT_ONCE


LOG_RETENTION = Loop("webhook_log_retention", 600.0, expire_log)
