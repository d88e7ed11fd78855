"""The worker process of the scoring service."""

from services.scoring.rankings import jobs as rankings
from services.scoring.settings import ScoringSettings
from shared.kit.jobs import JobSet
from shared.kit.loops import Loop
from shared.kit.process import work
from shared.kit.runtime import create_runtime

JOB_SETS: tuple[JobSet, ...] = (rankings.JOBS,)
LOOPS: tuple[Loop, ...] = ()


def main() -> None:
    work(create_runtime(ScoringSettings()), job_sets=JOB_SETS, loops=LOOPS)


if __name__ == "__main__":
    main()
