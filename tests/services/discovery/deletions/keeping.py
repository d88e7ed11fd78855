"""What tests of deletions do: keep things as if a call had brought them, say that they are gone, look what is left."""

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import text

from services.discovery.creators import service as creators
from services.discovery.deletions import service
from services.discovery.records import CommentRecord, CreatorRecord, Origin, PostRecord
from shared.clients.discovery import DiscoveryClient
from shared.kit.ids import new_id
from shared.rules.hashtags import normalise_all
from shared.schemas.base import Count, CountState
from shared.schemas.creators import AccountStatus, CreatorCounts
from shared.schemas.events import EvidenceWithdrawn, PostDeleted
from shared.schemas.posts import HashtagSource, PostHashtag
from tests.house import Tenant
from tests.services.discovery.connectors.bluesky_answers import ALICE, BOB, HANDLES, uri

PLATFORM = "bluesky"


def seen(at: datetime | None = None) -> Origin:
    return Origin(PLATFORM, "a test", at or datetime.now(UTC))


def profile(did: str, *, at: datetime | None = None, **fields: Any) -> CreatorRecord:
    counts = CreatorCounts(followers=Count(value=4_200, state=CountState.EXACT))
    return CreatorRecord(
        platform=PLATFORM, platform_id=did, origin=seen(at), handle=HANDLES[did], bio_text="Up early", counts=counts,
        **fields,
    )  # fmt: skip


def post(did: str, key: str, *, at: datetime | None = None, said: str = "On the ridge #fellrunning") -> PostRecord:
    tags = normalise_all(["#fellrunning"])
    return PostRecord(
        platform=PLATFORM, platform_id=uri(did, key), origin=seen(at), author_id=did, text=said,
        created_at=datetime.now(UTC),
        hashtags=tuple(PostHashtag(display=tag.display, key=tag.key, source=HashtagSource.TEXT) for tag in tags),
    )  # fmt: skip


def comment(did: str, key: str, under: str, *, at: datetime | None = None) -> CommentRecord:
    return CommentRecord(
        platform=PLATFORM, platform_id=uri(did, key), post_id=under, origin=seen(at), author_id=did, text="Which shoes?"
    )


async def keep(
    tenant: Tenant, *, profiles: Sequence[CreatorRecord] = (), posts: Sequence[PostRecord] = (),
    comments: Sequence[CommentRecord] = (), source: str = PLATFORM,
) -> None:  # fmt: skip
    """Store in the tenant's workspace what a call to the platform brought, or an archive."""
    readings = await creators.read(creators=profiles, posts=posts, comments=comments)
    async with tenant.house.runtime("discovery").database.tenant_session(tenant.workspace_id) as session:
        await creators.store(
            session, workspace_id=tenant.workspace_id, readings=readings, source=source, expires_at=None,
            comments_expire_at=None,
        )  # fmt: skip


async def keep_usual(tenant: Tenant) -> None:
    """Alice with two posts, and Bob's comment under the first."""
    await keep(
        tenant, profiles=[profile(ALICE), profile(BOB)], posts=[post(ALICE, "1"), post(ALICE, "2")],
        comments=[comment(BOB, "c", uri(ALICE, "1"))],
    )  # fmt: skip


async def gone(tenant: Tenant, *platform_ids: str) -> int:
    """As a stream tells it."""
    authors = {one: one.removeprefix("at://").partition("/")[0] for one in platform_ids}
    async with tenant.house.runtime("discovery").database.system_session() as session:
        return await service.forget_posts(session, platform=PLATFORM, platform_ids=platform_ids, authors=authors)


async def become(tenant: Tenant, did: str, status: AccountStatus) -> None:
    async with tenant.house.runtime("discovery").database.system_session() as session:
        await service.change_accounts(session, platform=PLATFORM, statuses={did: status})


async def rows(tenant: Tenant, query: str, **parameters: Any) -> list[Any]:
    """As the tenant sees them."""
    async with tenant.house.runtime("discovery").database.tenant_session(tenant.workspace_id) as session:
        found = [tuple(row) for row in (await session.execute(text(query), parameters)).all()]
    return [row[0] if len(row) == 1 else row for row in found]


async def change(tenant: Tenant, statement: str, **parameters: Any) -> None:
    async with tenant.house.runtime("discovery").database.tenant_session(tenant.workspace_id) as session:
        await session.execute(text(statement), parameters)


async def texts(tenant: Tenant) -> dict[str, str | None]:
    """The text of every post, by the end of its address."""
    found = await rows(tenant, "SELECT platform_id, text FROM discovery.posts ORDER BY platform_id")
    return {platform_id.rpartition("/")[2]: said for platform_id, said in found}


async def creator_id(tenant: Tenant, did: str) -> UUID:
    (found,) = await rows(tenant, "SELECT id FROM discovery.creators WHERE platform_id = :did", did=did)
    assert isinstance(found, UUID)
    return found


async def follow(tenant: Tenant, did: str, *, status: str = "running", reference: str = "partner 7") -> None:
    """As if a watch had begun to follow the account."""
    watch_id, found = new_id(), await creator_id(tenant, did)
    await change(
        tenant,
        """INSERT INTO discovery.watches (workspace_id, id, kind, status, phase, every_hours, max_calls, runs, due_at,
            reference, version, created_at) VALUES (:w, :id, 'accounts', :status, 'idle', 24, 0, 0,
            now() + interval '1 day', :reference, 1, now())""",
        w=tenant.workspace_id, id=watch_id, status=status, reference=reference,
    )  # fmt: skip
    await change(
        tenant,
        """INSERT INTO discovery.watch_accounts (workspace_id, watch_id, number, platform, platform_id, creator_id,
            due_at, next_run_at) VALUES (:w, :id, 0, 'bluesky', :did, :creator, now(), now() + interval '1 day')""",
        w=tenant.workspace_id, id=watch_id, did=did, creator=found,
    )  # fmt: skip


async def told(tenant: Tenant) -> list[PostDeleted]:
    client = DiscoveryClient(tenant.house.runtime("attribution"), workspace_id=tenant.workspace_id)
    return [event for event in (await client.events(after=None)).items if isinstance(event, PostDeleted)]


async def withdrawn(tenant: Tenant) -> set[tuple[UUID, bool]]:
    """Whose evidence is said to hold what is gone, and whether the account itself is."""
    client = DiscoveryClient(tenant.house.runtime("scoring"), workspace_id=tenant.workspace_id)
    events = (await client.events(after=None)).items
    return {(one.creator_id, one.account_deleted) for one in events if isinstance(one, EvidenceWithdrawn)}
