"""`groundswell migrate`"""

import asyncio
from pathlib import Path

import typer

from services.console.launch import read_settings
from services.console.processes import SERVICES
from services.console.screen import show_step
from shared.kit.settings import Settings

_SERVICES_FOLDER = Path(__file__).resolve().parents[2]


def register(app: typer.Typer) -> None:
    app.command()(migrate)


def migrate() -> None:
    """Bring the tables of every service to this release's version. Safe to run again, and by several at once."""
    asyncio.run(run_migrations(read_settings()))


async def run_migrations(settings: Settings) -> None:
    """Run identity's history and each service's, then make the first workspace and key of a new installation."""
    from shared.kit.db import Database
    from shared.kit.identity.history import IDENTITY
    from shared.kit.identity.service import ensure_bootstrap_key
    from shared.kit.migrations import History, upgrade

    histories = [IDENTITY, *(History(name, _SERVICES_FOLDER / name / "migrations") for name in SERVICES)]
    for history in histories:
        await upgrade(settings.database_url_of(history.schema), history)
        show_step(f"{history.schema} is at its head")
    if settings.groundswell_bootstrap_key_sha256:
        database = Database(settings.database_url_of("identity"), schema="identity", pool_size=1)
        try:
            async with database.system_session() as session:
                await ensure_bootstrap_key(session, key_sha256=settings.groundswell_bootstrap_key_sha256)
        finally:
            await database.dispose()
