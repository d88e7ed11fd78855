"""How one run of asking again is bounded, and which failures end it."""

from dataclasses import dataclass
from typing import Protocol

from services.discovery.connector import ConnectorError, NotFound, PlatformFault

MOST_CALLS = 20
"""Of one run; the next one comes within the hour."""


class Counted(Protocol):
    """Whoever counts the calls of a run."""

    @property
    def calls(self) -> int: ...


@dataclass(frozen=True)
class Calls:
    """What one run may still ask; `counted` tells what it asked so far."""

    counted: Counted
    most: int

    @property
    def left(self) -> int:
        return max(0, self.most - self.counted.calls)


def concerns_these_only(error: ConnectorError) -> bool:
    """Whether others may well be asked for now; not so while a quota is used up or the platform is away."""
    return isinstance(error, NotFound) or (isinstance(error, PlatformFault) and not error.transient)
