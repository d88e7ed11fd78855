"""Brand safety."""

import pytest

from services.scoring.context import context_of
from services.scoring.evidence import Evidence
from services.scoring.gate import Decision
from services.scoring.gates.brand_safety import BRAND_SAFETY
from services.scoring.text.languages import CLAIMED
from shared.schemas.evidence import EvidencePost
from tests.services.scoring.made import brief, bundle, post

ASKED = brief(
    safety={"blocked_terms": ["crypto", "bad words"], "blocked_topics": ["online casinos"]}, hashtags_excluded=["#nsfw"]
)


def decide(*posts: EvidencePost) -> Decision:
    return BRAND_SAFETY.decide(Evidence(bundle(posts)), context_of(ASKED))


@pytest.mark.parametrize(
    "flagged",
    [
        post(1, "All in on Crypto now"), post(1, "such bad words"), post(1, "an online casino paid me"),
        post(1, "look", tags=["nsfw"]), post(1, "cr\u200bypto"),
    ],
    ids=["term", "phrase", "topic", "hashtag", "disguised"],
)  # fmt: skip
def test_a_flag_waits_for_a_person_and_shows_its_post(flagged: EvidencePost) -> None:
    decision = decide(post(2, "Rain again"), flagged)
    assert decision.state == "needs_person"
    assert [link.url for link in decision.evidence] == [flagged.url]


def test_every_flagged_post_is_shown_with_all_that_it_holds() -> None:
    decision = decide(*(post(n, "crypto and bad words" if n else "crypto", tags=["nsfw"]) for n in range(40)))
    assert len(decision.evidence) == 40
    assert sorted({link.note or "" for link in decision.evidence}) == ["#nsfw, crypto", "#nsfw, crypto, bad words"]


# language: a blocked topic of the brief, a post about it in other forms of the words, a post about something else
TOPICS = {
    "en": ("online casinos", "This online casino paid for the trip", "We ran to the lake"),
    "es": ("apuestas deportivas", "Otra apuesta deportiva perdida", "Corrimos hasta el lago"),
    "de": ("schnelle Kredite", "Ein schneller Kredit und alles wird gut", "Wir liefen zum See"),
    "pt": ("apostas esportivas", "Mais uma aposta esportiva perdida", "Corremos até o lago"),
    "fr": ("paris sportifs", "Encore un pari sportif perdu", "On a couru jusqu'au lac"),
    "vi": ("cá cược bóng đá", "Hôm nay cá cược bóng đá với bạn", "Chúng tôi chạy tới hồ"),
    "ar": ("مراهنات رياضية", "المراهنات الرياضية خسرت من جديد", "ركضنا الى البحيرة"),
    "ja": ("スポーツ賭博", "スポーツ賭博の話です", "湖まで走りました"),
}


def test_every_claimed_language_has_a_blocked_topic() -> None:
    assert set(TOPICS) == CLAIMED


@pytest.mark.parametrize("language", sorted(TOPICS))
def test_a_blocked_topic_is_found_in_other_forms_of_its_words(language: str) -> None:
    topic, about, other = TOPICS[language]
    context = context_of(brief(safety={"blocked_topics": [topic]}))
    for text, state in ((about, "needs_person"), (other, "passed")):
        assert BRAND_SAFETY.decide(Evidence(bundle([post(1, text, language=language)])), context).state == state


def test_words_inside_words_are_no_flag() -> None:
    assert decide(post(1, "cryptography class; words that are bad")).state == "passed"


def test_nothing_read_is_unknown_and_nothing_asked_is_not_asked() -> None:
    assert decide().state == "unknown"
    assert BRAND_SAFETY.decide(Evidence(bundle([post()])), context_of(brief())).state == "not_applicable"
