"""Authentic audience: whether the account, its audience, their comments and its growth look real."""

from services.scoring.authenticity.combined import Authenticity, authenticity
from services.scoring.authenticity.combined import Part as AuthenticityPart
from services.scoring.context import Context
from services.scoring.criterion import Criterion, Outcome, Part, abstained, data_used, scored
from services.scoring.evidence import Evidence
from services.scoring.statistics.intervals import FULL, placed
from shared.schemas.rankings import EvidenceKind, EvidenceLink


class AuthenticityCriterion(Criterion):
    """The weighted mean of the parts that are known, each shown apart. What is unknown widens the interval by its
    weight. Falls with every duplicated comment, pod comment and bought jump."""

    version = "1"
    title = "Authentic audience"

    def assess(self, evidence: Evidence, context: Context) -> Outcome:
        found = authenticity(evidence)
        reasons = [part.reason for part in found.parts]
        parts = [_shown(part, found) for part in found.parts]
        used = data_used(
            posts=0,
            comments=found.comments.read if found.comments else 0,
            accounts=found.prevalence.looked_at if found.prevalence else 0,
            snapshots=found.growth.snapshots if found.growth else 0,
            times=[comment.at for comment in evidence.comments],
        )
        if found.value is None:
            return abstained(*reasons, data_used=used, parts=parts)
        links = [
            EvidenceLink(kind=EvidenceKind.SNAPSHOT, note=f"{jump.cause}: +{jump.gained:,}", at=jump.at)
            for jump in (found.growth.jumps if found.growth else ())
        ]
        if found.pods is not None and found.pods.pod is not None:
            links.extend(
                EvidenceLink(kind=EvidenceKind.COMMENTER, ref=name, note="in the reciprocal group")
                for name in found.pods.pod.members
            )
        return scored(found.value, found.width, reasons, evidence=links, data_used=used, parts=parts)


def _shown(part: AuthenticityPart, found: Authenticity) -> Part:
    """The audience's interval is that of its prevalence: where the classifier's sources disagree, no even width."""
    if part.value is None:
        return Part(part.name, None, 0.0, FULL, part.reason)
    low, high = placed(part.value, part.width)
    if part.name == "audience" and found.prevalence is not None:
        low, high = FULL * (1.0 - found.prevalence.high), FULL * (1.0 - found.prevalence.low)
    return Part(part.name, part.value, low, high, part.reason)


AUTHENTICITY = AuthenticityCriterion()
