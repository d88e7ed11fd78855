"""Settings of the attribution service."""

from pydantic import Field

from shared.kit.settings import Settings


class AttributionSettings(Settings):
    """What the attribution service reads from the environment beside the shared settings."""

    service: str = "attribution"
    tables_package: str = "services.attribution.tables"
    # Whole months that raw hits are kept; counts by quarter hour and by day stay.
    hit_months: int = Field(default=13, ge=1, le=600)
