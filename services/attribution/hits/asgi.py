"""`GET /r/{slug}` in front of the framework, as raw ASGI: look up, write down, and only then redirect."""

import asyncio
import ipaddress
import os
import re
from datetime import UTC, datetime

import structlog
from asyncpg.pgproto import pgproto
from prometheus_client import Counter
from sqlalchemy.exc import SQLAlchemyError
from starlette.types import ASGIApp, Receive, Scope, Send

from services.attribution.hits import evidence, store
from services.attribution.hits.cache import KnownLink, LinkCache
from services.attribution.hits.ids import HitIds, now_milliseconds, text_of
from services.attribution.hits.record import HitRecord, Outcome
from services.attribution.hits.salts import Salts
from services.attribution.hits.spool import Spool
from services.attribution.hits.writer import HitWriter, NotStored
from shared.kit.app import Readiness
from shared.kit.runtime import Runtime

PREFIX = "/r/"
_SLUG = re.compile(r"[a-z0-9_-]{1,64}")
_log = structlog.get_logger(__name__)
# Redirects are counted by the batch that stores them (writer): a lock for each request would be felt.
_ANSWERS = Counter("groundswell_hits_otherwise_total", "answers of tracking links other than a redirect", ["status"])
_HELD_BACK = _ANSWERS.labels("503")
_DATABASE_AWAY = (*store.LOST, SQLAlchemyError)

# For 90 days, only to tracking links of the host that gave it, out of reach of scripts.
_COOKIE = b"; Max-Age=7776000; Path=/r/; HttpOnly; SameSite=Lax"
_NO_STORE = (b"cache-control", b"no-store")
_EMPTY = (b"content-length", b"0")
_NO_BODY = {"type": "http.response.body", "body": b""}


class HitsInFront:
    """Answers tracking links; hands everything else to the framework behind it."""

    def __init__(self, runtime: Runtime) -> None:
        self.salts = Salts()
        self.spool = Spool(runtime.settings.groundswell_home / "spool")
        self.writer = HitWriter(runtime, self.spool, self.salts)
        self.links = LinkCache(runtime)
        self.held_back = 0
        self._ids = HitIds()
        self._proxies = [ipaddress.ip_network(text, strict=False) for text in runtime.settings.trusted_proxies]
        secure = (runtime.settings.public_url or "").startswith("https:")
        self._cookie_rest = _COOKIE + b"; Secure" if secure else _COOKIE
        self._at_ms = 0
        self._at = datetime.fromtimestamp(0, UTC)

    async def start(self) -> None:
        await self.writer.start()
        await self.links.start()

    async def stop(self) -> None:
        await self.links.stop()
        await self.writer.stop()

    def in_front_of(self, app: ASGIApp) -> ASGIApp:
        async def front(scope: Scope, receive: Receive, send: Send) -> None:
            if scope["type"] == "http" and scope["path"].startswith(PREFIX):
                await self._answer(scope, send)
            else:
                await app(scope, receive, send)

        return front

    async def readiness(self, found: Readiness) -> Readiness:
        """Degraded, and still of use, while PostgreSQL is away and known links and the spool work."""
        away = found.status == "not_ready" or not self.writer.is_connected
        if not away:
            return found
        missing = found.missing or ["attribution: hits go to the spool, the database does not answer the hit writer"]
        if not self.links.is_loaded:
            return Readiness(status="not_ready", missing=missing)
        try:
            await asyncio.to_thread(self.spool.check_writable)
        except OSError as error:
            return Readiness(status="not_ready", missing=[*missing, f"spool: {error.strerror or error}"])
        return Readiness(status="degraded", missing=missing)

    async def _answer(self, scope: Scope, send: Send) -> None:
        method: str = scope["method"]
        if method not in ("GET", "HEAD"):
            await _text(send, 405, b"Only GET and HEAD.\n", extra=[(b"allow", b"GET, HEAD")])
            return
        slug = scope["path"][len(PREFIX) :].lower()
        host = _branded_host(scope, self.links.hosts) if self.links.hosts else ""
        link = self.links.known(host, slug)
        if link is None:
            try:
                link = await self.links.find(host, slug) if _SLUG.fullmatch(slug) else None
            except _DATABASE_AWAY:
                await _try_again(send)
                return
            if link is None:
                await _text(send, 404, b"There is no such link.\n", head=method == "HEAD")
                return
        if link.target is not None:
            link.prepare()
        headers = dict(scope["headers"])
        milliseconds = now_milliseconds()
        number = self._ids.next(milliseconds)
        purpose = evidence.purpose_of(headers)
        outcome = _outcome(link, milliseconds, purpose)
        visitor, cookie = self._visitor(scope, headers, link, milliseconds)
        record = self._record(headers, link, number, milliseconds, method, purpose, outcome, visitor)
        try:
            await self.writer.write(record)
        except NotStored:
            await _try_again(send)
            return
        if outcome is Outcome.REDIRECTED:
            location = link.before + text_of(number).encode() + link.after
            answer = [(b"location", location), _NO_STORE, _EMPTY]
            if cookie is not None:
                answer.append((b"set-cookie", cookie))
            await send({"type": "http.response.start", "status": 302, "headers": answer})
            await send(_NO_BODY)
            return
        if outcome is Outcome.HELD_BACK:
            _HELD_BACK.inc()
            self.held_back += 1
        await _answer_otherwise(send, link, outcome, head=method == "HEAD")

    def _visitor(
        self, scope: Scope, headers: evidence.Headers, link: KnownLink, milliseconds: int
    ) -> tuple[bytes | None, bytes | None]:
        """The visitor's pseudonym, and the cookie to give to one who has none, where the workspace gives cookies."""
        # Global Privacy Control: the visitor asked not to be followed, so no pseudonym is made
        if headers.get(b"sec-gpc") == b"1":
            return None, None
        salt = self.salts.at(milliseconds)
        if salt is None:
            return None, None
        if link.cookie is not None:
            value, cookie = evidence.cookie_of(headers, link.cookie), None
            if value is None:
                value = os.urandom(16).hex().encode()
                cookie = link.cookie + b"=" + value + self._cookie_rest
            return evidence.visitor_by_cookie(salt, link.workspace_bytes, value), cookie
        client = scope.get("client")
        address = client[0] if client else ""
        if self._proxies:
            address = evidence.address_of(address, scope["headers"], self._proxies)
        agent = headers.get(b"user-agent", b"")
        return evidence.visitor_of(salt, link.workspace_bytes, address, agent), None

    def _record(
        self, headers: evidence.Headers, link: KnownLink, number: int, milliseconds: int, method: str,
        purpose: str | None, outcome: Outcome, visitor: bytes | None,
    ) -> HitRecord:  # fmt: skip
        if milliseconds != self._at_ms:
            self._at_ms, self._at = milliseconds, datetime.fromtimestamp(milliseconds / 1000, UTC)
        agent = headers.get(b"user-agent", b"")
        return HitRecord(
            link.workspace, pgproto.UUID(number.to_bytes(16, "big")), link.id, self._at, method, outcome,
            evidence.text_of(agent, evidence.MAX_USER_AGENT) if agent else None, purpose,
            evidence.referrer_host_of(headers), visitor,
        )  # fmt: skip


