"""What a batch of a stream's events changes: the last word on each post and account counts."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from services.discovery.connector import Connector
from services.discovery.creators import service as creators
from services.discovery.creators.service import Readings
from services.discovery.deletions import service as deletions
from services.discovery.live import repository
from services.discovery.live.service import Wanted
from services.discovery.records import LiveAccount, LiveDeletion, LiveEvent, LiveGap, LivePost, PostRecord
from shared.schemas.creators import AccountStatus


@dataclass(frozen=True)
class Batch:
    """Events in one, ready to be written: `cursor` is where to go on behind all of them.

    `deleted`: the author of each post.
    """

    cursor: str
    accounts: dict[str, AccountStatus] = field(default_factory=dict)
    deleted: dict[str, str] = field(default_factory=dict)
    posts: dict[UUID, Readings] = field(default_factory=dict)
    gap: tuple[datetime, datetime] | None = None


async def prepare(events: Sequence[LiveEvent], wanted: Wanted) -> Batch:
    """Sort events by what they change and read the posts, before a transaction is open. Not for no events at all."""
    accounts: dict[str, AccountStatus] = {}
    posts: dict[str, PostRecord] = {}
    deleted: dict[str, str] = {}
    gap = None
    for event in events:
        match event:
            case LivePost(post=post):
                posts[post.platform_id] = _without_nameless_author(post)
            case LiveDeletion(platform_id=platform_id, author_id=author_id):
                deleted[platform_id] = author_id
                posts.pop(platform_id, None)
            case LiveAccount(platform_id=platform_id, status=status):
                accounts[platform_id] = status
                if status is AccountStatus.DELETED:
                    posts = {key: post for key, post in posts.items() if post.author_id != platform_id}
            case LiveGap(since=since, until=until):
                gap = (since, until)
            case _:
                pass
    readings: dict[UUID, Readings] = {}
    for workspace_id, some in _by_workspace(posts, wanted).items():
        readings[workspace_id] = await creators.read(posts=some)
    return Batch(events[-1].cursor, accounts, deleted, readings, gap)


def _without_nameless_author(post: PostRecord) -> PostRecord:
    """A stream tells of an author no more than the id; that is no reading of a profile."""
    return replace(post, author=None) if post.author is not None and post.author.handle is None else post


def _by_workspace(posts: dict[str, PostRecord], wanted: Wanted) -> dict[UUID, list[PostRecord]]:
    found: dict[UUID, list[PostRecord]] = {}
    for post in posts.values():
        keys = {tag.key for tag in post.hashtags} & wanted.tags.keys()
        for workspace_id in sorted({one for key in keys for one in wanted.tags[key]}):
            found.setdefault(workspace_id, []).append(post)
    return found


async def apply(session: AsyncSession, *, connector: Connector, batch: Batch) -> None:
    """Write a batch, in the order in which others lock the same rows. Doing it again changes nothing."""
    days = connector.retain_days
    expires_at = datetime.now(UTC) + timedelta(days=days) if days is not None else None
    await _lock(session, connector.platform, batch)
    await deletions.change_accounts(session, platform=connector.platform, statuses=batch.accounts)
    # behind the creators and before the posts, as everything of a workspace is deleted
    wanting = await repository.still_wanting(session, workspace_ids=list(batch.posts)) if batch.posts else set()
    await deletions.forget_posts(
        session, platform=connector.platform, platform_ids=list(batch.deleted), authors=batch.deleted
    )
    for workspace_id, readings in sorted(batch.posts.items()):
        if workspace_id not in wanting:
            continue
        kept = await _of_known_authors(session, workspace_id, connector.platform, readings)
        await creators.store(
            session, workspace_id=workspace_id, readings=kept, source=connector.platform, expires_at=expires_at,
            comments_expire_at=None,
        )  # fmt: skip


async def _lock(session: AsyncSession, platform: str, batch: Batch) -> None:
    posts = [row for readings in batch.posts.values() for row in readings.posts]
    authors = {row.author_platform_id for row in posts if row.author_platform_id is not None}
    ended = [one for one, status in batch.accounts.items() if status is AccountStatus.DELETED]
    if batch.accounts or authors or batch.deleted:
        await creators.lock(
            session, workspace_ids=await creators.workspaces(session), platform=platform,
            accounts=sorted(authors | batch.accounts.keys()),
            posts=sorted({row.platform_id for row in posts} | batch.deleted.keys()), posts_of=ended,
        )  # fmt: skip


async def _of_known_authors(session: AsyncSession, workspace_id: UUID, platform: str, readings: Readings) -> Readings:
    """Without posts of people whose profile nobody read: it may say that they do not want to be found."""
    authors = {row.author_platform_id for row in readings.posts if row.author_platform_id is not None}
    known = await repository.with_profile(
        session, workspace_id=workspace_id, platform=platform, platform_ids=sorted(authors)
    )
    return Readings(
        tuple(row for row in readings.creators if row.platform_id in known),
        tuple(row for row in readings.posts if row.author_platform_id in known),
    )
