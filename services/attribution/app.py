"""The web process of the attribution service."""

import gc
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from fastapi import FastAPI
from starlette.types import ASGIApp

from services.attribution.campaigns.routes import router as campaigns_router
from services.attribution.conversions import routes as conversions
from services.attribution.deliverables.routes import router as deliverables_router
from services.attribution.domains.routes import router as domains_router
from services.attribution.erasures.routes import router as erasures_router
from services.attribution.hits import routes as hits_routes
from services.attribution.hits.asgi import HitsInFront
from services.attribution.inbound import routes as inbound
from services.attribution.ledger import routes as ledger
from services.attribution.metrics import routes as metrics
from services.attribution.pages import routes as pages
from services.attribution.partners.routes import router as partners_router
from services.attribution.partnerships.routes import router as partnerships_router
from services.attribution.posts import routes as posts
from services.attribution.rates.routes import router as rates_router
from services.attribution.reports import routes as reports
from services.attribution.settings import AttributionSettings
from services.attribution.signals import routes as signals
from services.attribution.tracking import routes as tracking
from services.attribution.visitors import routes as visitors
from services.attribution.watches.routes import router as watches_router
from services.attribution.workspaces.routes import router as workspaces_router
from shared.kit.app import Readiness, readiness
from shared.kit.app import create_app as create_kit_app
from shared.kit.identity.history import IDENTITY
from shared.kit.identity.routes import router as identity_router
from shared.kit.migrations import History
from shared.kit.process import serve
from shared.kit.purge import router as data_router
from shared.kit.runtime import Runtime, create_runtime
from shared.kit.webhooks.routes import webhook_router
from shared.schemas.webhooks import OutboundEvent

DESCRIPTION = "Promo codes, links, landing pages, hashtags, conversions and money, per creator."

HISTORY = History("attribution", Path(__file__).parent / "migrations")
HISTORIES = [HISTORY, IDENTITY]

# What this service sends to webhook endpoints.
EVENTS = (
    OutboundEvent.CLICK_CREATED,
    OutboundEvent.CODE_REDEEMED,
    OutboundEvent.CONVERSION_CREATED,
    OutboundEvent.CONVERSION_ATTRIBUTED,
    OutboundEvent.CONVERSION_REFUNDED,
    OutboundEvent.COMMISSION_APPROVED,
    OutboundEvent.PAYOUT_CREATED,
    OutboundEvent.PARTNERSHIP_UPDATED,
    OutboundEvent.DELIVERABLE_OVERDUE,
)


def create_app(settings: AttributionSettings | None = None) -> FastAPI:
    """Compose the service; opens no connection yet."""
    runtime = create_runtime(settings or AttributionSettings())
    hits = HitsInFront(runtime)
    reached_head: set[str] = set()

    @asynccontextmanager
    async def lifespan(_: Runtime) -> AsyncIterator[None]:
        await hits.start()
        try:
            yield
        finally:
            await hits.stop()

    async def ready(_: Runtime) -> Readiness:
        return await hits.readiness(await readiness(runtime, HISTORIES, reached_head))

    app = create_kit_app(
        runtime,
        title="Groundswell attribution",
        description=DESCRIPTION,
        routers=[
            identity_router,
            workspaces_router,
            data_router,
            erasures_router,
            campaigns_router,
            partners_router,
            partnerships_router,
            deliverables_router,
            *tracking.ROUTERS,
            domains_router,
            *hits_routes.ROUTERS,
            *visitors.ROUTERS,
            *pages.ROUTERS,
            *conversions.ROUTERS,
            *ledger.ROUTERS,
            *inbound.ROUTERS,
            posts.router,
            watches_router,
            *metrics.ROUTERS,
            signals.router,
            rates_router,
            *reports.ROUTERS,
            webhook_router(EVENTS),
        ],
        histories=HISTORIES,
        lifespan=lifespan,
        ready=ready,
    )
    app.state.hits = hits
    # Within the framework too, so that whoever holds the app alone (tests, other servers) can follow links.
    behind = app.build_middleware_stack
    app.build_middleware_stack = lambda: hits.in_front_of(behind())  # type: ignore[method-assign]  # once, when composed
    return app


def in_front(app: FastAPI) -> ASGIApp:
    """What is served: links are answered before the framework sees them, whose every layer would cost requests."""
    hits: HitsInFront = app.state.hits
    return hits.in_front_of(app)


def main() -> None:
    settings = AttributionSettings()
    app = create_app(settings)
    served = in_front(app)
    # What is here by now stays: the garbage collector need not walk through it while links are answered.
    gc.collect()
    gc.freeze()
    serve(served, settings, runtime=app.state.runtime)


if __name__ == "__main__":
    main()
