"""One run of asking a platform again, batch by batch: how it is bounded, and which failures end it."""

from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import Protocol, TypeVar

import structlog

from services.discovery.connector import ConnectorError, NotFound, Page, PlatformFault

Known = TypeVar("Known")
Record = TypeVar("Record")
_log = structlog.get_logger(__name__)

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


async def batch_by_batch(
    due: Sequence[Known], *, size: int, calls: Calls, ask: Callable[[Sequence[Known]], Awaitable[Page[Record]]]
) -> AsyncIterator[tuple[Sequence[Known], Page[Record]]]:
    """What was asked for and what came, until all is asked for or no more calls may be made.

    A batch that cannot be asked for comes with an empty page, in which nothing is missing.
    """
    for start in range(0, len(due), size):
        if not calls.left:
            return
        batch = due[start : start + size]
        try:
            page = await ask(batch)
        except ConnectorError as error:
            _log.warning("not asked for again", platform=error.platform, endpoint=error.endpoint, reason=error.reason)
            if not _concerns_these_only(error):
                return
            page = Page()
        yield batch, page


def _concerns_these_only(error: ConnectorError) -> bool:
    """Whether others may well be asked for now; not so while a quota is used up or the platform is away."""
    return isinstance(error, NotFound) or (isinstance(error, PlatformFault) and not error.transient)
