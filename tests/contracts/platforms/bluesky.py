"""Bluesky's AppView, its answers checked against the lexicon."""

from typing import Any, ClassVar

import httpx

from tests.contracts.platforms.world import World, at
from tests.services.discovery.connectors import bluesky_answers as answers
from tests.services.discovery.connectors.bluesky_server import SEARCH_V2, error


def _did(number: int) -> str:
    return f"did:plc:{'a' * 23}{'abcdefghij'[number]}"


class Bluesky(World):
    """An AppView without a login that does not refuse further pages."""

    account: ClassVar[str] = _did(9)
    post: ClassVar[str] = answers.uri(_did(9), "root")
    paged: ClassVar[frozenset[str]] = frozenset(
        {
            "hashtag_search",
            "author_feed_with_counts",
            "mentions",
            "quotes",
            "likers_reposters_quotes",
            "followers_list",
        }
    )

    def post_id(self, number: int) -> str:
        return answers.uri(self.account, f"p{number}")

    def account_id(self, number: int) -> str:
        return _did(number)

    def aside(self, request: httpx.Request) -> httpx.Response | None:
        switched_off = error(400, "InvalidRequest", "Search v2 is not enabled")
        return switched_off if request.url.path.endswith(SEARCH_V2) else None

    def page(self, request: httpx.Request, cursor: str | None) -> httpx.Response:
        name = request.url.path.removeprefix("/xrpc/")
        answer = self._answer(name, request.url.params)
        if cursor is not None and name not in ("app.bsky.feed.getPostThread", "app.bsky.actor.getProfiles"):
            answer["cursor"] = cursor
        return httpx.Response(200, json=answers.checked(name, answer))

    def _answer(self, name: str, params: httpx.QueryParams) -> dict[str, Any]:
        match name.rpartition(".")[2]:
            case "searchPosts":
                by = _did(8) if "mentions" in params else self.account
                return {"posts": [self._post(number, by) for number in self.items]}
            case "getPosts":
                asked = params.get_list("uris")
                return {"posts": [self._post(number) for number in self.items if self.post_id(number) in asked]}
            case "getAuthorFeed":
                return {"feed": [{"post": self._post(number)} for number in self.items]}
            case "getQuotes":
                return {"uri": self.post, "posts": [self._post(number) for number in self.items]}
            case "getPostThread":
                replies = [answers.node(self._post(number)) for number in self.items]
                return {"thread": answers.node(self._view(self.account, "root", 0, None), *replies)}
            case "getProfiles":
                asked = params.get_list("actors")
                return {"profiles": [self._profile(one) for one in self.items if self.account_id(one) in asked]}
            case "getLikes":
                likes = [
                    {"actor": _author(_did(one)), "createdAt": at(one), "indexedAt": at(one)} for one in self.items
                ]
                return {"uri": self.post, "likes": likes}
            case "getRepostedBy":
                return {"uri": self.post, "repostedBy": [_author(_did(number)) for number in self.items]}
            case "getFollowers":
                return {"subject": _author(self.account), "followers": [_author(_did(one)) for one in self.items]}
        raise AssertionError(name)

    def _profile(self, number: int) -> dict[str, Any]:
        names = ("followersCount", "followsCount", "postsCount")
        counts = {} if self.counters is None else dict.fromkeys(names, self.counters)
        return _author(_did(number)) | {"$type": "app.bsky.actor.defs#profileViewDetailed"} | counts

    def _post(self, number: int, by: str | None = None) -> dict[str, Any]:
        return self._view(by or self.account, f"p{number}", number, self.counters)

    def _view(self, by: str, key: str, number: int, counters: int | None) -> dict[str, Any]:
        text = "Up the hill #TrailRunning @someone"
        facets = [
            answers.facet(text, "#TrailRunning", answers.tag("TrailRunning")),
            answers.facet(text, "@someone", answers.mention(self.account)),
        ]
        names = ("likeCount", "repostCount", "replyCount", "quoteCount", "bookmarkCount")
        return {
            "$type": "app.bsky.feed.defs#postView",
            "uri": answers.uri(by, key),
            "cid": answers.CID,
            "author": _author(by),
            "record": {"$type": "app.bsky.feed.post", "text": text, "facets": facets, "createdAt": at(number)},
            "indexedAt": at(number),
            **({} if counters is None else dict.fromkeys(names, counters)),
        }


def _author(did: str) -> dict[str, Any]:
    return {"did": did, "handle": f"{did[-3:]}.example.com", "createdAt": "2024-05-01T10:00:00.000Z"}
