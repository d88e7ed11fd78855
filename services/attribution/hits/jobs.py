"""The loops around hits: verdicts, rollups, visitors, judging again, partitions and retention."""

from datetime import UTC, datetime

import structlog
from prometheus_client import Gauge

from services.attribution.hits import store
from services.attribution.hits.clicks import Clicks
from services.attribution.hits.judging import Judge
from services.attribution.settings import AttributionSettings
from shared.kit.loops import Loop
from shared.kit.runtime import Runtime
from shared.kit.webhooks.sources import source_loop

_log = structlog.get_logger(__name__)
_ASTRAY = Gauge("groundswell_hits_default_partition", "hits outside every monthly partition; more than 0 needs a look")

judge = Judge()


async def keep_partitions(runtime: Runtime) -> bool:
    """Make the next months' partitions, drop those that retention no longer allows, watch the default one."""
    now = datetime.now(UTC)
    connection = await store.connect(runtime, name="partitions")
    try:
        await store.ensure_partitions(connection, at=now)
        for name in await store.drop_due_partitions(connection, at=now, keep_months=_months(runtime)):
            _log.info("partition dropped", partition=name)
        astray = await store.in_default_partition(connection)
        _ASTRAY.set(astray)
        if astray:
            _log.error("hits lie in the default partition", hits=astray)
    finally:
        await connection.close()
    return False


def _months(runtime: Runtime) -> int:
    settings = runtime.settings
    assert isinstance(settings, AttributionSettings)  # noqa: S101  # the one composition of this service
    return settings.hit_months


LOOPS: tuple[Loop, ...] = (
    Loop("hit partitions", 86_400 / 4, keep_partitions),
    Loop("hit verdicts", 0.25, judge.judge_new),
    Loop("hit caps", 0.5, judge.close_capped),
    Loop("hit rollups", 0.5, judge.rebuild_rollups),
    Loop("hit visitors", 5, judge.count_visitors),
    Loop("hits judged again", 10, judge.judge_again),
    source_loop(Clicks()),
)
