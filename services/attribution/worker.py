"""The worker process of the attribution service."""

import os

from services.attribution.conversions import jobs as conversions
from services.attribution.deliverables import jobs as deliverables
from services.attribution.domains import jobs as domains
from services.attribution.erasures import jobs as erasures
from services.attribution.hits import jobs as hits
from services.attribution.inbound import jobs as inbound
from services.attribution.reports import jobs as reports
from services.attribution.settings import AttributionSettings
from services.attribution.watches import jobs as watches
from services.attribution.workspaces import jobs as workspaces
from shared.kit.jobs import JobSet
from shared.kit.loops import Loop
from shared.kit.process import work
from shared.kit.runtime import create_runtime
from shared.kit.webhooks.delivery import deliver_webhooks
from shared.kit.webhooks.loops import LOG_RETENTION

JOB_SETS: tuple[JobSet, ...] = (conversions.JOBS, inbound.JOBS)
LOOPS: tuple[Loop, ...] = (
    LOG_RETENTION,
    *workspaces.LOOPS,
    *hits.LOOPS,
    *conversions.LOOPS,
    *inbound.LOOPS,
    *reports.LOOPS,
    *deliverables.LOOPS,
    *domains.LOOPS,
    *erasures.LOOPS,
    *watches.LOOPS,
)


def main() -> None:
    # Where both share a machine, redirects go before verdicts.
    os.nice(10)
    work(create_runtime(AttributionSettings()), job_sets=JOB_SETS, loops=LOOPS, background=[deliver_webhooks])


if __name__ == "__main__":
    main()
