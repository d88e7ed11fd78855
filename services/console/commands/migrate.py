"""`groundswell migrate`"""

import asyncio
from pathlib import Path

import typer

from services.console.databases import DATABASE, check_databases, named_databases, start_embedded
from services.console.launch import home_of, read_settings
from services.console.processes import SERVICES
from services.console.screen import show_step
from services.console.state import hold_up_lock
from shared.kit.embedded_postgres.cluster import find_cluster, stop_cluster
from shared.kit.embedded_postgres.locate import make_home
from shared.kit.settings import Settings

_SERVICES_FOLDER = Path(__file__).resolve().parents[2]


def register(app: typer.Typer) -> None:
    app.command()(migrate)


def migrate() -> None:
    """Bring the tables of every service to this release's version. Safe to run again, and by several at once.

    Where no database URL is set it works on the embedded PostgreSQL, which is stopped again unless it ran before.
    """
    settings = read_settings()
    home = home_of(settings)
    named = named_databases(settings)
    asyncio.run(check_databases(named))
    if len(named) == len(SERVICES) + 1:
        asyncio.run(run_migrations(settings))
    elif find_cluster(home) is not None:
        asyncio.run(_migrate_embedded(settings, home))
    else:
        with hold_up_lock(make_home(home)):
            try:
                asyncio.run(_migrate_embedded(settings, home))
            finally:
                stop_cluster(home)


async def _migrate_embedded(settings: Settings, home: Path) -> None:
    cluster = await start_embedded(home)
    await run_migrations(settings.model_copy(update={"database_url": cluster.url(DATABASE)}))


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
