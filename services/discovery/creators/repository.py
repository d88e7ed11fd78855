"""Every SQL statement about creators, posts and comments."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, NamedTuple
from uuid import UUID

import orjson
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from services.discovery.creators import statements
from services.discovery.rows import CommentRow, CreatorRow, PostRow


class Relation(NamedTuple):
    """Rows to merge: `sql` is what stands behind FROM, with the alias s; `parameters` are its bound values."""

    sql: str
    parameters: dict[str, Any]


def given(kind: type[CreatorRow] | type[PostRow] | type[CommentRow], rows: Sequence[tuple[Any, ...]]) -> Relation:
    """Some rows, sent along as one parameter. JSON fields hold JSON texts already."""
    content = []
    for row in rows:
        values = dict(zip(kind._fields, row, strict=True))
        for name in statements.JSON_FIELDS & values.keys():
            if values[name] is not None:
                values[name] = orjson.Fragment(values[name])
        content.append(values)
    return Relation(statements.given(kind), {"rows": orjson.dumps(content).decode()})


async def merge_creators(
    session: AsyncSession, *, workspace_id: UUID, rows: Relation, source: str, expires_at: datetime | None
) -> None:
    """Creators and the mentions of creators; what an account wrote that has just opted out is forgotten."""
    parameters = {**rows.parameters, "workspace_id": workspace_id, "source": source, "expires_at": expires_at}
    await session.execute(text(statements.merge_creators(rows.sql)), parameters)
    await session.execute(text(statements.add_stub_creators(rows.sql)), parameters)


async def name_stub_creators(session: AsyncSession, *, workspace_id: UUID, rows: Relation) -> None:
    """Give a handle to accounts that were only known by their identifier."""
    parameters = {**rows.parameters, "workspace_id": workspace_id}
    await session.execute(text(statements.name_stub_creators(rows.sql)), parameters)


async def merge_posts(
    session: AsyncSession, *, workspace_id: UUID, rows: Relation, source: str, expires_at: datetime | None
) -> None:
    """Posts, the mentions of posts, and hashtags, behind their authors."""
    parameters = {**rows.parameters, "workspace_id": workspace_id, "source": source, "expires_at": expires_at}
    await session.execute(text(statements.merge_posts(rows.sql)), parameters)
    await session.execute(text(statements.add_stub_posts(rows.sql)), parameters)
    await session.execute(text(statements.drop_old_hashtags(rows.sql)), parameters)
    await session.execute(text(statements.add_hashtags(rows.sql)), parameters)


async def merge_comments(
    session: AsyncSession, *, workspace_id: UUID, rows: Relation, expires_at: datetime | None
) -> None:
    """Comments, behind their posts and authors."""
    parameters = {**rows.parameters, "workspace_id": workspace_id, "expires_at": expires_at}
    await session.execute(text(statements.merge_comments(rows.sql)), parameters)


async def forget_opted_out(session: AsyncSession, *, workspace_id: UUID) -> None:
    """Delete what accounts wrote that do not want to be found."""
    parameters = {"workspace_id": workspace_id}
    for statement in (
        statements.FORGET_COMMENTS_OF_OPTED_OUT,
        statements.FORGET_HASHTAGS_OF_OPTED_OUT,
        statements.FORGET_POSTS_OF_OPTED_OUT,
    ):
        await session.execute(text(statement), parameters)
