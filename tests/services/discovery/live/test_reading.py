"""Claims about reading a live stream: what it changes, who reads it, what a killed reader leaves, when nobody does."""

import asyncio
from datetime import UTC, datetime

import httpx
import pytest
from sqlalchemy import text

from services.discovery.connectors.bluesky import BlueskyConnector
from services.discovery.creators import service as creators
from services.discovery.records import OptOut
from shared.schemas.creators import AccountStatus
from shared.schemas.platforms import Support
from tests.house import Tenant
from tests.services.discovery.connectors import jetstream_server as frames
from tests.services.discovery.connectors.bluesky_answers import ALICE, BOB, CAROL, uri
from tests.services.discovery.connectors.jetstream_server import START, Stream, refusal
from tests.services.discovery.deletions.keeping import change, follow, keep, keep_usual, profile, rows, texts, told
from tests.services.discovery.live.following import (
    BRIEF,
    asked,
    configured,
    cursor_is,
    live_state,
    reading,
    repeat_search,
    stands,
    working,
)

SAID = "On the ridge #fellrunning"
UP = "Up #FellRunning"
SECOND = 1_000_000


async def test_a_deletion_is_applied_and_the_cursor_stored(tenant: Tenant) -> None:
    await keep_usual(tenant)
    stream = Stream([[frames.deletion(BOB, "unknown", at=START), frames.deletion(ALICE, "1", at=START + 1)]])
    async with reading(tenant, stream):
        await cursor_is(tenant, START + 1)
        assert await texts(tenant) == {"1": None, "2": SAID}
        assert (await stands(tenant))["last_event_at"] == datetime.fromtimestamp((START + 1) / SECOND, UTC)


async def test_what_becomes_of_accounts_is_applied(tenant: Tenant) -> None:
    await keep_usual(tenant)
    script = [
        frames.account(ALICE, at=START, active=False, status="takendown"),
        frames.account(BOB, at=START + 1, active=False, status="deactivated"),
        frames.account(BOB, at=START + 2, active=False, status="deleted"),
    ]
    async with reading(tenant, Stream([script])):
        await cursor_is(tenant, START + 2)
    found = await rows(tenant, "SELECT platform_id, status, handle IS NULL FROM discovery.creators")
    assert set(found) == {(ALICE, AccountStatus.SUSPENDED, False), (BOB, AccountStatus.DELETED, True)}
    assert await rows(tenant, "SELECT 1 FROM discovery.comments") == []


async def test_a_killed_reader_is_succeeded_and_nothing_is_lost_or_told_twice(tenant: Tenant) -> None:
    await keep_usual(tenant)
    await follow(tenant, ALICE)
    again = frames.deletion(ALICE, "1", at=START)
    stream = Stream([[again], [again, frames.deletion(ALICE, "2", at=START + SECOND)]])
    async with reading(tenant, stream) as worker:
        await cursor_is(tenant, START)
        await worker.kill()
        async with working(tenant):
            await cursor_is(tenant, START + SECOND)
    assert [one.get("cursor") for one in stream.asked] == [None, [str(START - 5 * SECOND)]]
    assert sorted(event.platform_id for event in await told(tenant)) == [uri(ALICE, "1"), uri(ALICE, "2")]


async def test_of_two_workers_one_reads_and_the_other_goes_on_after_it(tenant: Tenant) -> None:
    await keep_usual(tenant)
    stream = Stream([[frames.deletion(ALICE, "1", at=START)]])
    async with reading(tenant, stream) as worker:
        await cursor_is(tenant, START)
        holder = (await stands(tenant))["holder"]
        async with working(tenant) as other:
            await asyncio.sleep(1.0)  # longer than a lease, which is kept up while nothing happens
            assert ((await stands(tenant))["holder"], len(stream.asked)) == (holder, 1)
            await worker.stop()
            await asked(stream, 2)
            assert (await stands(tenant))["holder"] not in (holder, None)
            await other.stop()
    assert (await stands(tenant))["leased_until"] is None


