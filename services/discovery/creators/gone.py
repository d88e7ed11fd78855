"""What a platform says is gone, in every workspace that holds it: posts, comments and accounts.

All of this runs as owner of the schema. Rows are locked in the order in which they are merged: creators, then posts,
then what hangs on them.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, NamedTuple
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from services.discovery.creators import memory
from services.discovery.creators.statements import EMPTY_POST, empty_creator
from shared.schemas.creators import AccountStatus


class Gone(NamedTuple):
    """A post that was there and is so no more."""

    workspace_id: UUID
    post_id: UUID
    author_id: UUID | None


Person = tuple[UUID, UUID]
"""A workspace and a creator of it."""


# One probe of an index for each workspace: a list of the workspaces is in another service's hands, and DISTINCT would
# read every row.
_WORKSPACES = """
    WITH RECURSIVE {name}(id) AS (
        (SELECT workspace_id FROM discovery.{table} ORDER BY workspace_id LIMIT 1)
        UNION ALL
        SELECT (SELECT x.workspace_id FROM discovery.{table} x WHERE x.workspace_id > {name}.id
            ORDER BY x.workspace_id LIMIT 1)
        FROM {name} WHERE {name}.id IS NOT NULL)
    SELECT id FROM {name} WHERE id IS NOT NULL"""
# By the unique key of posts and creators, which begins with the workspace.
_KNOWN = """
    SELECT workspace_id, id FROM discovery.{table}
    WHERE workspace_id = ANY(:workspace_ids) AND platform = :platform AND platform_id = ANY(:platform_ids)
        AND {condition}
    ORDER BY workspace_id, platform_id FOR NO KEY UPDATE"""
_GIVEN = "unnest(CAST(:workspaces AS uuid[]), CAST(:ids AS uuid[])) AS g(workspace_id, id)"
_STUBS = f"""
    UPDATE discovery.posts p SET {EMPTY_POST}, gone_at = :at FROM known k
    WHERE p.workspace_id = k.workspace_id AND p.id = k.id RETURNING p.workspace_id, p.id, p.author_id"""  # noqa: S608  # our own column names
_FORGET_POSTS = f"WITH known AS ({_KNOWN.format(table='posts', condition='gone_at IS NULL')}) {_STUBS}"
_FORGET_POSTS_OF = f"""
    WITH known AS (
        SELECT p.workspace_id, p.id FROM {_GIVEN}
        JOIN discovery.posts p ON p.workspace_id = g.workspace_id AND p.author_id = g.id AND p.gone_at IS NULL
        ORDER BY p.workspace_id, p.platform_id FOR NO KEY UPDATE OF p)
    {_STUBS}"""  # noqa: S608  # our own text
_FORGET_HASHTAGS = f"""
    DELETE FROM discovery.post_hashtags h USING {_GIVEN}
    WHERE h.workspace_id = g.workspace_id AND h.post_id = g.id"""  # noqa: S608  # our own text
_DELETE_COMMENTS = """
    WITH known AS ({known} ORDER BY c.workspace_id, c.platform, c.platform_id FOR UPDATE OF c)
    DELETE FROM discovery.comments c USING known k WHERE c.workspace_id = k.workspace_id
        AND c.platform = k.platform AND c.platform_id = k.platform_id
    RETURNING c.platform_id, c.workspace_id, c.post_id, c.author_id"""
_FORGET_COMMENTS = _DELETE_COMMENTS.format(
    known="""SELECT c.workspace_id, c.platform, c.platform_id FROM discovery.comments c
        WHERE c.workspace_id = ANY(:workspace_ids) AND c.platform = :platform AND c.platform_id = ANY(:platform_ids)"""
)
_FORGET_COMMENTS_OF = _DELETE_COMMENTS.format(
    known=f"""SELECT c.workspace_id, c.platform, c.platform_id FROM {_GIVEN}
        JOIN discovery.comments c ON c.workspace_id = g.workspace_id AND c.author_id = g.id"""  # noqa: S608  # our own text
)
_AUTHORS_OF_POSTS = f"""
    SELECT DISTINCT p.workspace_id, p.author_id FROM {_GIVEN}
    JOIN discovery.posts p ON p.workspace_id = g.workspace_id AND p.id = g.id WHERE p.author_id IS NOT NULL"""  # noqa: S608  # our own text
_KNOWN_AUTHORS = """
    SELECT DISTINCT platform_id FROM discovery.creators
    WHERE workspace_id = ANY(:workspace_ids) AND platform = :platform AND platform_id = ANY(:authors)"""
_FORGET_ACCOUNTS = f"""
    WITH known AS ({_KNOWN.format(table="creators", condition="NOT opted_out AND gone_at IS NULL")})
    UPDATE discovery.creators c SET {empty_creator("status")}, status = '{AccountStatus.DELETED}', gone_at = :at
    FROM known k WHERE c.workspace_id = k.workspace_id AND c.id = k.id RETURNING c.workspace_id, c.id"""  # noqa: S608  # our own column names
_SET_STATUS = f"""
    WITH known AS ({_KNOWN.format(table="creators", condition="NOT opted_out AND status IS DISTINCT FROM :status")})
    UPDATE discovery.creators c SET status = :status,
        gone_at = CASE WHEN CAST(:status AS text) = '{AccountStatus.ACTIVE}' THEN NULL ELSE c.gone_at END
    FROM known k WHERE c.workspace_id = k.workspace_id AND c.id = k.id RETURNING 1"""  # noqa: S608  # our own text

_LOCK_CREATORS = _KNOWN.format(table="creators", condition="true")
_LOCK_POSTS = """
    SELECT 1 FROM discovery.posts p JOIN (
        SELECT workspace_id, id FROM discovery.posts
        WHERE workspace_id = ANY(:workspace_ids) AND platform = :platform AND platform_id = ANY(:posts)
        UNION
        SELECT q.workspace_id, q.id FROM discovery.creators c
        JOIN discovery.posts q ON q.workspace_id = c.workspace_id AND q.author_id = c.id
        WHERE c.workspace_id = ANY(:workspace_ids) AND c.platform = :platform AND c.platform_id = ANY(:authors)) k
        ON k.workspace_id = p.workspace_id AND k.id = p.id
    ORDER BY p.workspace_id, p.platform_id FOR NO KEY UPDATE OF p"""


async def lock(
    session: AsyncSession, *, workspace_ids: Sequence[UUID], platform: str, accounts: Sequence[str],
    posts: Sequence[str], posts_of: Sequence[str],
) -> None:  # fmt: skip
    """Lock accounts and posts, also all posts of some accounts, before several changes of them in one transaction.

    Each change alone locks in the order of merges, but a second one would turn to creators behind the first's posts.
    """
    where = {"workspace_ids": list(workspace_ids), "platform": platform}
    if accounts:
        await session.execute(text(_LOCK_CREATORS), {**where, "platform_ids": list(accounts)})
    if posts or posts_of:
        await session.execute(text(_LOCK_POSTS), {**where, "posts": list(posts), "authors": list(posts_of)})


async def workspaces(session: AsyncSession) -> list[UUID]:
    """Every workspace that knows a creator or a post."""
    found: set[UUID] = set()
    for table in ("creators", "posts"):
        found |= set((await session.scalars(text(_WORKSPACES.format(name="w", table=table)))).all())
    return sorted(found)


async def forget_posts(
    session: AsyncSession, *, workspace_ids: Sequence[UUID], platform: str, platform_ids: Sequence[str], at: datetime,
    authors: Mapping[str, str] | None = None,
) -> tuple[list[Gone], list[Person]]:  # fmt: skip
    """Of these posts only stubs remain, of comments with these identifiers nothing.

    The posts that were there before, and the people of whom comments went: who wrote them and under whose posts.

    An answer of the platform, later than `at` by some minutes, fills a post again. `authors`: by post, where a stream
    tells of everybody's deletions; what strangers wrote is then not remembered.
    """
    parameters = {"workspace_ids": list(workspace_ids), "platform": platform, "platform_ids": list(platform_ids)}
    found = await session.execute(text(_FORGET_POSTS), {**parameters, "at": at})
    gone = [Gone(*row) for row in found]
    await _forget_hashtags(session, gone)
    comments = (await session.execute(text(_FORGET_COMMENTS), parameters)).all()
    await memory.remember(
        session, kind=memory.POST, platform=platform, platform_ids=[row.platform_id for row in comments], at=at,
        kept=memory.KEPT_OF_COMMENTS,
    )  # fmt: skip
    if authors is not None:
        asked = {"workspace_ids": list(workspace_ids), "platform": platform, "authors": list(set(authors.values()))}
        known = set((await session.scalars(text(_KNOWN_AUTHORS), asked)).all())
        platform_ids = [one for one in platform_ids if authors.get(one) in known]
    await memory.remember(session, kind=memory.POST, platform=platform, platform_ids=platform_ids, at=at)
    return gone, await _people_of(session, comments)


async def forget_accounts(
    session: AsyncSession, *, workspace_ids: Sequence[UUID], platform: str, platform_ids: Sequence[str], at: datetime
) -> tuple[list[Person], list[Gone], list[Person]]:
    """Deleted accounts keep their identity and the status, their posts remain as stubs, their comments go.

    The accounts that were there before, their posts, and the people of whom comments went: who wrote them and under
    whose posts.
    """
    parameters = {"workspace_ids": list(workspace_ids), "platform": platform, "platform_ids": list(platform_ids)}
    await memory.remember(session, kind=memory.ACCOUNT, platform=platform, platform_ids=platform_ids, at=at)
    found = await session.execute(text(_FORGET_ACCOUNTS), {**parameters, "at": at})
    people = [(row.workspace_id, row.id) for row in found]
    if not people:
        return [], [], []
    given = {"workspaces": [one for one, _ in people], "ids": [one for _, one in people]}
    gone = [Gone(*row) for row in await session.execute(text(_FORGET_POSTS_OF), {**given, "at": at})]
    await _forget_hashtags(session, gone)
    comments = (await session.execute(text(_FORGET_COMMENTS_OF), given)).all()
    return people, gone, await _people_of(session, comments)


async def set_status(
    session: AsyncSession, *, workspace_ids: Sequence[UUID], platform: str, platform_ids: Sequence[str],
    status: AccountStatus,
) -> int:  # fmt: skip
    """What became of accounts that are not deleted, or are there again; of how many that is news."""
    parameters = {"workspace_ids": list(workspace_ids), "platform": platform, "platform_ids": list(platform_ids)}
    if status is AccountStatus.ACTIVE:
        await memory.unsay(session, kind=memory.ACCOUNT, platform=platform, platform_ids=platform_ids)
    found = await session.execute(text(_SET_STATUS), {**parameters, "status": str(status)})
    return len(found.all())


async def _people_of(session: AsyncSession, comments: Sequence[Any]) -> list[Person]:
    """Who wrote comments, and under whose posts they stood."""
    posts = sorted({(row.workspace_id, row.post_id) for row in comments})
    if not posts:
        return []
    given = {"workspaces": [one for one, _ in posts], "ids": [one for _, one in posts]}
    hosts = [(row.workspace_id, row.author_id) for row in await session.execute(text(_AUTHORS_OF_POSTS), given)]
    return [*hosts, *((row.workspace_id, row.author_id) for row in comments if row.author_id is not None)]


async def _forget_hashtags(session: AsyncSession, gone: Sequence[Gone]) -> None:
    if gone:
        given = {"workspaces": [one.workspace_id for one in gone], "ids": [one.post_id for one in gone]}
        await session.execute(text(_FORGET_HASHTAGS), given)
