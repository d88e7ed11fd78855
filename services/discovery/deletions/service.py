"""Use cases of deletions: what a platform says is gone is forgotten in every workspace, and those who follow are told.

Run as owner of the schema, inside the transaction of whoever learned of it.
"""

from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime
from itertools import groupby
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from services.discovery.creators import service as creators
from services.discovery.creators.service import Gone, Person
from services.discovery.events import service as events
from services.discovery.events.service import NewEvent
from services.discovery.watches import service as watches
from shared.schemas.creators import AccountStatus
from shared.schemas.events import EventKind

_TOLD_AT_ONCE = 1_000
"""Events that one statement writes: its parameters are counted."""


async def forget_posts(
    session: AsyncSession, *, platform: str, platform_ids: Sequence[str], authors: Mapping[str, str] | None = None
) -> int:
    """Forget posts and comments that are gone; how many posts were still there. Hearing of one again does nothing.

    `authors`: by post, where posts of people may be among them that nobody here knows.
    """
    if not platform_ids:
        return 0
    gone, talked = await creators.forget_posts(
        session, workspace_ids=await creators.workspaces(session), platform=platform, platform_ids=platform_ids,
        at=datetime.now(UTC), authors=authors,
    )  # fmt: skip
    await _tell(session, gone)
    await _withdraw(session, [*_authors(gone), *talked], account_deleted=False)
    return len(gone)


async def change_accounts(session: AsyncSession, *, platform: str, statuses: dict[str, AccountStatus]) -> None:
    """What became of accounts, by platform id: deleted ones are forgotten, of the others the status is kept.

    A status that says nothing is passed over.
    """
    if not statuses:
        return
    workspace_ids = await creators.workspaces(session)
    for status in (AccountStatus.DELETED, AccountStatus.SUSPENDED, AccountStatus.ACTIVE):
        platform_ids = [one for one, what in statuses.items() if what is status]
        if not platform_ids:
            continue
        if status is AccountStatus.DELETED:
            people, gone, talked = await creators.forget_accounts(
                session, workspace_ids=workspace_ids, platform=platform, platform_ids=platform_ids,
                at=datetime.now(UTC),
            )  # fmt: skip
            await watches.forget_numbers(session, creators=people)
            await events.forget_accounts(session, creators=people)
            await _tell(session, gone)
            await _withdraw(session, set(talked).difference(people), account_deleted=False)
            await _withdraw(session, people, account_deleted=True)
        else:
            await creators.set_status(
                session, workspace_ids=workspace_ids, platform=platform, platform_ids=platform_ids, status=status
            )


async def _tell(session: AsyncSession, gone: Sequence[Gone]) -> None:
    """Tell of posts whose author a watch follows. What was gone before is not among them, so that each is told once."""
    authors = sorted(set(_authors(gone)))
    if not authors:
        return
    followed = await watches.followed(session, creators=authors)
    told: list[tuple[UUID, NewEvent]] = []
    for one in gone:
        if one.author_id is not None and (one.workspace_id, one.author_id) in followed:
            event = NewEvent(
                type=EventKind.POST_DELETED, creator_id=one.author_id, post_id=one.post_id,
                watch_ids=followed[one.workspace_id, one.author_id],
            )  # fmt: skip
            told.append((one.workspace_id, event))
    # so that it can be told should they be there again
    await events.take_back(session, posts=[(where, one.post_id) for where, one in told if one.post_id is not None])
    await _publish(session, told)


async def _withdraw(session: AsyncSession, people: Iterable[Person], *, account_deleted: bool) -> None:
    """Tell who keeps evidence about these people that it may hold what is gone."""
    data = {"account_deleted": account_deleted}
    await _publish(
        session,
        [
            (workspace_id, NewEvent(type=EventKind.EVIDENCE_WITHDRAWN, creator_id=creator_id, data=data))
            for workspace_id, creator_id in set(people)
        ],
    )


def _authors(gone: Sequence[Gone]) -> list[Person]:
    return [(one.workspace_id, one.author_id) for one in gone if one.author_id is not None]


async def _publish(session: AsyncSession, told: list[tuple[UUID, NewEvent]]) -> None:
    told.sort(key=lambda each: each[0])
    for workspace_id, some in groupby(told, key=lambda each: each[0]):
        mine = [event for _, event in some]
        for start in range(0, len(mine), _TOLD_AT_ONCE):
            await events.publish(session, workspace_id=workspace_id, found=mine[start : start + _TOLD_AT_ONCE])
