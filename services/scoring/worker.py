"""The worker process of the scoring service."""

from services.scoring.settings import ScoringSettings
from shared.kit.process import work
from shared.kit.runtime import create_runtime


def main() -> None:
    work(create_runtime(ScoringSettings()), job_sets=[])


if __name__ == "__main__":
    main()
