"""Claims about what is said to be gone before it is stored, and about comments, of which nothing is kept to tell."""

from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import text

from services.discovery.creators import service as creators
from services.discovery.records import OptOut
from shared.schemas.creators import AccountStatus
from tests.house import Tenant
from tests.services.discovery.connectors.bluesky_answers import ALICE, BOB, CAROL, uri
from tests.services.discovery.deletions.keeping import (
    become,
    comment,
    follow,
    gone,
    keep,
    keep_usual,
    post,
    profile,
    rows,
    texts,
    told,
)
from tests.services.discovery.imports.test_imports import imported, ndjson

LATER = timedelta(hours=1)
WAYS = pytest.mark.parametrize(
    ("source", "after", "is_there"),
    [("bluesky", LATER, True), ("bluesky", timedelta(seconds=5), False), ("bluesky", -LATER, False),
     ("archive", LATER, False)],
    ids=["the platform later", "the platform's caches", "an answer under way", "an archive"],
)  # fmt: skip


async def remembered(tenant: Tenant) -> int:
    (count,) = await rows(tenant, "SELECT count(*) FROM discovery.gone")
    return int(count)


@WAYS
async def test_a_known_authors_post_that_is_gone_already_is_not_stored(
    tenant: Tenant, other_tenant: Tenant, source: str, after: timedelta, is_there: bool
) -> None:
    await keep(other_tenant, profiles=[profile(ALICE)])
    await gone(tenant, uri(ALICE, "3"))
    at = datetime.now(UTC) + after
    await keep(tenant, profiles=[profile(ALICE)], posts=[post(ALICE, "3", at=at), post(ALICE, "4")], source=source)
    assert sorted(await texts(tenant)) == (["3", "4"] if is_there else ["4"])


@WAYS
async def test_a_deleted_comment_does_not_come_back(
    tenant: Tenant, source: str, after: timedelta, is_there: bool
) -> None:
    await keep_usual(tenant)
    await gone(tenant, uri(BOB, "c"))
    at = datetime.now(UTC) + after
    await keep(
        tenant, source=source,
        comments=[comment(BOB, key, uri(ALICE, "1"), at=at) for key in ("c", "d")],
    )  # fmt: skip
    found = await rows(tenant, "SELECT platform_id FROM discovery.comments ORDER BY 1")
    assert found == [uri(BOB, "c"), uri(BOB, "d")][0 if is_there else 1 :]


@WAYS
async def test_of_an_account_that_is_gone_already_nothing_is_stored(
    tenant: Tenant, source: str, after: timedelta, is_there: bool
) -> None:
    await keep(tenant, profiles=[profile(BOB)], posts=[post(BOB, "b")])
    await become(tenant, ALICE, AccountStatus.DELETED)
    at = datetime.now(UTC) + after
    await keep(
        tenant, source=source, profiles=[profile(ALICE, at=at)], posts=[post(ALICE, "1", at=at)],
        comments=[comment(ALICE, "a", uri(BOB, "b"), at=at)],
    )  # fmt: skip
    await keep(tenant, source=source, posts=[post(ALICE, "2", at=at)])
    assert sorted(await texts(tenant)) == (["1", "2", "b"] if is_there else ["b"])
    people = await rows(tenant, "SELECT platform_id FROM discovery.creators WHERE platform_id = :a", a=ALICE)
    assert (len(people), len(await rows(tenant, "SELECT 1 FROM discovery.comments"))) == (
        (1, 1) if is_there else (0, 0)
    )


async def test_an_account_that_is_active_again_is_stored_at_once(tenant: Tenant) -> None:
    await become(tenant, ALICE, AccountStatus.DELETED)
    await become(tenant, ALICE, AccountStatus.ACTIVE)
    await keep(tenant, profiles=[profile(ALICE)], posts=[post(ALICE, "1")])
    assert list(await texts(tenant)) == ["1"]


async def test_that_an_account_opted_out_is_kept_of_a_deleted_one_too(tenant: Tenant) -> None:
    await become(tenant, ALICE, AccountStatus.DELETED)
    await keep(tenant, profiles=[profile(ALICE, opt_outs=frozenset({OptOut.NOINDEX}))])
    assert await rows(tenant, "SELECT opted_out FROM discovery.creators") == [True]


async def test_what_strangers_delete_is_not_remembered(tenant: Tenant) -> None:
    await keep_usual(tenant)
    await gone(tenant, uri(CAROL, "1"), uri(CAROL, "2"))
    assert await remembered(tenant) == 0
    await gone(tenant, uri(CAROL, "1"), uri(ALICE, "9"))
    assert await remembered(tenant) == 1


async def test_a_post_that_a_comment_names_behind_its_deletion_is_known_to_be_gone(tenant: Tenant) -> None:
    await keep(tenant, profiles=[profile(ALICE), profile(BOB)])
    await follow(tenant, ALICE)
    await gone(tenant, uri(ALICE, "1"))
    await keep(tenant, comments=[comment(BOB, "c", uri(ALICE, "1"))])
    assert await rows(tenant, "SELECT gone_at IS NOT NULL FROM discovery.posts") == [True]
    assert await told(tenant) == []


async def test_an_imported_archive_brings_nothing_back(tenant: Tenant) -> None:
    await keep_usual(tenant)
    await gone(tenant, uri(BOB, "c"), uri(ALICE, "9"))
    await become(tenant, CAROL, AccountStatus.DELETED)
    lines = [
        {"kind": "creator", "platform": "bluesky", "platform_id": CAROL, "handle": "carol.example.com"},
        {"kind": "post", "platform": "bluesky", "platform_id": uri(CAROL, "5"), "author_id": CAROL, "text": "Mine"},
        {"kind": "post", "platform": "bluesky", "platform_id": uri(ALICE, "9"), "author_id": ALICE, "text": "Gone"},
        {"kind": "post", "platform": "bluesky", "platform_id": uri(ALICE, "8"), "author_id": ALICE, "text": "Here"},
        {"kind": "comment", "platform": "bluesky", "platform_id": uri(BOB, "d"), "post_id": uri(ALICE, "8"),
         "author_id": BOB, "text": "Nice"},
        {"kind": "comment", "platform": "bluesky", "platform_id": uri(BOB, "c"), "post_id": uri(ALICE, "1"),
         "author_id": BOB, "text": "Which shoes?"},
    ]  # fmt: skip
    await imported(tenant, ndjson(lines))
    assert sorted(await texts(tenant)) == ["1", "2", "8"]
    assert await rows(tenant, "SELECT platform_id FROM discovery.comments") == [uri(BOB, "d")]
    assert await rows(tenant, "SELECT 1 FROM discovery.creators WHERE platform_id = :c", c=CAROL) == []


async def test_the_memory_ends_and_that_of_stored_comments_last(tenant: Tenant) -> None:
    await keep_usual(tenant)
    await gone(tenant, uri(BOB, "c"), uri(ALICE, "9"))
    database = tenant.house.runtime("discovery").database
    lasting = []
    for days in (1, 2, 363):
        async with database.system_session() as session:
            await session.execute(
                text("UPDATE discovery.gone SET expires_at = expires_at - make_interval(days => :days)"), {"days": days}
            )
        await creators.expire(database)
        lasting.append(await remembered(tenant))
    assert lasting == [2, 1, 0]
