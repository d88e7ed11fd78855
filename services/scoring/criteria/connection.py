"""Connection: the creator's place in the niche's interaction network."""

from services.scoring.context import Context
from services.scoring.criterion import Criterion, Outcome, abstained, data_used, scored
from services.scoring.evidence import Evidence
from services.scoring.statistics.intervals import share_width

# So many candidates of the same search in conversation with the creator make half of the points.
HALF_AT = 4.0


class Connection(Criterion):
    """Other candidates of the niche that comment here, or that the creator comments on. Grows with each of them;
    those in both directions count twice."""

    version = "1"
    title = "Connection"

    def assess(self, evidence: Evidence, context: Context) -> Outcome:
        people = evidence.commenters
        under = {entry.under_creator_id for entry in evidence.bundle.provenance.comments[:500]}
        if not people and not under:
            return abstained("nobody who comments here, and nobody the creator comments on, is known")
        here = {commenter.creator_id for commenter in people if commenter.creator_id is not None}
        here.discard(evidence.bundle.creator.id)
        back = {
            commenter.creator_id
            for commenter in people
            if commenter.creator_id is not None and (commenter.creator_commented_back or 0) > 0
        }
        there = under | back
        strength = len(here | there) + len(here & there)
        value = 100.0 * (1.0 - 2.0 ** (-strength / HALF_AT))
        return scored(
            value,
            share_width(len(people) + len(under)),
            [
                f"{len(here)} creators of this search comment here, {len(there)} get some, {len(here & there)} both",
                f"read from {len(people)} {evidence.words_for_audience} and {len(under)} creators commented on",
            ],
            data_used=data_used(accounts=len(people), times=[commenter.last_at for commenter in people]),
        )


CONNECTION = Connection()
