"""A brief as criteria read it: its words as stems per language, its hashtags as keys, its accounts as handles."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property

from services.scoring.text.languages import CLAIMED, guess, primary
from services.scoring.text.normalise import clean
from services.scoring.text.stems import is_function_word, stem
from services.scoring.text.tokens import tokens
from shared.rules.hashtags import normalise_all
from shared.schemas.brief import Brief


@dataclass(frozen=True, slots=True)
class Phrase:
    """A term of the brief in one language: its stems in order, and the hashtag that joins its words."""

    term: str
    stems: tuple[str, ...]
    joined: str


def phrases_of(terms: Iterable[str], language: str | None) -> tuple[Phrase, ...]:
    """Terms as phrases, each once; terms of function words only are left out."""
    found: dict[tuple[str, ...], Phrase] = {}
    for term in terms:
        words = tokens(clean(term))
        stems = tuple(stem(word, language) for word in words if not is_function_word(word, language))
        if stems:
            found.setdefault(stems, Phrase(term, stems, "".join(clean(term).split())))
    return tuple(found.values())


def contains(stems: Sequence[str], phrase: Sequence[str]) -> bool:
    """Whether the phrase's stems stand in the text one after the other."""
    length, first = len(phrase), phrase[0]
    if first not in stems:
        return False
    return length == 1 or any(
        word == first and tuple(stems[start : start + length]) == tuple(phrase) for start, word in enumerate(stems)
    )


def without_platform(account: str) -> str:
    """The handle or address part of an account given by hand, cleaned: `bluesky:x.example` is `x.example`."""
    text = clean(account).strip()
    for scheme in ("https://", "http://"):
        text = text.removeprefix(scheme)
    head, separator, tail = text.partition(":")
    if separator and head.isidentifier():
        text = tail
    return text.rstrip("/").rpartition("/")[2].lstrip("@")


class BriefTerms:
    """The brief's vocabulary, compiled once for all candidates."""

    def __init__(self, brief: Brief) -> None:
        self.brief = brief
        self._topics: dict[str | None, tuple[Phrase, ...]] = {}
        self._message: dict[str | None, tuple[Phrase, ...]] = {}

    @cached_property
    def hashtags(self) -> frozenset[str]:
        return frozenset(tag.key for tag in normalise_all(self.brief.hashtags))

    @cached_property
    def languages(self) -> frozenset[str]:
        """The languages the brief asks for or is written in; empty when nothing says it."""
        asked = {primary(tag) for segment in self.brief.audience.segments for tag in segment.languages}
        text = clean(" ".join([self.brief.audience.description or "", *self.message_terms]))
        written = guess(text, tokens(text))
        return frozenset(asked | ({written} if written else set()))

    @cached_property
    def message_terms(self) -> tuple[str, ...]:
        """Topics, issues and values: what the posts of a fitting creator are about."""
        return (*self.brief.topics, *self.brief.issues, *self.brief.values)

    def topics(self, language: str | None) -> tuple[Phrase, ...]:
        """The topics as they would stand in a post of this language."""
        if language not in self._topics:
            self._topics[language] = phrases_of(self.brief.topics, language)
        return self._topics[language]

    def message(self, language: str | None) -> tuple[Phrase, ...]:
        if language not in self._message:
            self._message[language] = phrases_of(self.message_terms, language)
        return self._message[language]

    def comparable(self, language: str | None) -> bool:
        """Whether a text of this language can be compared with the brief's words: words of another language never
        meet, which would be no finding about the creator."""
        return language in CLAIMED and (not self.languages or language in self.languages)

    @cached_property
    def brand_handles(self) -> frozenset[str]:
        """The brand's accounts, those it owns included."""
        accounts = (*self.brief.brand.handles, *self.brief.owned_accounts)
        return frozenset(filter(None, map(without_platform, accounts)))

    @cached_property
    def brand_urls(self) -> tuple[str, ...]:
        return tuple(
            url.partition("://")[2].removeprefix("www.").rstrip("/").casefold() for url in self.brief.brand.urls
        )

    @cached_property
    def asked_segments(self) -> bool:
        """Whether the brief says anything about the audience that can be compared."""
        return any(
            segment.countries or segment.places or segment.languages or segment.interests or segment.age_bands
            for segment in self.brief.audience.segments
        )
