"""Sessions begin in a role, in every transaction, and leave nothing in the pool."""

from collections.abc import AsyncIterator
from uuid import UUID

import asyncpg
import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncSession

from shared.kit.db import Database
from shared.kit.identity import repository
from shared.kit.ids import new_id

KEYS = text("SELECT count(*) FROM identity.keys")


@pytest.fixture
async def database(fresh_database_url: str) -> AsyncIterator[Database]:
    """One connection only, so that every session meets what the one before left."""
    opened = Database(fresh_database_url, schema="identity", pool_size=1)
    yield opened
    await opened.dispose()


async def add_workspace_with_key(database: Database) -> UUID:
    workspace_id = new_id()
    async with database.system_session() as session:
        await repository.add_workspace(session, workspace_id=workspace_id, name="one", created_by=None)
        await repository.add_key(
            session, workspace_id=workspace_id, key_id=new_id(), name="k", hashed=workspace_id.bytes, scopes=["read"],
            created_by=None,
        )  # fmt: skip
    return workspace_id


async def count(session: AsyncSession) -> int:
    found: int = (await session.execute(KEYS)).scalar_one()
    return found


async def test_a_tenant_sees_its_own_rows_only(database: Database) -> None:
    ours, theirs = await add_workspace_with_key(database), await add_workspace_with_key(database)
    async with database.tenant_session(ours) as session:
        seen = (await session.execute(text("SELECT workspace_id FROM identity.keys"))).scalars().all()
    assert (seen, ours == theirs) == ([ours], False)


async def test_another_workspace_on_the_same_connection_sees_nothing(database: Database) -> None:
    ours = await add_workspace_with_key(database)
    async with database.tenant_session(ours) as session:
        assert await count(session) == 1
        backend = (await session.execute(text("SELECT pg_backend_pid()"))).scalar_one()
    async with database.tenant_session(new_id()) as session:
        assert (await session.execute(text("SELECT pg_backend_pid()"))).scalar_one() == backend
        assert await count(session) == 0


async def test_the_app_role_without_a_workspace_sees_nothing(database: Database) -> None:
    await add_workspace_with_key(database)
    async with database.engine.connect() as connection:
        await connection.execute(text("SET LOCAL ROLE gs_identity_app"))
        assert (await connection.execute(KEYS)).scalar_one() == 0


async def test_the_second_transaction_of_a_session_has_the_role_too(database: Database) -> None:
    ours = await add_workspace_with_key(database)
    await add_workspace_with_key(database)
    async with database.tenant_session(ours) as session:
        await session.commit()
        assert await count(session) == 1
        assert (await session.execute(text("SELECT current_user"))).scalar_one() == "gs_identity_app"


async def test_a_savepoint_rolled_back_keeps_the_role(database: Database) -> None:
    ours = await add_workspace_with_key(database)
    async with database.tenant_session(ours) as session:
        nested = await session.begin_nested()
        await nested.rollback()
        assert (await session.execute(text("SELECT current_user"))).scalar_one() == "gs_identity_app"


async def test_a_tenant_cannot_write_into_another_workspace(database: Database) -> None:
    with pytest.raises(DBAPIError, match=r"permission denied|row-level security"):
        async with database.tenant_session(new_id()) as session:
            await session.execute(
                text(
                    "INSERT INTO identity.idempotency_keys (workspace_id, route, key, request_hash) "
                    "VALUES (:w, 'r', 'k', '')"
                ),
                {"w": new_id()},
            )


async def test_an_exception_rolls_back(database: Database) -> None:
    with pytest.raises(ZeroDivisionError):
        async with database.system_session() as session:
            await repository.add_workspace(session, workspace_id=new_id(), name="gone", created_by=None)
            raise ZeroDivisionError
    async with database.system_session() as session:
        assert (await session.execute(text("SELECT count(*) FROM identity.workspaces"))).scalar_one() == 0


async def test_a_session_without_a_role_is_refused(database: Database) -> None:
    with pytest.raises(RuntimeError, match="tenant_session"):
        async with AsyncSession(database.engine) as session:
            await session.execute(text("SELECT 1"))


async def test_only_a_uuid_becomes_part_of_the_role_statement(database: Database) -> None:
    with pytest.raises(ValueError, match="badly formed"):
        async with database.tenant_session("'; RESET ROLE; --"):  # type: ignore[arg-type]  # hostile on purpose
            raise AssertionError


async def test_a_transaction_that_a_cancelled_task_left_takes_nothing_with_it(database: Database) -> None:
    """On a connection in a transaction that nobody ends, all that later sessions commit would be savepoints of it."""
    async with database.engine.connect() as connection:
        raw = await connection.get_raw_connection()
        driver = raw.driver_connection
        assert driver is not None
        await driver.transaction().start()  # as the cut-off start of one: SQLAlchemy does not know of it
    workspace_id = await add_workspace_with_key(database)
    other = await asyncpg.connect(database.url.replace("+asyncpg", ""))
    try:
        found = await other.fetchval("SELECT count(*) FROM identity.keys WHERE workspace_id = $1", workspace_id)
    finally:
        await other.close()
    assert found == 1
