"""A scripted AppView behind httpx's transport: answers in order by call name, and a record of what was asked."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import httpx

from services.discovery.connector import CallMeter
from services.discovery.connectors.bluesky import BlueskyConnector
from tests.services.discovery.connectors.bluesky_answers import NOW

APPVIEW = "https://appview.example.com"
SEARCH = "app.bsky.feed.searchPosts"
SEARCH_V2 = "app.bsky.feed.searchPostsV2"
FEED = "app.bsky.feed.getAuthorFeed"
PROFILES = "app.bsky.actor.getProfiles"


def forbidden() -> httpx.Response:
    """How the public AppView's front refuses a call."""
    return httpx.Response(403, text="<html>Request forbidden by administrative rules.</html>")


@dataclass
class Appview:
    """Answers each call with the next one scripted for its name; an unscripted call is a failure of the test.

    The newer search is not switched on unless it is scripted.
    """

    script: dict[str, list[httpx.Response | Exception]] = field(default_factory=dict)
    requests: list[httpx.Request] = field(default_factory=list)

    def answer(self, name: str, *answers: Mapping[str, Any] | httpx.Response | Exception) -> None:
        self.script.setdefault(name, []).extend(
            httpx.Response(200, json=one) if isinstance(one, Mapping) else one for one in answers
        )

    def asked(self, name: str) -> list[httpx.QueryParams]:
        return [request.url.params for request in self.requests if request.url.path == f"/xrpc/{name}"]

    def handle(self, request: httpx.Request) -> httpx.Response:
        name = request.url.path.removeprefix("/xrpc/")
        if name == SEARCH_V2 and name not in self.script:
            return error(400, "InvalidRequest", "Search v2 is not enabled")
        self.requests.append(request)
        assert self.script.get(name), f"unexpected call of {name}"
        scripted = self.script[name].pop(0)
        if isinstance(scripted, Exception):
            raise scripted
        return scripted

    def connector(
        self, meter: CallMeter | None = None, *, options: Mapping[str, str] | None = None
    ) -> BlueskyConnector:
        client = httpx.AsyncClient(transport=httpx.MockTransport(self.handle))
        return BlueskyConnector.create(
            client, {"appview_url": APPVIEW, **(options or {})}, meter=meter, clock=lambda: NOW
        )


def error(status: int, name: str, message: str = "", **headers: str) -> httpx.Response:
    """An XRPC error answer; header names are written with underscores."""
    named = {key.replace("_", "-"): value for key, value in headers.items()}
    return httpx.Response(status, json={"error": name, "message": message}, headers=named)
