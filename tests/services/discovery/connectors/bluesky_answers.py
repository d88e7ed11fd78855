"""Answers of Bluesky's AppView, constructed, and each checked against the lexicon's models in the atproto package."""

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

from atproto_client import models  # type: ignore[import-untyped]  # it ships no py.typed
from atproto_client.models.utils import get_or_create  # type: ignore[import-untyped]  # it ships no py.typed

NOW = datetime(2026, 11, 22, 9, 0, tzinfo=UTC)
CID = "bafyreieusywnxyv242ikpdrltkwslassilxj2du34b2k3l3jqe7rjqfao4"
ALICE = "did:plc:vzlkorablpyffwmgzwttv4dl"
BOB = "did:plc:ttjx7e6zbslf2zzrfnqyuvi7"
CAROL = "did:plc:ewvi7nxzyoun6zhxrhs64oiz"
HANDLES = {ALICE: "alice.example.com", BOB: "bob.example.com", CAROL: "carol.example.com"}

_MODELS: dict[str, Any] = {
    "app.bsky.feed.searchPosts": models.AppBskyFeedSearchPosts.Response,
    "app.bsky.feed.searchPostsV2": models.AppBskyFeedSearchPostsV2.Response,
    "app.bsky.feed.getPostThread": models.AppBskyFeedGetPostThread.Response,
    "app.bsky.feed.getAuthorFeed": models.AppBskyFeedGetAuthorFeed.Response,
    "app.bsky.feed.getPosts": models.AppBskyFeedGetPosts.Response,
    "app.bsky.feed.getQuotes": models.AppBskyFeedGetQuotes.Response,
    "app.bsky.feed.getLikes": models.AppBskyFeedGetLikes.Response,
    "app.bsky.feed.getRepostedBy": models.AppBskyFeedGetRepostedBy.Response,
    "app.bsky.graph.getFollowers": models.AppBskyGraphGetFollowers.Response,
    "app.bsky.actor.getProfiles": models.AppBskyActorGetProfiles.Response,
    "com.atproto.server.createSession": models.ComAtprotoServerCreateSession.Response,
    "com.atproto.server.refreshSession": models.ComAtprotoServerRefreshSession.Response,
}


def checked(endpoint: str, answer: dict[str, Any]) -> dict[str, Any]:
    """The answer, if the lexicon allows it; its post records are checked too. Raises ModelError if not."""
    get_or_create(answer, _MODELS[endpoint], strict=True, strict_string_format=True)
    for record in _records(answer):
        get_or_create(record, models.AppBskyFeedPost.Record, strict=True, strict_string_format=True)
    return answer


def _records(value: object) -> list[dict[str, Any]]:
    if isinstance(value, list):
        return [record for item in value for record in _records(item)]
    if not isinstance(value, dict):
        return []
    own = [value] if value.get("$type") == "app.bsky.feed.post" else []
    return own + [record for item in value.values() for record in _records(item)]


def uri(did: str, key: str) -> str:
    return f"at://{did}/app.bsky.feed.post/{key}"


def author(did: str, *labels: dict[str, Any]) -> dict[str, Any]:
    return {
        "$type": "app.bsky.actor.defs#profileViewBasic",
        "did": did,
        "handle": HANDLES[did],
        "displayName": HANDLES[did].partition(".")[0].title(),
        "labels": list(labels),
        "createdAt": "2024-05-01T10:00:00.000Z",
    }


def label(value: str, *, source: str, subject: str) -> dict[str, Any]:
    return {"src": source, "uri": subject, "val": value, "cts": "2026-01-01T00:00:00.000Z"}


def facet(text: str, marked: str, feature: dict[str, Any]) -> dict[str, Any]:
    """A facet over the first occurrence of `marked`, by UTF-8 byte offsets."""
    start = text.encode().index(marked.encode())
    return {"index": {"byteStart": start, "byteEnd": start + len(marked.encode())}, "features": [feature]}


def tag(name: str) -> dict[str, Any]:
    return {"$type": "app.bsky.richtext.facet#tag", "tag": name}


def mention(did: str) -> dict[str, Any]:
    return {"$type": "app.bsky.richtext.facet#mention", "did": did}


def link(address: str) -> dict[str, Any]:
    return {"$type": "app.bsky.richtext.facet#link", "uri": address}


def post(
    did: str,
    key: str,
    text: str,
    *tags: str,
    counts: dict[str, int] | None = None,
    record: dict[str, Any] | None = None,
    **view: Any,
) -> dict[str, Any]:
    """A postView whose facets mark `tags`, spelled as in the text; `record` and `view` add or replace fields."""
    return {
        "$type": "app.bsky.feed.defs#postView",
        "uri": uri(did, key),
        "cid": CID,
        "author": author(did),
        "record": {
            "$type": "app.bsky.feed.post",
            "text": text,
            "facets": [facet(text, f"#{one}", tag(one)) for one in tags],
            "createdAt": "2026-11-20T08:00:00.000Z",
            **(record or {}),
        },
        "indexedAt": "2026-11-20T08:00:01.000Z",
        **(counts or {}),
        **view,
    }


def search(posts: Sequence[dict[str, Any]], cursor: str | None = None) -> dict[str, Any]:
    answer: dict[str, Any] = {"posts": list(posts)}
    return checked("app.bsky.feed.searchPosts", answer | ({"cursor": cursor} if cursor else {}))


def node(view: dict[str, Any], *replies: dict[str, Any]) -> dict[str, Any]:
    return {"$type": "app.bsky.feed.defs#threadViewPost", "post": view, "replies": list(replies)}


def not_found(did: str, key: str) -> dict[str, Any]:
    return {"$type": "app.bsky.feed.defs#notFoundPost", "uri": uri(did, key), "notFound": True}


def blocked(did: str, key: str) -> dict[str, Any]:
    return {
        "$type": "app.bsky.feed.defs#blockedPost",
        "uri": uri(did, key),
        "blocked": True,
        "author": {"$type": "app.bsky.feed.defs#blockedAuthor", "did": did},
    }


def thread(root: dict[str, Any]) -> dict[str, Any]:
    return checked("app.bsky.feed.getPostThread", {"thread": root})


def profile(did: str, **fields: Any) -> dict[str, Any]:
    return author(did) | {"$type": "app.bsky.actor.defs#profileViewDetailed"} | fields


def profiles(*views: dict[str, Any]) -> dict[str, Any]:
    return checked("app.bsky.actor.getProfiles", {"profiles": list(views)})


def reposted(view: dict[str, Any], by: str) -> dict[str, Any]:
    reason = {
        "$type": "app.bsky.feed.defs#reasonRepost",
        "by": author(by),
        "indexedAt": "2026-11-21T00:00:00.000Z",
    }
    return {"post": view, "reason": reason}


def feed(items: Sequence[dict[str, Any]], cursor: str | None = None) -> dict[str, Any]:
    answer: dict[str, Any] = {"feed": list(items)}
    return checked("app.bsky.feed.getAuthorFeed", answer | ({"cursor": cursor} if cursor else {}))


def tokens(number: int) -> dict[str, Any]:
    """The answer to a login or a renewal, with tokens numbered for the test."""
    answer = {
        "accessJwt": f"access-{number}",
        "refreshJwt": f"refresh-{number}",
        "handle": HANDLES[ALICE],
        "did": ALICE,
    }
    checked("com.atproto.server.refreshSession", answer)
    return checked("com.atproto.server.createSession", answer)
