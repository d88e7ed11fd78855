"""The database is what the code says, and no tenant table is open."""

import ast
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from sqlalchemy import MetaData, text
from sqlalchemy.ext.asyncio import AsyncConnection, create_async_engine
from sqlalchemy.pool import NullPool

from shared.kit.identity import tables as identity_tables
from shared.kit.migrations import History, drift
from shared.kit.plugins import import_all
from tests.architecture.contracts import ROOT
from tests.house import HISTORIES

OPEN_TABLES = """
    SELECT n.nspname || '.' || c.relname FROM pg_class c
    JOIN pg_namespace n ON n.oid = c.relnamespace
    JOIN pg_attribute a ON a.attrelid = c.oid AND a.attname = 'workspace_id' AND NOT a.attisdropped
    WHERE n.nspname IN ('identity', 'discovery', 'scoring', 'attribution')
      AND c.relkind IN ('r', 'p') AND NOT c.relispartition
      AND (NOT c.relrowsecurity OR c.relforcerowsecurity
           OR NOT EXISTS (SELECT FROM pg_policies p WHERE p.schemaname = n.nspname AND p.tablename = c.relname
                          AND p.qual LIKE '%app.workspace%' AND p.with_check LIKE '%app.workspace%'
                          AND p.roles = ARRAY[('gs_' || n.nspname || '_app')::name]))
    ORDER BY 1"""

RIGHTS_ON_PARTITIONS = """
    SELECT n.nspname || '.' || c.relname FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
    WHERE c.relispartition AND c.relacl::text LIKE '%gs_%_app=%'"""

FOREIGN_RIGHTS = """
    SELECT n.nspname || '.' || c.relname FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
    CROSS JOIN unnest(ARRAY['identity', 'discovery', 'scoring', 'attribution']) AS s(name)
    WHERE n.nspname IN ('identity', 'discovery', 'scoring', 'attribution') AND s.name <> n.nspname
      AND c.relkind IN ('r', 'p') AND has_table_privilege('gs_' || s.name || '_app', c.oid, 'SELECT')"""


@pytest.fixture
async def connection(fresh_database_url: str) -> AsyncIterator[AsyncConnection]:
    engine = create_async_engine(fresh_database_url, poolclass=NullPool)
    async with engine.connect() as opened:
        yield opened
    await engine.dispose()


def metadata_of(history: History) -> MetaData:
    if history.schema == "identity":
        return identity_tables.Base.metadata
    modules = import_all(f"services.{history.schema}.tables")
    found: MetaData = next(module.Base.metadata for module in modules if module.__name__.endswith(".base"))
    return found


@pytest.mark.parametrize("history", HISTORIES, ids=lambda history: history.schema)
async def test_tables_and_migrations_agree(connection: AsyncConnection, history: History) -> None:
    found = await connection.run_sync(drift, metadata_of(history), history.schema)
    assert found == []


async def test_a_column_that_no_migration_made_is_noticed(connection: AsyncConnection) -> None:
    await connection.execute(text("ALTER TABLE identity.keys ADD COLUMN nobody_knows text"))
    found = await connection.run_sync(drift, metadata_of(HISTORIES[0]), "identity")
    assert len(found) == 1


async def test_every_table_with_a_workspace_has_row_level_security_and_a_policy(connection: AsyncConnection) -> None:
    assert (await connection.execute(text(OPEN_TABLES))).scalars().all() == []


@pytest.mark.parametrize(
    "mistake",
    [
        "ALTER TABLE identity.keys DISABLE ROW LEVEL SECURITY",
        "DROP POLICY keys_workspace ON identity.keys",
        "CREATE TABLE discovery.forgotten (workspace_id uuid)",
    ],
)
async def test_an_open_table_is_noticed(connection: AsyncConnection, mistake: str) -> None:
    await connection.execute(text(mistake))
    assert len((await connection.execute(text(OPEN_TABLES))).scalars().all()) == 1


async def test_app_roles_have_no_rights_on_partitions_nor_in_other_schemas(connection: AsyncConnection) -> None:
    assert (await connection.execute(text(RIGHTS_ON_PARTITIONS))).scalars().all() == []
    assert (await connection.execute(text(FOREIGN_RIGHTS))).scalars().all() == []


async def test_app_roles_can_neither_log_in_nor_pass_row_level_security(connection: AsyncConnection) -> None:
    roles = await connection.execute(
        text("SELECT rolname FROM pg_roles WHERE rolname LIKE 'gs\\_%' AND (rolcanlogin OR rolbypassrls OR rolsuper)")
    )
    assert roles.scalars().all() == []


async def test_tenant_tables_have_no_triggers_and_null_nothing_on_delete(connection: AsyncConnection) -> None:
    triggers = await connection.execute(
        text(
            """SELECT c.relname FROM pg_trigger t JOIN pg_class c ON c.oid = t.tgrelid
            JOIN pg_namespace n ON n.oid = c.relnamespace
            WHERE NOT t.tgisinternal AND n.nspname IN ('identity', 'discovery', 'scoring', 'attribution')
              AND c.relname NOT LIKE 'pgqueuer%'"""
        )
    )
    nulled = await connection.execute(text("SELECT conname FROM pg_constraint WHERE confdeltype = 'n'"))
    assert (triggers.scalars().all(), nulled.scalars().all()) == ([], [])


def test_migration_histories_are_one_line_each() -> None:
    from alembic.script import ScriptDirectory

    assert {history.schema: len(ScriptDirectory(str(history.folder)).get_heads()) for history in HISTORIES} == {
        history.schema: 1 for history in HISTORIES
    }
    assert all(isinstance(history.folder, Path) for history in HISTORIES)


def test_no_engine_puts_bound_values_into_its_errors() -> None:
    found = [
        (ast.unparse(call), {word.arg: ast.unparse(word.value) for word in call.keywords}.get("hide_parameters"))
        for folder in ("services", "shared")
        for file in sorted((ROOT / folder).rglob("*.py"))
        if "create_async_engine(" in (source := file.read_text())
        for call in ast.walk(ast.parse(source))
        if isinstance(call, ast.Call) and ast.unparse(call.func).endswith("create_async_engine")
    ]
    assert (len(found) >= 5, [call for call, hidden in found if hidden != "True"]) == (True, [])
