"""A generated network behind Bluesky's calls: pages, a quota counted at its own side, faults none of our code knows.

The answers have the form of the lexicon (a test validates them). Who comments where, who uses which hashtag and who has
how many followers is the network's; posts are drawn here: each author's hashtags and the comments of others are spread
over them, newer posts getting more.
"""

import json
from base64 import b32encode
from collections import Counter, deque
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from threading import Lock
from time import monotonic, time
from typing import Any

import httpx
import numpy as np

from tests.benchmarks.discovery.networks import Network, Role

XRPC = "/xrpc/"
SEARCH = "app.bsky.feed.searchPostsV2"
THREAD = "app.bsky.feed.getPostThread"
PROFILES = "app.bsky.actor.getProfiles"
FEED = "app.bsky.feed.getAuthorFeed"
LOGIN = "com.atproto.server.createSession"
CID = "bafyreieusywnxyv242ikpdrltkwslassilxj2du34b2k3l3jqe7rjqfao4"
PAGE = 100
WORDS = "one more day out there with everybody"
Parameters = Sequence[tuple[str, str]]


def did(account: int) -> str:
    """The account's identifier, in the form of did:plc."""
    return "did:plc:" + b32encode(account.to_bytes(15, "big")).decode().lower()


def handle(account: int) -> str:
    return f"a{account}.sim.example.com"


@dataclass
class Quota:
    """So many calls of one credential in any span of seconds; counts what comes and refuses what is too much."""

    limit: int = 3_000
    span: float = 300.0
    came: deque[float] = field(default_factory=deque)
    most: int = 0
    refused: int = 0

    def take(self, now: float) -> bool:
        while self.came and self.came[0] <= now - self.span:
            self.came.popleft()
        if len(self.came) >= self.limit:
            self.refused += 1
            return False
        self.came.append(now)
        self.most = max(self.most, len(self.came))
        return True

    def headers(self, now: float) -> dict[str, str]:
        # the wall clock only for what it says; it counts by a clock that never jumps
        resets = time() + (self.came[0] + self.span - now if self.came else self.span)
        return {
            "ratelimit-limit": str(self.limit),
            "ratelimit-remaining": str(self.limit - len(self.came)),
            "ratelimit-reset": str(int(resets) + 1),
        }


