"""Settings of the scoring service."""

from shared.kit.settings import Settings


class ScoringSettings(Settings):
    """What the scoring service reads from the environment beside the shared settings."""

    service: str = "scoring"
