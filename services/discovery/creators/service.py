"""Use cases of creators, posts and comments: merge what was read, read what is known."""

from collections.abc import Awaitable, Sequence
from datetime import datetime
from typing import Any, Protocol
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from services.discovery.creators import repository
from services.discovery.creators.contacts import contactable_by as contactable_by
from services.discovery.creators.gone import Gone as Gone
from services.discovery.creators.gone import Person as Person
from services.discovery.creators.gone import forget_accounts as forget_accounts
from services.discovery.creators.gone import forget_posts as forget_posts
from services.discovery.creators.gone import lock as lock
from services.discovery.creators.gone import set_status as set_status
from services.discovery.creators.gone import workspaces as workspaces
from services.discovery.creators.readings import Readings as Readings
from services.discovery.creators.readings import read as read
from services.discovery.creators.readings import store as store_readings
from services.discovery.creators.repository import Relation
from services.discovery.creators.tombstones import bury as bury
from services.discovery.creators.tombstones import drop_from_staging as drop_from_staging
from services.discovery.creators.tombstones import without_erased
from services.discovery.creators.wire import contact_routes as contact_routes
from services.discovery.creators.wire import counts_of as counts_of
from services.discovery.creators.wire import creator_of as creator_of
from services.discovery.creators.wire import post_of as post_of
from shared.kit.db import Database
from shared.kit.errors import NotFound


class Merge(Protocol):
    """Merges rows of one kind; `sql` is the relation behind FROM, with the alias s, and its parameters."""

    def __call__(
        self, session: AsyncSession, *, workspace_id: UUID, sql: str, parameters: dict[str, Any], source: str,
        comments_expire_at: datetime | None,
    ) -> Awaitable[None]: ...  # fmt: skip


async def _merge_creators(
    session: AsyncSession, *, workspace_id: UUID, sql: str, parameters: dict[str, Any], source: str,
    comments_expire_at: datetime | None,
) -> None:  # fmt: skip
    del comments_expire_at
    rows = Relation(sql, parameters)
    await repository.merge_creators(session, workspace_id=workspace_id, rows=rows, source=source, expires_at=None)


async def _merge_posts(
    session: AsyncSession, *, workspace_id: UUID, sql: str, parameters: dict[str, Any], source: str,
    comments_expire_at: datetime | None,
) -> None:  # fmt: skip
    del comments_expire_at
    rows = Relation(sql, parameters)
    await repository.merge_posts(session, workspace_id=workspace_id, rows=rows, source=source, expires_at=None)


async def _merge_comments(
    session: AsyncSession, *, workspace_id: UUID, sql: str, parameters: dict[str, Any], source: str,
    comments_expire_at: datetime | None,
) -> None:  # fmt: skip
    rows = Relation(sql, parameters)
    await repository.merge_comments(
        session, workspace_id=workspace_id, rows=rows, source=source, expires_at=comments_expire_at
    )


# Staging table and merge, in the order in which rows refer to each other.
MERGES: tuple[tuple[str, Merge], ...] = (
    ("import_creators", _merge_creators),
    ("import_posts", _merge_posts),
    ("import_comments", _merge_comments),
)


async def count_known(session: AsyncSession, *, up_to: int) -> int:
    """How many creators and posts the workspace knows, counted no further than `up_to`."""
    return await repository.count_known(session, up_to=up_to)


async def finish_merge(session: AsyncSession, *, workspace_id: UUID, sql: str, parameters: dict[str, Any]) -> None:
    """After all rows of a merge: handles of accounts that were only mentioned, and wishes not to be found."""
    await repository.name_stub_creators(session, workspace_id=workspace_id, rows=Relation(sql, parameters))
    await repository.forget_opted_out(session, workspace_id=workspace_id)


async def store(
    session: AsyncSession, *, workspace_id: UUID, readings: Readings, source: str, expires_at: datetime | None,
    comments_expire_at: datetime | None,
) -> None:  # fmt: skip
    """Merge what a call brought. Of accounts that opted out only that is kept, of erased ones nothing."""
    kept = await without_erased(session, workspace_id=workspace_id, readings=readings)
    await store_readings(
        session, workspace_id=workspace_id, readings=kept, source=source, expires_at=expires_at,
        comments_expire_at=comments_expire_at,
    )  # fmt: skip


async def get_creator(session: AsyncSession, *, creator_id: UUID) -> Any:  # noqa: ANN401  # a row with a creator's columns
    """NotFound for one that is not known here, and for one that does not want to be found."""
    row = await repository.creator(session, creator_id=creator_id)
    if row is None:
        raise NotFound("no such creator")
    return row


async def posts_by_id(session: AsyncSession, *, workspace_id: UUID, post_ids: Sequence[UUID]) -> dict[UUID, Any]:
    """Those of the posts that are still known."""
    if not post_ids:
        return {}
    found = await repository.posts_by_id(session, workspace_id=workspace_id, post_ids=post_ids)
    return {row.id: row for row in found}


async def expire(database: Database) -> bool:
    """Forget what may be kept no longer, of all workspaces; whether there may be more.

    Of comments the text goes, of creators and posts everything but that they were there.
    """
    async with database.system_session() as session:
        return max([await repository.expire(session, statement) for statement in repository.EXPIRIES]) > 0
