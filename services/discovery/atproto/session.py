"""A login to an AT Protocol server by app password: made when first needed, renewed when its token has expired."""

import asyncio
from dataclasses import dataclass
from typing import Any

from services.discovery.connector import AuthenticationNeeded, PlatformFault
from services.discovery.fields import filled
from services.discovery.platform_http import PlatformHttp

CREATE = "com.atproto.server.createSession"
REFRESH = "com.atproto.server.refreshSession"
BUCKET = "sessions"
"""Logins have a quota of their own, far smaller than that of calls."""


@dataclass(frozen=True, slots=True)
class _Tokens:
    access: str
    refresh: str


class Session:
    """The tokens of one account at one server, shared by all calls of a process."""

    def __init__(self, http: PlatformHttp, *, server: str, identifier: str, app_password: str, credential: str) -> None:
        self._http = http
        self._server = server
        self._identifier = identifier
        self._app_password = app_password
        self._credential = credential
        self._tokens: _Tokens | None = None
        self._lock = asyncio.Lock()

    async def access_token(self) -> str:
        """A token that was valid when last heard of. Raises AuthenticationNeeded when the login is refused."""
        async with self._lock:
            if self._tokens is None:
                self._tokens = await self._log_in()
            return self._tokens.access

    async def renewed(self, expired: str) -> str:
        """A token other than `expired`; of several callers with the same expired one only the first renews it."""
        async with self._lock:
            if self._tokens is not None and self._tokens.access == expired:
                self._tokens = await self._refreshed(self._tokens.refresh)
            if self._tokens is None:
                self._tokens = await self._log_in()
            return self._tokens.access

    async def _log_in(self) -> _Tokens:
        answer = await self._http.send(
            f"{self._server}/xrpc/{CREATE}",
            endpoint=CREATE,
            method="POST",
            json={"identifier": self._identifier, "password": self._app_password},
            credential=self._credential,
            bucket=BUCKET,
        )
        if answer.status_code in (400, 401, 403):
            raise AuthenticationNeeded(self._http.platform, CREATE, "the server refused the identifier or app password")
        if answer.status_code != 200:
            raise self._http.failure(answer, endpoint=CREATE, reason="", signed_in=False)
        tokens = self._read(self._http.body(answer, endpoint=CREATE))
        if tokens is None:
            raise PlatformFault(self._http.platform, CREATE, "the answer holds no tokens", transient=True)
        return tokens

    async def _refreshed(self, refresh: str) -> _Tokens | None:
        """New tokens, None when the refresh token is not accepted any more: then a login is due."""
        answer = await self._http.send(
            f"{self._server}/xrpc/{REFRESH}",
            endpoint=REFRESH,
            method="POST",
            headers={"Authorization": f"Bearer {refresh}"},
            credential=self._credential,
        )
        if answer.status_code in (400, 401, 403):
            return None
        if answer.status_code != 200:
            raise self._http.failure(answer, endpoint=REFRESH, reason="", signed_in=True)
        return self._read(self._http.body(answer, endpoint=REFRESH))

    @staticmethod
    def _read(body: dict[str, Any]) -> _Tokens | None:
        access, refresh = filled(body, "accessJwt"), filled(body, "refreshJwt")
        return _Tokens(access, refresh) if access and refresh else None
