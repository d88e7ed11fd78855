"""The worker process of the attribution service."""

from services.attribution.conversions import jobs as conversions
from services.attribution.settings import AttributionSettings
from services.attribution.workspaces import jobs as workspaces
from shared.kit.jobs import JobSet
from shared.kit.loops import Loop
from shared.kit.process import work
from shared.kit.runtime import create_runtime

JOB_SETS: tuple[JobSet, ...] = (conversions.JOBS,)
LOOPS: tuple[Loop, ...] = (*workspaces.LOOPS,)


def main() -> None:
    work(create_runtime(AttributionSettings()), job_sets=JOB_SETS, loops=LOOPS)


if __name__ == "__main__":
    main()
