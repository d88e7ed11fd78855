"""Mentions of the brief's brand and its competitors in the candidate's posts; paid and giveaway ones told apart."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from services.scoring.brief_terms import BriefTerms, contains, without_platform
from services.scoring.evidence import Evidence, PostView
from services.scoring.text.languages import STOPWORDS
from services.scoring.text.normalise import clean
from services.scoring.text.tokens import tokens
from shared.schemas.evidence import BrandMention, MentionKind


@dataclass(frozen=True, slots=True, eq=False)
class Mention:
    """One post (or comment under the brand's own posts) that names the brand or a competitor."""

    what: str
    at: datetime | None
    post: PostView | None
    in_comment: bool
    paid: bool | None
    giveaway: bool

    @property
    def organic(self) -> bool:
        """Neither labelled as paid nor part of a giveaway."""
        return not self.paid and not self.giveaway


@dataclass(frozen=True, slots=True, eq=False)
class Target:
    """Whom to look for: names as they are written with their words, handles, hashtag keys, addresses."""

    names: tuple[tuple[str, tuple[str, ...]], ...]
    handles: frozenset[str]
    hashtags: frozenset[str]
    urls: tuple[str, ...] = ()

    def found_in(self, post: PostView) -> str | None:
        """How the post names the target; None when it does not."""
        tag = next(iter(sorted(self.hashtags & post.tags)), None)
        if tag is not None:
            return f"#{tag}"
        for mention in post.post.mentions[:100]:
            handle = clean(mention.handle).lstrip("@")
            if handle in self.handles:
                return f"@{handle}"
        for link in post.post.links[:100]:
            address = link.casefold().partition("://")[2].removeprefix("www.")
            if any(address == url or address.startswith((url + "/", url + "?")) for url in self.urls):
                return self.urls[0]
        if self.handles and "@" in post.text.cleaned:
            for handle in sorted(self.handles):
                if f"@{handle}" in post.text.cleaned:
                    return f"@{handle}"
        return self._named(post)

    def _named(self, post: PostView) -> str | None:
        # word by word as written, in any language: stems would make Nike of nik
        return next((name for name, words in self.names if contains(post.text.words, words)), None)


def brand_of(terms: BriefTerms) -> Target:
    """The brand with its products, accounts and addresses."""
    brand = terms.brief.brand
    names = (brand.name, *brand.products)
    return Target(_spelled(names), terms.brand_handles, _tag_keys(names), terms.brand_urls)


def competitors_of(terms: BriefTerms) -> Target:
    competitors = terms.brief.brand.competitors
    handles = frozenset(filter(None, map(without_platform, competitors)))
    return Target(_spelled(competitors), handles, _tag_keys(competitors))


def _spelled(names: Iterable[str]) -> tuple[tuple[str, tuple[str, ...]], ...]:
    """Names with their words; one that is a common word alone ("On") is found by handle and hashtag only."""
    found = []
    for name in names:
        words = tuple(tokens(clean(name)))
        common = len(words) == 1 and (len(words[0]) < 3 or any(words[0] in known for known in STOPWORDS.values()))
        if words and not common:
            found.append((name, words))
    return tuple(found)


def _tag_keys(names: Iterable[str]) -> frozenset[str]:
    """Names written as one word, as people make hashtags of them; the shortest say too little alone."""
    joined = ("".join(clean(name).split()) for name in names)
    return frozenset(key for key in joined if len(key) >= 4)


def mentions(evidence: Evidence, target: Target, kinds: frozenset[MentionKind]) -> list[Mention]:
    """Every post that names the target, the newest first, and what discovery saw beyond the included posts."""
    found = [
        Mention(what, post.at, post, False, post.paid, post.giveaway)
        for post in evidence.posts
        if (what := target.found_in(post)) is not None
    ]
    included = {post.post.id for post in evidence.posts}
    seen = set()
    for mention in sorted(evidence.bundle.mentions, key=_unpaid_first)[:1_000]:
        if mention.kind not in kinds or (not mention.in_comment and mention.post_id in included):
            continue
        at = evidence.time(mention.created_at)
        # one post or day counts once, however often it says the name
        place = (mention.post_id, at.date() if at and mention.post_id is None else None, mention.in_comment)
        if place not in seen:
            seen.add(place)
            found.append(_reported(mention, at))
    return found


def _unpaid_first(mention: BrandMention) -> tuple[bool | str, ...]:
    """A total order, so that which of several mentions of a day stands for it does not hang on how they came."""
    return (
        bool(mention.paid), bool(mention.giveaway), mention.paid is None, str(mention.created_at or ""), mention.kind,
        mention.term, str(mention.post_id or ""), mention.in_comment,
    )  # fmt: skip


def _reported(mention: BrandMention, at: datetime | None) -> Mention:
    return Mention(mention.term, at, None, mention.in_comment, mention.paid, bool(mention.giveaway))


BRAND_KINDS = frozenset({MentionKind.BRAND, MentionKind.HANDLE, MentionKind.PRODUCT, MentionKind.HASHTAG})
COMPETITOR_KINDS = frozenset({MentionKind.COMPETITOR})
