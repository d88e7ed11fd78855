"""Claims about watches on accounts: what is asked, what is told, what is refused, what waits."""

from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import text

from services.discovery.events.service import NewEvent, publish
from services.discovery.watches.service import following
from shared.kit.errors import NotFound, NotPermitted, NotSupported
from shared.kit.ids import new_id
from shared.schemas.base import JobStatus
from shared.schemas.creators import AccountStatus
from shared.schemas.events import CreatorSnapshot, EventKind, PostDeleted, PostPublished
from shared.schemas.watches import WatchChange
from tests.house import Tenant
from tests.services.discovery.connectors.bluesky_answers import ALICE, BOB, HANDLES, uri
from tests.services.discovery.deletions.keeping import become, creator_id, gone, keep, post
from tests.services.discovery.watches.appview import Network, limited
from tests.services.discovery.watches.watching import client_of, events, pass_time, read, watch

ALICE_BY_HANDLE = {"platform": "bluesky", "handle": f"@{HANDLES[ALICE]}"}
BOB_BY_ID = {"platform": "bluesky", "platform_id": BOB}
DAY = timedelta(days=1)


@pytest.fixture
def people(network: Network) -> Network:
    network.followers = {ALICE: 4_200, BOB: 900}
    network.publish(ALICE, "old", after=-10 * DAY)
    return network


async def test_posts_that_were_published_since_it_began_are_told_once(tenant: Tenant, people: Network) -> None:
    made = await watch(tenant, accounts=[ALICE_BY_HANDLE], reference="partner 7")
    people.publish(ALICE, "first", after=timedelta(seconds=5))
    await tenant.house.run_jobs()
    await pass_time(tenant, made.id, DAY)
    people.publish(ALICE, "second", after=timedelta(seconds=6))
    await tenant.house.run_jobs()
    await pass_time(tenant, made.id, DAY)
    await tenant.house.run_jobs()
    told = [event for event in await events(tenant) if isinstance(event, PostPublished)]
    assert [(event.handle, event.post.text, event.watch_ids, event.references) for event in told] == [
        (HANDLES[ALICE], "On the ridge, first", (made.id,), ("partner 7",)),
        (HANDLES[ALICE], "On the ridge, second", (made.id,), ("partner 7",)),
    ]
    assert told[0].post.counts.likes.value == 3


async def test_the_numbers_of_each_day_are_kept_and_a_day_without_a_look_stays_empty(
    tenant: Tenant, people: Network
) -> None:
    made = await watch(tenant, accounts=[ALICE_BY_HANDLE])
    await tenant.house.run_jobs()
    await pass_time(tenant, made.id, 3 * DAY)
    people.followers[ALICE] = 4_300
    await tenant.house.run_jobs()
    await pass_time(tenant, made.id, DAY)
    people.followers[ALICE] = None
    await tenant.house.run_jobs()
    (creator_id,) = (await read(tenant, made)).creator_ids
    today = datetime.now(UTC).date()
    async with tenant.client("discovery") as client:
        wire_id = (await client.get("/v1/creators", params={"platform": "bluesky"})).json()["items"][0]["id"]
        days = (await client.get(f"/v1/creators/{wire_id}/snapshots")).json()["items"]
    assert [(one["day"], one["counts"]["followers"]["value"]) for one in days] == [
        (str(today - 4 * DAY), 4_200), (str(today - DAY), 4_300), (str(today), None),
    ]  # fmt: skip
    told = [event for event in await events(tenant) if isinstance(event, CreatorSnapshot)]
    assert [event.counts["followers"].value for event in told if "followers" in event.counts] == [4_200, 4_300]
    assert {event.creator_id for event in told} == {creator_id}
    assert len(told) == 3


async def test_a_look_costs_one_call_for_all_profiles_and_one_for_each_feed(tenant: Tenant, people: Network) -> None:
    await watch(tenant, accounts=[ALICE_BY_HANDLE, BOB_BY_ID])
    await tenant.house.run_jobs()
    assert people.asked == ["getProfiles", "getAuthorFeed", "getAuthorFeed"]
    async with tenant.house.runtime("discovery").database.tenant_session(tenant.workspace_id) as session:
        assert await session.scalar(text("SELECT count(*) FROM discovery.quota_uses")) == 3