async def test_a_reader_that_lost_its_lease_writes_nothing(tenant: Tenant) -> None:
    await keep_usual(tenant)
    stream = Stream([[frames.deletion(BOB, "unknown", at=START)]])
    async with reading(tenant, stream):
        await cursor_is(tenant, START)
        async with tenant.house.runtime("discovery").database.system_session() as session:
            await session.execute(
                text(
                    """UPDATE discovery.live_readings SET holder = gen_random_uuid(),
                    leased_until = now() + interval '1 hour'"""
                )
            )
        await stream.tell(frames.deletion(ALICE, "1", at=START + 1))
        await asyncio.sleep(0.4)
        assert (await stands(tenant))["cursor"] == str(START)
    assert (await texts(tenant))["1"] == SAID


async def test_a_live_post_is_kept_where_a_watch_repeats_a_search_for_its_hashtag(
    tenant: Tenant, other_tenant: Tenant
) -> None:
    await keep_usual(other_tenant)
    await repeat_search(other_tenant, brief={**BRIEF, "hashtags": ["#baking"]})
    await repeat_search(other_tenant, sources=("archive",))
    await repeat_search(tenant)
    await keep(tenant, profiles=[profile(CAROL), profile(BOB)])
    script = [
        frames.post(CAROL, "3a", UP, "FellRunning", at=START),
        frames.post(CAROL, "3b", "Out #skyrunning", "skyrunning", at=START + 1),
        frames.post(BOB, "3c", "Gone again #fellrunning", "fellrunning", at=START + 2),
        frames.deletion(BOB, "3c", at=START + 3),
    ]
    async with reading(tenant, Stream([script])):
        await cursor_is(tenant, START + 3)
    assert (await texts(tenant), await texts(other_tenant)) == ({"3a": UP}, {"1": SAID, "2": SAID})
    keys = await rows(
        tenant, "SELECT h.key, p.source FROM discovery.post_hashtags h JOIN discovery.posts p ON p.id = h.post_id"
    )
    assert keys == [("fellrunning", "bluesky")]


async def test_a_watch_that_begins_later_is_heard_of_while_the_stream_is_read(tenant: Tenant) -> None:
    await keep_usual(tenant)
    stream = Stream(
        [[frames.deletion(BOB, "unknown", at=START)], [frames.post(CAROL, "3a", UP, "FellRunning", at=START)]]
    )
    async with reading(tenant, stream):
        await cursor_is(tenant, START)
        await keep(tenant, profiles=[profile(CAROL)])
        await repeat_search(tenant)
        await asked(stream, 2)
        await stream.tell(frames.deletion(BOB, "unknown", at=START + 1))
        await cursor_is(tenant, START + 1)
    assert (await texts(tenant))["3a"] == UP


async def test_nothing_is_kept_of_authors_who_opted_out_or_were_erased(tenant: Tenant) -> None:
    await repeat_search(tenant)
    await keep(tenant, profiles=[profile(ALICE, opt_outs=frozenset({OptOut.NOINDEX})), profile(CAROL)])
    async with tenant.house.runtime("discovery").database.tenant_session(tenant.workspace_id) as session:
        await creators.bury(
            session, workspace_id=tenant.workspace_id, platform="bluesky", platform_id=BOB, handles=["bob.example.com"]
        )
    script = [
        frames.post(did, "3a", UP, "FellRunning", at=START + number) for number, did in enumerate((ALICE, BOB, CAROL))
    ]
    async with reading(tenant, Stream([script])):
        await cursor_is(tenant, START + 2)
    assert await rows(tenant, "SELECT platform_id FROM discovery.posts WHERE NOT stub") == [uri(CAROL, "3a")]
    assert await rows(tenant, "SELECT 1 FROM discovery.creators WHERE platform_id = :d", d=BOB) == []


