"""What a criterion is: a pure function from evidence and context to a value with interval, reasons and links."""

from abc import ABC, abstractmethod
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from itertools import islice
from typing import ClassVar

from services.scoring.context import Context
from services.scoring.evidence import Evidence
from services.scoring.statistics.intervals import FULL, placed
from shared.schemas.rankings import CriterionStatus, DataUsed, EvidenceLink

# Values leave a criterion as whole millionths of a point, so that receipts replay to the last digit.
MICRO = 1_000_000
MAX_LINKS = 12
NO_DATA = DataUsed()


def micro(points: float) -> int:
    """Points as whole millionths, halves away from zero."""
    scaled = points * MICRO
    return int(scaled + 0.5) if scaled >= 0 else -int(-scaled + 0.5)


@dataclass(frozen=True, slots=True)
class Part:
    """One part of a criterion, shown apart. Points 0 to 100 with their interval; value None when it is not known."""

    name: str
    value: float | None
    low: float
    high: float
    reason: str


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a criterion found. Value and interval in millionths of a point, 0 to 100 points; None when not scored."""

    status: CriterionStatus
    value: int | None
    low: int | None
    high: int | None
    reasons: tuple[str, ...]
    evidence: tuple[EvidenceLink, ...] = ()
    data_used: DataUsed = NO_DATA
    parts: tuple[Part, ...] = ()


class Criterion(ABC):
    """One scored aspect. The key is the file's name; `version` is raised when a value can change.

    `assess` is deterministic, indifferent to the order of what it reads, and abstains on what is not known.
    """

    version: ClassVar[str]
    title: ClassVar[str]

    @abstractmethod
    def assess(self, evidence: Evidence, context: Context) -> Outcome:
        """The value of one candidate, or an abstention with its reason."""


def scored(
    value: float, width: float, reasons: Iterable[str], *, evidence: Iterable[EvidenceLink] = (),
    data_used: DataUsed | None = None, parts: Iterable[Part] = (),
) -> Outcome:  # fmt: skip
    """A value in points with an interval of `width` points around it, both kept inside 0 to 100."""
    inside = min(max(value, 0.0), FULL)
    low, high = placed(inside, width)
    middle, bottom, top = micro(inside), micro(low), micro(high)
    return Outcome(
        CriterionStatus.SCORED, middle, min(bottom, middle), max(top, middle), tuple(reasons),
        tuple(islice(evidence, MAX_LINKS)), data_used or NO_DATA, tuple(parts),
    )  # fmt: skip


def abstained(*reasons: str, data_used: DataUsed | None = None, parts: Iterable[Part] = ()) -> Outcome:
    """No value: what it would need is not known. The total's interval widens."""
    return Outcome(CriterionStatus.ABSTAINED, None, None, None, reasons, (), data_used or NO_DATA, tuple(parts))


def not_applicable(reason: str) -> Outcome:
    """The brief does not ask for this: the weight goes to the other criteria, nothing widens."""
    return Outcome(CriterionStatus.NOT_APPLICABLE, None, None, None, (reason,))


def data_used(
    *, posts: int = 0, comments: int = 0, accounts: int = 0, snapshots: int = 0, times: Iterable[datetime | None] = ()
) -> DataUsed:
    """How much a result rests on, and how old it is."""
    known = [time for time in times if time is not None]
    return DataUsed(
        posts=posts, comments=comments, accounts=accounts, snapshots=snapshots,
        oldest_at=min(known, default=None), newest_at=max(known, default=None),
    )  # fmt: skip
