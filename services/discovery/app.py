"""The web process of the discovery service."""

from pathlib import Path

from fastapi import FastAPI

from services.discovery.creators.routes import router as creators_router
from services.discovery.erasures.routes import router as erasures_router
from services.discovery.events.routes import router as events_router
from services.discovery.hashtags.routes import router as hashtags_router
from services.discovery.imports.routes import router as imports_router
from services.discovery.live import service as live
from services.discovery.mappings.routes import router as mappings_router
from services.discovery.people.routes import router as people_router
from services.discovery.platforms.routes import router as platforms_router
from services.discovery.searches.routes import router as searches_router
from services.discovery.settings import DiscoverySettings
from services.discovery.watches.routes import router as watches_router
from services.discovery.watches.routes import snapshot_router
from shared.kit.app import create_app as create_kit_app
from shared.kit.identity.history import IDENTITY
from shared.kit.migrations import History
from shared.kit.process import serve
from shared.kit.purge import router as data_router
from shared.kit.runtime import create_runtime
from shared.kit.webhooks.routes import webhook_router
from shared.schemas.webhooks import OutboundEvent

DESCRIPTION = "Finds small creators through hashtags and through the comments under posts."

# What this service sends to webhook endpoints.
EVENTS = (OutboundEvent.IMPORT_COMPLETED, OutboundEvent.SEARCH_COMPLETED, OutboundEvent.CANDIDATE_FOUND)

HISTORY = History("discovery", Path(__file__).parent / "migrations")


def create_app(settings: DiscoverySettings | None = None) -> FastAPI:
    """Compose the service; opens no connection yet."""
    return create_kit_app(
        create_runtime(settings or DiscoverySettings()),
        title="Groundswell discovery",
        description=DESCRIPTION,
        routers=[
            imports_router,
            mappings_router,
            hashtags_router,
            creators_router,
            people_router,
            platforms_router,
            data_router,
            searches_router,
            watches_router,
            snapshot_router,
            events_router,
            erasures_router,
            webhook_router(EVENTS),
        ],
        histories=[HISTORY, IDENTITY],
        measures=[live.measure],
    )


def main() -> None:
    settings = DiscoverySettings()
    app = create_app(settings)
    serve(app, settings, runtime=app.state.runtime)


if __name__ == "__main__":
    main()
