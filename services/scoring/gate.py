"""What a gate is: it decides whether a candidate is eligible, is shown with its reason, and is not scored."""

from abc import ABC, abstractmethod
from collections.abc import Iterable
from dataclasses import dataclass
from typing import ClassVar

from services.scoring.context import Context
from services.scoring.evidence import Evidence
from shared.schemas.rankings import EvidenceLink, GateState

MAX_LINKS = 12


@dataclass(frozen=True, slots=True)
class Decision:
    """What a gate decided, in words, with what shows it."""

    state: GateState
    reason: str
    evidence: tuple[EvidenceLink, ...] = ()


class Gate(ABC):
    """One gate. The key is the file's name. What is not known is `unknown` and keeps nobody out."""

    version: ClassVar[str]

    @abstractmethod
    def decide(self, evidence: Evidence, context: Context) -> Decision:
        """Whether the candidate passes."""


def passed(reason: str) -> Decision:
    return Decision(GateState.PASSED, reason)


def failed(reason: str, evidence: Iterable[EvidenceLink] = ()) -> Decision:
    return Decision(GateState.FAILED, reason, tuple(evidence)[:MAX_LINKS])


def unknown(reason: str) -> Decision:
    return Decision(GateState.UNKNOWN, reason)


def not_applicable(reason: str) -> Decision:
    return Decision(GateState.NOT_APPLICABLE, reason)


def needs_person(reason: str, evidence: Iterable[EvidenceLink] = (), *, most: int = MAX_LINKS) -> Decision:
    return Decision(GateState.NEEDS_PERSON, reason, tuple(evidence)[:most])
