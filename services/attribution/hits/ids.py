"""Identifiers of hits: UUIDv7 made before the write, their text in URLs, and what their order says about time."""

import os
import time
from datetime import UTC, datetime
from functools import lru_cache
from uuid import UUID

from shared.schemas.ids import ALPHABET

_PAIRS = [first + second for first in ALPHABET for second in ALPHABET]
_LOW = (1 << 80) - 1
_POOL_BYTES = 10 * 1024
# The rest of an identifier behind its 48 bits of milliseconds.
_VERSION, _VARIANT = 0x7 << 76, 0x2 << 62
_RANDOM_A, _RANDOM_B = 0xFFF << 64, (1 << 62) - 1


class HitIds:
    """Makes identifiers: 48 bits of milliseconds, 74 of the system's randomness (RFC 9562, 5.7)."""

    def __init__(self) -> None:
        self._pool = b""
        self._place = 0

    def next(self, milliseconds: int) -> int:
        """A new identifier for this moment, as a number."""
        if self._place >= len(self._pool):
            self._pool, self._place = os.urandom(_POOL_BYTES), 0
        entropy = int.from_bytes(self._pool[self._place : self._place + 10], "big")
        self._place += 10
        return milliseconds << 80 | _VERSION | (entropy & _RANDOM_A) | _VARIANT | (entropy & _RANDOM_B)


def text_of(number: int) -> str:
    """The wire form `hit_…`, as shared.schemas.ids writes it, ten bits at a time."""
    pairs, low = _PAIRS, number & _LOW
    return (
        _head(number >> 80)
        + pairs[low >> 70] + pairs[low >> 60 & 1023] + pairs[low >> 50 & 1023] + pairs[low >> 40 & 1023]
        + pairs[low >> 30 & 1023] + pairs[low >> 20 & 1023] + pairs[low >> 10 & 1023] + pairs[low & 1023]
    )  # fmt: skip


@lru_cache(maxsize=64)
def _head(milliseconds: int) -> str:
    return "hit_" + "".join([_PAIRS[milliseconds >> shift & 1023] for shift in range(40, -1, -10)])


def now_milliseconds() -> int:
    return time.time_ns() // 1_000_000


def moment_of(hit_id: UUID) -> datetime:
    """When a hit was made, to the millisecond."""
    return datetime.fromtimestamp((hit_id.int >> 80) / 1000, UTC)


def floor_of(at: datetime) -> UUID:
    """The smallest identifier of this millisecond: hits since `at` have this one or a larger."""
    return UUID(int=max(0, round(at.timestamp() * 1000)) << 80)
