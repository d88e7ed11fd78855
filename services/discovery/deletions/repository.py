"""Every SQL statement about posts and accounts whose platform is asked again whether they are still there."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, NamedTuple
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

# As the index over these has it, so that archives, which may be large, are not read.
_DUE = """p.source = {source} AND p.source <> 'archive' AND NOT p.stub
            AND greatest(p.observed_at, p.asked_at) < :before"""
_DUE_ACCOUNT = """c.source = {source} AND c.source <> 'archive' AND NOT c.stub
            AND greatest(c.observed_at, c.asked_at) < :before AND NOT c.opted_out AND c.gone_at IS NULL"""
WAITING = f"""
    SELECT w.id AS workspace_id, s.source FROM unnest(CAST(:workspace_ids AS uuid[])) AS w(id)
    CROSS JOIN unnest(CAST(:platforms AS text[])) AS s(source)
    WHERE EXISTS (SELECT FROM discovery.posts p WHERE p.workspace_id = w.id AND {_DUE.format(source="s.source")})
        OR EXISTS (SELECT FROM discovery.creators c
            WHERE c.workspace_id = w.id AND {_DUE_ACCOUNT.format(source="s.source")})
    ORDER BY 1, 2"""  # noqa: S608  # our own text
_OLDEST = f"""
    SELECT p.id, p.platform_id FROM discovery.posts p
    WHERE p.workspace_id = :workspace_id AND {_DUE.format(source=":platform")} AND {{which}}
    ORDER BY greatest(p.observed_at, p.asked_at) LIMIT :limit"""  # noqa: S608  # our own text
OF_FOLLOWED = _OLDEST.format(
    which="""p.author_id IN (SELECT a.creator_id FROM discovery.watch_accounts a
        WHERE a.workspace_id = :workspace_id AND a.creator_id IS NOT NULL)"""
)
OF_OTHERS = _OLDEST.format(which="p.id <> ALL(:taken)")


OLDEST_ACCOUNTS = f"""
    SELECT c.id, c.platform_id, coalesce(c.missed_at > c.observed_at, false) FROM discovery.creators c
    WHERE c.workspace_id = :workspace_id AND {_DUE_ACCOUNT.format(source=":platform")}
    ORDER BY greatest(c.observed_at, c.asked_at) LIMIT :limit"""  # noqa: S608  # our own text


class KnownAccount(NamedTuple):
    """An account as it is kept; `missed`: its platform did not show it when it was asked the last time."""

    id: UUID
    platform_id: str
    missed: bool


async def waiting(
    session: AsyncSession, *, workspace_ids: Sequence[UUID], platforms: Sequence[str], before: datetime
) -> list[tuple[UUID, str]]:
    """Workspaces and platforms with something that nobody saw, or asked for, since then; as owner of the schema."""
    parameters = {"workspace_ids": list(workspace_ids), "platforms": list(platforms), "before": before}
    return [(row.workspace_id, row.source) for row in await session.execute(text(WAITING), parameters)]


async def oldest(
    session: AsyncSession, *, workspace_id: UUID, platform: str, before: datetime, limit: int
) -> list[tuple[UUID, str]]:
    """Posts read from a platform that nobody saw since then, those of followed creators first: id and platform id."""
    parameters = {"workspace_id": workspace_id, "platform": platform, "before": before}
    found = [tuple(row) for row in await session.execute(text(OF_FOLLOWED), {**parameters, "limit": limit})]
    more = {**parameters, "limit": limit - len(found), "taken": [post_id for post_id, _ in found]}
    found += [tuple(row) for row in await session.execute(text(OF_OTHERS), more)] if len(found) < limit else []
    return [(post_id, platform_id) for post_id, platform_id in found]


async def set_asked(
    session: AsyncSession, *, workspace_id: UUID, post_ids: Sequence[UUID], before: datetime, at: datetime
) -> None:
    """Note of posts that still are not seen since then that they were asked for: others' turn comes first."""
    parameters: dict[str, Any] = {"workspace_id": workspace_id, "ids": list(post_ids), "before": before, "at": at}
    await session.execute(
        text(
            """UPDATE discovery.posts SET asked_at = :at WHERE workspace_id = :workspace_id AND id = ANY(:ids)
            AND NOT stub AND observed_at < :before"""
        ),
        parameters,
    )


async def oldest_accounts(
    session: AsyncSession, *, workspace_id: UUID, platform: str, before: datetime, limit: int
) -> list[KnownAccount]:
    """Accounts whose profiles were read from a platform and that nobody saw since then."""
    parameters = {"workspace_id": workspace_id, "platform": platform, "before": before, "limit": limit}
    return [KnownAccount(*row) for row in await session.execute(text(OLDEST_ACCOUNTS), parameters)]


async def set_accounts_asked(
    session: AsyncSession, *, workspace_id: UUID, creator_ids: Sequence[UUID], missing: Sequence[UUID],
    before: datetime, at: datetime,
) -> None:  # fmt: skip
    """Note of accounts that still are not seen since then that they were asked for, and which were missing: others'
    turn comes first."""
    parameters: dict[str, Any] = {
        "workspace_id": workspace_id, "ids": list(creator_ids), "missing": list(missing), "before": before, "at": at,
    }  # fmt: skip
    await session.execute(
        text(
            """UPDATE discovery.creators
            SET asked_at = :at, missed_at = CASE WHEN id = ANY(:missing) THEN :at ELSE missed_at END
            WHERE workspace_id = :workspace_id AND id = ANY(:ids) AND NOT stub AND observed_at < :before"""
        ),
        parameters,
    )
