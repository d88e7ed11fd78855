"""Taking texts out of everything that a workspace has in one service: every column of every table, by its catalogue."""

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

_COLUMNS = text(
    """SELECT c.relname, a.attname, t.typname FROM pg_class c
    JOIN pg_namespace n ON n.oid = c.relnamespace
    JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped AND a.attgenerated = ''
    JOIN pg_type t ON t.oid = a.atttypid AND t.typname IN ('text', 'jsonb', '_text')
    WHERE n.nspname = :schema AND c.relkind IN ('r', 'p') AND NOT c.relispartition AND EXISTS (
        SELECT FROM pg_attribute w WHERE w.attrelid = c.oid AND w.attname = 'workspace_id' AND NOT w.attisdropped)
    ORDER BY 1, 2"""
)


async def scrub_workspace(
    session: AsyncSession, *, schema: str, workspace_id: UUID, needles: Sequence[str],
    replacements: Sequence[tuple[str, str]], json_replacements: Sequence[tuple[str, str]],
) -> dict[str, int]:  # fmt: skip
    """Replace patterns in every text, list of texts and JSON of the workspace's rows; column to rows changed.

    `json_replacements` must leave JSON what it is: they are used on the text of a document.

    Only rows that hold one of `needles` (whatever the case) are looked at. Patterns are PostgreSQL's, used without
    regard to case, in order. Stored answers to requests go as a whole, since their bodies are bytes. As owner.
    """
    parameters: dict[str, object] = {"workspace": workspace_id, "needles": [f"%{_like(one)}%" for one in needles]}
    for name, found in (("", replacements), ("j", json_replacements)):
        for number, (pattern, instead) in enumerate(found):
            parameters |= {f"{name}p{number}": pattern, f"{name}i{number}": instead}
    changed: dict[str, int] = {}
    for table, column, kind in (await session.execute(_COLUMNS, {"schema": schema})).all():
        patterns = len(json_replacements if kind == "jsonb" else replacements)
        done = await session.execute(text(_statement(schema, table, column, kind, patterns)), parameters)
        if count := done.scalar_one():
            changed[f"{table}.{column}"] = count
    await session.execute(
        text(
            f"""DELETE FROM {schema}.idempotency_keys WHERE workspace_id = :workspace AND status IS NOT NULL
            AND (encode(coalesce(body, ''), 'escape') ILIKE ANY(CAST(:needles AS text[]))
                OR CAST(headers AS text) ILIKE ANY(CAST(:needles AS text[])))"""  # noqa: S608  # our schema's name
        ),
        {"workspace": workspace_id, "needles": parameters["needles"]},
    )
    return changed


def _statement(schema: str, table: str, column: str, kind: str, patterns: int) -> str:
    value = "x" if kind == "_text" else f"CAST({column} AS text)"
    which = "j" if kind == "jsonb" else ""
    for number in range(patterns):
        value = f"regexp_replace({value}, CAST(:{which}p{number} AS text), CAST(:{which}i{number} AS text), 'gi')"
    if kind == "_text":
        value = f"ARRAY(SELECT {value} FROM unnest({column}) WITH ORDINALITY AS u(x, n) ORDER BY n)"  # noqa: S608  # of the catalogue
    if kind == "jsonb":
        value = f"CAST({value} AS jsonb)"
    return f"""WITH changed AS (
        UPDATE {schema}.{table} SET {column} = {value}
        WHERE workspace_id = :workspace AND CAST({column} AS text) ILIKE ANY(CAST(:needles AS text[]))
            AND {column} IS DISTINCT FROM {value} RETURNING 1)
        SELECT count(*) FROM changed"""  # noqa: S608  # names of the catalogue


def _like(needle: str) -> str:
    return needle.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")
