"""What an answer of an endpoint means: delivered, tried again when, slowed down, or given up. Pure."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from enum import StrEnum

# Seconds before each attempt, as Standard Webhooks publishes them: at once, 5 s, 5 min, 30 min, 2 h, 5 h, 10 h, 14 h,
# 20 h, 24 h; together 75 h 35 min.
SCHEDULE = (0, 5, 300, 1_800, 7_200, 18_000, 36_000, 50_400, 72_000, 86_400)
JITTER = 0.1
MAX_RETRY_AFTER = timedelta(days=1)
# An endpoint that has answered nothing but failures for so long is turned off.
DISABLE_AFTER = timedelta(days=5)

GONE = 410
# Too many requests, bad gateway, gateway timeout: the standard asks senders to slow down.
SLOW_DOWN = frozenset({429, 502, 504})
MANY_FAILURES = 10
_PAUSE_SECONDS, _MAX_PAUSE_SECONDS = 5, 300


class State(StrEnum):
    """The state of a delivery."""

    PENDING = "pending"
    DELIVERED = "delivered"
    DEAD = "dead"


@dataclass(frozen=True)
class Verdict:
    """What follows from one attempt. `pause_until` holds back everything else for the same endpoint."""

    state: State
    next_attempt_at: datetime | None = None
    pause_until: datetime | None = None
    gone: bool = False

    @property
    def failed(self) -> bool:
        return self.state is not State.DELIVERED


def judge(
    status: int | None, *, step: int, failures: int, retry_after: timedelta | None, now: datetime, chance: float
) -> Verdict:
    """Judge the attempt number `step` (1 is the first since the delivery was made or replayed).

    `status` is None when no answer came; `failures` counts the endpoint's failures in a row before this attempt;
    `chance` in [0, 1) stretches the delay by at most a tenth, so that many deliveries do not return at one moment.
    Only 2xx counts as delivered. Redirects fail: they are never followed.
    """
    if status is not None and 200 <= status < 300:
        return Verdict(State.DELIVERED)
    if status == GONE:
        return Verdict(State.DEAD, gone=True)
    pause = _pause(status, failures=failures, retry_after=retry_after)
    pause_until = now + pause if pause else None
    if step >= len(SCHEDULE):
        return Verdict(State.DEAD, pause_until=pause_until)
    delay = timedelta(seconds=SCHEDULE[step] * (1 + JITTER * chance))
    return Verdict(
        State.PENDING, next_attempt_at=now + max(delay, pause, retry_after or pause), pause_until=pause_until
    )


def _pause(status: int | None, *, failures: int, retry_after: timedelta | None) -> timedelta:
    """Doubling from 5 seconds to 5 minutes for an endpoint that asks for slowness; 5 minutes for one long silent."""
    if status in SLOW_DOWN:
        seconds = min(_PAUSE_SECONDS * 2 ** min(failures, 10), _MAX_PAUSE_SECONDS)
    else:
        seconds = _MAX_PAUSE_SECONDS if failures >= MANY_FAILURES else 0
    return max(timedelta(seconds=seconds), retry_after or timedelta())


def read_retry_after(value: str | None, *, now: datetime) -> timedelta | None:
    """The Retry-After header (RFC 9110, 10.2.3), seconds or a date, as a delay of at most a day; None if unreadable."""
    if value is None:
        return None
    text = value.strip()
    if text.isascii() and text.isdigit():
        return min(timedelta(seconds=int(text[:9])), MAX_RETRY_AFTER)
    try:
        moment = parsedate_to_datetime(text)
        if moment.tzinfo is None:
            moment = moment.replace(tzinfo=UTC)
        return min(max(moment - now, timedelta()), MAX_RETRY_AFTER)
    except (ValueError, OverflowError):
        return None


def long_failing(failing_since: datetime | None, *, now: datetime) -> bool:
    """Whether an endpoint that fails now has done nothing else for so long that it is turned off."""
    return failing_since is not None and now - failing_since >= DISABLE_AFTER
