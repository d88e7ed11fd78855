"""Settings of the discovery service."""

from shared.kit.settings import Settings


class DiscoverySettings(Settings):
    """What the discovery service reads from the environment beside the shared settings."""

    service: str = "discovery"
