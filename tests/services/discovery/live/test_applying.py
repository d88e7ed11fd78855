"""Claims about a batch of a stream: what of it is written, in which workspaces, and what a faulty one does."""

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator, Sequence
from contextlib import asynccontextmanager

import pytest
from sqlalchemy import text

from services.discovery.connector import ForeignCursor
from services.discovery.live import service
from services.discovery.live.applying import apply, prepare
from services.discovery.live.reading import _Stream
from services.discovery.live.service import Wanted
from services.discovery.records import LiveAccount, LiveEvent, LivePost, OptOut
from services.discovery.searches import service as searches
from shared.kit.purge import purge_workspace
from shared.schemas.creators import AccountStatus
from tests.house import Tenant
from tests.services.discovery.connectors import jetstream_server as frames
from tests.services.discovery.connectors.bluesky_answers import ALICE, BOB, CAROL, uri
from tests.services.discovery.connectors.jetstream_server import START, Stream
from tests.services.discovery.deletions.keeping import (
    PLATFORM,
    become,
    change,
    gone,
    keep,
    keep_usual,
    post,
    profile,
    rows,
    texts,
)
from tests.services.discovery.live.following import BRIEF, cursor_is, live_state, reading, repeat_search, until

DELETED = LiveAccount(platform_id=ALICE, status=AccountStatus.DELETED, cursor="2")
BACK = LiveAccount(platform_id=ALICE, status=AccountStatus.ACTIVE, cursor="3")


def wanted(*tenants: Tenant) -> Wanted:
    return Wanted({"fellrunning": frozenset(one.workspace_id for one in tenants)})


def new(did: str, key: str) -> LivePost:
    return LivePost(post=post(did, key), cursor="1")


async def happen(tenant: Tenant, events: Sequence[LiveEvent], *, wanting: Wanted) -> None:
    """The events are written, as a reader with this idea of what is wanted would."""
    runtime = tenant.house.runtime("discovery")
    batch = await prepare(events, wanting)
    async with runtime.database.system_session() as session:
        await apply(session, connector=searches.connect_unmetered(runtime, PLATFORM), batch=batch)


@pytest.mark.parametrize(
    ("events", "left"),
    [((new(ALICE, "3"), DELETED), False), ((new(ALICE, "3"), DELETED, BACK), False),
     ((DELETED, BACK, new(ALICE, "3")), True), ((DELETED, new(ALICE, "3")), False)],
    ids=["deleted behind it", "deleted behind it and back", "back before it", "deleted before it"],
)  # fmt: skip
async def test_of_an_account_that_the_batch_deletes_no_earlier_post_is_kept(
    tenant: Tenant, events: tuple[LiveEvent, ...], left: bool
) -> None:
    await keep(tenant, profiles=[profile(ALICE), profile(BOB)])
    await repeat_search(tenant)
    await happen(tenant, [*events, new(BOB, "4")], wanting=wanted(tenant))
    assert sorted(key for key, said in (await texts(tenant)).items() if said) == (["3", "4"] if left else ["4"])


async def test_nothing_is_written_where_no_watch_waits_for_it_any_more(tenant: Tenant, other_tenant: Tenant) -> None:
    for one in (tenant, other_tenant):
        await keep(one, profiles=[profile(ALICE)])
        await repeat_search(one)
    await change(other_tenant, "UPDATE discovery.watches SET status = 'paused'")
    await happen(tenant, [new(ALICE, "3")], wanting=wanted(tenant, other_tenant))
    assert (list(await texts(tenant)), await texts(other_tenant)) == (["3"], {})


async def test_nothing_is_written_into_a_workspace_that_is_deleted_meanwhile(
    tenant: Tenant, other_tenant: Tenant
) -> None:
    for one in (tenant, other_tenant):
        await keep(one, profiles=[profile(ALICE)])
        await repeat_search(one)
    async with tenant.house.runtime("discovery").database.system_session() as session:
        await purge_workspace(session, schema="discovery", workspace_id=other_tenant.workspace_id)
        writing = asyncio.create_task(happen(tenant, [new(ALICE, "3")], wanting=wanted(tenant, other_tenant)))
        await asyncio.sleep(0.3)  # the writer meets what is being deleted
    await writing
    assert list(await texts(tenant)) == ["3"]
    for table in ("posts", "creators", "post_hashtags"):
        assert await rows(other_tenant, f"SELECT 1 FROM discovery.{table}") == []  # names from above


async def test_posts_of_people_whose_profile_nobody_read_are_not_kept(tenant: Tenant) -> None:
    await repeat_search(tenant)
    await keep(tenant, profiles=[profile(ALICE)])
    await keep(tenant, profiles=[profile(BOB)], source="archive")
    await happen(tenant, [new(did, "3") for did in (ALICE, BOB, CAROL)], wanting=wanted(tenant))
    assert await rows(tenant, "SELECT platform_id FROM discovery.posts") == [uri(ALICE, "3")]
    assert await rows(tenant, "SELECT 1 FROM discovery.creators WHERE platform_id = :c", c=CAROL) == []


