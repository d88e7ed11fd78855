"""The worker process of the discovery service."""

from services.discovery.settings import DiscoverySettings
from shared.kit.process import work
from shared.kit.runtime import create_runtime


def main() -> None:
    work(create_runtime(DiscoverySettings()), job_sets=[])


if __name__ == "__main__":
    main()
