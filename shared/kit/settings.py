"""Settings of one service process, read from the environment when the process is composed, never at import."""

from pathlib import Path
from typing import Annotated

from pydantic import Field, field_validator
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict

SERVICE_PORTS = {"discovery": 8101, "scoring": 8102, "attribution": 8103}

CommaList = Annotated[tuple[str, ...], NoDecode]


class Settings(BaseSettings):
    """Settings that every service shares. A service adds its own in `services/<name>/settings.py`.

    The names of the environment variables are the field names in capitals: `DATABASE_URL`, `GROUNDSWELL_HOME`.
    """

    model_config = SettingsConfigDict(env_file=None, extra="ignore", frozen=True)

    service: str = "groundswell"
    tables_package: str = Field(
        default="", description="the folder of the service's rows, which know each other by name"
    )
    groundswell_home: Path = Path(".groundswell")
    groundswell_secret: str = ""
    groundswell_bootstrap_key_sha256: str = ""
    groundswell_lifeline_fd: int | None = None

    host: str = "127.0.0.1"
    discovery_port: int = SERVICE_PORTS["discovery"]
    scoring_port: int = SERVICE_PORTS["scoring"]
    attribution_port: int = SERVICE_PORTS["attribution"]
    discovery_url: str = ""
    scoring_url: str = ""
    attribution_url: str = ""

    database_url: str = ""
    discovery_database_url: str = ""
    scoring_database_url: str = ""
    attribution_database_url: str = ""
    identity_database_url: str = ""
    database_pool_size: int = Field(default=5, ge=1, le=100)
    statement_cache_size: int = Field(default=100, ge=0, description="0 behind pgbouncer in transaction mode")

    job_heartbeat_seconds: float = Field(
        default=10, ge=1, le=600, description="after such a silence of its worker a job is taken by another"
    )

    public_url: str = Field(default="", description="where the public reaches attribution: QR codes, links, pages")
    trusted_proxies: CommaList = ()
    egress_allow: CommaList = Field(default=(), description="host:port pairs that the URL guard lets through")
    rate_limit_per_key: str = "6000/minute"
    rate_limit_per_address: str = "12000/minute"

    log_level: str = "INFO"
    json_body_limit: int = Field(default=1_000_000, ge=1000, description="bytes; larger JSON bodies answer 413")

    @field_validator("trusted_proxies", "egress_allow", mode="before")
    @classmethod
    def _split_commas(cls, value: object) -> object:
        if isinstance(value, str):
            return tuple(part.strip() for part in value.split(",") if part.strip())
        return value

    def database_url_of(self, service: str) -> str:
        """The database URL of `service` (or of `identity`), as SQLAlchemy with asyncpg reads it.

        Identity lives in the attribution service's database unless `IDENTITY_DATABASE_URL` says otherwise.
        Raises ValueError when none is set.
        """
        if service == "identity":
            url = self.identity_database_url or self.attribution_database_url or self.database_url
        else:
            url = str(getattr(self, f"{service}_database_url", "")) or self.database_url
        if not url:
            name = f"{service.upper()}_DATABASE_URL"
            raise ValueError(f"set DATABASE_URL or {name}; `groundswell up` sets it for its embedded PostgreSQL")
        return asyncpg_url(url)

    def port_of(self, service: str) -> int:
        return int(getattr(self, f"{service}_port"))

    def url_of(self, service: str) -> str:
        """Where the other processes reach `service`, without a trailing slash."""
        stated = str(getattr(self, f"{service}_url"))
        host = "127.0.0.1" if self.host in {"0.0.0.0", "::"} else self.host  # noqa: S104  # read, not bound
        return (stated or f"http://{host}:{self.port_of(service)}").rstrip("/")


def asyncpg_url(url: str) -> str:
    """`postgres://` and `postgresql://` URLs with SQLAlchemy's asyncpg driver named; ValueError for anything else."""
    scheme, separator, rest = url.partition("://")
    if not separator or scheme not in {"postgres", "postgresql", "postgresql+asyncpg"}:
        raise ValueError("a database URL looks like postgresql://user:password@host:5432/database")
    return f"postgresql+asyncpg://{rest}"
