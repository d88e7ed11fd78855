"""What surrounds every request, as plain ASGI: request id, log line, metrics, rate limits and the answer to a bug."""

import ipaddress
import re
import time

import structlog
from fastapi import Request
from limits import RateLimitItem, parse
from limits.aio.storage import MemoryStorage
from limits.aio.strategies import MovingWindowRateLimiter
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from shared.kit.errors import TooManyRequests, problem_response, unexpected
from shared.kit.identity.keys import hash_key
from shared.kit.ids import new_id
from shared.kit.settings import Settings
from shared.kit.telemetry import REQUESTS, SECONDS

_log = structlog.get_logger(__name__)
_REQUEST_ID = re.compile(r"[A-Za-z0-9_.:-]{1,64}")
_UNLIMITED_PATHS = frozenset({"/healthz", "/readyz", "/metrics"})


class RequestContext:
    """Outermost: names the request, counts it, logs one line for it, and answers 500 for what nobody else caught."""

    def __init__(self, app: ASGIApp, *, settings: Settings) -> None:
        self.app = app
        self.service = settings.service
        self.limits = RateLimits(settings)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        request = Request(scope, receive)
        stated = request.headers.get("x-request-id", "")
        request_id = stated if _REQUEST_ID.fullmatch(stated) else f"req_{new_id().hex}"
        request.state.request_id = request_id
        started, status = time.perf_counter(), 0

        async def named_send(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                message["headers"] = [*message["headers"], (b"x-request-id", request_id.encode())]
            await send(message)

        with structlog.contextvars.bound_contextvars(request_id=request_id):
            try:
                wait = await self.limits.seconds_to_wait(request)
                if wait is not None:
                    refused = problem_response(
                        request, status=429, code=TooManyRequests.code, title=TooManyRequests.title,
                        detail=f"over the rate limit; try again in {wait} s", headers={"Retry-After": str(wait)},
                    )  # fmt: skip
                    await refused(scope, receive, named_send)
                else:
                    await self.app(scope, receive, named_send)
            except Exception as error:
                if status:
                    raise
                await unexpected(request, error)(scope, receive, named_send)
            finally:
                self._record(scope, status, time.perf_counter() - started)

    def _record(self, scope: Scope, status: int, seconds: float) -> None:
        # The template, never the path: paths hold identifiers, and labels must stay few.
        route = getattr(scope.get("route"), "path", "unmatched")
        REQUESTS.labels(self.service, scope["method"], route, str(status)).inc()
        SECONDS.labels(self.service, route).observe(seconds)
        caller = scope.get("state", {}).get("caller")
        # Probes come every few seconds and say nothing when all is well.
        log = _log.debug if scope["path"] in _UNLIMITED_PATHS and status < 400 else _log.info
        log(
            "request",
            method=scope["method"],
            route=route,
            status=status,
            ms=round(seconds * 1000, 1),
            workspace=str(caller.workspace_id) if caller else None,
        )


class RateLimits:
    """A moving window per key and per address, held in this process's memory."""

    def __init__(self, settings: Settings) -> None:
        self._windows = MovingWindowRateLimiter(MemoryStorage())
        self._per_key = parse(settings.rate_limit_per_key)
        self._per_address = parse(settings.rate_limit_per_address)
        self._proxies = [ipaddress.ip_network(text, strict=False) for text in settings.trusted_proxies]

    async def seconds_to_wait(self, request: Request) -> int | None:
        """None when the request may go on, else after how many whole seconds it may be tried again."""
        if request.url.path in _UNLIMITED_PATHS:
            return None
        authorization = request.headers.get("authorization")
        if authorization:
            return await self._hit(self._per_key, "key", hash_key(authorization).hex())
        return await self._hit(self._per_address, "address", self.address(request))

    def address(self, request: Request) -> str:
        """The client's address. Forwarded headers count only from a trusted proxy, and only its own addition does."""
        peer = request.client.host if request.client else ""
        forwarded = [part.strip() for part in request.headers.get("x-forwarded-for", "").split(",") if part.strip()]
        while forwarded and self._is_trusted(peer):
            peer = forwarded.pop()
        return peer

    def _is_trusted(self, text: str) -> bool:
        try:
            address = ipaddress.ip_address(text)
        except ValueError:
            return False
        return any(address in network for network in self._proxies)

    async def _hit(self, item: RateLimitItem, kind: str, who: str) -> int | None:
        if await self._windows.hit(item, kind, who):
            return None
        stats = await self._windows.get_window_stats(item, kind, who)
        return max(1, int(stats.reset_time - time.time()) + 1)
