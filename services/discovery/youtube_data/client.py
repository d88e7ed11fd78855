"""Calls of the YouTube Data API v3 by API key, the buckets that they spend, and what their error reasons mean."""

import hashlib
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from services.discovery.connector import (
    AuthenticationNeeded,
    ConnectorError,
    NotFound,
    NotPermitted,
    RateLimited,
)
from services.discovery.fields import filled, mapping, objects
from services.discovery.platform_http import PlatformHttp
from services.discovery.ratelimits import ObservedLimit, observed_limit, retry_at
from services.discovery.records import Origin
from services.discovery.resets import DayBoundary
from services.discovery.youtube_data.records import KEPT
from shared.kit.http import HttpResponse

API = "https://youtube.googleapis.com/youtube/v3"
DAY = DayBoundary("America/Los_Angeles")
"""Quotas begin anew at midnight Pacific Time."""

SEARCHES, UNITS, STATISTICS = "searches", "units", "statistics"
"""Three quotas: of search.list, of videos.batchGetStats, and of everything else together."""
SEARCH, STATS = "search", "videos:batchGetStats"
_BUCKETS = {SEARCH: SEARCHES, STATS: STATISTICS}

_SPENT = frozenset({"quotaExceeded", "dailyLimitExceeded"})
_TOO_FAST = frozenset({"rateLimitExceeded", "userRateLimitExceeded"})
_KEY_FAULTS = frozenset(
    {
        "keyInvalid",
        "keyExpired",
        "badRequest.keyInvalid",
        "accessNotConfigured",
        "ipRefererBlocked",
        "authError",
        "required",
    }
)


class YoutubeClient:
    """Reads with one API key; the key travels in a header, so that no address in a log holds it."""

    def __init__(self, http: PlatformHttp, *, api_key: str | None, api_url: str = API) -> None:
        self._http = http
        self._api_key = api_key
        self._api_url = api_url.rstrip("/")
        self._credential = hashlib.sha256(f"youtube {api_key}".encode()).hexdigest() if api_key else None

    @property
    def has_key(self) -> bool:
        return self._api_key is not None

    async def call(self, endpoint: str, params: Sequence[tuple[str, str]]) -> tuple[dict[str, Any], Origin]:
        """The answer to a call of one unit, and where it was read. Raises ConnectorError."""
        if self._api_key is None:
            raise AuthenticationNeeded(self._http.platform, endpoint, "an API key is needed")
        answer = await self._http.send(
            f"{self._api_url}/{endpoint}",
            endpoint=endpoint,
            params=params,
            headers={"X-Goog-Api-Key": self._api_key},
            credential=self._credential,
            bucket=_BUCKETS.get(endpoint, UNITS),
            limit_of=_limit,
        )
        if answer.status_code != 200:
            raise self._error(answer, endpoint)
        return self._http.body(answer, endpoint=endpoint), self.origin(endpoint)

    def origin(self, endpoint: str) -> Origin:
        """Where and when what is read now was read, and until when it may be kept."""
        now = self._http.clock()
        return Origin(self._http.platform, endpoint, now, now + KEPT)

    def _error(self, answer: HttpResponse, endpoint: str) -> ConnectorError:
        reason, message = _reason(answer)
        platform, now = self._http.platform, self._http.clock()
        told = ": ".join(part for part in (reason, message) if part)
        if reason in _SPENT:
            return RateLimited(platform, endpoint, "the day's quota is spent", retry_at=DAY.day_of(now)[1])
        if reason in _TOO_FAST:
            return RateLimited(platform, endpoint, told, retry_at=retry_at(answer.headers, now=now))
        if reason in _KEY_FAULTS or "API key" in message:
            return AuthenticationNeeded(platform, endpoint, "the API key is not accepted")
        if reason.endswith("NotFound"):
            return NotFound(platform, endpoint, told)
        if answer.status_code == 403:  # comments disabled, a private video: not to be had, and not nothing
            return NotPermitted(platform, endpoint, told or "answered 403")
        return self._http.failure(answer, endpoint=endpoint, reason=told, signed_in=True)


def _limit(answer: HttpResponse, now: datetime) -> ObservedLimit | None:
    """The API sends no limits in headers; that a quota is spent stands in the error."""
    if answer.status_code == 403 and _reason(answer)[0] in _SPENT:
        return ObservedLimit(remaining=0, resets_at=DAY.day_of(now)[1])
    return observed_limit(answer.headers, now=now)


def _reason(answer: HttpResponse) -> tuple[str, str]:
    """The reason and the message of an error answer, empty where it has none."""
    try:
        body = answer.json()
    except (ValueError, RecursionError):
        return "", ""
    error = mapping(body, "error") if isinstance(body, dict) else {}
    first = next(objects(error, "errors"), {})
    return filled(first, "reason", longest=100) or "", filled(error, "message", longest=200) or ""