async def test_two_watches_on_one_account_ask_once_and_both_are_named(tenant: Tenant, people: Network) -> None:
    one = await watch(tenant, accounts=[ALICE_BY_HANDLE])
    await tenant.house.run_jobs()
    other = await watch(tenant, accounts=[ALICE_BY_HANDLE])
    await tenant.house.run_jobs()
    for made in (one, other):
        await pass_time(tenant, made.id, DAY)
    people.publish(ALICE, "new", after=timedelta(seconds=5))
    people.asked.clear()
    await tenant.house.run_jobs()
    told = [event for event in await events(tenant) if isinstance(event, PostPublished)]
    assert [event.watch_ids for event in told] == [tuple(sorted((one.id, other.id)))]
    assert people.asked == ["getProfiles", "getAuthorFeed"]


async def test_a_rate_limit_makes_the_accounts_wait_that_it_names(tenant: Tenant, people: Network) -> None:
    people.fails = [None, limited(3_600)]
    made = await watch(tenant, accounts=[ALICE_BY_HANDLE, BOB_BY_ID])
    await tenant.house.run_jobs()
    found = await read(tenant, made)
    assert people.asked == ["getProfiles", "getAuthorFeed"]
    assert found.status is JobStatus.RUNNING
    assert found.error is not None
    assert "429" in found.error
    assert all(one.next_run_at > datetime.now(UTC) + timedelta(minutes=55) for one in found.accounts if one.next_run_at)
    await pass_time(tenant, made.id, timedelta(hours=1, seconds=5), snapshots=False)
    async with tenant.house.runtime("discovery").database.system_session() as session:
        await session.execute(text("DELETE FROM discovery.quota_limits"))
    await tenant.house.run_jobs()
    assert [one.error for one in (await read(tenant, made)).accounts] == [None, None]


async def test_an_account_that_is_not_there_is_said_so_and_the_others_are_read(tenant: Tenant, people: Network) -> None:
    del people.followers[BOB]
    made = await watch(tenant, accounts=[BOB_BY_ID, ALICE_BY_HANDLE])
    await tenant.house.run_jobs()
    found = await read(tenant, made)
    assert [one.creator_id is None for one in found.accounts] == [True, False]
    assert found.accounts[0].error is not None
    assert "not found on bluesky" in found.accounts[0].error


async def test_posts_that_are_too_many_to_be_read_are_named_as_a_gap(tenant: Tenant, people: Network) -> None:
    people.page_size = 1
    made = await watch(tenant, accounts=[ALICE_BY_HANDLE])
    for number in range(8):
        people.publish(ALICE, f"n{number}", after=timedelta(seconds=5 + number))
    await tenant.house.run_jobs()
    found = await read(tenant, made)
    assert found.accounts[0].error is not None
    assert "too many to be read" in found.accounts[0].error
    assert len([event for event in await events(tenant) if isinstance(event, PostPublished)]) == 5


@pytest.mark.parametrize(
    ("platform", "refusal"), [("tiktok", NotSupported), ("myspace", NotSupported), ("reddit", NotPermitted)]
)
async def test_what_its_platform_does_not_let_be_watched_is_refused_by_its_place(
    tenant: Tenant, platform: str, refusal: type[Exception]
) -> None:
    with pytest.raises(refusal) as raised:
        await watch(tenant, accounts=[ALICE_BY_HANDLE, {"platform": platform, "handle": "ana"}])
    assert [fault.pointer for fault in getattr(raised.value, "errors")] == ["/accounts/1/platform"]  # noqa: B009  # any problem has them
    assert await client_of(tenant).watches() == []


async def test_a_paused_watch_asks_nothing_until_it_goes_on(tenant: Tenant, people: Network) -> None:
    made = await watch(tenant, accounts=[ALICE_BY_HANDLE])
    await client_of(tenant).change_watch(made.id, WatchChange(paused=True))
    await tenant.house.run_jobs()
    assert people.asked == []
    people.publish(ALICE, "meanwhile", after=timedelta(seconds=5))
    changed = await client_of(tenant).change_watch(made.id, WatchChange(paused=False, every_hours=6))
    await tenant.house.run_jobs()
    assert (changed.status, changed.every_hours) == (JobStatus.RUNNING, 6)
    assert [event.type for event in await events(tenant)] == ["creator.snapshot", "post.published"]


async def test_a_watch_ends_by_itself_behind_its_time(tenant: Tenant, people: Network) -> None:
    made = await watch(tenant, accounts=[ALICE_BY_HANDLE], until="2020-01-01T00:00:00Z")
    await tenant.house.run_jobs()
    assert ((await read(tenant, made)).status, people.asked) == (JobStatus.COMPLETED, [])


