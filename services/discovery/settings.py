"""Settings of the discovery service."""

from pydantic import Field, SecretStr, field_validator

from shared.kit.settings import CommaList, Settings


class DiscoverySettings(Settings):
    """What the discovery service reads from the environment beside the shared settings."""

    service: str = "discovery"
    tables_package: str = "services.discovery.tables"
    discovery_bluesky_appview_url: str = Field(default="", description="another AppView than the public one")
    discovery_bluesky_pds_url: str = Field(default="", description="the login's server, if not bsky.social")
    discovery_bluesky_identifier: str = Field(default="", description="handle or DID of a login")
    discovery_bluesky_app_password: SecretStr = Field(default=SecretStr(""), description="the login's app password")
    discovery_bluesky_jetstream_url: str = Field(
        default="", description="another live stream than the public one, or off"
    )
    discovery_mastodon_servers: str = Field(default="", description="servers to read, apart by spaces or commas")
    discovery_mastodon_access_tokens: SecretStr = Field(
        default=SecretStr(""), description="user tokens as host=token, apart by spaces or commas"
    )
    discovery_youtube_api_key: SecretStr = Field(default=SecretStr(""), description="key of the YouTube Data API v3")
    discovery_youtube_api_url: str = Field(default="", description="another address of that API")
    discovery_quota_limits: CommaList = Field(
        default=(), description="less than a platform's quota, as platform:bucket=units: bluesky:calls=600"
    )
    discovery_recheck_days: int = Field(
        default=7,
        ge=0,
        le=365,
        description="after so many days a platform is asked again for posts and accounts; 0: never",
    )
    evidence_days: int = Field(default=30, ge=1, le=365, description="how long comments of non-candidates are kept")

    @field_validator("discovery_quota_limits", mode="before")
    @classmethod
    def _split_limits(cls, value: object) -> object:
        return cls._split_commas(value)

    @field_validator("discovery_quota_limits")
    @classmethod
    def _check_limits(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        for one in value:
            name, equals, units = one.partition("=")
            if not equals or ":" not in name or not units.isdecimal():
                raise ValueError(f"not platform:bucket=units: {one!r}")
        return value

    def option(self, platform: str, name: str) -> str:
        """What a connector's option is set to; empty where it is not."""
        value = getattr(self, f"discovery_{platform}_{name}", "")
        return value.get_secret_value() if isinstance(value, SecretStr) else str(value)

    def quota_limit(self, platform: str, bucket: str) -> int | None:
        """The units that this installation allows itself of a platform's quota; None: all."""
        found = dict(one.split("=") for one in self.discovery_quota_limits).get(f"{platform}:{bucket}")
        return None if found is None else int(found)

    event_days: int = Field(default=90, ge=1, le=3_650, description="how long events can be pulled by other services")
