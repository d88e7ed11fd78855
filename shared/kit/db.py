"""Database sessions: every transaction begins in a role, either as one workspace or as the owner of the schema."""

import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any
from uuid import UUID

from sqlalchemy import Connection, MetaData, event
from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker, create_async_engine
from sqlalchemy.orm import Session as SyncSession
from sqlalchemy.orm import SessionTransaction
from sqlalchemy.util import await_only

# Tables of the kit exist once in every service's schema. They are declared under this name and translated per engine.
KIT_SCHEMA = "kit"

NAMING_CONVENTION = {
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_N_name)s_%(referred_table_name)s",
    "pk": "pk_%(table_name)s",
}

_BEGIN_AS = "groundswell_begin_as"
_SCHEMA_NAME = re.compile(r"[a-z][a-z0-9_]{0,40}")


def service_metadata(schema: str) -> MetaData:
    """The metadata that a service's tables hang on."""
    return MetaData(schema=schema, naming_convention=NAMING_CONVENTION)


def owner_role(schema: str) -> str:
    return f"gs_{schema}_owner"


def app_role(schema: str) -> str:
    return f"gs_{schema}_app"


class Database:
    """One PostgreSQL database, seen from one service's schema. Holds the connection pool."""

    def __init__(
        self, url: str, *, schema: str, pool_size: int = 5, statement_cache_size: int = 100, application: str = ""
    ) -> None:
        if not _SCHEMA_NAME.fullmatch(schema):
            raise ValueError(f"not a schema name: {schema!r}")
        self.url = url
        self.schema = schema
        self.statement_cache_size = statement_cache_size
        self.digest_keys: tuple[bytes, ...] = ()
        """Keys of the hashes that stand in rows for what must not: sessions carry them as `info["digest_keys"]`."""
        connect_args: dict[str, Any] = {
            "statement_cache_size": statement_cache_size,
            "prepared_statement_cache_size": statement_cache_size,
            "timeout": 5,
            "server_settings": {"application_name": application or f"groundswell-{schema}"},
        }
        if statement_cache_size == 0:
            # Behind pgbouncer in transaction mode a prepared statement may meet another connection's of that name.
            from uuid import uuid4

            connect_args["prepared_statement_name_func"] = lambda: f"__gs_{uuid4()}__"
        self.engine = create_async_engine(
            url,
            pool_size=pool_size,
            max_overflow=pool_size,
            pool_timeout=10,
            pool_pre_ping=True,
            hide_parameters=True,  # what is bound is often personal data, and errors end in logs
            connect_args=connect_args,
            execution_options={"schema_translate_map": {KIT_SCHEMA: schema}},
        )
        event.listen(self.engine.sync_engine, "checkin", _drop_if_in_transaction)
        self._sessions = async_sessionmaker(self.engine, expire_on_commit=False)

    @asynccontextmanager
    async def tenant_session(self, workspace: UUID) -> AsyncIterator[AsyncSession]:
        """A session that sees and writes rows of `workspace` only. Commits at the end, rolls back on an exception."""
        checked = UUID(str(workspace))
        begin = f"SET LOCAL ROLE {app_role(self.schema)}; SET LOCAL app.workspace = '{checked}'"
        async with self._begin_as(begin) as session:
            yield session

    @asynccontextmanager
    async def system_session(self) -> AsyncIterator[AsyncSession]:
        """A session as owner of the schema, for work without one workspace. tests/architecture lists the callers."""
        async with self._begin_as(f"SET LOCAL ROLE {owner_role(self.schema)}") as session:
            yield session

    @asynccontextmanager
    async def _begin_as(self, statements: str) -> AsyncIterator[AsyncSession]:
        async with self._sessions(info={_BEGIN_AS: statements, "digest_keys": self.digest_keys}) as session:
            try:
                yield session
                await session.commit()
            except BaseException:
                await session.rollback()
                raise

    async def dispose(self) -> None:
        await self.engine.dispose()


def _drop_if_in_transaction(adapter: Any, record: Any) -> None:  # noqa: ANN401  # SQLAlchemy's connection and its place
    """Lets no connection back into the pool that is in a transaction.

    A task that is cancelled while BEGIN or COMMIT is on its way may leave one that SQLAlchemy knows nothing of. What
    later sessions commit on such a connection would be savepoints in it, answered for and lost with the connection.
    """
    if adapter is None:
        return
    driver = adapter.driver_connection
    if driver.is_closed() or driver.is_in_transaction() or driver._top_xact is not None:
        record.invalidate()


@event.listens_for(SyncSession, "after_begin")
def _begin_in_a_role(session: SyncSession, transaction: SessionTransaction, connection: Connection) -> None:
    """Runs the role statements as one simple query at the start of every transaction, the second one of a session too.

    SET LOCAL ends with the transaction, so nothing leaks through the pool; a literal instead of set_config because
    Citus propagates only SET LOCAL to its workers.
    """
    if transaction.nested:
        return
    statements = session.info.get(_BEGIN_AS)
    if statements is None:
        raise RuntimeError("open sessions with Database.tenant_session or Database.system_session")
    adapter: Any = connection.connection.dbapi_connection
    if adapter._transaction is None:
        await_only(adapter._start_transaction())
    await_only(adapter.driver_connection.execute(statements))


async def driver_connection(session: AsyncSession) -> Any:  # noqa: ANN401  # asyncpg publishes no types
    """The asyncpg connection inside the session's transaction, for COPY and for the job queue."""
    connection = await session.connection()
    raw = await connection.get_raw_connection()
    return raw.driver_connection
