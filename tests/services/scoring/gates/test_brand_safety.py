"""Brand safety."""

import pytest

from services.scoring.context import context_of
from services.scoring.evidence import Evidence
from services.scoring.gate import Decision
from services.scoring.gates.brand_safety import BRAND_SAFETY
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


def test_words_inside_words_are_no_flag() -> None:
    assert decide(post(1, "cryptography class; words that are bad")).state == "passed"


def test_nothing_read_is_unknown_and_nothing_asked_is_not_asked() -> None:
    assert decide().state == "unknown"
    assert BRAND_SAFETY.decide(Evidence(bundle([post()])), context_of(brief())).state == "not_applicable"
