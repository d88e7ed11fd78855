"""Settings of the discovery service."""

from pydantic import Field

from shared.kit.settings import Settings


class DiscoverySettings(Settings):
    """What the discovery service reads from the environment beside the shared settings."""

    service: str = "discovery"
    tables_package: str = "services.discovery.tables"
    discovery_bluesky_appview_url: str = Field(default="", description="another AppView than the public one")
    evidence_days: int = Field(default=30, ge=1, le=365, description="how long comments of non-candidates are kept")