class Appview:
    """Serves one network. Calls are counted by credential: `egress` for those without a login."""

    def __init__(
        self, network: Network, *, seed: int, now: datetime | None = None, limit: int = 3_000, span: float = 300.0
    ) -> None:
        self.network = network
        self.now = now or datetime.now(UTC).replace(minute=0, second=0, microsecond=0)
        self.quotas: dict[str, Quota] = {}
        self.calls: Counter[str] = Counter()
        self.log: list[tuple[str, str]] = []  # credential and signature, in order
        self._limit, self._span = limit, span
        self._lock = Lock()
        self._index = {did(account): account for account in range(network.accounts)}
        self._draw(np.random.default_rng(seed))

    def _draw(self, rng: np.random.Generator) -> None:
        network = self.network
        many = network.accounts
        most = np.zeros(many, np.int64)
        np.maximum.at(most, network.tag_account, network.tag_uses)
        count = np.maximum(3 + rng.geometric(1 / 8, many), np.minimum(most, 40))
        count = np.where(network.role == Role.AUDIENCE, rng.integers(0, 3, many), np.minimum(count, 40))
        np.maximum.at(count, network.target, 1)
        self._posts = count
        self._age = rng.random(many)
        self._tags: dict[int, dict[int, list[str]]] = {}
        users: dict[str, list[tuple[float, int, int]]] = {}
        for account, tag, uses in zip(
            network.tag_account.tolist(), network.tag.tolist(), network.tag_uses.tolist(), strict=True
        ):
            name = network.tag_names[tag]
            for post in rng.choice(count[account], min(uses, int(count[account])), replace=False).tolist():
                self._tags.setdefault(account, {}).setdefault(post, []).append(name)
                users.setdefault(name, []).append((self._days(account, post), account, post))
        self._tagged = {name: [(account, post) for _, account, post in sorted(some)] for name, some in users.items()}
        source = np.repeat(network.source, network.comments)
        target = np.repeat(network.target, network.comments)
        post = np.floor(count[target] * rng.random(len(target)) ** 1.5).astype(np.int64)
        self._comments: dict[tuple[int, int], list[int]] = {}
        for who, whom, where in zip(source.tolist(), target.tolist(), post.tolist(), strict=True):
            self._comments.setdefault((whom, where), []).append(who)

    def _days(self, account: int, post: int) -> float:
        return 2.0 * post + float(self._age[account]) + 0.1

    def answer(
        self, method: str, path: str, params: Parameters, headers: Mapping[str, str], body: bytes = b""
    ) -> tuple[int, dict[str, str], dict[str, Any]]:
        """Status, headers and body of the answer to one call."""
        name = path.removeprefix(XRPC)
        token = headers.get("authorization", "").removeprefix("Bearer ")
        credential = token.removeprefix("access-") if token else "egress"
        with self._lock:
            if name == LOGIN:
                return 200, {}, self._login(json.loads(body))
            quota = self.quotas.setdefault(credential, Quota(self._limit, self._span))
            now = monotonic()
            allowed = quota.take(now)
            self.calls[credential] += allowed
            self.log.append((credential, f"{method} {name} {params}"))
            limits = quota.headers(now)
        if not allowed:
            return 429, limits, {"error": "RateLimitExceeded", "message": "Rate Limit Exceeded"}
        given = dict(params)
        match name:
            case "app.bsky.feed.searchPostsV2":
                return 200, limits, self._search(given)
            case "app.bsky.feed.getPostThread":
                return self._thread(given, limits)
            case "app.bsky.actor.getProfiles":
                asked = [value for key, value in params if key == "actors"]
                found = [self._index[one] for one in asked if one in self._index]
                return 200, limits, {"profiles": [self._profile(account) for account in found]}
            case "app.bsky.feed.getAuthorFeed":
                return 200, limits, self._feed(given)
        return 501, limits, {"error": "MethodNotImplemented", "message": "Method Not Implemented"}

    def handle(self, request: httpx.Request) -> httpx.Response:
        """For httpx.MockTransport."""
        params = request.url.params.multi_items()
        given = {name.lower(): value for name, value in request.headers.items()}
        status, headers, body = self.answer(request.method, request.url.path, params, given, request.content)
        return httpx.Response(status, headers=headers, json=body)

    def _login(self, given: dict[str, str]) -> dict[str, Any]:
        who = given["identifier"]
        return {"accessJwt": f"access-{who}", "refreshJwt": f"refresh-{who}", "handle": who, "did": did(0)}

    def _search(self, given: dict[str, str]) -> dict[str, Any]:
        posts = self._tagged.get(given["hashtags"].lower(), [])
        return self._page("posts", [self._post(*one) for one in self._part(posts, given)], len(posts), given)

    def _feed(self, given: dict[str, str]) -> dict[str, Any]:
        account = self._index.get(given["actor"])
        posts = [] if account is None else [(account, post) for post in range(int(self._posts[account]))]
        return self._page("feed", [{"post": self._post(*one)} for one in self._part(posts, given)], len(posts), given)

    @staticmethod
    def _part(posts: list[tuple[int, int]], given: dict[str, str]) -> list[tuple[int, int]]:
        start = int(given.get("cursor", "0"))
        return posts[start : start + min(int(given.get("limit", "25")), PAGE)]

    @staticmethod
    def _page(name: str, items: list[Any], total: int, given: dict[str, str]) -> dict[str, Any]:
        behind = int(given.get("cursor", "0")) + len(items)
        return {name: items} | ({"cursor": str(behind)} if behind < total else {})

    def _thread(self, given: dict[str, str], limits: dict[str, str]) -> tuple[int, dict[str, str], dict[str, Any]]:
        _, _, who, _, key = given["uri"].split("/")
        account, post = self._index.get(who), int(key.removeprefix("p"))
        if account is None or post >= self._posts[account]:
            return 400, limits, {"error": "NotFound", "message": "Post not found"}
        root = self._post(account, post)
        said = self._comments.get((account, post), [])[:PAGE]
        replies = [self._node(self._reply(one, number, root)) for number, one in enumerate(said)]
        return 200, limits, {"thread": self._node(root, replies)}

    @staticmethod
    def _node(view: dict[str, Any], replies: list[Any] | None = None) -> dict[str, Any]:
        return {"$type": "app.bsky.feed.defs#threadViewPost", "post": view, "replies": replies or []}

    def _author(self, account: int) -> dict[str, Any]:
        return {
            "$type": "app.bsky.actor.defs#profileViewBasic",
            "did": did(account),
            "handle": handle(account),
            "displayName": f"Account {account}",
            "labels": [],
            "createdAt": "2024-05-01T10:00:00.000Z",
        }

    def _profile(self, account: int) -> dict[str, Any]:
        followers = self.network.followers[account]
        known = {} if np.isnan(followers) else {"followersCount": int(followers)}
        kind = {"$type": "app.bsky.actor.defs#profileViewDetailed", "postsCount": int(self._posts[account])}
        return self._author(account) | kind | known

    def _when(self, days: float) -> str:
        return (self.now - timedelta(days=days)).strftime("%Y-%m-%dT%H:%M:%S.000Z")

    def _post(self, account: int, post: int) -> dict[str, Any]:
        text, facets = WORDS, []
        for name in self._tags.get(account, {}).get(post, []):
            start = len(text) + 1
            text += f" #{name}"
            features = [{"$type": "app.bsky.richtext.facet#tag", "tag": name}]
            facets.append({"index": {"byteStart": start, "byteEnd": len(text)}, "features": features})
        record = {"text": text, "facets": facets}
        comments = len(self._comments.get((account, post), []))
        return self._view(account, f"p{post}", record, self._days(account, post)) | {"replyCount": comments}

    def _reply(self, account: int, number: int, root: dict[str, Any]) -> dict[str, Any]:
        parent = {"uri": root["uri"], "cid": CID}
        key = f"r{root['uri'].split('/')[2][-8:]}{root['uri'].rpartition('/')[2]}n{number}"
        return self._view(account, key, {"text": "Well said", "reply": {"root": parent, "parent": parent}}, 0.05)

    def _view(self, account: int, key: str, record: dict[str, Any], days: float) -> dict[str, Any]:
        return {
            "$type": "app.bsky.feed.defs#postView",
            "uri": f"at://{did(account)}/app.bsky.feed.post/{key}",
            "cid": CID,
            "author": self._author(account),
            "record": {"$type": "app.bsky.feed.post", "createdAt": self._when(days), **record},
            "indexedAt": self._when(days),
        }
