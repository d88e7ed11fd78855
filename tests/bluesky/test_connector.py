"""The Bluesky connector against the real network: what it finds is what was planted."""

from collections.abc import AsyncIterator, Awaitable, Callable
from functools import partial

import httpx
import pytest

from services.discovery.connector import Coverage, NotFound, Page
from services.discovery.connectors.bluesky import BlueskyConnector
from services.discovery.records import OptOut, PostRecord
from shared.kit.http import USER_AGENT
from shared.rules.hashtags import normalise
from shared.schemas.base import CountState
from tests.bluesky.conftest import SeededNetwork
from tests.bluesky.seed import HASHTAG

pytestmark = pytest.mark.bluesky

APP_PASSWORD = "pw"  # the one that network.js gives every account


@pytest.fixture
async def connector(bluesky: SeededNetwork) -> AsyncIterator[BlueskyConnector]:
    async with httpx.AsyncClient(headers={"User-Agent": USER_AGENT}, timeout=30) as client:
        yield BlueskyConnector.create(client, {"appview_url": bluesky.network.appview})


async def _all(read: Callable[[str | None], Awaitable[Page[PostRecord]]]) -> list[PostRecord]:
    found: list[PostRecord] = []
    cursor: str | None = None
    for _ in range(50):
        page = await read(cursor)
        found += page.items
        if (cursor := page.next_cursor) is None:
            return found
    raise AssertionError("the pages do not end")


async def _write(bluesky: SeededNetwork, name: str, call: str, **body: object) -> dict[str, str]:
    """Act as a seeded account through its own server."""
    pds = f"{bluesky.network.pds}/xrpc"
    async with httpx.AsyncClient(timeout=30) as client:
        login = {"identifier": bluesky.network.handle(name), "password": APP_PASSWORD}
        session = (await client.post(f"{pds}/com.atproto.server.createSession", json=login)).raise_for_status().json()
        answer = await client.post(
            f"{pds}/com.atproto.repo.{call}",
            json={"repo": session["did"], **body},
            headers={"Authorization": f"Bearer {session['accessJwt']}"},
        )
        made: dict[str, str] = answer.raise_for_status().json()
        return made


async def _eventually(holds: Callable[[], Awaitable[bool]]) -> None:
    """Ask again until the network has carried a change from the account's server to the AppView."""
    for _ in range(400):
        if await holds():
            return
    raise AssertionError("the network did not carry the change on")


async def test_a_hashtag_finds_exactly_who_uses_it_in_either_spelling(
    bluesky: SeededNetwork, connector: BlueskyConnector
) -> None:
    posts = await _all(partial(connector.hashtag_posts, HASHTAG))
    key = normalise(HASHTAG).key
    assert all(key in {hashtag.key for hashtag in post.hashtags} for post in posts)
    expected = {
        bluesky.network.did[post["by"]]
        for post in bluesky.planted.spec["posts"]
        if HASHTAG.lower() in post["text"].lower().split()
    }
    assert {post.author_id for post in posts} == expected
    assert expected >= bluesky.dids(bluesky.planted.hashtag_users)


async def test_comments_lead_from_hashtag_users_to_the_first_hop_and_from_there_to_the_second(
    bluesky: SeededNetwork, connector: BlueskyConnector
) -> None:
    planted = bluesky.planted

    async def commenters(authors: set[str]) -> set[str]:
        found: set[str] = set()
        for author in sorted(authors):
            for post in await _all(partial(connector.author_posts, author)):
                page = await connector.post_comments(post.platform_id)
                assert page.coverage is Coverage.FULL
                found |= {comment.author_id for comment in page.items if comment.author_id}
        return found

    first = await commenters(bluesky.dids(planted.hashtag_users))
    assert bluesky.dids(planted.first_hop) <= first
    assert not bluesky.dids(planted.second_hop) & first
    assert bluesky.dids(planted.second_hop) <= await commenters(bluesky.dids(planted.first_hop))


async def test_profiles_carry_the_planted_follower_counts(bluesky: SeededNetwork, connector: BlueskyConnector) -> None:
    planted, network = bluesky.planted, bluesky.network
    page = await connector.profiles([*network.did.values(), "nobody.test"])
    assert page.missing == ("nobody.test",)
    followers = {creator.platform_id: creator.counts.followers for creator in page.items}
    assert {did: count.value for did, count in followers.items()} == {
        network.did[name]: count for name, count in planted.followers.items()
    }
    assert {count.state for count in followers.values()} == {CountState.EXACT}


