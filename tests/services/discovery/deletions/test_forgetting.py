"""Claims about what a platform says is gone: forgotten everywhere, told once, back only when the platform says so."""

from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import text

from shared.schemas.creators import AccountStatus
from tests.house import Tenant
from tests.services.discovery.connectors.bluesky_answers import ALICE, BOB, uri
from tests.services.discovery.deletions.keeping import (
    become,
    change,
    comment,
    creator_id,
    follow,
    gone,
    keep,
    keep_usual,
    post,
    profile,
    rows,
    texts,
    told,
    withdrawn,
)

SAID = "On the ridge #fellrunning"
LATER = timedelta(hours=1)


async def test_a_deleted_post_is_forgotten_in_every_workspace_and_others_stay(
    tenant: Tenant, other_tenant: Tenant
) -> None:
    for one in (tenant, other_tenant):
        await keep_usual(one)
    assert await gone(tenant, uri(ALICE, "1"), uri(ALICE, "unknown")) == 2
    for one in (tenant, other_tenant):
        assert await texts(one) == {"1": None, "2": SAID}
        kept = await rows(
            one, "SELECT stub, created_at, hashtags, author_id IS NULL FROM discovery.posts ORDER BY 1, 2"
        )
        assert (kept[1], kept[0][0], kept[0][2] is None) == ((True, None, None, False), False, False)
        keys = await rows(
            one,
            """SELECT p.platform_id FROM discovery.post_hashtags h JOIN discovery.posts p
            ON p.workspace_id = h.workspace_id AND p.id = h.post_id""",
        )
        assert keys == [uri(ALICE, "2")]
        assert await rows(one, "SELECT text FROM discovery.comments") == ["Which shoes?"]


async def test_a_deleted_comment_is_gone_and_the_post_stays(tenant: Tenant) -> None:
    await keep_usual(tenant)
    assert await gone(tenant, uri(BOB, "c")) == 0
    assert await rows(tenant, "SELECT text FROM discovery.comments") == []
    assert await texts(tenant) == {"1": SAID, "2": SAID}


async def test_another_platforms_post_of_the_same_name_stays(tenant: Tenant) -> None:
    await keep_usual(tenant)
    await change(tenant, "UPDATE discovery.posts SET platform = 'mastodon' WHERE platform_id = :id", id=uri(ALICE, "1"))
    assert await gone(tenant, uri(ALICE, "1")) == 0
    assert (await texts(tenant))["1"] == SAID


async def test_a_watched_accounts_deleted_post_is_told_once(tenant: Tenant, other_tenant: Tenant) -> None:
    for one in (tenant, other_tenant):
        await keep_usual(one)
    await keep(tenant, posts=[post(BOB, "b")])
    await follow(tenant, ALICE)
    for _ in range(2):
        await gone(tenant, uri(ALICE, "1"), uri(BOB, "b"))
    (event,) = await told(tenant)
    assert (event.platform, event.platform_id, event.creator_id, event.references) == (
        "bluesky", uri(ALICE, "1"), await creator_id(tenant, ALICE), ("partner 7",),
    )  # fmt: skip
    assert len(event.watch_ids) == 1
    assert await told(other_tenant) == []


async def test_who_keeps_evidence_is_told_whose_may_hold_what_is_gone(tenant: Tenant, other_tenant: Tenant) -> None:
    for one in (tenant, other_tenant):
        await keep_usual(one)
        await keep(one, posts=[post(BOB, "b")], comments=[comment(ALICE, "mine", uri(BOB, "b"))])
    await gone(tenant, uri(ALICE, "unknown"))
    assert await withdrawn(tenant) == set()
    await gone(tenant, uri(BOB, "c"))  # Bob's comment under Alice's post
    for one in (tenant, other_tenant):
        alice, bob = await creator_id(one, ALICE), await creator_id(one, BOB)
        assert await withdrawn(one) == {(alice, False), (bob, False)}
    await become(tenant, ALICE, AccountStatus.DELETED)
    for one in (tenant, other_tenant):
        alice, bob = await creator_id(one, ALICE), await creator_id(one, BOB)
        assert await withdrawn(one) == {(alice, False), (alice, True), (bob, False)}


async def test_whoever_followed_an_account_is_told_as_well_and_no_watch_is_named(tenant: Tenant) -> None:
    await keep_usual(tenant)
    await follow(tenant, ALICE, status="completed")
    await gone(tenant, uri(ALICE, "1"))
    assert [(event.platform_id, event.watch_ids) for event in await told(tenant)] == [(uri(ALICE, "1"), ())]


async def test_a_post_whose_content_had_expired_is_told_too(tenant: Tenant) -> None:
    await keep_usual(tenant)
    await follow(tenant, ALICE)
    await change(tenant, "UPDATE discovery.posts SET stub = true, text = NULL")
    await gone(tenant, uri(ALICE, "1"))
    assert [event.platform_id for event in await told(tenant)] == [uri(ALICE, "1")]


@pytest.mark.parametrize(
    ("source", "after", "is_back"),
    [("bluesky", LATER, True), ("bluesky", timedelta(seconds=5), False), ("bluesky", -LATER, False),
     ("archive", LATER, False)],
    ids=["the platform later", "the platform's caches", "an answer under way", "an archive"],
)  # fmt: skip
async def test_only_what_the_platform_shows_later_is_there_again(
    tenant: Tenant, source: str, after: timedelta, is_back: bool
) -> None:
    await keep_usual(tenant)
    await follow(tenant, ALICE)
    await gone(tenant, uri(ALICE, "1"))
    again = post(ALICE, "1", at=datetime.now(UTC) + after, said="Here again #fellrunning")
    await keep(tenant, posts=[again], source=source)
    assert (await texts(tenant))["1"] == ("Here again #fellrunning" if is_back else None)
    keys = await rows(tenant, "SELECT count(*) FROM discovery.post_hashtags")
    assert keys == [2 if is_back else 1]
    await gone(tenant, uri(ALICE, "1"))
    assert len(await told(tenant)) == (2 if is_back else 1)


