"""Message fit: how near the creator's posts are to the brief's topics, issues and values."""

import math

from services.scoring.brief_terms import Phrase
from services.scoring.context import Context
from services.scoring.criterion import Criterion, Outcome, abstained, data_used, not_applicable, scored
from services.scoring.evidence import Evidence, PostView
from services.scoring.statistics.curves import curve
from services.scoring.statistics.intervals import share_width
from services.scoring.text.languages import CLAIMED

# A post nearer than this is shown as one that carries the message.
NEAR = 0.5
# A hump: posts about nothing else sell to an audience that has heard it all.
_POINTS = ((0.0, 0.0), (0.1, 40.0), (0.3, 80.0), (0.5, 100.0), (0.85, 100.0), (1.0, 85.0))


class MessageFit(Criterion):
    """The mean nearness of the posts that can be compared: a term of the brief as a hashtag or word for word is 1;
    otherwise the share of the term's words in the post, longer words weighing more.

    Posts in a language that is not read here, or not the brief's, are left out: their words never meet. Grows with the
    share of near posts up to 85 %, and falls from there.
    """

    version = "1"
    title = "Message and values fit"

    def assess(self, evidence: Evidence, context: Context) -> Outcome:
        terms = context.terms
        if not terms.message_terms and not terms.hashtags:
            return not_applicable("the brief names no topics, issues, values or hashtags")
        nearness = [(near, post) for post in evidence.posts if (near := _nearness(post, context)) is not None]
        left_out = len(evidence.posts) - len(nearness)
        if not nearness:
            return abstained(
                f"none of {len(evidence.posts)} posts has a text that can be compared with the brief; read are "
                f"{', '.join(sorted(terms.languages & CLAIMED or CLAIMED))}"
            )
        mean = math.fsum(near for near, _ in nearness) / len(nearness)
        carrying = sorted((pair for pair in nearness if pair[0] >= NEAR), key=lambda pair: -pair[0])
        reasons = [f"{len(carrying)} of {len(nearness)} posts are about what the brief names; mean nearness {mean:.2f}"]
        if left_out:
            reasons.append(f"{left_out} posts without a text in a language that can be compared are left out")
        return scored(
            curve(mean, _POINTS),
            share_width(len(nearness)),
            reasons,
            evidence=(post.link(f"nearness {near:.2f}") for near, post in carrying),
            data_used=data_used(posts=len(nearness), times=[post.at for _, post in nearness]),
        )


def _nearness(post: PostView, context: Context) -> float | None:
    """0 to 1; None for a post that cannot be compared."""
    terms = context.terms
    if post.tags & terms.hashtags:
        return 1.0
    language = post.text.language
    phrases = terms.message(language)
    if any(phrase.joined in post.tags for phrase in phrases):
        return 1.0
    if not terms.comparable(language) or not post.text.words:
        return None
    return max((_share(phrase, post) for phrase in phrases), default=0.0)


def _share(phrase: Phrase, post: PostView) -> float:
    weights = [min(len(stem), 8) for stem in phrase.stems]
    present = sum(weight for stem, weight in zip(phrase.stems, weights, strict=True) if stem in post.stems)
    # half of a phrase's words is far from the whole phrase: "trail" alone is hardly trail running
    return (present / sum(weights)) ** 2


MESSAGE_FIT = MessageFit()