@asynccontextmanager
async def merging(tenant: Tenant, first: str, then: str) -> AsyncIterator[None]:
    """A merge that changed one account and turns to another's post at the end."""
    async with tenant.house.runtime("discovery").database.tenant_session(tenant.workspace_id) as session:
        await session.execute(
            text("UPDATE discovery.creators SET language = 'en' WHERE platform_id = :did"), {"did": first}
        )
        yield
        await session.execute(text("UPDATE discovery.posts SET language = 'en' WHERE platform_id = :id"), {"id": then})


async def test_a_batch_and_a_merge_do_not_stop_each_other(tenant: Tenant) -> None:
    """The batch would hold the deleted account's posts while it waits for the suspended one, and the merge for them."""
    await keep_usual(tenant)
    events = [DELETED, LiveAccount(platform_id=BOB, status=AccountStatus.SUSPENDED, cursor="3")]
    async with merging(tenant, BOB, uri(ALICE, "1")):
        writing = asyncio.create_task(happen(tenant, events, wanting=wanted()))
        await asyncio.sleep(0.3)
    await writing
    found = await rows(tenant, "SELECT platform_id, status FROM discovery.creators")
    assert set(found) == {(ALICE, "deleted"), (BOB, "suspended")}
    assert await texts(tenant) == {"1": None, "2": None}


async def test_a_batch_that_cannot_be_written_is_shown_to_operators(tenant: Tenant) -> None:
    await keep_usual(tenant)
    database = tenant.house.runtime("discovery").database
    async with database.system_session() as session:
        await session.execute(
            text(f"ALTER TABLE discovery.live_readings ADD CONSTRAINT ck_broken CHECK (cursor <> '{START + 1}')")
        )
    broken = frames.deletion(ALICE, "1", at=START + 1)
    stream = Stream([[frames.deletion(BOB, "x", at=START)], *([broken] for _ in range(99))])

    async def fails() -> bool:
        return bool((await live_state(tenant))["status"] == "failing")

    try:
        async with reading(tenant, stream) as worker:
            await cursor_is(tenant, START)
            await stream.tell(broken)
            await until(fails)
            assert (await live_state(tenant))["error"] == "what came could not be taken in (IntegrityError)"
            async with tenant.client("discovery") as client:
                assert 'groundswell_live_failing{platform="bluesky"} 1.0' in (await client.get("/metrics")).text
            async with database.system_session() as session:
                await session.execute(text("ALTER TABLE discovery.live_readings DROP CONSTRAINT ck_broken"))
            await cursor_is(tenant, START + 1)
            assert (await live_state(tenant))["error"] is None
            await worker.stop()
    finally:
        async with database.system_session() as session:
            await session.execute(text("ALTER TABLE discovery.live_readings DROP CONSTRAINT IF EXISTS ck_broken"))


async def test_only_a_foreign_cursor_ends_a_stream_as_one() -> None:
    async def raising(error: Exception | None) -> AsyncGenerator[LiveEvent, None]:
        if error is not None:
            raise error
        yield DELETED

    for error in (ValueError("a bug"), ForeignCursor("not a cursor of this connector")):
        stream = _Stream(raising(error))
        with pytest.raises(ValueError, match=str(error)) as raised:
            await stream.ended()
        assert type(raised.value) is type(error)


async def test_a_stored_brief_that_is_none_any_more_stops_no_other(tenant: Tenant, other_tenant: Tenant) -> None:
    await repeat_search(tenant)
    await repeat_search(other_tenant, brief={**BRIEF, "hashtags": ["#baking"]})
    await change(tenant, """UPDATE discovery.searches SET request = jsonb_set(request, '{brief}', '{"brand": 7}')""")
    async with tenant.house.runtime("discovery").database.system_session() as session:
        found = await service.wanted(session, platform=PLATFORM)
    assert found is not None
    assert {key: set(ids) for key, ids in found.tags.items()} == {"baking": {other_tenant.workspace_id}}
    await change(tenant, "DELETE FROM discovery.searches")  # which jobs of other tests would stumble over


async def test_nobody_reads_for_what_holds_nothing(tenant: Tenant) -> None:
    async def is_wanted() -> bool:
        async with tenant.house.runtime("discovery").database.system_session() as session:
            return await service.wanted(session, platform=PLATFORM) is not None

    await keep(tenant, profiles=[profile(ALICE), profile(BOB, opt_outs=frozenset({OptOut.NOINDEX}))])
    await keep(tenant, posts=[post(CAROL, "c")])
    found = [await is_wanted()]
    await become(tenant, ALICE, AccountStatus.DELETED)
    found.append(await is_wanted())
    await gone(tenant, uri(CAROL, "c"))
    found.append(await is_wanted())
    assert (found, len(await rows(tenant, "SELECT 1 FROM discovery.creators"))) == ([True, True, False], 3)
