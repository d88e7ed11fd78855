"""The links that this process knows, in memory: read whole at start, kept current by notifications.

After a lost connection the whole cache is read again, because notifications may have been missed. While PostgreSQL is
away, what is known goes on being served.
"""

import asyncio
import contextlib
import time
from collections.abc import Iterable
from typing import Any

import structlog
from asyncpg.pgproto import pgproto
from sqlalchemy.exc import SQLAlchemyError

from services.attribution.hits import store
from services.attribution.hits.evidence import cookie_name
from services.attribution.tracking import service as tracking
from services.attribution.visitors import service as visitors
from shared.kit.runtime import Runtime

_log = structlog.get_logger(__name__)
_LOST = (*store.LOST, SQLAlchemyError)
MAX_LINKS = 500_000
_UNKNOWN_SECONDS = 2.0
_MAX_UNKNOWN = 20_000
_PROBE_SECONDS = 2
_RETRY_SECONDS = 0.2


class KnownLink:
    """What a redirect needs of a link. `before` and `after` the click id are made at the first hit.

    `cookie` is the name of the cookie that its visitors get; None where the workspace gives none.
    """

    __slots__ = (
        "after", "before", "capped", "capped_url", "cookie", "disabled", "ends_ms", "expired_url", "id", "starts_ms",
        "target", "workspace", "workspace_bytes",
    )  # fmt: skip

    def __init__(self, target: tracking.RedirectTarget, *, cookie: bool = False) -> None:
        self.workspace = pgproto.UUID(target.workspace_id.bytes)
        self.workspace_bytes = target.workspace_id.bytes
        self.id = pgproto.UUID(target.id.bytes)
        self.target: tracking.RedirectTarget | None = target
        self.before = self.after = b""
        self.starts_ms = round(target.starts_at.timestamp() * 1000) if target.starts_at else 0
        self.ends_ms = round(target.ends_at.timestamp() * 1000) if target.ends_at else 0
        self.expired_url = _bytes(target.expired_url)
        self.capped_url = _bytes(target.capped_url)
        self.capped = target.capped_at is not None
        self.disabled = target.disabled
        self.cookie = cookie_name(target.workspace_id.bytes) if cookie else None

    def prepare(self) -> None:
        if self.target is not None:
            around = tracking.redirect_around(self.target)
            self.before, self.after = around.before.encode("latin-1"), around.after.encode("latin-1")
            self.target = None


class LinkCache:
    """Links by (host, slug in lower case); `` for the installation's own host."""

    def __init__(self, runtime: Runtime) -> None:
        self._runtime = runtime
        self._links: dict[tuple[str, str], KnownLink] = {}
        self._unknown: dict[tuple[str, str], float] = {}
        self._stale: set[tuple[str, str]] = set()
        self._all_stale = False
        self._news = asyncio.Event()
        self._looking = asyncio.Semaphore(4)
        self._task: asyncio.Task[None] | None = None
        self.is_loaded = False
        self.is_listening = False
        # Verified hosts; any other Host header is taken for the installation's own.
        self.hosts: frozenset[str] = frozenset()

    def known(self, host: str, slug: str) -> KnownLink | None:
        """The link, if this process knows it. Asks nobody."""
        return self._links.get((host, slug))

    async def find(self, host: str, slug: str) -> KnownLink | None:
        """The link, asking the database when this process does not know it; None when there is none.

        Raises one of asyncpg's or SQLAlchemy's errors when the database is away.
        """
        key = (host, slug)
        now = time.monotonic()
        if self._unknown.get(key, 0.0) > now:
            return None
        async with self._looking:
            if key in self._links:
                return self._links[key]
            found = await self._read([key])
        link = found.get(key)
        if link is None:
            if len(self._unknown) >= _MAX_UNKNOWN:
                self._unknown.clear()
            self._unknown[key] = now + _UNKNOWN_SECONDS
        else:
            self._keep(key, link)
        return link

    async def start(self) -> None:
        """Read all links if PostgreSQL answers now; then keep them current."""
        with contextlib.suppress(*_LOST):
            await self._read_all()
        self._task = asyncio.create_task(self._stay_current())

    async def stop(self) -> None:
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)

    def _keep(self, key: tuple[str, str], link: KnownLink) -> None:
        if key not in self._links and len(self._links) >= MAX_LINKS:
            del self._links[next(iter(self._links))]
        self._links[key] = link

    async def _read(self, keys: Iterable[tuple[str, str]] | None) -> dict[tuple[str, str], KnownLink]:
        async with self._runtime.database.system_session() as session:
            targets = await tracking.redirect_targets(session, keys=keys, limit=MAX_LINKS)
            cookies = await visitors.with_cookie(session)
        return {
            (target.host, target.slug): KnownLink(target, cookie=target.workspace_id in cookies) for target in targets
        }

    async def _read_all(self) -> None:
        self._links = await self._read(None)
        self._unknown.clear()
        self.is_loaded = True

    async def _stay_current(self) -> None:
        while True:
            try:
                await self._listen()
            except _LOST as error:
                _log.info("notifications of links lost", error=repr(error))
            self.is_listening = False
            await asyncio.sleep(_RETRY_SECONDS)

    async def _listen(self) -> None:
        """Listen first, then read everything, then what was announced meanwhile; until the connection breaks."""
        connection = await store.connect(self._runtime, name="links")
        try:
            await connection.add_listener(tracking.LINKS_CHANNEL, self._hear)
            await self._read_all()
            self.hosts = await store.branded_hosts(connection)
            self.is_listening = True
            while True:
                with contextlib.suppress(TimeoutError):
                    await asyncio.wait_for(self._news.wait(), timeout=_PROBE_SECONDS)
                if not self._news.is_set():
                    # the probe of the connection too
                    self.hosts = await store.branded_hosts(connection)
                    continue
                self._news.clear()
                if self._all_stale:
                    self._all_stale = False
                    await self._read_all()
                stale, self._stale = self._stale, set()
                fresh = await self._read(stale)
                for key in stale:
                    self._unknown.pop(key, None)
                    if key in fresh:
                        self._keep(key, fresh[key])
                    else:
                        self._links.pop(key, None)
                self.hosts = await store.branded_hosts(connection)
        finally:
            connection.terminate()

    def _hear(self, *message: Any) -> None:  # noqa: ANN401  # asyncpg's callback: connection, pid, channel, payload
        payload = str(message[3])
        if payload == tracking.ALL_LINKS:
            self._all_stale = True
        else:
            host, _, slug = payload.rpartition("/")
            self._stale.add((host, slug))
        self._news.set()


def _bytes(url: str | None) -> bytes | None:
    return tracking.redirect_url(url).encode("latin-1") if url is not None else None
