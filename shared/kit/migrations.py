"""Migrations: an Alembic history per schema, run under an advisory lock, and what every history may say."""

import re
from pathlib import Path
from typing import Any, NamedTuple

from alembic import command, context, op
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from pgqueuer.adapters.persistence.qb import QueryBuilderEnvironment
from pgqueuer.domain.settings import DBSettings
from sqlalchemy import Connection, MetaData, text
from sqlalchemy.ext.asyncio import create_async_engine
from sqlalchemy.pool import NullPool

from shared.kit.db import app_role, owner_role
from shared.kit.tables import kit_metadata
from shared.kit.webhooks.tables import webhook_metadata

VERSION_TABLE = "alembic_version"
WORKSPACE_IS_OURS = "workspace_id = nullif(current_setting('app.workspace', true), '')::uuid"
_QUEUE_OBJECT = re.compile(r"pgqueuer")
_PARTITION = re.compile(r"_p\d{6}$|_default$")


class History(NamedTuple):
    """A schema and the folder of its Alembic history."""

    schema: str
    folder: Path


def queue_settings(schema: str) -> DBSettings:
    """Where the job queue's tables of a service lie. The channel is the database's, so it carries the schema."""
    return DBSettings(db_schema=schema, channel=f"ch_pgqueuer_{schema}")


def alembic_config(script_location: Path, connection: Connection, schema: str) -> Config:
    config = Config()
    config.set_main_option("script_location", str(script_location).replace("%", "%%"))
    config.attributes["connection"] = connection
    config.attributes["schema"] = schema
    return config


async def upgrade(url: str, history: History) -> None:
    """Bring one schema to its head. Safe to call from several processes at once; does nothing at the head."""
    schema, script_location = history
    engine = create_async_engine(url, poolclass=NullPool, hide_parameters=True)
    try:
        async with engine.connect() as connection:
            lock = text("SELECT pg_advisory_lock(hashtextextended('groundswell-migrate', 0))")
            await connection.execute(lock)
            await connection.commit()
            await connection.run_sync(_prepare_schema, schema)
            await connection.commit()
            await connection.run_sync(
                lambda sync: command.upgrade(alembic_config(script_location, sync, schema), "head")
            )
            await connection.commit()
    finally:
        await engine.dispose()


async def is_at_head(url: str, history: History) -> bool:
    """Whether the schema's version is its history's head. Raises what asyncpg raises when the database is away."""
    engine = create_async_engine(url, poolclass=NullPool, hide_parameters=True, connect_args={"timeout": 5})
    try:
        async with engine.connect() as connection:
            return await connection.run_sync(_at_head, *history)
    finally:
        await engine.dispose()


def _at_head(connection: Connection, schema: str, script_location: Path) -> bool:
    known = connection.execute(
        text("SELECT to_regclass(:name) IS NOT NULL"), {"name": f"{schema}.{VERSION_TABLE}"}
    ).scalar_one()
    if not known:
        return False
    current = connection.execute(text(f"SELECT version_num FROM {schema}.{VERSION_TABLE}")).scalars().all()  # noqa: S608  # our own schema names
    return set(current) == set(ScriptDirectory(str(script_location)).get_heads())


def _prepare_schema(connection: Connection, schema: str) -> None:
    """Roles and schema. Roles are the cluster's, so another database may just be making the same ones."""
    # Before 16, membership itself allowed SET ROLE.
    version = connection.execute(text("SELECT current_setting('server_version_num')::int")).scalar_one()
    may_set = "SET" if version >= 160000 else "MEMBER"
    for role in (owner_role(schema), app_role(schema)):
        connection.execute(
            text(
                f"""DO $$ BEGIN
                  IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = '{role}') THEN
                    CREATE ROLE {role} NOLOGIN NOBYPASSRLS;
                  END IF;
                EXCEPTION WHEN duplicate_object OR unique_violation THEN NULL;
                END $$"""
            )
        )
        may = connection.execute(
            text("SELECT pg_has_role(current_user, :role, :may)"), {"role": role, "may": may_set}
        ).scalar_one()
        if not may:
            connection.execute(text(f"GRANT {role} TO CURRENT_USER"))
    connection.execute(text(f"CREATE SCHEMA IF NOT EXISTS {schema} AUTHORIZATION {owner_role(schema)}"))
    connection.execute(text(f"GRANT USAGE ON SCHEMA {schema} TO {app_role(schema)}"))


