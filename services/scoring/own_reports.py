"""What a creator's own audience reports say of an asked part of the audience, and how loudly."""

import heapq
import math
import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, time

from services.scoring.brief_terms import phrases_of
from services.scoring.evidence import Evidence
from services.scoring.text.languages import primary
from services.scoring.text.normalise import clean
from shared.schemas.audience_reports import AudienceReport, ReportedDimension
from shared.schemas.rankings import EvidenceKind, EvidenceLink

# A report speaks as loudly as at most this many sampled people: nobody checks it. With every year it halves.
REPORT_PEOPLE = 100
HALF_LIFE_DAYS = 365.0
MAX_REPORTS = 40
_AGES = re.compile(r"([0-9]{1,3})(?:-([0-9]{1,3})|\+)")
_OLDEST = 999


@dataclass(frozen=True, slots=True)
class OwnShare:
    """The reported share, 0 to 1, of what is asked; `people` is how many sampled people it counts as."""

    share: float
    people: float
    report: AudienceReport

    @property
    def link(self) -> EvidenceLink:
        return link_to(self.report)


def link_to(report: AudienceReport) -> EvidenceLink:
    source = (report.source or "no source named")[:200]
    note = f"as the creator reports of {report.reported_on}: {source}"
    return EvidenceLink(kind=EvidenceKind.REPORT, at=report.received_at, note=note)


def loudness(evidence: Evidence, report: AudienceReport) -> float:
    """How many sampled people a report counts as: fewer than it names, fewer with age, never more than the cap."""
    age = evidence.age_days(datetime.combine(report.reported_on, time(), UTC))
    size = REPORT_PEOPLE if report.sample_size is None else min(report.sample_size, REPORT_PEOPLE)
    return float(size * 2.0 ** (-age / HALF_LIFE_DAYS))


def loudest(evidence: Evidence, dimension: ReportedDimension) -> AudienceReport | None:
    """Of the reports with that dimension the one that counts most, the newest of equals."""
    having = [
        report
        for report in heapq.nlargest(MAX_REPORTS, evidence.bundle.audience_reports, key=lambda one: one.received_at)
        if any(share.dimension is dimension for share in report.shares)
    ]
    # what it says decides between reports that are equal in everything else, not the order in which they came
    return max(having, key=lambda one: (loudness(evidence, one), one.received_at, one.model_dump_json()), default=None)


def _reported(evidence: Evidence, dimension: ReportedDimension, asked: Callable[[str], bool]) -> OwnShare | None:
    report = loudest(evidence, dimension)
    if report is None:
        return None
    wanted = sorted(one.share for one in report.shares if one.dimension is dimension and asked(one.key))
    return OwnShare(min(1.0, math.fsum(wanted)), loudness(evidence, report), report)


def countries(evidence: Evidence, asked: Iterable[str]) -> OwnShare | None:
    return _reported(evidence, ReportedDimension.COUNTRY, frozenset(asked).__contains__)


def languages(evidence: Evidence, asked: Iterable[str]) -> OwnShare | None:
    wanted = {primary(language) for language in asked}
    return _reported(evidence, ReportedDimension.LANGUAGE, lambda key: primary(key) in wanted)


def places(evidence: Evidence, asked: Iterable[str]) -> OwnShare | None:
    wanted = [_words(place) for place in asked]
    return _reported(evidence, ReportedDimension.PLACE, lambda key: any(place in _words(key) for place in wanted))


def _words(place: str) -> str:
    return f" {' '.join(clean(place).replace(',', ' ').split())} "


def interests(evidence: Evidence, joined: Iterable[str]) -> OwnShare | None:
    """`joined` are the asked interests, each as one word."""
    wanted = frozenset(joined)
    return _reported(
        evidence,
        ReportedDimension.INTEREST,
        lambda key: any(phrase.joined in wanted for phrase in phrases_of([key], None)),
    )


def ages(evidence: Evidence, asked: Iterable[str]) -> OwnShare | None:
    """Bands that lie inside an asked one; a band that sticks out is left out, since nobody knows how it splits."""
    wanted = [ends for band in asked if (ends := _ends(band)) is not None]

    def inside(key: str) -> bool:
        ends = _ends(key)
        return ends is not None and any(low <= ends[0] and ends[1] <= high for low, high in wanted)

    return _reported(evidence, ReportedDimension.AGE, inside)


def _ends(band: str) -> tuple[int, int] | None:
    found = _AGES.fullmatch(band)
    if found is None:
        return None
    return int(found[1]), _OLDEST if found[2] is None else int(found[2])
