"""An evidence bundle as criteria read it: in one order, within bounds, absurd values set aside, texts read once."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cached_property
from typing import Any

from services.scoring.text import phrases
from services.scoring.text.languages import CLAIMED, language_of
from services.scoring.text.normalise import clean
from services.scoring.text.stems import is_function_word, stem
from services.scoring.text.tokens import has_letters_or_digits, tokens
from shared.rules.hashtags import normalise
from shared.schemas.base import Count
from shared.schemas.evidence import Commenter, EvidenceBundle, EvidencePost, Interaction, SampledComment
from shared.schemas.ids import encode
from shared.schemas.posts import PostKind
from shared.schemas.rankings import EvidenceKind, EvidenceLink

# What is read of one bundle, so that no bundle can take long. The newest posts and comments come first.
MAX_POSTS = 300
MAX_COMMENTS = 2_000
MAX_COMMENTERS = 2_000
MAX_INTERACTIONS = 20_000
MAX_HASHTAGS = 60
# A time further ahead of the observation than this is a wrong clock or a lie; the post counts, its time does not.
CLOCK_SKEW = timedelta(days=1)
# No post of any platform has this many; a larger number is a fault of its source.
MAX_PLAUSIBLE = 20_000_000_000
OWN_SOURCES = frozenset({"archive", "request"})
_EARLIEST = datetime(1, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True, eq=False)
class Text:
    """A text as it is compared: cleaned, its words, its language (None: not known), the stems that carry a topic."""

    cleaned: str
    words: tuple[str, ...]
    language: str | None

    @property
    def readable(self) -> bool:
        """Whether the text is in a language that scoring claims to read."""
        return self.language in CLAIMED

    def stems(self) -> list[str]:
        return [stem(word, self.language) for word in self.words if not is_function_word(word, self.language)]


def read_text(text: str | None, declared: str | None) -> Text:
    cleaned = clean(text or "")
    words = tuple(tokens(cleaned))
    return Text(cleaned, words, language_of(declared, cleaned, words) if words else None)


class PostView:
    """A post of the candidate's own; its text is read when it is first asked for."""

    def __init__(self, post: EvidencePost, at: datetime | None) -> None:
        self.post = post
        self.at = at

    @cached_property
    def text(self) -> Text:
        return read_text(self.post.text, self.post.language)

    @cached_property
    def tags(self) -> frozenset[str]:
        """Hashtag keys, as the platform gave them, else as read from the text."""
        return frozenset(tag.key for tag in self.post.hashtags[:MAX_HASHTAGS]) or _tags_in(self.text.cleaned)

    @cached_property
    def stems(self) -> frozenset[str]:
        return frozenset(self.text.stems())

    @cached_property
    def paid(self) -> bool | None:
        """Whether the post says that it is paid; None where neither the platform nor a readable text says it."""
        if self.post.paid_partnership or self.post.sponsorship_labels:
            return True
        if phrases.says_paid(self.text.cleaned, self.tags, self.text.language):
            return True
        return False if self.post.paid_partnership is False or self.text.readable else None

    @cached_property
    def giveaway(self) -> bool:
        return phrases.says_giveaway(self.text.cleaned, self.tags, self.text.language)

    def link(self, note: str | None = None) -> EvidenceLink:
        return EvidenceLink(
            kind=EvidenceKind.POST, ref=encode("pst", self.post.id), url=self.post.url, note=note, at=self.at
        )


@dataclass(frozen=True, slots=True, eq=False)
class CommentView:
    """A sampled comment of somebody else under the candidate's posts."""

    comment: SampledComment
    at: datetime | None
    text: Text
    emoji_only: bool


class Evidence:
    """One candidate's bundle. Everything derived is computed on first use and kept."""

    def __init__(self, bundle: EvidenceBundle) -> None:
        self.bundle = bundle
        self.as_of = bundle.observed_at
        # results that a gate and a criterion share, by name
        self.memo: dict[str, Any] = {}

    def time(self, at: datetime | None) -> datetime | None:
        """`at`, or None for a time that lies in the future of the observation."""
        return at if at is not None and at <= self.as_of + CLOCK_SKEW else None

    def age_days(self, at: datetime) -> float:
        return max(0.0, (self.as_of - at).total_seconds() / 86_400)

    @property
    def handle(self) -> str:
        return self.bundle.creator.handle or self.bundle.creator.platform_id

    @property
    def followers(self) -> int | None:
        return plausible(self.bundle.creator.counts.followers)

    @cached_property
    def posts(self) -> Sequence[PostView]:
        """The candidate's own posts (no reposts), the newest first, undated ones last."""
        own = [post for post in self.bundle.posts if post.kind is not PostKind.REPOST]
        own.sort(key=lambda post: (self.time(post.created_at) or _EARLIEST, post.id.int), reverse=True)
        return [PostView(post, self.time(post.created_at)) for post in own[:MAX_POSTS]]

    @cached_property
    def readable_posts(self) -> Sequence[PostView]:
        """Posts whose text is in a claimed language, or that have hashtags, which need no language."""
        return [post for post in self.posts if (post.text.readable and post.text.words) or post.tags]

    def since(self, days: float) -> Sequence[PostView]:
        """Dated posts of the last `days` days before the observation."""
        return [post for post in self.posts if post.at is not None and self.age_days(post.at) <= days]

    @cached_property
    def comments(self) -> Sequence[CommentView]:
        """Comments of others, the newest first."""
        others = [comment for comment in self.bundle.comments if not comment.is_reply_by_creator]
        others.sort(
            key=lambda comment: (
                self.time(comment.created_at) or _EARLIEST,
                comment.post_id.int,
                comment.commenter,
                comment.text or "",
            ),
            reverse=True,
        )
        return [self._comment(comment) for comment in others[:MAX_COMMENTS]]

    def _comment(self, comment: SampledComment) -> CommentView:
        text = read_text(comment.text, comment.language)
        emoji_only = bool(text.cleaned.strip()) and not text.words and not has_letters_or_digits(text.cleaned)
        return CommentView(comment, self.time(comment.created_at), text, emoji_only)

    @cached_property
    def commenters(self) -> Sequence[Commenter]:
        return sorted(self.bundle.commenters, key=lambda commenter: commenter.pseudonym)[:MAX_COMMENTERS]

    @cached_property
    def interactions(self) -> Sequence[Interaction]:
        return sorted(self.bundle.interactions, key=lambda edge: (edge.source, edge.target))[:MAX_INTERACTIONS]

    @cached_property
    def words_for_audience(self) -> str:
        """What the people behind the sample must be called."""
        return "followers and commenters" if self.bundle.sampling.followers_read else "sampled commenters"


def _tags_in(cleaned: str) -> frozenset[str]:
    """Hashtag keys read from the text, where the platform gave none."""
    if "#" not in cleaned:
        return frozenset()
    found = set()
    for part in cleaned.split("#")[1 : MAX_HASHTAGS + 1]:
        word = part.split(maxsplit=1)[0] if part and not part[0].isspace() else ""
        try:
            found.add(normalise(word.rstrip(".,;:!?)\"'")).key)
        except ValueError:
            continue
    return frozenset(found)


def plausible(count: Count) -> int | None:
    """A count's number; None when it is unknown or larger than anything that exists."""
    return count.value if count.value is not None and count.value <= MAX_PLAUSIBLE else None


def is_own_data(bundle: EvidenceBundle) -> bool:
    """Whether all of it was brought by the workspace itself: a platform's terms for its interface do not cover it."""
    sources = {source.source for source in bundle.sources}
    return bool(sources) and sources <= OWN_SOURCES
