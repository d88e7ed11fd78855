"""One call to a platform: written into the ledger, made, and answered or failed in the connectors' terms."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
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
from services.discovery.ratelimits import observed_limit, retry_at
from shared.kit.http import HttpClient, HttpError, HttpResponse

Parameters = Sequence[tuple[str, str]]

MAX_ANSWER_BYTES = 20_000_000
"""No page of any platform is larger; an answer beyond it is a fault, not something to parse."""


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
    ) -> HttpResponse:
        """Make one call and return its answer, whatever its status; 429 and a 503 that says when raise RateLimited.

        Raises PlatformFault (transient) when no answer came, and whatever the ledger raises before the call.
        """
        call = Call(
            platform=self.platform,
            host=urlsplit(url).netloc,
            endpoint=endpoint,
            credential=credential,
            bucket=bucket,
            units=units,
            key=key,
        )
        if self.meter is not None:
            await self.meter.before(call)
        try:
            answer = await self.http.request(method, url, params=list(params), headers=headers, json=json)
        except HttpError as error:
            if self.meter is not None:
                await self.meter.after(call, None)
            raise PlatformFault(
                self.platform, endpoint, f"no answer ({type(error).__name__})", transient=True
            ) from error
        now = self.clock()
        if self.meter is not None:
            await self.meter.after(call, observed_limit(answer.headers, now=now))
        if answer.status_code == 429 or (answer.status_code == 503 and "retry-after" in answer.headers):
            raise RateLimited(
                self.platform,
                endpoint,
                f"answered {answer.status_code}",
                retry_at=retry_at(answer.headers, now=now),
            )
        return answer

    def body(self, answer: HttpResponse, *, endpoint: str) -> dict[str, Any]:
        """The JSON object of an answer. Raises PlatformFault (transient) for anything else."""
        if len(answer.content) > MAX_ANSWER_BYTES:
            raise PlatformFault(self.platform, endpoint, "the answer is too large", transient=False)
        try:
            parsed = answer.json()
        except ValueError:
            parsed = None
        if not isinstance(parsed, dict):
            raise PlatformFault(self.platform, endpoint, "the answer is no JSON object", transient=True)
        return parsed

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
