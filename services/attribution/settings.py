"""Settings of the attribution service."""

from shared.kit.settings import Settings


class AttributionSettings(Settings):
    """What the attribution service reads from the environment beside the shared settings."""

    service: str = "attribution"
    tables_package: str = "services.attribution.tables"
