"""The web process of the attribution service."""

from pathlib import Path

from fastapi import FastAPI

from services.attribution.campaigns.routes import router as campaigns_router
from services.attribution.partners.routes import router as partners_router
from services.attribution.partnerships.routes import router as partnerships_router
from services.attribution.settings import AttributionSettings
from services.attribution.tracking import routes as tracking
from shared.kit.app import create_app as create_kit_app
from shared.kit.identity.history import IDENTITY
from shared.kit.identity.routes import router as identity_router
from shared.kit.migrations import History
from shared.kit.process import serve
from shared.kit.runtime import create_runtime

DESCRIPTION = "Promo codes, links, landing pages, hashtags, conversions and money, per creator."

HISTORY = History("attribution", Path(__file__).parent / "migrations")


def create_app(settings: AttributionSettings | None = None) -> FastAPI:
    """Compose the service; opens no connection yet."""
    return create_kit_app(
        create_runtime(settings or AttributionSettings()),
        title="Groundswell attribution",
        description=DESCRIPTION,
        routers=[identity_router, campaigns_router, partners_router, partnerships_router, *tracking.ROUTERS],
        histories=[HISTORY, IDENTITY],
    )


def main() -> None:
    settings = AttributionSettings()
    serve(create_app(settings), settings)


if __name__ == "__main__":
    main()
