"""Niche focus: how consistently the creator's posts are about one topic."""

from collections import Counter
from collections.abc import Sequence

from services.scoring.context import Context
from services.scoring.criterion import Criterion, Outcome, abstained, data_used, scored
from services.scoring.evidence import Evidence, PostView
from services.scoring.statistics.curves import curve
from services.scoring.statistics.intervals import share_width
from services.scoring.text.normalise import word_set

# Hashtags that stand under everything name no niche.
GENERIC_HASHTAGS = word_set("""
    fyp fypシ foryou foryoupage fy viral trending explore explorepage instagood photooftheday picoftheday love like
    follow followme like4like likeforlike follow4follow tbt ootd instadaily reels reel instagram tiktok bluesky mastodon
    introduction photo photography art life lifestyle happy beautiful cute fun motivation inspiration monday friday
    sunday weekend goodmorning xuhuong parati viralpost""")
MIN_POSTS = 2
_POINTS = ((0.0, 0.0), (0.05, 20.0), (0.15, 50.0), (0.35, 80.0), (0.6, 100.0))
# How many of the posts touch the brief's own topics, and how much of the focus then counts.
_NEARNESS = ((0.0, 0.5), (0.3, 1.0))


class NicheFocus(Criterion):
    """The share of pairs of posts that have a hashtag or two topic words in common. Repeated texts count once.

    Where the brief names topics or hashtags, the focus of a creator whose posts never touch them counts half: it lies
    elsewhere.
    """

    version = "1"
    title = "Niche focus"

    def assess(self, evidence: Evidence, context: Context) -> Outcome:
        posts = _distinct(evidence.readable_posts)
        if len(posts) < MIN_POSTS:
            return abstained(
                f"{len(posts)} distinct posts in languages that are read here; a topic needs at least {MIN_POSTS}"
            )
        alike = _alike_share(posts)
        touching = [post for post in posts if touches_brief(post, context)]
        asked = bool(context.terms.hashtags or context.brief.topics)
        near = curve(len(touching) / len(posts), _NEARNESS) if asked else 1.0
        core = _core(posts)
        reasons = [
            f"in {alike:.0%} of all pairs of {len(posts)} posts the two share a hashtag or two topic words",
            f"most posts are about: {', '.join(core)}" if core else "no hashtag or word stands in two posts",
        ]
        if asked:
            reasons.append(f"{len(touching)} of {len(posts)} posts touch the brief's topics or hashtags")
        return scored(
            curve(alike, _POINTS) * near,
            share_width(len(posts)),
            reasons,
            evidence=(post.link("touches the brief") for post in touching),
            data_used=data_used(posts=len(posts), times=[post.at for post in posts]),
        )


def touches_brief(post: PostView, context: Context) -> bool:
    """Whether a post carries one of the brief's hashtags, or all words of one of its topics."""
    if post.tags & context.terms.hashtags:
        return True
    return any(
        phrase.joined in post.tags or post.stems.issuperset(phrase.stems)
        for phrase in context.terms.topics(post.text.language)
    )


def _distinct(posts: Sequence[PostView]) -> list[PostView]:
    """Posts that say something, each text once: the same words a hundred times are one post about one thing."""
    found: dict[tuple[tuple[str, ...], frozenset[str]], PostView] = {}
    for post in posts:
        if post.stems or post.tags:
            found.setdefault((post.text.words, post.tags), post)
    return list(found.values())


def _alike_share(posts: Sequence[PostView]) -> float:
    tags = [post.tags - GENERIC_HASHTAGS for post in posts]
    stems = [post.stems for post in posts]
    pairs = alike = 0
    for first in range(len(posts)):
        for second in range(first):
            pairs += 1
            if not tags[first].isdisjoint(tags[second]) or len(stems[first] & stems[second]) >= 2:
                alike += 1
    return alike / pairs


def _core(posts: Sequence[PostView]) -> list[str]:
    counts: Counter[str] = Counter()
    for post in posts:
        counts.update(f"#{tag}" for tag in post.tags - GENERIC_HASHTAGS)
        counts.update(post.stems - post.tags)
    common = [(count, name) for name, count in counts.items() if count >= 2]
    common.sort(key=lambda pair: (-pair[0], not pair[1].startswith("#"), pair[1]))
    return [f"{name} ({count})" for count, name in common[:5]]


NICHE_FOCUS = NicheFocus()
