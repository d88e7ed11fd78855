"""Responsiveness: how many commenters the creator answers, and how fast."""

from services.scoring.context import Context
from services.scoring.criterion import Criterion, Outcome, abstained, data_used, scored
from services.scoring.evidence import Evidence
from services.scoring.statistics.curves import curve
from services.scoring.statistics.intervals import FULL, median, share_width

_SHARE_POINTS = ((0.0, 0.0), (0.05, 25.0), (0.2, 65.0), (0.5, 100.0))
_HOUR_POINTS = ((1.0, 100.0), (6.0, 85.0), (24.0, 60.0), (72.0, 25.0), (240.0, 0.0))
_SPEED = 0.3
# Replies that were seen are a lower bound when not all replies were read.
_INCOMPLETE_WIDTH = 60.0


class Responsiveness(Criterion):
    """Seven tenths the share of comments that were answered, three tenths how fast. Grows with every answer that is no
    slower than the others. Where the times of the answers are not known the share speaks alone, with a wider interval.

    Where not all replies were read, answers that were seen are a lower bound with a wide interval, and none seen is
    unknown.
    """

    version = "2"
    title = "Responsiveness"

    def assess(self, evidence: Evidence, context: Context) -> Outcome:
        comments = evidence.comments
        if not comments:
            return abstained("no comments under the posts were read")
        complete = evidence.bundle.sampling.replies_complete is True
        answered = [comment for comment in comments if comment.comment.creator_replied_at is not None]
        if not answered and not complete:
            return abstained("no answer of the creator was seen, and not all answers were read")
        share = len(answered) / len(comments)
        hours = [
            max(0.0, (replied - comment.at).total_seconds() / 3_600)
            for comment in answered
            if comment.at is not None and (replied := evidence.time(comment.comment.creator_replied_at)) is not None
        ]
        value, width = curve(share, _SHARE_POINTS), share_width(len(comments))
        reasons = [f"{len(answered)} of {len(comments)} sampled comments were answered ({share:.0%})"]
        if hours:
            value = (1.0 - _SPEED) * value + _SPEED * curve(median(hours), _HOUR_POINTS)
            reasons.append(f"half of the answers came within {median(hours):.1f} hours")
        elif answered:
            width += _SPEED * FULL
            reasons.append("how fast they came is not known")
        if not complete:
            width = max(width, _INCOMPLETE_WIDTH)
            reasons.append("not all answers were read, so these are the least there are")
        return scored(
            value,
            width,
            reasons,
            data_used=data_used(comments=len(comments), times=[comment.at for comment in comments]),
        )


RESPONSIVENESS = Responsiveness()