def _branded_host(scope: Scope, hosts: frozenset[str]) -> str:
    """The Host header where it is a workspace's own, else `` for the installation's."""
    for name, value in scope["headers"]:
        if name == b"host":
            host: str = value.decode("latin-1").lower()
            return host if host in hosts else ""
    return ""


def _outcome(link: KnownLink, milliseconds: int, purpose: str | None) -> Outcome:
    if link.disabled:
        return Outcome.DISABLED
    if link.ends_ms and milliseconds >= link.ends_ms:
        return Outcome.EXPIRED
    if milliseconds < link.starts_ms:
        return Outcome.NOT_STARTED
    if purpose is not None and evidence.is_ahead_of_the_visitor(purpose):
        return Outcome.HELD_BACK
    return Outcome.CAPPED if link.capped else Outcome.REDIRECTED


async def _answer_otherwise(send: Send, link: KnownLink, outcome: Outcome, *, head: bool) -> None:
    if outcome is Outcome.HELD_BACK:
        # Without a Location the browser has nothing to keep, and asks again when somebody acts.
        await send({"type": "http.response.start", "status": 503, "headers": [_NO_STORE, _EMPTY]})
        await send(_NO_BODY)
        return
    elsewhere = link.capped_url if outcome is Outcome.CAPPED and link.capped_url else link.expired_url
    if elsewhere is not None:
        headers = [(b"location", elsewhere), _NO_STORE, _EMPTY]
        await send({"type": "http.response.start", "status": 302, "headers": headers})
        await send(_NO_BODY)
        return
    if outcome is Outcome.NOT_STARTED:
        await _text(send, 404, b"This link does not lead anywhere yet.\n", head=head)
    else:
        await _text(send, 410, b"This link does not lead anywhere any more.\n", head=head)


async def _try_again(send: Send) -> None:
    await _text(send, 503, b"Not available right now. Try again.\n", extra=[(b"retry-after", b"2")])


async def _text(
    send: Send, status: int, body: bytes, *, head: bool = False, extra: list[tuple[bytes, bytes]] | None = None
) -> None:
    _ANSWERS.labels(str(status)).inc()
    headers = [
        (b"content-type", b"text/plain; charset=utf-8"),
        (b"content-length", b"%d" % len(body)),
        (b"x-content-type-options", b"nosniff"),
        _NO_STORE,
        *(extra or []),
    ]
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": b"" if head else body})
