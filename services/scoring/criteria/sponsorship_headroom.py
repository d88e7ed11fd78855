"""Sponsorship headroom: whether there is room for one more paid post, and whether a rival's stands beside it."""

from services.scoring import mentions
from services.scoring.context import Context
from services.scoring.criterion import Criterion, Outcome, abstained, data_used, scored
from services.scoring.evidence import Evidence
from services.scoring.statistics.curves import curve
from services.scoring.statistics.intervals import share_width

WINDOW_DAYS = 90
# A hump: none at all is untried, some is practised, many drown each other.
_POINTS = ((0.0, 70.0), (0.05, 95.0), (0.15, 100.0), (0.3, 60.0), (0.5, 20.0), (0.8, 0.0))
# A competitor's paid post in the window takes this many points.
_RIVAL = 30.0


class SponsorshipHeadroom(Criterion):
    """The share of the last 90 days' posts that say they are paid. Posts of which nobody says it are left out.

    Posts that name the brand without a label are listed as an observation and change nothing.
    """

    version = "1"
    title = "Sponsorship headroom"

    def assess(self, evidence: Evidence, context: Context) -> Outcome:
        recent = evidence.since(WINDOW_DAYS)
        told = [post for post in recent if post.paid is not None]
        if not told:
            return abstained(
                f"no post of the last {WINDOW_DAYS} days says, or has a text that could say, whether it is paid"
            )
        paid = [post for post in told if post.paid]
        share = len(paid) / len(told)
        target = mentions.competitors_of(context.terms)
        rivals = [post for post in paid if target.found_in(post) is not None]
        reasons = [f"{len(paid)} of {len(told)} posts of the last {WINDOW_DAYS} days say they are paid ({share:.0%})"]
        limit = context.brief.safety.max_sponsored_share
        if limit is not None:
            side = "above" if share > limit else "within"
            reasons.append(f"that is {side} the brief's limit of {limit:.0%}")
        if rivals:
            reasons.append(f"{len(rivals)} of them are for a competitor")
        unlabelled = _unlabelled(evidence, context)
        if unlabelled:
            reasons.append(f"an observation, unscored: {unlabelled} posts mention the brand and no label was seen")
        return scored(
            curve(share, _POINTS) - (_RIVAL if rivals else 0.0),
            share_width(len(told)),
            reasons,
            evidence=(post.link("for a competitor" if post in rivals else "says it is paid") for post in paid),
            data_used=data_used(posts=len(told), times=[post.at for post in told]),
        )


def _unlabelled(evidence: Evidence, context: Context) -> int:
    target = mentions.brand_of(context.terms)
    return sum(not post.paid and target.found_in(post) is not None for post in evidence.since(WINDOW_DAYS))


SPONSORSHIP_HEADROOM = SponsorshipHeadroom()
