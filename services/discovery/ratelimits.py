"""What a platform's answer says about its limits, read from the headers in every form in use.

Forms, by platform: epoch seconds (Bluesky, X), ISO 8601 (Mastodon, GoToSocial), seconds to wait (Reddit's reset,
Retry-After), HTTP date (Retry-After), percent used and minutes to wait (Meta), and the IETF's structured fields.
"""

import json
import math
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from typing import Any

LONGEST_WAIT = timedelta(days=31)
"""No platform's period is longer; a time beyond it is a fault of the header and is cut to this."""

_EPOCH_FROM = 1_000_000_000.0  # 2001 as epoch seconds; as seconds to wait it would be 31 years
_EPOCH_MILLIS_FROM = 100_000_000_000.0
_EPOCH_MICROS_FROM = 100_000_000_000_000.0


@dataclass(frozen=True, slots=True, kw_only=True)
class ObservedLimit:
    """What an answer's headers say of a limit; None: not said. `resets_at` is aware UTC, never in the past."""

    limit: int | None = None
    remaining: int | None = None
    resets_at: datetime | None = None
    window: timedelta | None = None


def parse_moment(text: str, *, now: datetime) -> datetime | None:
    """The moment that a reset or Retry-After value names, in any form, between `now` and LONGEST_WAIT from it.

    None when it cannot be read. A bare number is epoch seconds (milli- or microseconds when larger still) from 2001 on,
    seconds to wait below.
    """
    value = text.strip().strip('"')
    moment = _from_number(value, now) if _NUMBER.fullmatch(value) else _from_text(value)
    if moment is None:
        return None
    return min(max(moment, now), now + LONGEST_WAIT)


_NUMBER = re.compile(r"[+-]?\d+(\.\d*)?")


def _from_number(value: str, now: datetime) -> datetime | None:
    seconds = float(value)
    if not math.isfinite(seconds):
        return now + LONGEST_WAIT
    if seconds < _EPOCH_FROM:
        return now + timedelta(seconds=seconds) if seconds > 0 else now
    for scale in (_EPOCH_MICROS_FROM, _EPOCH_MILLIS_FROM):
        if seconds >= scale:
            seconds /= 1e6 if scale == _EPOCH_MICROS_FROM else 1e3
            break
    try:
        return datetime.fromtimestamp(seconds, UTC)
    except (OverflowError, ValueError, OSError):
        return now + LONGEST_WAIT


def _from_text(value: str) -> datetime | None:
    for parse in (datetime.fromisoformat, parsedate_to_datetime):
        try:
            moment = parse(value)
        except (ValueError, TypeError, IndexError, OverflowError):
            continue
        try:
            return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)
        except OverflowError:
            return None
    return None


_PREFIXES = ("ratelimit", "x-ratelimit", "x-rate-limit")


def observed_limit(headers: Mapping[str, str], *, now: datetime) -> ObservedLimit | None:
    """The limit that an answer's headers describe, None when they say nothing. Of several the tightest is returned."""
    plain = {name.lower(): value for name, value in headers.items()}
    found = [limit for limit in (*_prefixed(plain, now), _structured(plain, now), _meta_usage(plain, now)) if limit]
    if not found:
        return None
    return min(
        found,
        key=lambda limit: (
            math.inf if limit.remaining is None else limit.remaining,
            -(limit.resets_at or now).timestamp(),
        ),
    )


def retry_at(headers: Mapping[str, str], *, now: datetime, default: timedelta = timedelta(minutes=1)) -> datetime:
    """When to call again after a refusal: the latest moment that the headers name, else `default` from `now`."""
    plain = {name.lower(): value for name, value in headers.items()}
    observed = observed_limit(plain, now=now)
    named = [
        parse_moment(plain["retry-after"], now=now) if "retry-after" in plain else None,
        observed.resets_at if observed else None,
    ]
    known = [moment for moment in named if moment is not None and moment > now]
    return max(known, default=now + default)


def _prefixed(headers: Mapping[str, str], now: datetime) -> Iterable[ObservedLimit | None]:
    for prefix in _PREFIXES:
        limit = _count(headers.get(f"{prefix}-limit"))
        remaining = _count(headers.get(f"{prefix}-remaining"))
        reset = headers.get(f"{prefix}-reset")
        resets_at = parse_moment(reset, now=now) if reset else None
        if limit is None and remaining is None and resets_at is None:
            continue
        window = _parameter(headers.get(f"{prefix}-policy", ""), "w")
        yield ObservedLimit(
            limit=limit,
            remaining=remaining,
            resets_at=resets_at,
            window=None if window is None else timedelta(seconds=window),
        )


def _structured(headers: Mapping[str, str], now: datetime) -> ObservedLimit | None:
    """The IETF's field RateLimit: `"default";r=50;t=30`, in older drafts `limit=100, remaining=50, reset=30`."""
    text = headers.get("ratelimit", "")
    remaining = _first(_parameter(text, "r"), _parameter(text, "remaining"))
    seconds = _first(_parameter(text, "t"), _parameter(text, "reset"))
    if remaining is None and seconds is None:
        return None
    policy = headers.get("ratelimit-policy", "")
    window = _parameter(policy, "w")
    return ObservedLimit(
        limit=_first(_parameter(text, "limit"), _parameter(policy, "q")),
        remaining=remaining,
        resets_at=None if seconds is None else now + min(timedelta(seconds=seconds), LONGEST_WAIT),
        window=None if window is None else timedelta(seconds=window),
    )


_META_PERCENT = ("call_count", "total_cputime", "total_time")


def _meta_usage(headers: Mapping[str, str], now: datetime) -> ObservedLimit | None:
    """Meta's usage headers: percent of the limit, and under X-Business-Use-Case-Usage the minutes until it is free."""
    rows: list[Mapping[str, Any]] = []
    for name in ("x-app-usage", "x-business-use-case-usage"):
        try:
            parsed = json.loads(headers.get(name, "null"))
        except ValueError:
            continue
        if isinstance(parsed, dict):
            nested = [row for value in parsed.values() if isinstance(value, list) for row in value]
            rows += [row for row in (nested or [parsed]) if isinstance(row, dict)]
    if not rows:
        return None
    used = max(_number(row.get(key)) for row in rows for key in _META_PERCENT)
    minutes = max(_number(row.get("estimated_time_to_regain_access")) for row in rows)
    return ObservedLimit(
        limit=100,
        remaining=max(0, 100 - math.ceil(used)),
        resets_at=now + min(timedelta(minutes=minutes), LONGEST_WAIT) if minutes > 0 else None,
    )


def _number(value: object) -> float:
    usable = isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value) and value > 0
    return min(float(value), 1e6) if usable and isinstance(value, int | float) else 0.0


def _count(text: str | None) -> int | None:
    match = re.match(r"\s*(\d{1,15})(\.\d*)?\s*(?:$|[,;])", text or "")
    return int(match[1]) if match else None


def _parameter(text: str, name: str) -> int | None:
    match = re.search(rf"(?:^|[;,\s]){name}=(\d{{1,12}})(?!\w)", text)
    return int(match[1]) if match else None


def _first(*values: int | None) -> int | None:
    return next((value for value in values if value is not None), None)
