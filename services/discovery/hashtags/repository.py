"""Every SQL statement about hashtags in the archive."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

MOST_TAGS = 2_000
"""Tags that are tested beside the asked ones: those that most of their users use."""
SAMPLED = 2_000
SAMPLED_USERS = 300

_USES = """discovery.post_hashtags h
    JOIN discovery.posts p ON p.workspace_id = :workspace_id AND p.id = h.post_id AND p.author_id IS NOT NULL"""

TOTALS = f"""
    SELECT count(DISTINCT p.author_id) AS accounts, count(DISTINCT h.key) AS tags FROM {_USES}
    WHERE h.workspace_id = :workspace_id"""  # noqa: S608  # our own constants

# The asked tags and those of their users, with how many accounts and posts use each, and how many use both.
PAIRS = f"""
    WITH asked AS (
        SELECT DISTINCT p.author_id FROM {_USES} WHERE h.workspace_id = :workspace_id AND h.key = ANY(:keys)),
    near AS (
        SELECT h.key, count(DISTINCT p.author_id) AS together FROM {_USES} JOIN asked a ON a.author_id = p.author_id
        WHERE h.workspace_id = :workspace_id GROUP BY h.key ORDER BY 2 DESC, 1 LIMIT {MOST_TAGS})
    SELECT n.key, n.together, count(DISTINCT p.author_id) AS users, count(*) AS posts,
        (SELECT count(*) FROM asked) AS asked_users
    FROM near n JOIN discovery.post_hashtags h ON h.workspace_id = :workspace_id AND h.key = n.key
    JOIN discovery.posts p ON p.workspace_id = :workspace_id AND p.id = h.post_id AND p.author_id IS NOT NULL
    GROUP BY n.key, n.together"""  # noqa: S608  # our own constants

# How often some tags are used, and how they are most often spelled.
FIGURES = f"""
    SELECT h.key, count(DISTINCT p.author_id) AS users, count(*) AS posts,
        mode() WITHIN GROUP (ORDER BY t ->> 'display') AS display
    FROM {_USES} LEFT JOIN LATERAL jsonb_array_elements(p.hashtags) t ON t ->> 'key' = h.key
    WHERE h.workspace_id = :workspace_id AND h.key = ANY(:keys) GROUP BY h.key"""  # noqa: S608  # our own constants

# Some accounts with their tags: of all, and of each tag's users; the same ones in one order whatever ids they have.
EVERYBODY = f"""
    SELECT c.platform_id, array_agg(DISTINCT h.key) AS keys FROM (
        SELECT e.id, e.platform, e.platform_id FROM discovery.creators e
        WHERE e.workspace_id = :workspace_id AND EXISTS (
            SELECT FROM discovery.posts q JOIN discovery.post_hashtags g ON g.workspace_id = :workspace_id
                AND g.post_id = q.id WHERE q.workspace_id = :workspace_id AND q.author_id = e.id)
        ORDER BY md5(e.platform_id), e.platform LIMIT {SAMPLED}) c
    JOIN discovery.posts p ON p.workspace_id = :workspace_id AND p.author_id = c.id
    JOIN discovery.post_hashtags h ON h.workspace_id = :workspace_id AND h.post_id = p.id
    GROUP BY c.platform, c.platform_id ORDER BY c.platform, c.platform_id"""  # noqa: S608  # our own constants
USERS = f"""
    WITH chosen AS (
        SELECT key, id, platform, platform_id FROM (
            SELECT u.key, c.id, c.platform, c.platform_id, row_number() OVER (
                PARTITION BY u.key ORDER BY md5(c.platform_id), c.platform) AS place
            FROM (SELECT DISTINCT h.key, p.author_id FROM {_USES}
                WHERE h.workspace_id = :workspace_id AND h.key = ANY(:keys)) u
            JOIN discovery.creators c ON c.workspace_id = :workspace_id AND c.id = u.author_id) x
        WHERE place <= {SAMPLED_USERS})
    SELECT s.key, s.platform_id, array_agg(DISTINCT h.key) AS keys FROM chosen s
    JOIN discovery.posts p ON p.workspace_id = :workspace_id AND p.author_id = s.id
    JOIN discovery.post_hashtags h ON h.workspace_id = :workspace_id AND h.post_id = p.id
    GROUP BY s.key, s.platform, s.platform_id
    ORDER BY s.key, s.platform, s.platform_id"""  # noqa: S608  # our own constants


async def rows_of(
    session: AsyncSession, statement: str, *, workspace_id: UUID, keys: Sequence[str] | None = None
) -> list[Any]:
    """The rows of one of these statements."""
    parameters: dict[str, Any] = {"workspace_id": workspace_id}
    if keys is not None:
        parameters["keys"] = list(keys)
    return list((await session.execute(text(statement), parameters)).all())
