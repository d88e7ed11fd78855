"""Brand safety: the brief's own blocked terms and topics in the creator's posts, for a person to confirm."""

from collections.abc import Iterable

from services.scoring.brief_terms import contains, phrases_of
from services.scoring.context import Context
from services.scoring.evidence import MAX_POSTS, Evidence, PostView
from services.scoring.gate import Decision, Gate, needs_person, not_applicable, passed, unknown
from services.scoring.text.normalise import clean
from services.scoring.text.tokens import tokens
from shared.rules.hashtags import normalise_all


class BrandSafety(Gate):
    """A word of a list is a reason to look, not to reject: quotes and irony use the same words. Every post that holds
    one is shown with all that it holds."""

    version = "2"

    def decide(self, evidence: Evidence, context: Context) -> Decision:
        safety = context.brief.safety
        excluded = frozenset(tag.key for tag in normalise_all(context.brief.hashtags_excluded))
        if not safety.blocked_terms and not safety.blocked_topics and not excluded:
            return not_applicable("the brief blocks no terms, topics or hashtags")
        posts = [post for post in evidence.posts if post.text.words or post.tags]
        if not posts:
            return unknown("no post with a text was read")
        terms = [(term, tuple(tokens(clean(term)))) for term in safety.blocked_terms]
        flagged = []
        for post in posts:
            found = _blocked(post, terms, safety.blocked_topics, excluded)
            if found:
                flagged.append((post, found))
        if not flagged:
            return passed(f"none of {len(posts)} posts holds a blocked term, topic or hashtag")
        named = ", ".join(sorted({one for _, found in flagged for one in found})[:5])
        return needs_person(
            f"{len(flagged)} of {len(posts)} posts hold what the brief blocks: {named}",
            [post.link(", ".join(found)[:1_000]) for post, found in flagged],
            most=MAX_POSTS,
        )


def _blocked(
    post: PostView, terms: Iterable[tuple[str, tuple[str, ...]]], topics: tuple[str, ...], excluded: frozenset[str]
) -> list[str]:
    """Everything of the lists that the post holds."""
    return [
        *(f"#{tag}" for tag in sorted(excluded & post.tags)),
        *(term for term, words in terms if words and (contains(post.text.words, words) or "".join(words) in post.tags)),
        *(
            phrase.term
            for phrase in phrases_of(topics, post.text.language)
            if phrase.joined in post.tags or post.stems.issuperset(phrase.stems)
        ),
    ]


BRAND_SAFETY = BrandSafety()
