"""The worker process of the attribution service."""

from services.attribution.settings import AttributionSettings
from shared.kit.process import work
from shared.kit.runtime import create_runtime


def main() -> None:
    work(create_runtime(AttributionSettings()), job_sets=[])


if __name__ == "__main__":
    main()
