"""Every SQL statement about creators, posts and comments."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, NamedTuple
from uuid import UUID

import orjson
from sqlalchemy import Select, and_, func, or_, select, text
from sqlalchemy.ext.asyncio import AsyncSession

from services.discovery.creators import statements
from services.discovery.rows import CommentRow, CreatorRow, PostRow
from services.discovery.tables import creators as tables
from services.discovery.tables.people import PersonLinkRow
from shared.kit.pages import PageRequest


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


EXPIRIES = statements.EXPIRIES


async def expire(session: AsyncSession, statement: str) -> int:
    """Run one of EXPIRIES as owner of the schema, on some thousand rows at most; how many it changed."""
    done: Any = await session.execute(text(statement))
    return max(int(done.rowcount), 0)


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
    session: AsyncSession, *, workspace_id: UUID, rows: Relation, source: str, expires_at: datetime | None
) -> None:
    """Comments, behind their posts and authors."""
    parameters = {**rows.parameters, "workspace_id": workspace_id, "source": source, "expires_at": expires_at}
    await session.execute(text(statements.merge_comments(rows.sql)), parameters)


async def count_known(session: AsyncSession, *, up_to: int) -> int:
    """Creators and posts of the session's workspace; counting stops at `up_to`."""
    found = await session.scalar(
        text(
            """SELECT count(*) FROM (SELECT 1 FROM discovery.creators UNION ALL SELECT 1 FROM discovery.posts
            LIMIT :up_to) x"""
        ),
        {"up_to": up_to},
    )
    return int(found or 0)


async def forget_opted_out(session: AsyncSession, *, workspace_id: UUID) -> None:
    """Delete what accounts wrote that do not want to be found."""
    parameters = {"workspace_id": workspace_id}
    for statement in (
        statements.FORGET_COMMENTS_OF_OPTED_OUT,
        statements.FORGET_HASHTAGS_OF_OPTED_OUT,
        statements.FORGET_POSTS_OF_OPTED_OUT,
    ):
        await session.execute(text(statement), parameters)


def _listed() -> Select[Any]:
    """Creators with the time of their latest post; those that opted out are no one's business."""
    latest = (
        select(func.max(tables.PostRow.created_at))
        .where(
            tables.PostRow.workspace_id == tables.CreatorRow.workspace_id,
            tables.PostRow.author_id == tables.CreatorRow.id,
        )
        .correlate(tables.CreatorRow)
        .scalar_subquery()
    )
    person = (
        select(PersonLinkRow.person_id)
        .where(
            PersonLinkRow.workspace_id == tables.CreatorRow.workspace_id,
            PersonLinkRow.creator_id == tables.CreatorRow.id,
            PersonLinkRow.state != "cut",
        )
        .correlate(tables.CreatorRow)
        .scalar_subquery()
    )
    columns = tables.CreatorRow.__table__.columns
    return select(*columns, latest.label("last_posted_at"), person.label("person_id")).where(
        ~tables.CreatorRow.opted_out
    )


async def creators(
    session: AsyncSession, *, page: PageRequest, platform: str | None, handle: str | None, min_followers: int | None,
    max_followers: int | None, with_unknown: bool,
) -> Sequence[Any]:  # fmt: skip
    """More than mentioned, oldest acquaintance first."""
    creator = tables.CreatorRow
    query = _listed().where(~creator.stub).order_by(creator.id).limit(page.limit + 1)
    if page.after:
        query = query.where(creator.id > page.after[0])
    if platform is not None:
        query = query.where(creator.platform == platform)
    if handle is not None:
        plain = handle.strip().removeprefix("@")
        query = query.where(creator.handle.in_({plain, plain.lower()}))
    band = []
    if min_followers is not None:
        band.append(creator.followers >= min_followers)
    if max_followers is not None:
        band.append(creator.followers <= max_followers)
    if not with_unknown:
        query = query.where(creator.followers.is_not(None))
    if band:
        query = query.where(or_(creator.followers.is_(None), and_(*band)))
    found: Sequence[Any] = (await session.execute(query)).all()
    return found


async def creator(session: AsyncSession, *, creator_id: UUID) -> Any:  # noqa: ANN401  # a row, or None
    """One creator, also one that was only mentioned."""
    return (await session.execute(_listed().where(tables.CreatorRow.id == creator_id))).one_or_none()


async def posts_by_id(session: AsyncSession, *, workspace_id: UUID, post_ids: Sequence[UUID]) -> Sequence[Any]:
    """Posts, those that are only mentioned included."""
    post = tables.PostRow
    query = select(post).where(post.workspace_id == workspace_id, post.id.in_(post_ids))
    return (await session.scalars(query)).all()
