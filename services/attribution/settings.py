"""Settings of the attribution service."""

from pydantic import Field, field_validator

from shared.kit.settings import CommaList, Settings


class AttributionSettings(Settings):
    """What the attribution service reads from the environment beside the shared settings."""

    service: str = "attribution"
    tables_package: str = "services.attribution.tables"
    ledger_hold_days: int = Field(
        default=3_650, ge=1, le=36_500, description="how long ledger lines of erased partners are kept, without a name"
    )
    # Whole months that raw hits are kept; counts by quarter hour and by day stay.
    hit_months: int = Field(default=13, ge=1, le=600)
    dns_servers: CommaList = Field(default=(), description="address:port of name servers; empty: the system's")

    @field_validator("dns_servers", mode="before")
    @classmethod
    def _split(cls, value: object) -> object:
        if isinstance(value, str):
            return tuple(part.strip() for part in value.split(",") if part.strip())
        return value
