"""Scripted Fediverse servers behind httpx's transport: answers in order by host and path, and a record of the calls."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import httpx

from services.discovery.connector import CallMeter
from services.discovery.connectors.mastodon import MastodonConnector
from tests.services.discovery.connectors.fediverse_answers import OTHER, OWN
from tests.services.discovery.connectors.recorder import NOW

NODEINFO = "/.well-known/nodeinfo"
BOTH = {"servers": f"{OWN}, https://{OTHER}"}


def linked(body: Any, max_id: str | None, *, status: int = 200) -> httpx.Response:
    """A page whose Link header has lost the call's parameters, as servers send it."""
    link = f'<https://{OWN}/page?max_id={max_id}>; rel="next", <https://{OWN}/page?min_id=9>; rel="prev"'
    return httpx.Response(status, json=body, headers={"Link": link} if max_id else {})


def error(code: int, text: str = "", **headers: str) -> httpx.Response:
    return httpx.Response(code, json={"error": text}, headers={key.replace("_", "-"): v for key, v in headers.items()})


@dataclass
class Servers:
    """Answers each call with the next one scripted for its host and path; an unscripted call fails the test.

    `software` names the kind of server by host, None: it publishes no NodeInfo.
    """

    software: dict[str, str | None] = field(default_factory=dict)
    script: dict[tuple[str, str], list[httpx.Response | Exception]] = field(default_factory=dict)
    requests: list[httpx.Request] = field(default_factory=list)

    def answer(self, path: str, *answers: Any, host: str = OWN) -> None:
        self.script.setdefault((host, path), []).extend(
            httpx.Response(200, json=one) if isinstance(one, Mapping | list) else one for one in answers
        )

    def asked(self, path: str, host: str = OWN) -> list[httpx.QueryParams]:
        return [one.url.params for one in self.requests if (one.url.host, one.url.path) == (host, path)]

    def handle(self, request: httpx.Request) -> httpx.Response:
        host, path = request.url.host, request.url.path
        if path == NODEINFO:
            return self._nodeinfo(host)
        if path == "/nodeinfo/2.0":
            return httpx.Response(200, json={"version": "2.0", "software": {"name": self.software[host]}})
        self.requests.append(request)
        assert self.script.get((host, path)), f"unexpected call of {host}{path}"
        scripted = self.script[host, path].pop(0)
        if isinstance(scripted, Exception):
            raise scripted
        return scripted

    def _nodeinfo(self, host: str) -> httpx.Response:
        if self.software.get(host) is None:
            return httpx.Response(404)
        rel = "http://nodeinfo.diaspora.software/ns/schema/2.0"
        return httpx.Response(200, json={"links": [{"rel": rel, "href": f"https://{host}/nodeinfo/2.0"}]})

    def connector(
        self, meter: CallMeter | None = None, *, options: Mapping[str, str] | None = None
    ) -> MastodonConnector:
        client = httpx.AsyncClient(transport=httpx.MockTransport(self.handle))
        return MastodonConnector.create(client, options or {"servers": OWN}, meter=meter, clock=lambda: NOW)
