"""Where the databases are: those the environment names, tried first, and an embedded PostgreSQL for the rest."""

import asyncio
from pathlib import Path
from typing import TYPE_CHECKING

import asyncpg

from services.console.errors import WrongDatabaseUrl
from services.console.processes import SERVICES
from shared.kit.embedded_postgres.cluster import Cluster, ensure_cluster
from shared.kit.settings import Settings

if TYPE_CHECKING:
    from sqlalchemy.engine import URL

DATABASE = "groundswell"
_TIMEOUT = 10  # seconds for a first answer


def named_databases(settings: Settings) -> dict[str, str]:
    """The database URL of each service and of identity that the environment names, as SQLAlchemy reads it.

    Raises WrongDatabaseUrl for one that is no database URL.
    """
    found = {}
    for user in users_with_url(settings):
        try:
            found[user] = settings.database_url_of(user)
        except ValueError as error:
            raise WrongDatabaseUrl(f"The database URL for {user} is wrong: {error}.") from error
    return found


def users_with_url(settings: Settings) -> list[str]:
    """Of the services and identity, those whose database the environment names."""
    return [user for user in (*SERVICES, "identity") if _is_named(settings, user)]


async def check_databases(databases: dict[str, str]) -> None:
    """Open a connection to each. Raises WrongDatabaseUrl, without the URL's password in it."""
    users_of: dict[str, list[str]] = {}
    for user, url in databases.items():
        users_of.setdefault(url, []).append(user)
    for url, users in users_of.items():
        fault = await _fault(url)
        if fault:
            raise WrongDatabaseUrl(f"The database URL for {', '.join(users)} does not work: {fault}")


async def start_embedded(home: Path) -> Cluster:
    """The running embedded PostgreSQL with the database `groundswell` in it."""
    cluster = await asyncio.to_thread(ensure_cluster, home)
    await asyncio.to_thread(cluster.create_database, DATABASE)
    return cluster


def _is_named(settings: Settings, user: str) -> bool:
    if settings.database_url:
        return True
    if user == "identity":
        return bool(settings.identity_database_url or settings.attribution_database_url)
    return bool(getattr(settings, f"{user}_database_url"))


async def _fault(url: str) -> str | None:
    # imported here: with the embedded PostgreSQL the command line starts without it
    from sqlalchemy.engine import make_url
    from sqlalchemy.exc import SQLAlchemyError
    from sqlalchemy.ext.asyncio import create_async_engine
    from sqlalchemy.pool import NullPool

    try:
        parts = make_url(url)
        engine = create_async_engine(url, poolclass=NullPool, hide_parameters=True, connect_args={"timeout": _TIMEOUT})
    except (SQLAlchemyError, ValueError) as error:
        return f"it cannot be read ({type(error).__name__})."
    try:
        async with engine.connect():
            return None
    except (OSError, SQLAlchemyError, asyncpg.PostgresError, asyncpg.InterfaceError, ValueError, TypeError) as error:
        return _reason(_cause(error), parts, place=f"{parts.host or 'localhost'}:{parts.port or 5432}")
    finally:
        await engine.dispose()


def _cause(error: BaseException) -> BaseException:
    """What the driver raised, below the errors that SQLAlchemy wraps it in."""
    while isinstance(error.__cause__, Exception):  # a timeout stems from a cancellation, which is none
        error = error.__cause__
    return error


def _reason(error: BaseException, parts: "URL", *, place: str) -> str:
    match error:
        case asyncpg.InvalidCatalogNameError():
            return f"{place} has no database {parts.database!r}."
        case asyncpg.InvalidAuthorizationSpecificationError():
            return f"{place} refuses the user {parts.username!r} or the password."
        case OSError():
            return f"no PostgreSQL answers at {place} ({type(error).__name__})."
    return f"{place} says: {_one_line(error)}"


def _one_line(error: BaseException) -> str:
    return " ".join(str(error).split())[:200] or type(error).__name__
