"""The worker process of the scoring service."""

import gc

from services.scoring.portfolios import jobs as portfolios
from services.scoring.rankings import jobs as rankings
from services.scoring.rankings import retention
from services.scoring.settings import ScoringSettings
from shared.kit.jobs import JobSet
from shared.kit.loops import Loop
from shared.kit.process import work
from shared.kit.runtime import create_runtime
from shared.kit.webhooks.delivery import deliver_webhooks
from shared.kit.webhooks.loops import LOG_RETENTION

JOB_SETS: tuple[JobSet, ...] = (rankings.JOBS, portfolios.JOBS)
LOOPS: tuple[Loop, ...] = (*retention.LOOPS, LOG_RETENTION)


def main() -> None:
    # Pages of evidence are many small objects without cycles; looking for some after every 700 doubles the work.
    gc.set_threshold(50_000, 20, 100)
    work(create_runtime(ScoringSettings()), job_sets=JOB_SETS, loops=LOOPS, background=[deliver_webhooks])


if __name__ == "__main__":
    main()
