"""The memory of what platforms said is gone while it is not stored, and how merges ask it. Texts and their calls.

Rows that are kept as stubs know by themselves that they are gone. What was not stored yet may still come with an
answer that was under way, and a deleted comment with an archive.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

POST, ACCOUNT = "post", "account"
"""Kinds; comments are of the posts' kind, since a platform that tells of deletions does not tell them apart."""
KEPT = timedelta(days=2)
"""Longer than any answer is under way."""
KEPT_OF_COMMENTS = timedelta(days=365)
"""Of comments that were stored, the longest that evidence may be kept: for so long an archive may bring them again."""

# An archive tells nothing of today, and a platform's own caches go on showing for a while what was deleted.
LATER = "observed_at > {gone} + interval '10 minutes'"
_REMEMBER = """
    INSERT INTO discovery.gone AS t (platform, digest, gone_at, expires_at)
    SELECT DISTINCT CAST(:platform AS text), {digest}, CAST(:at AS timestamptz), CAST(:until AS timestamptz)
    FROM unnest(CAST(:ids AS text[])) AS i(id) ORDER BY 2
    ON CONFLICT (platform, digest) DO UPDATE SET gone_at = greatest(t.gone_at, excluded.gone_at),
        expires_at = greatest(t.expires_at, excluded.expires_at)"""
_UNSAY = """
    DELETE FROM discovery.gone WHERE platform = :platform
    AND digest IN (SELECT {digest} FROM unnest(CAST(:ids AS text[])) AS i(id))"""
EXPIRED = """
    DELETE FROM discovery.gone WHERE ctid = ANY(ARRAY(
        SELECT ctid FROM discovery.gone WHERE expires_at < now() LIMIT 5000))"""


def digest(kind: str, platform_id: str) -> str:
    """The digest of the identifier that an expression holds."""
    return f"sha256(convert_to('{kind} ' || {platform_id}, 'UTF8'))"


def named(kind: str, platform_id: str) -> str:
    """That a row g of the memory speaks of the identifier in a column of s."""
    return f"g.platform = s.platform AND g.digest = {digest(kind, platform_id)}"


def is_there(kind: str, platform_id: str) -> str:
    """That nothing is remembered against a row s, or that the platform itself showed it later; true for no identifier.

    Takes the parameter `source`.
    """
    return f"""NOT EXISTS (SELECT FROM discovery.gone g WHERE {named(kind, platform_id)}
                AND NOT (CAST(:source AS text) <> 'archive' AND s.{LATER.format(gone="g.gone_at")}))"""


async def remember(
    session: AsyncSession, *, kind: str, platform: str, platform_ids: Sequence[str], at: datetime,
    kept: timedelta = KEPT,
) -> None:  # fmt: skip
    """As owner of the schema."""
    if platform_ids:
        await session.execute(
            text(_REMEMBER.format(digest=digest(kind, "i.id"))),
            {"platform": platform, "ids": list(platform_ids), "at": at, "until": at + kept},
        )


async def unsay(session: AsyncSession, *, kind: str, platform: str, platform_ids: Sequence[str]) -> None:
    """The platform says that they are there. As owner of the schema."""
    if platform_ids:
        await session.execute(
            text(_UNSAY.format(digest=digest(kind, "i.id"))), {"platform": platform, "ids": list(platform_ids)}
        )
