"""What one process of a service holds: its settings, databases, secrets and the clients it calls others with."""

from dataclasses import dataclass, field

from shared.kit.db import Database
from shared.kit.http import HttpClient, create_guarded_client, create_http_client
from shared.kit.identity.authenticate import Authenticator
from shared.kit.plugins import import_all
from shared.kit.secrets import SecretBox, load_secret
from shared.kit.settings import Settings


@dataclass
class Runtime:
    """Composed once per process in create_app or in the worker; closed at its end.

    `http` calls our own services and platforms; `egress` is the only client for URLs that users gave.
    """

    settings: Settings
    database: Database
    identity: Database
    secrets: SecretBox
    authenticator: Authenticator
    http: HttpClient
    egress: HttpClient
    stopping: bool = field(default=False)  # no new requests: streams that last are to come to their end
    closed: bool = field(default=False)

    @property
    def service(self) -> str:
        return self.settings.service

    async def close(self) -> None:
        if self.closed:
            return
        self.closed = True
        await self.http.aclose()
        await self.egress.aclose()
        await self.database.dispose()
        await self.identity.dispose()


def create_runtime(settings: Settings) -> Runtime:
    """Compose a runtime; opens no connection yet. Raises ValueError for settings that cannot work."""
    service = settings.service
    if settings.tables_package:
        # Foreign keys name other tables by text, so every table of the service must be known before the first write.
        import_all(settings.tables_package)
    secrets = SecretBox(load_secret(settings.groundswell_home, settings.groundswell_secret))
    database = _database(settings, service)
    database.digest_keys = tuple(secrets.keys("tombstone"))
    identity = _database(settings, "identity")
    return Runtime(
        settings=settings,
        database=database,
        identity=identity,
        secrets=secrets,
        authenticator=Authenticator(identity, secrets=secrets, audience=service),
        http=create_http_client(settings),
        egress=create_guarded_client(settings),
    )


def _database(settings: Settings, schema: str) -> Database:
    return Database(
        settings.database_url_of(schema),
        schema=schema,
        pool_size=settings.database_pool_size if schema != "identity" else 2,
        statement_cache_size=settings.statement_cache_size,
        application=f"groundswell-{settings.service}",
    )