async def test_a_deleted_watch_is_gone_and_what_it_told_stays(tenant: Tenant, people: Network) -> None:
    made = await watch(tenant, accounts=[ALICE_BY_HANDLE])
    await tenant.house.run_jobs()
    await client_of(tenant).delete_watch(made.id)
    with pytest.raises(NotFound):
        await read(tenant, made)
    await tenant.house.run_jobs()
    assert people.asked == ["getProfiles", "getAuthorFeed"]
    assert [event.type for event in await events(tenant)] == ["creator.snapshot"]


async def test_a_change_of_what_somebody_else_changed_is_refused(tenant: Tenant, people: Network) -> None:
    await watch(tenant, accounts=[ALICE_BY_HANDLE])
    async with tenant.client("discovery") as client:
        made = (await client.get("/v1/watches")).json()["items"][0]
        answer = await client.patch(f"/v1/watches/{made['id']}", json={"every_hours": 2}, headers={"If-Match": '"7"'})
    assert answer.status_code == 412


def test_a_schedule_keeps_its_beat_and_leaves_out_what_it_missed() -> None:
    beat = datetime(2027, 3, 1, 6, tzinfo=UTC)
    assert following(beat, every_hours=24, now=beat) == beat + DAY
    assert following(beat, every_hours=24, now=beat + timedelta(minutes=40)) == beat + DAY
    assert following(beat, every_hours=24, now=beat + 3 * DAY + timedelta(hours=1)) == beat + 4 * DAY
    assert following(beat, every_hours=24, now=beat - timedelta(hours=1)) == beat + DAY


HOUR_AGO = """UPDATE discovery.{table} SET gone_at = gone_at - interval '1 hour' WHERE gone_at IS NOT NULL"""


@pytest.mark.parametrize("shown_by", ["the watch", "another call"])
async def test_a_post_that_is_there_again_is_told_again(tenant: Tenant, people: Network, shown_by: str) -> None:
    made = await watch(tenant, accounts=[ALICE_BY_HANDLE])
    people.publish(ALICE, "first", after=timedelta(seconds=5))
    await tenant.house.run_jobs()
    await gone(tenant, uri(ALICE, "first"))
    await pass_time(tenant, made.id, DAY)
    await tenant.house.run_jobs()
    assert [event.type for event in await events(tenant) if isinstance(event, (PostPublished, PostDeleted))] == [
        "post.deleted"
    ]
    for table in ("posts", "gone"):
        async with tenant.house.runtime("discovery").database.system_session() as session:
            await session.execute(text(HOUR_AGO.format(table=table)))
    if shown_by == "another call":
        people.posts[ALICE].clear()
        await keep(tenant, posts=[post(ALICE, "first", said="Seen by a search")])
    for _ in range(2):
        await pass_time(tenant, made.id, DAY)
        await tenant.house.run_jobs()
    told = [event for event in await events(tenant) if isinstance(event, (PostPublished, PostDeleted))]
    assert [event.type for event in told] == ["post.deleted", "post.published"]


async def test_of_a_deleted_account_neither_numbers_nor_paths_are_told_and_deletions_are(
    tenant: Tenant, people: Network
) -> None:
    made = await watch(tenant, accounts=[ALICE_BY_HANDLE, BOB_BY_ID])
    people.publish(ALICE, "first", after=timedelta(seconds=5))
    await tenant.house.run_jobs()
    async with tenant.house.runtime("discovery").database.tenant_session(tenant.workspace_id) as session:
        found = NewEvent(
            type=EventKind.CANDIDATE_FOUND, creator_id=await creator_id(tenant, ALICE), search_id=new_id(),
            data={"path": "found through ridge"},
        )  # fmt: skip
        await publish(session, workspace_id=tenant.workspace_id, found=[found])
    await become(tenant, ALICE, AccountStatus.DELETED)
    left = [(event.type, getattr(event, "handle", None)) for event in await events(tenant)]
    assert sorted(left, key=str) == [
        ("creator.snapshot", HANDLES[BOB]), ("evidence.withdrawn", None), ("post.deleted", None),
        ("post.deleted", None),
    ]  # fmt: skip
    # the platform's caches go on showing the account for a while
    await pass_time(tenant, made.id, DAY)
    await tenant.house.run_jobs()
    told = [event.handle for event in await events(tenant) if isinstance(event, CreatorSnapshot)]
    assert told == [HANDLES[BOB]] * 2
