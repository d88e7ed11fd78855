"""Deleting all that a workspace has in one service: every row of every table that carries its id."""

from uuid import UUID

from fastapi import Response
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from shared.kit.app import router as kit_router
from shared.kit.edge import Administrator, OwnerSession, ServiceRuntime
from shared.kit.migrations import queue_settings
from shared.kit.tables import idempotency_keys

router = kit_router("/v1", tags=["operations"])

_TABLES = text(
    """SELECT c.oid, c.relname FROM pg_class c
    JOIN pg_namespace n ON n.oid = c.relnamespace
    JOIN pg_attribute a ON a.attrelid = c.oid AND a.attname = 'workspace_id' AND NOT a.attisdropped
    WHERE n.nspname = :schema AND c.relkind IN ('r', 'p') AND NOT c.relispartition"""
)
_REFERENCES = text(
    """SELECT conrelid, confrelid FROM pg_constraint
    WHERE contype = 'f' AND conrelid <> confrelid AND connamespace = CAST(:schema AS regnamespace)"""
)


@router.delete(
    "/workspace-data",
    status_code=204,
    operation_id="delete_workspace_data",
    summary="Delete all that the caller's workspace has in this service",
)
async def delete_workspace_data(session: OwnerSession, caller: Administrator, runtime: ServiceRuntime) -> Response:
    """Every row, irrevocably, and the background work that waits for it. Other workspaces and services keep theirs."""
    await purge_workspace(session, schema=runtime.database.schema, workspace_id=caller.workspace_id)
    return Response(status_code=204)


async def purge_workspace(session: AsyncSession, *, schema: str, workspace_id: UUID) -> dict[str, int]:
    """Delete as owner of the schema, referring tables first; table name to rows deleted."""
    tables = {row.oid: row.relname for row in await session.execute(_TABLES, {"schema": schema})}
    refers = {(row.conrelid, row.confrelid) for row in await session.execute(_REFERENCES, {"schema": schema})}
    deleted: dict[str, int] = {}
    for name in _referring_first(tables, refers):
        # A key whose answer is not there yet is this very request's.
        kept = " AND status IS NOT NULL" if name == idempotency_keys.name else ""
        done = await session.execute(
            text(
                f"WITH gone AS (DELETE FROM {schema}.{name} WHERE workspace_id = :workspace{kept} RETURNING 1) "  # noqa: S608  # catalogue names
                "SELECT count(*) FROM gone"
            ),
            {"workspace": workspace_id},
        )
        deleted[name] = done.scalar_one()
    queue = queue_settings(schema).qualified.queue_table
    await session.execute(
        text(
            f"DELETE FROM {queue} "  # noqa: S608  # our own name
            "WHERE convert_from(payload, 'UTF8')::jsonb ->> 'workspace_id' = CAST(:workspace AS text)"
        ),
        {"workspace": str(workspace_id)},
    )
    return deleted


def _referring_first(tables: dict[int, str], refers: set[tuple[int, int]]) -> list[str]:
    """Names so that a table comes before those that it refers to."""
    ordered: list[str] = []
    left = dict(tables)
    while left:
        free = [oid for oid in left if not any(to == oid and at in left for at, to in refers)]
        chosen = sorted(free or left, key=lambda one: tables[one])
        ordered.extend(left.pop(oid) for oid in chosen)
    return ordered
