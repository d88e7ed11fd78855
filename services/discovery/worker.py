"""The worker process of the discovery service."""

from services.discovery.creators import jobs as creators
from services.discovery.deletions import jobs as deletions
from services.discovery.erasures import jobs as erasures
from services.discovery.events import jobs as events
from services.discovery.imports import jobs as imports
from services.discovery.live import jobs as live
from services.discovery.people import jobs as people
from services.discovery.searches import jobs as searches
from services.discovery.settings import DiscoverySettings
from services.discovery.watches import jobs as watches
from shared.kit.jobs import JobSet
from shared.kit.loops import Loop
from shared.kit.process import Background, work
from shared.kit.runtime import create_runtime
from shared.kit.webhooks.delivery import deliver_webhooks
from shared.kit.webhooks.loops import LOG_RETENTION

JOB_SETS: tuple[JobSet, ...] = (
    imports.JOBS, searches.JOBS, watches.JOBS, deletions.JOBS, erasures.JOBS, people.JOBS,
)  # fmt: skip
LOOPS: tuple[Loop, ...] = (
    *creators.LOOPS,
    *imports.LOOPS,
    *watches.LOOPS,
    *deletions.LOOPS,
    *events.LOOPS,
    LOG_RETENTION,
)
BACKGROUND: tuple[Background, ...] = (deliver_webhooks, live.follow)


def main() -> None:
    work(create_runtime(DiscoverySettings()), job_sets=JOB_SETS, loops=LOOPS, background=BACKGROUND)


if __name__ == "__main__":
    main()