def run_env(metadata: MetaData) -> None:
    """The whole of a service's migrations/env.py."""
    connection: Connection = context.config.attributes["connection"]
    schema: str = context.config.attributes["schema"]
    context.configure(
        connection=connection,
        target_metadata=metadata,
        version_table=VERSION_TABLE,
        version_table_schema=schema,
        transaction_per_migration=True,
    )
    connection.execute(text(f"SET ROLE {owner_role(schema)}"))
    connection.commit()
    try:
        with context.begin_transaction():
            context.run_migrations()
    finally:
        connection.rollback()
        connection.execute(text("RESET ROLE"))
        connection.commit()


def kit_0001(schema: str, *, queue: bool = True) -> None:
    """The kit's tables of a service, called by the first revision of its history."""
    op.execute(
        f"""CREATE TABLE {schema}.idempotency_keys (
            workspace_id uuid NOT NULL, route text NOT NULL, key text NOT NULL, request_hash bytea NOT NULL,
            status integer, headers jsonb, body bytea, created_at timestamptz NOT NULL DEFAULT now(),
            CONSTRAINT pk_idempotency_keys PRIMARY KEY (workspace_id, route, key))"""
    )
    tenant_table(schema, "idempotency_keys")
    op.execute(
        f"""CREATE TABLE {schema}.job_starts (
            job_id bigint NOT NULL, starts integer NOT NULL, started_at timestamptz NOT NULL DEFAULT now(),
            CONSTRAINT pk_job_starts PRIMARY KEY (job_id))"""
    )
    if not queue:
        return
    settings = queue_settings(schema)
    for statement in _statements(QueryBuilderEnvironment(settings).build_install_query(create_schema=False)):
        op.execute(statement)
    # Enqueueing happens inside tenant transactions; reading jobs does not, because payloads name other workspaces.
    role, names = app_role(schema), settings.qualified
    op.execute(f"GRANT INSERT ON {names.queue_table}, {names.queue_table_log} TO {role}")
    op.execute(f"GRANT SELECT (id, dedupe_key, status, entrypoint, priority) ON {names.queue_table} TO {role}")
    op.execute(f"GRANT USAGE ON ALL SEQUENCES IN SCHEMA {schema} TO {role}")


def _statements(script: str) -> list[str]:
    """Split an installation script at its top-level semicolons; `$$` bodies stay whole."""
    parts: list[str] = []
    current: list[str] = []
    in_body = False
    for piece in re.split(r"(\$\$|;)", script):
        if piece == "$$":
            in_body = not in_body
        if piece == ";" and not in_body:
            parts.append("".join(current))
            current = []
        else:
            current.append(piece)
    parts.append("".join(current))
    return [part.strip() for part in parts if part.strip()]


def tenant_table(schema: str, name: str, *, rights: str = "SELECT, INSERT, UPDATE, DELETE") -> None:
    """Row-level security for a table with workspace_id, and the app role's rights in it. Not forced on the owner."""
    op.execute(f"ALTER TABLE {schema}.{name} ENABLE ROW LEVEL SECURITY")
    op.execute(
        f"CREATE POLICY {name}_workspace ON {schema}.{name} TO {app_role(schema)} "
        f"USING ({WORKSPACE_IS_OURS}) WITH CHECK ({WORKSPACE_IS_OURS})"
    )
    op.execute(f"GRANT {rights} ON {schema}.{name} TO {app_role(schema)}")


def with_kit_tables(metadata: MetaData, schema: str) -> MetaData:
    """A service's tables and the kit's, in the service's schema: what its database should hold.

    Identity sends no webhooks, so its schema has none of their tables.
    """
    whole = MetaData(schema=schema, naming_convention=metadata.naming_convention)
    parts = [metadata, kit_metadata] if schema == "identity" else [metadata, kit_metadata, webhook_metadata]
    for part in parts:
        for table in part.tables.values():
            table.to_metadata(whole, schema=schema)
    return whole


def drift(connection: Connection, metadata: MetaData, schema: str) -> list[Any]:
    """Differences between the database and the declared tables; partitions and the queue's own tables are left out."""

    def ours(name: str | None, kind: str, parents: Any) -> bool:  # noqa: ANN401  # Alembic's own mapping type
        if kind == "schema":
            return name == schema
        if kind == "table":
            return not (_QUEUE_OBJECT.match(name or "") or _PARTITION.search(name or "") or name == VERSION_TABLE)
        return True

    migration_context = MigrationContext.configure(
        connection,
        opts={"include_schemas": True, "include_name": ours, "compare_type": True, "version_table_schema": schema},
    )
    return list(compare_metadata(migration_context, with_kit_tables(metadata, schema)))