async def test_nobody_connects_while_nothing_of_the_platform_is_kept(tenant: Tenant) -> None:
    await keep(tenant, profiles=[profile(ALICE)], source="archive")
    made = await repeat_search(tenant)
    await change(tenant, "UPDATE discovery.watches SET status = 'paused' WHERE id = :id", id=made.id)
    stream = Stream([])
    async with reading(tenant, stream):
        await asyncio.sleep(0.3)
        assert (stream.asked, await live_state(tenant)) == (
            [], {"status": "waiting", "behind_seconds": None, "gap": None, "error": None},
        )  # fmt: skip
        await change(tenant, "UPDATE discovery.watches SET status = 'running' WHERE id = :id", id=made.id)
        await asked(stream, 1)


OWN = {"appview_url": "http://appview.example"}


@pytest.mark.parametrize(
    ("options", "is_read"),
    [
        ({}, True), ({"jetstream_url": "off"}, False), ({"jetstream_url": "Off"}, False), (OWN, False),
        ({"appview_url": "https://public.api.bsky.app/"}, True), ({**OWN, "jetstream_url": "ws://own.example"}, True),
    ],
)  # fmt: skip
def test_the_public_stream_is_for_the_public_network_and_can_be_switched_off(
    options: dict[str, str], is_read: bool
) -> None:
    row = BlueskyConnector.create(httpx.AsyncClient(), options).capability("hashtag_stream")
    assert (row.support, row.reason is None) == (Support.YES if is_read else Support.NO, is_read)


@pytest.mark.parametrize(
    "settings", [{"discovery_bluesky_jetstream_url": "off"},
                 {"discovery_bluesky_jetstream_url": "", "discovery_bluesky_appview_url": "http://appview.example"}],
)  # fmt: skip
async def test_what_is_off_is_not_read_and_shown_as_off(tenant: Tenant, settings: dict[str, str]) -> None:
    await keep_usual(tenant)
    with configured(tenant, **settings):
        async with working(tenant) as worker:
            await worker.stop()
        assert (await stands(tenant), (await live_state(tenant))["status"]) == ({}, "off")


async def test_operators_see_the_reading_its_gap_and_its_errors(tenant: Tenant) -> None:
    await keep_usual(tenant)
    hour = 3_600 * SECOND
    late = frames.deletion(ALICE, "1", at=START + hour)
    stream = Stream([refusal(503), refusal(403, "go away"), [frames.deletion(BOB, "x", at=START)], [late]])
    async with reading(tenant, stream) as worker:
        await asked(stream, 2)
        assert (await live_state(tenant))["status"] == "failing"
        await cursor_is(tenant, START)
        found = await live_state(tenant)
        assert (found["status"], found["gap"], found["error"]) == ("reading", None, None)
        assert found["behind_seconds"] == pytest.approx(datetime.now(UTC).timestamp() - START / SECOND, abs=5)
        await worker.stop()
    async with reading(tenant, stream):
        await cursor_is(tenant, START + hour)
        assert (await live_state(tenant))["gap"] == {"since": _wire(START), "until": _wire(START + hour)}
        async with tenant.client("discovery") as client:
            metrics = (await client.get("/metrics")).text
        assert 'groundswell_live_failing{platform="bluesky"} 0.0' in metrics
        assert 'groundswell_live_behind_seconds{platform="bluesky"}' in metrics


def _wire(at: int) -> str:
    return datetime.fromtimestamp(at / SECOND, UTC).isoformat().replace("+00:00", "Z")


async def test_a_cursor_that_means_nothing_is_given_up_and_leaves_a_gap(tenant: Tenant) -> None:
    await keep_usual(tenant)
    stream = Stream([[frames.deletion(ALICE, "1", at=START)]])
    async with tenant.house.runtime("discovery").database.system_session() as session:
        await session.execute(
            text(
                """INSERT INTO discovery.live_readings (platform, cursor, last_event_at)
                VALUES ('bluesky', 'seq:7', '2026-11-20T08:00:00Z')"""
            )
        )
    async with reading(tenant, stream):
        await cursor_is(tenant, START)
        found = await stands(tenant)
    assert found["gap_since"] == datetime(2026, 11, 20, 8, tzinfo=UTC)
    assert found["error"] is None
