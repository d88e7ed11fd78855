"""A scripted YouTube Data API behind httpx's transport; every call is checked against the discovery document."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import httpx

from services.discovery.connector import CallMeter
from services.discovery.connectors.youtube import YoutubeConnector
from tests.services.discovery.connectors.recorder import NOW
from tests.services.discovery.connectors.youtube_answers import checked_call

KEY = "an-api-key"


def refusal(status: int, reason: str, message: str = "", **headers: str) -> httpx.Response:
    """An error answer of Google's APIs; header names are written with underscores."""
    error = {"code": status, "message": message, "errors": [{"domain": "x", "reason": reason, "message": message}]}
    named = {key.replace("_", "-"): value for key, value in headers.items()}
    return httpx.Response(status, json={"error": error}, headers=named)


@dataclass
class Api:
    """Answers each call with the next one scripted for its path; an unscripted call fails the test."""

    script: dict[str, list[httpx.Response | Exception]] = field(default_factory=dict)
    requests: list[httpx.Request] = field(default_factory=list)

    def answer(self, path: str, *answers: Mapping[str, Any] | httpx.Response | Exception) -> None:
        self.script.setdefault(path, []).extend(
            httpx.Response(200, json=one) if isinstance(one, Mapping) else one for one in answers
        )

    def asked(self, path: str) -> list[httpx.QueryParams]:
        return [one.url.params for one in self.requests if one.url.path == f"/youtube/v3/{path}"]

    def handle(self, request: httpx.Request) -> httpx.Response:
        path = request.url.path.removeprefix("/youtube/v3/")
        assert request.headers["X-Goog-Api-Key"] == KEY
        assert KEY not in str(request.url)
        checked_call(path, dict(request.url.params))
        self.requests.append(request)
        assert self.script.get(path), f"unexpected call of {path}"
        scripted = self.script[path].pop(0)
        if isinstance(scripted, Exception):
            raise scripted
        return scripted

    def connector(self, meter: CallMeter | None = None, *, key: str = KEY) -> YoutubeConnector:
        client = httpx.AsyncClient(transport=httpx.MockTransport(self.handle))
        return YoutubeConnector.create(client, {"api_key": key}, meter=meter, clock=lambda: NOW)
