"""Settings of the scoring service."""

from pydantic import Field

from shared.kit.settings import Settings


class ScoringSettings(Settings):
    """What the scoring service reads from the environment beside the shared settings."""

    service: str = "scoring"
    tables_package: str = "services.scoring.tables"
    audience_report_days: int = Field(default=730, ge=1, le=3_650, description="how long audience reports are kept")
    scoring_processes: int = Field(default=2, ge=1, le=64, description="processes that score large rankings")