async def test_of_a_deleted_account_its_identity_and_status_stay(tenant: Tenant, other_tenant: Tenant) -> None:
    for one in (tenant, other_tenant):
        await keep_usual(one)
    await keep(tenant, posts=[post(BOB, "b")], comments=[comment(ALICE, "mine", uri(BOB, "b"))])
    await follow(tenant, ALICE)
    await change(
        tenant,
        """INSERT INTO discovery.creator_snapshots (workspace_id, creator_id, day, counts, withheld, observed_at)
        SELECT workspace_id, id, current_date, '{}', '{}', now() FROM discovery.creators""",
    )
    await become(tenant, ALICE, AccountStatus.DELETED)
    for one in (tenant, other_tenant):
        kept = await rows(one, "SELECT platform_id, handle, bio_text, followers, status, stub FROM discovery.creators")
        assert (ALICE, None, None, None, "deleted", True) in kept
        assert len([row for row in kept if row[1] is not None]) == 1
    assert await texts(tenant) == {"1": None, "2": None, "b": SAID}
    assert await texts(other_tenant) == {"1": None, "2": None}
    assert await rows(tenant, "SELECT platform_id FROM discovery.comments") == [uri(BOB, "c")]
    assert await rows(tenant, "SELECT creator_id FROM discovery.creator_snapshots") == [await creator_id(tenant, BOB)]
    assert {event.platform_id for event in await told(tenant)} == {uri(ALICE, "1"), uri(ALICE, "2")}


@pytest.mark.parametrize(("after", "is_back"), [(LATER, True), (-LATER, False)])
async def test_an_answer_from_before_brings_nothing_of_a_deleted_account(
    tenant: Tenant, after: timedelta, is_back: bool
) -> None:
    await keep_usual(tenant)
    await become(tenant, ALICE, AccountStatus.DELETED)
    at = datetime.now(UTC) + after
    await keep(tenant, posts=[post(ALICE, "3", at=at)], comments=[comment(ALICE, "mine", uri(BOB, "b"), at=at)])
    assert ("3" in await texts(tenant)) == is_back
    assert len(
        await rows(tenant, "SELECT 1 FROM discovery.comments WHERE platform_id = :id", id=uri(ALICE, "mine"))
    ) == (1 if is_back else 0)
    await keep(tenant, profiles=[profile(ALICE, at=at)])
    (kept,) = await rows(tenant, "SELECT bio_text, status FROM discovery.creators WHERE platform_id = :d", d=ALICE)
    assert kept == (("Up early", None) if is_back else (None, "deleted"))


async def test_of_a_suspended_account_the_status_changes_and_changes_back(tenant: Tenant) -> None:
    await keep_usual(tenant)
    found = []
    for status in (AccountStatus.SUSPENDED, AccountStatus.UNKNOWN, AccountStatus.ACTIVE):
        await become(tenant, ALICE, status)
        found += await rows(tenant, "SELECT status, bio_text FROM discovery.creators WHERE platform_id = :d", d=ALICE)
    assert found == [("suspended", "Up early"), ("suspended", "Up early"), ("active", "Up early")]
    assert await texts(tenant) == {"1": SAID, "2": SAID}


async def test_an_account_that_opted_out_is_left_alone(tenant: Tenant) -> None:
    await keep_usual(tenant)
    await change(
        tenant, "UPDATE discovery.creators SET opted_out = true, status = NULL WHERE platform_id = :d", d=ALICE
    )
    for status in (AccountStatus.SUSPENDED, AccountStatus.DELETED):
        await become(tenant, ALICE, status)
    assert await rows(tenant, "SELECT status FROM discovery.creators WHERE opted_out") == [None]


async def test_deletions_are_looked_up_by_the_key_of_posts_and_workspaces_by_probes(tenant: Tenant) -> None:
    """No statement reads all rows of a table, whatever the statistics say of an empty one."""
    from services.discovery.creators import gone as statements

    parameters = {
        "workspace_ids": [tenant.workspace_id], "platform": "bluesky", "platform_ids": [uri(ALICE, "1")],
        "at": datetime.now(UTC), "posts": [uri(ALICE, "1")], "authors": [ALICE],
    }  # fmt: skip
    async with tenant.house.runtime("discovery").database.system_session() as session:
        await session.execute(text("SET LOCAL enable_seqscan = off"))
        plans = []
        for statement in (
            statements._FORGET_POSTS, statements._WORKSPACES.format(name="w", table="posts"), statements._LOCK_POSTS,
            statements._LOCK_CREATORS, statements._FORGET_COMMENTS, statements._KNOWN_AUTHORS,
        ):  # fmt: skip
            given = {name: value for name, value in parameters.items() if f":{name}" in statement}
            explained = await session.execute(text(f"EXPLAIN {statement}"), given)
            plans.append("\n".join(explained.scalars()))
    assert "uq_posts_workspace_id_platform_platform_id" in plans[0]
    assert "Recursive Union" in plans[1]
    assert not any("Seq Scan" in plan for plan in plans)
