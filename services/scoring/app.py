"""The web process of the scoring service."""

from pathlib import Path

from fastapi import FastAPI

from services.scoring.audience_reports.routes import router as audience_reports
from services.scoring.benchmarks.routes import router as benchmarks
from services.scoring.portfolios.routes import router as portfolios
from services.scoring.rankings.erasure import router as erasures
from services.scoring.rankings.routes import router as rankings
from services.scoring.rankings.routes import scores_router as scores
from services.scoring.settings import ScoringSettings
from shared.kit.app import create_app as create_kit_app
from shared.kit.identity.history import IDENTITY
from shared.kit.migrations import History
from shared.kit.process import serve
from shared.kit.purge import router as data_router
from shared.kit.runtime import create_runtime
from shared.kit.webhooks.routes import webhook_router
from shared.schemas.webhooks import OutboundEvent

DESCRIPTION = "Scores candidates against a brief, with reasons, intervals and evidence."

# What this service sends to webhook endpoints.
EVENTS = (OutboundEvent.RANKING_COMPLETED,)

HISTORY = History("scoring", Path(__file__).parent / "migrations")


def create_app(settings: ScoringSettings | None = None) -> FastAPI:
    """Compose the service; opens no connection yet."""
    return create_kit_app(
        create_runtime(settings or ScoringSettings()),
        title="Groundswell scoring",
        description=DESCRIPTION,
        routers=[
            data_router,
            rankings,
            scores,
            audience_reports,
            benchmarks,
            portfolios,
            erasures,
            webhook_router(EVENTS),
        ],
        histories=[HISTORY, IDENTITY],
    )


def main() -> None:
    settings = ScoringSettings()
    app = create_app(settings)
    serve(app, settings, runtime=app.state.runtime)


if __name__ == "__main__":
    main()
