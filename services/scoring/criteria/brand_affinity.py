"""Brand affinity: whether the creator is already a fan, by unpaid mentions of the brand over time."""

import math

from services.scoring import mentions
from services.scoring.context import Context
from services.scoring.criterion import Criterion, Outcome, abstained, data_used, scored
from services.scoring.evidence import Evidence
from services.scoring.mentions import Mention
from services.scoring.statistics.intervals import share_width

# After this many days a mention counts half: last year's enthusiasm may have passed.
HALF_LIFE_DAYS = 180.0
# An undated mention counts as one of this age.
UNDATED_DAYS = 365.0


class BrandAffinity(Criterion):
    """Grows with every unpaid mention: one from today makes 50 points, each further one halves what is missing.

    Paid posts and giveaways are counted apart and earn nothing. Without any mention, a window that was read completely
    is low; one that was not is unknown.
    """

    version = "1"
    title = "Brand affinity"

    def assess(self, evidence: Evidence, context: Context) -> Outcome:
        brand = context.brief.brand
        found = mentions.mentions(evidence, mentions.brand_of(context.terms), mentions.BRAND_KINDS)
        organic = [mention for mention in found if mention.organic]
        read = len(evidence.posts)
        complete = evidence.bundle.sampling.posts_complete is True and read > 0
        if not organic and not complete:
            return abstained(
                f"no unpaid mention of {brand.name} in {read} posts, and not all posts of the window were read",
                *_set_aside(found),
            )
        strength = math.fsum(sorted(_weight(evidence, mention) for mention in organic))
        value = 100.0 * (1.0 - 2.0**-strength)
        rivals = mentions.mentions(evidence, mentions.competitors_of(context.terms), mentions.COMPETITOR_KINDS)
        return scored(
            value,
            share_width(read + sum(mention.post is None for mention in organic)),
            [
                _summary(evidence, organic, brand.name, read),
                *_set_aside(found),
                *_beside(rivals, has_competitors=bool(brand.competitors)),
            ],
            evidence=(mention.post.link(f"mentions {mention.what}") for mention in organic if mention.post is not None),
            data_used=data_used(
                posts=read,
                comments=sum(mention.in_comment for mention in organic),
                times=[post.at for post in evidence.posts],
            ),
        )


def _weight(evidence: Evidence, mention: Mention) -> float:
    age = UNDATED_DAYS if mention.at is None else evidence.age_days(mention.at)
    return float(2.0 ** (-age / HALF_LIFE_DAYS))


def _summary(evidence: Evidence, organic: list[Mention], brand: str, read: int) -> str:
    if not organic:
        return f"all {read} posts of the window were read and none mentions {brand}"
    months = len({(mention.at.year, mention.at.month) for mention in organic if mention.at is not None})
    newest = max((mention.at for mention in organic if mention.at is not None), default=None)
    when = "" if newest is None else f", last {evidence.age_days(newest):.0f} days before this was read"
    return f"{len(organic)} unpaid mentions of {brand} in {months} different months{when}"


def _set_aside(found: list[Mention]) -> list[str]:
    paid = sum(bool(mention.paid) for mention in found)
    given = sum(mention.giveaway and not mention.paid for mention in found)
    unlabelled = sum(mention.paid is None for mention in found)
    parts = []
    if paid or given:
        parts.append(f"not counted: {paid} paid mentions, {given} in giveaways")
    if unlabelled:
        parts.append(f"of {unlabelled} mentions nobody says whether they were paid")
    return parts


def _beside(rivals: list[Mention], *, has_competitors: bool) -> list[str]:
    if not has_competitors:
        return []
    paid = sum(bool(mention.paid) for mention in rivals)
    return [f"beside it: competitors are mentioned in {len(rivals)} posts, {paid} of them paid"]


BRAND_AFFINITY = BrandAffinity()
