"""Calls of the AT Protocol (XRPC queries), with or without a login, and what their errors mean."""

import hashlib
from collections.abc import Sequence
from typing import Any
from urllib.parse import urlsplit

from services.discovery.atproto.session import Session
from services.discovery.connector import (
    AuthenticationNeeded,
    ConnectorError,
    NotFound,
    NotPermitted,
    Unsupported,
)
from services.discovery.fields import filled
from services.discovery.platform_http import PlatformHttp
from services.discovery.records import Origin
from shared.kit.http import HttpResponse

_GONE = {"NotFound", "AccountTakedown", "AccountDeactivated", "RepoNotFound", "RepoTakendown", "RepoDeactivated"}
_TOKEN_FAULTS = {"ExpiredToken", "InvalidToken", "AuthMissing", "AuthenticationRequired"}


class AtprotoClient:
    """Queries at one server. With `login` (identifier, app password) they carry a token of that account."""

    def __init__(self, http: PlatformHttp, *, server: str, login: tuple[str, str] | None = None) -> None:
        self._http = http
        self._server = _address(server)
        self._credential: str | None = None
        self._session: Session | None = None
        if login is not None:
            identifier, app_password = login
            self._credential = hashlib.sha256(f"{self._server} {identifier}".encode()).hexdigest()
            self._session = Session(
                http,
                server=self._server,
                identifier=identifier,
                app_password=app_password,
                credential=self._credential,
            )

    @property
    def signed_in(self) -> bool:
        """Whether calls carry a login."""
        return self._session is not None

    def origin(self, endpoint: str) -> Origin:
        """Where and when what is read now was read."""
        return Origin(self._http.platform, endpoint, self._http.clock())

    async def query(self, endpoint: str, params: Sequence[tuple[str, str]]) -> tuple[dict[str, Any], Origin]:
        """The answer to a query, by its lexicon name. An expired token is renewed once; raises ConnectorError."""
        token = await self._session.access_token() if self._session else None
        answer = await self._send(endpoint, params, token)
        if self._session and token and _error_field(answer, "error") == "ExpiredToken":
            answer = await self._send(endpoint, params, await self._session.renewed(token))
        if answer.status_code != 200:
            raise self._error(answer, endpoint)
        return self._http.body(answer, endpoint=endpoint), self.origin(endpoint)

    async def query_list(
        self, endpoint: str, params: Sequence[tuple[str, str]], name: str
    ) -> tuple[list[dict[str, Any]], dict[str, Any], Origin]:
        """The objects of the list `name` that the lexicon requires of an answer, and the answer itself."""
        body, origin = await self.query(endpoint, params)
        return self._http.listed(body, name, endpoint=endpoint), body, origin

    async def _send(self, endpoint: str, params: Sequence[tuple[str, str]], token: str | None) -> HttpResponse:
        return await self._http.send(
            f"{self._server}/xrpc/{endpoint}",
            endpoint=endpoint,
            params=params,
            headers={"Authorization": f"Bearer {token}"} if token else None,
            credential=self._credential,
        )

    def _error(self, answer: HttpResponse, endpoint: str) -> ConnectorError:
        name, message = _error_field(answer, "error"), _error_field(answer, "message")
        reason = ": ".join(part for part in (name, message) if part)
        if answer.status_code == 501 or name in ("MethodNotImplemented", "XRPCNotSupported"):
            return Unsupported(self._http.platform, endpoint, reason or "not implemented there")
        if answer.status_code == 400:
            if name in _GONE or message.lower().endswith("not found"):
                return NotFound(self._http.platform, endpoint, reason)
            if name in ("BlockedActor", "BlockedByActor"):
                return NotPermitted(self._http.platform, endpoint, reason)
            if name in _TOKEN_FAULTS:
                return AuthenticationNeeded(self._http.platform, endpoint, reason)
        return self._http.failure(answer, endpoint=endpoint, reason=reason, signed_in=self.signed_in)


def _address(url: str) -> str:
    parts = urlsplit(url)
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise ValueError(f"not an http(s) address: {url!r}")
    return url.rstrip("/")


def _error_field(answer: HttpResponse, name: str) -> str:
    if answer.status_code == 200:
        return ""
    try:
        body = answer.json()
    except ValueError:
        return ""
    return (filled(body, name, longest=200) or "") if isinstance(body, dict) else ""
