"""The worker process of the discovery service."""

from services.discovery.settings import DiscoverySettings
from shared.kit.jobs import JobSet
from shared.kit.loops import Loop
from shared.kit.process import work
from shared.kit.runtime import create_runtime

JOB_SETS: tuple[JobSet, ...] = ()
LOOPS: tuple[Loop, ...] = ()


def main() -> None:
    work(create_runtime(DiscoverySettings()), job_sets=JOB_SETS, loops=LOOPS)


if __name__ == "__main__":
    main()
