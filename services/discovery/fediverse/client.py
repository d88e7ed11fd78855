"""Calls of Fediverse servers: one or many, with or without a token each, and what their errors mean."""

import hashlib
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qs, urlsplit

from services.discovery.connector import (
    AuthenticationNeeded,
    ConnectorError,
    NotPermitted,
    PlatformFault,
    Unsupported,
)
from services.discovery.fediverse.records import Seen
from services.discovery.fediverse.software import MASTODON, Software, software_named
from services.discovery.fields import filled, mapping, objects
from services.discovery.platform_http import PlatformHttp
from services.discovery.records import Origin
from shared.kit.http import HttpResponse
from shared.rules.identifiers import host_name

CALLS, PAGES = "calls", "pages"
"""Servers count calls for further pages a second time, by a stricter rule."""
MAX_SERVERS = 50
STATUSES_PAGE = 40
"""The largest page of statuses that servers give."""
NODEINFO = "/.well-known/nodeinfo"
_NEXT = re.compile(r'<([^<>]*)>\s*;[^,<]*\brel="?next"?', re.IGNORECASE)
_HOST = re.compile(r"[a-z0-9.-]+(:[0-9]{1,5})?|\[[0-9a-f:]+\](:[0-9]{1,5})?")
_SEPARATORS = re.compile(r"[\s,]+")

Parameters = Sequence[tuple[str, str]]


@dataclass(frozen=True, slots=True)
class Server:
    """One server: its address without a trailing slash, its host (with a port where it has one), a token or None."""

    url: str
    host: str
    token: str | None = None

    @property
    def credential(self) -> str | None:
        """The fingerprint by which the ledger counts."""
        return hashlib.sha256(f"{self.host} {self.token}".encode()).hexdigest() if self.token else None


def read_servers(addresses: str, tokens: str) -> tuple[Server, ...]:
    """The servers that two options name: addresses or hosts, and `host=token` pairs, apart by spaces or commas.

    Raises ValueError for what is no address, for a token of a server that is not listed and for more than MAX_SERVERS.
    """
    given: dict[str, str] = {}
    for pair in filter(None, _SEPARATORS.split(tokens)):
        host, separator, token = pair.partition("=")
        if not separator or not token:
            raise ValueError("access_tokens takes host=token")
        given[host.lower()] = token
    servers: dict[str, Server] = {}
    for text in filter(None, _SEPARATORS.split(addresses)):
        parts = urlsplit(text if "://" in text else f"https://{text}")
        host = host_name(parts.netloc)
        if parts.scheme not in ("http", "https") or not _HOST.fullmatch(host) or parts.path.strip("/") or parts.query:
            raise ValueError(f"not the address of a server: {text!r}")
        servers.setdefault(host, Server(f"{parts.scheme}://{host}", host, given.get(host)))
    if unlisted := given.keys() - servers.keys():
        raise ValueError(f"a token for a server that is not listed: {', '.join(sorted(unlisted))}")
    if not 1 <= len(servers) <= MAX_SERVERS:
        raise ValueError(f"between 1 and {MAX_SERVERS} servers are read")
    return tuple(servers.values())


class FediverseClient:
    """Reads the given servers, and no other."""

    def __init__(self, http: PlatformHttp, servers: Sequence[Server]) -> None:
        self._http = http
        self.servers = {server.host: server for server in servers}
        self._software: dict[str, Software] = {}

    def seen(self, server: Server, endpoint: str) -> Seen:
        """Where and when what is read now was read."""
        return Seen(Origin(self._http.platform, f"{server.host} {endpoint}", self._http.clock()), server.host)

    async def software(self, server: Server) -> Software:
        """The kind of a server, by its NodeInfo; asked once. One that publishes none is taken for Mastodon."""
        known = self._software.get(server.host)
        if known is None:
            known = self._software[server.host] = await self._nodeinfo(server)
        return known

    async def _nodeinfo(self, server: Server) -> Software:
        index = await self._send(server, NODEINFO, ())
        for link in objects(_object(index), "links"):
            address = urlsplit(filled(link, "href", longest=1_000) or "")
            if (filled(link, "rel") or "").startswith("http://nodeinfo.") and address.netloc.lower() == server.host:
                answer = await self._send(server, address.path, ())
                return software_named(filled(mapping(_object(answer), "software"), "name"))
        return MASTODON

    async def get(self, server: Server, path: str, params: Parameters = ()) -> HttpResponse:
        """The answer to a call, of status 200. Raises ConnectorError; a server that shows nothing without a token is
        not asked without one."""
        software = await self.software(server)
        if software.needs_token and server.token is None:
            raise AuthenticationNeeded(
                self._http.platform, path, f"{server.host} runs {software.name}, which answers to user tokens only"
            )
        answer = await self._send(server, path, params)
        if answer.status_code != 200:
            reason = filled(_object(answer), "error", longest=200) or ""
            raise self._http.failure(
                answer, endpoint=f"{server.host} {path}", reason=reason, signed_in=server.token is not None
            )
        return answer

    def object(self, answer: HttpResponse, *, endpoint: str) -> dict[str, Any]:
        """The JSON object of an answer."""
        return self._http.body(answer, endpoint=endpoint)

    def listed(self, answer: HttpResponse, name: str, *, endpoint: str) -> list[dict[str, Any]]:
        """The objects of a list that the answer, an object, must have."""
        return self._http.listed(self.object(answer, endpoint=endpoint), name, endpoint=endpoint)

    def items(self, answer: HttpResponse, *, endpoint: str) -> list[dict[str, Any]]:
        """The objects of an answer that is a JSON list."""
        return self._http.items(answer, endpoint=endpoint)

    async def _send(self, server: Server, path: str, params: Parameters) -> HttpResponse:
        paged = any(name == "max_id" for name, _ in params)
        return await self._http.send(
            f"{server.url}{path}",
            endpoint=path,
            params=params,
            headers={"Authorization": f"Bearer {server.token}"} if server.token else None,
            credential=server.credential,
            bucket=PAGES if paged else CALLS,
        )

    def unsupported(self, endpoint: str, reason: str) -> Unsupported:
        return Unsupported(self._http.platform, endpoint, reason)


def next_max_id(
    answer: HttpResponse, items: Sequence[Mapping[str, Any]], software: Software, *, full: int
) -> str | None:
    """Where the next page begins, None at the end.

    Only `max_id` is taken from the Link header: servers leave the other parameters of the call out of it, so that who
    follows it loses them. Where a kind of server sends no header, a page of `full` items is followed by its last id.
    """
    match = _NEXT.search(answer.headers.get("link", ""))
    if match is not None:
        found = parse_qs(urlsplit(match[1]).query).get("max_id", [""])[-1]
        return found if 0 < len(found) <= 64 else None
    if software.links_pages or len(items) < full:
        return None
    return filled(items[-1], "id", longest=64)


def lasting(error: ConnectorError) -> bool:
    """Whether asking another server instead makes sense: this one refuses or does not answer."""
    return isinstance(error, AuthenticationNeeded | NotPermitted | PlatformFault | Unsupported)


def _object(answer: HttpResponse) -> Mapping[str, Any]:
    try:
        body = answer.json()
    except (ValueError, RecursionError):
        return {}
    return body if isinstance(body, dict) else {}
