"""A network that goes on by itself: accounts whose numbers change and who publish, as an AppView shows them."""

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx

from tests.house import Loopback, Tenant
from tests.services.discovery.connectors import bluesky_answers as answers
from tests.services.discovery.connectors.bluesky_server import FEED, PROFILES, error


@dataclass
class Network:
    """What each account shows now; `asked` are the calls made, by name."""

    followers: dict[str, int | None] = field(default_factory=dict)
    posts: dict[str, list[dict[str, Any]]] = field(default_factory=dict)
    asked: list[str] = field(default_factory=list)
    fails: list[httpx.Response | None] = field(default_factory=list)
    page_size: int = 100

    def publish(self, did: str, key: str, *, after: timedelta = timedelta(0)) -> None:
        """A new post of an account, by its clock."""
        at = (datetime.now(UTC) + after).strftime("%Y-%m-%dT%H:%M:%S.%fZ")
        view = answers.post(
            did, key, f"On the ridge, {key}", counts={"likeCount": 3}, record={"createdAt": at}, indexedAt=at
        )
        self.posts.setdefault(did, []).insert(0, view)

    def handle(self, request: httpx.Request) -> httpx.Response:
        name = request.url.path.removeprefix("/xrpc/")
        self.asked.append(name.rpartition(".")[2])
        failure = self.fails.pop(0) if self.fails else None
        if failure is not None:
            return failure
        params = request.url.params
        if name == PROFILES:
            return httpx.Response(200, json=answers.profiles(*self._profiles(params.get_list("actors"))))
        assert name == FEED, name
        start = int(params.get("cursor", "0"))
        mine = self.posts.get(params["actor"], [])
        page = mine[start : start + self.page_size]
        following = str(start + self.page_size) if start + self.page_size < len(mine) else None
        return httpx.Response(200, json=answers.feed([{"post": one} for one in page], following))

    def _profiles(self, actors: list[str]) -> list[dict[str, Any]]:
        named = {handle: did for did, handle in answers.HANDLES.items()}
        dids = [named.get(one, one) for one in actors]
        return [
            answers.profile(did, postsCount=len(self.posts.get(did, [])), **self._followers(did))
            for did in dids
            if did in self.followers
        ]

    def _followers(self, did: str) -> dict[str, int]:
        known = self.followers[did]
        return {} if known is None else {"followersCount": known}


class Ways(httpx.AsyncBaseTransport):
    """Our own services inside this process, the platform to `network`."""

    def __init__(self, tenant: Tenant, network: Network) -> None:
        self._inside, self._outside = Loopback(tenant.house), httpx.MockTransport(network.handle)

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        inside = request.url.host.endswith(".test")
        return await (self._inside if inside else self._outside).handle_async_request(request)


def limited(seconds: int) -> httpx.Response:
    """The platform wants no call for so long."""
    return error(429, "RateLimitExceeded", retry_after=str(seconds))