async def test_an_authors_posts_are_the_own_ones_without_answers(
    bluesky: SeededNetwork, connector: BlueskyConnector
) -> None:
    (name, *_) = sorted(bluesky.planted.first_hop)
    posts = await _all(partial(connector.author_posts, bluesky.network.did[name]))
    own = {post["text"] for post in bluesky.planted.spec["posts"] if post["by"] == name and "reply" not in post}
    assert {post.text for post in posts} == own
    again = await connector.posts([post.platform_id for post in posts])
    assert {post.platform_id for post in again.items} == {post.platform_id for post in posts}


async def test_a_login_reads_the_same_through_its_own_server(
    bluesky: SeededNetwork, connector: BlueskyConnector
) -> None:
    (name, *_) = sorted(bluesky.planted.fans)
    options = {
        "pds_url": bluesky.network.pds,
        "identifier": bluesky.network.handle(name),
        "app_password": APP_PASSWORD,
    }
    async with httpx.AsyncClient(timeout=30) as client:
        signed_in = BlueskyConnector.create(client, options)
        mine = await _all(partial(signed_in.hashtag_posts, HASHTAG))
    public = await _all(partial(connector.hashtag_posts, HASHTAG))
    assert {post.platform_id for post in mine} == {post.platform_id for post in public}


async def test_a_mention_a_quote_a_deletion_and_an_opt_out_are_seen(
    bluesky: SeededNetwork, connector: BlueskyConnector
) -> None:
    planted, network = bluesky.planted, bluesky.network
    (fan, quoter, *_), (brand, *_) = sorted(planted.fans), sorted(planted.other_niches)
    handle, did = network.handle(brand), network.did[brand]
    (liked, *_) = (await connector.author_posts(did)).items
    text = f"Thank you @{handle}"
    feature = {"$type": "app.bsky.richtext.facet#mention", "did": did}
    facets = [{"index": {"byteStart": 10, "byteEnd": len(text)}, "features": [feature]}]
    record = {"$type": "app.bsky.feed.post", "createdAt": "2026-11-22T09:00:00.000Z"}
    mention = await _write(
        bluesky, fan, "createRecord", collection="app.bsky.feed.post", record=record | {"text": text, "facets": facets}
    )
    cid = (await _read(bluesky, "app.bsky.feed.getPosts", uris=liked.platform_id))["posts"][0]["cid"]
    embed = {"$type": "app.bsky.embed.record", "record": {"uri": liked.platform_id, "cid": cid}}
    quote = await _write(
        bluesky, quoter, "createRecord", collection="app.bsky.feed.post", record=record | {"text": "!", "embed": embed}
    )

    async def mentioned() -> bool:
        return any(post.platform_id == mention["uri"] for post in (await connector.mentions(did, handle)).items)

    async def quoted() -> bool:
        page = await connector.quotes(liked.platform_id)
        return any((post.platform_id, post.quote_of) == (quote["uri"], liked.platform_id) for post in page.items)

    await _eventually(mentioned)
    await _eventually(quoted)

    key = mention["uri"].rpartition("/")[2]
    await _write(bluesky, fan, "deleteRecord", collection="app.bsky.feed.post", rkey=key)

    async def deleted() -> bool:
        return (await connector.posts([mention["uri"]])).missing == (mention["uri"],)

    await _eventually(deleted)
    with pytest.raises(NotFound):
        await connector.post_comments(mention["uri"])

    labels = {"$type": "com.atproto.label.defs#selfLabels", "values": [{"val": "!no-unauthenticated"}]}
    hidden = {"$type": "app.bsky.actor.profile", "displayName": "Hidden", "labels": labels}
    await _write(bluesky, quoter, "putRecord", collection="app.bsky.actor.profile", rkey="self", record=hidden)

    async def opted_out() -> bool:
        (creator,) = (await connector.profiles([network.did[quoter]])).items
        return creator.opt_outs == {OptOut.NO_UNAUTHENTICATED}

    await _eventually(opted_out)


async def _read(bluesky: SeededNetwork, call: str, **params: str) -> dict[str, list[dict[str, str]]]:
    async with httpx.AsyncClient(timeout=30) as client:
        answer = await client.get(f"{bluesky.network.appview}/xrpc/{call}", params=params)
        read: dict[str, list[dict[str, str]]] = answer.raise_for_status().json()
        return read
