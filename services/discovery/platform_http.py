"""One call to a platform: written into the ledger, made, and answered or failed in the connectors' terms."""

import asyncio
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from urllib.parse import urlsplit

from services.discovery.connector import (
    AuthenticationNeeded,
    Call,
    CallMeter,
    Clock,
    NotFound,
    NotPermitted,
    PlatformFault,
    RateLimited,
    utc_now,
)
from services.discovery.ratelimits import ObservedLimit, observed_limit, retry_at
from shared.kit.http import EgressRefused, HttpClient, HttpError, HttpInvalidUrl, HttpResponse

Parameters = Sequence[tuple[str, str]]
LimitReader = Callable[[HttpResponse, datetime], ObservedLimit | None]
"""What an answer that came at a time says of the platform's limit."""

MAX_ANSWER_BYTES = 20_000_000
"""No page of any platform is larger; an answer beyond it is a fault, not something to parse."""
CALL_SECONDS = 90.0
"""A call that takes longer from its first byte to the answer's last is given up, however steadily it trickles."""
_CODING_HEADERS = frozenset({"content-encoding", "content-length", "transfer-encoding"})


def _by_headers(answer: HttpResponse, now: datetime) -> ObservedLimit | None:
    return observed_limit(answer.headers, now=now)


@dataclass(frozen=True, slots=True)
class PlatformHttp:
    """The way of one connector to its platform."""

    platform: str
    http: HttpClient
    meter: CallMeter | None = None
    clock: Clock = utc_now

    async def send(
        self,
        url: str,
        *,
        endpoint: str,
        method: str = "GET",
        params: Parameters = (),
        headers: Mapping[str, str] | None = None,
        json: Mapping[str, Any] | None = None,
        credential: str | None = None,
        bucket: str = "calls",
        units: int = 1,
        key: str | None = None,
        longest: int = MAX_ANSWER_BYTES,
        limit_of: LimitReader = _by_headers,
    ) -> HttpResponse:
        """Make one call and return its answer, whatever its status; 429 and a 503 that says when raise RateLimited.

        Raises PlatformFault when no answer came (transient) or one of more than `longest` bytes, NotPermitted when the
        guard stopped the call, and whatever the ledger raises before it. `limit_of` is for platforms that tell their
        limits elsewhere than in headers.
        """
        call = Call(
            platform=self.platform,
            host=self._host(url, endpoint),
            endpoint=endpoint,
            credential=credential,
            bucket=bucket,
            units=units,
            key=key,
        )
        if self.meter is not None:
            await self.meter.before(call)
        try:
            async with asyncio.timeout(CALL_SECONDS):
                answer, whole = await self._answer(method, url, params, headers, json, longest)
        except (HttpError, HttpInvalidUrl, TimeoutError) as error:
            if self.meter is not None:
                await self.meter.after(call, None)
            if isinstance(error, EgressRefused):
                raise NotPermitted(self.platform, endpoint, f"this address is not called: {error}") from error
            raise PlatformFault(
                self.platform,
                endpoint,
                f"no answer ({type(error).__name__})",
                transient=not isinstance(error, HttpInvalidUrl),
            ) from error
        now = self.clock()
        if self.meter is not None:
            await self.meter.after(call, limit_of(answer, now))
        if answer.status_code == 429 or (answer.status_code == 503 and "retry-after" in answer.headers):
            raise RateLimited(
                self.platform,
                endpoint,
                f"answered {answer.status_code}",
                retry_at=retry_at(answer.headers, now=now),
            )
        if not whole:
            raise PlatformFault(self.platform, endpoint, "the answer is too large", transient=False)
        return answer

    def _host(self, url: str, endpoint: str) -> str:
        try:
            return urlsplit(url).netloc
        except ValueError as error:
            raise PlatformFault(self.platform, endpoint, "not an address", transient=False) from error

    async def _answer(
        self,
        method: str,
        url: str,
        params: Parameters,
        headers: Mapping[str, str] | None,
        json: Mapping[str, Any] | None,
        longest: int,
    ) -> tuple[HttpResponse, bool]:
        """The answer as far as `longest` bytes go, unpacked, and whether that is all of it."""
        request = self.http.build_request(method, url, params=list(params) or None, headers=headers, json=json)
        answer = await self.http.send(request, stream=True)
        content, whole = bytearray(), True
        try:
            async for part in answer.aiter_bytes():
                content += part
                if len(content) > longest:
                    whole = False
                    break
        finally:
            await answer.aclose()
        kept = [(name, value) for name, value in answer.headers.multi_items() if name.lower() not in _CODING_HEADERS]
        return HttpResponse(answer.status_code, headers=kept, content=bytes(content), request=request), whole

    def body(self, answer: HttpResponse, *, endpoint: str) -> dict[str, Any]:
        """The JSON object of an answer. Raises PlatformFault (transient) for anything else."""
        parsed = _parsed(answer)
        if not isinstance(parsed, dict):
            raise PlatformFault(self.platform, endpoint, "the answer is no JSON object", transient=True)
        return parsed

    def listed(self, body: Mapping[str, Any], name: str, *, endpoint: str) -> list[dict[str, Any]]:
        """The objects of a list that an answer must have: one that lacks it is a fault, and not an empty page."""
        value = body.get(name)
        if not isinstance(value, list):
            raise PlatformFault(self.platform, endpoint, f"the answer has no list of {name}", transient=True)
        return [item for item in value if isinstance(item, dict)]

    def items(self, answer: HttpResponse, *, endpoint: str) -> list[dict[str, Any]]:
        """The objects of an answer that is a JSON list. Raises PlatformFault (transient) for anything else."""
        parsed = _parsed(answer)
        if not isinstance(parsed, list):
            raise PlatformFault(self.platform, endpoint, "the answer is no JSON list", transient=True)
        return [item for item in parsed if isinstance(item, dict)]

    def failure(
        self, answer: HttpResponse, *, endpoint: str, reason: str, signed_in: bool
    ) -> AuthenticationNeeded | NotPermitted | NotFound | PlatformFault:
        """The error that an answer's status means where the platform does not say more."""
        status = answer.status_code
        detail = f"answered {status}: {reason}" if reason else f"answered {status}"
        if status == 401 or (status == 403 and not signed_in):
            return AuthenticationNeeded(self.platform, endpoint, detail)
        if status in (403, 451):
            return NotPermitted(self.platform, endpoint, detail)
        if status in (404, 410):
            return NotFound(self.platform, endpoint, detail)
        return PlatformFault(self.platform, endpoint, detail, transient=status >= 500 or status == 408)


def _parsed(answer: HttpResponse) -> object:
    try:
        return answer.json()
    except (ValueError, RecursionError):
        return None
