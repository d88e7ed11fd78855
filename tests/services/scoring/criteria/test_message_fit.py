"""Message fit: in every language that is claimed, and nowhere else."""

import pytest

from services.scoring.context import context_of
from services.scoring.criteria.message_fit import MESSAGE_FIT
from services.scoring.criterion import Outcome
from services.scoring.evidence import Evidence
from services.scoring.text.languages import CLAIMED
from shared.schemas.evidence import EvidencePost
from shared.schemas.rankings import CriterionStatus
from tests.services.scoring.made import brief, bundle, post

# language: the brief's topic, a post about it with other forms of the words, a post about something else
CASES = {
    "en": ("trail running", "My longest trail run yet: running trails makes me happy", "Soup for dinner again"),
    "es": ("carreras de montaña", "La carrera por las montañas fue preciosa", "Hoy cocinamos lentejas"),
    "de": ("nachhaltige Mode", "Nachhaltiger leben: diese Moden sind fair", "Heute regnet es in Berlin"),
    "pt": ("corrida de rua", "As corridas nas ruas do Porto", "Bolo de cenoura para o lanche"),
    "fr": ("course à pied", "Mes courses à pieds du dimanche", "Une tarte aux pommes"),
    "vi": ("chạy bộ đường mòn", "Sáng nay chạy bộ đường mòn rất vui", "Hôm nay ăn phở với bạn"),
    "ar": ("الجري الجبلي", "أحب جري الجبال والجري الجبلي كل صباح", "اليوم طبخت العشاء مع أمي"),
    "ja": ("山岳ランニング", "週末は山岳ランニングの大会に出ました", "夕飯はカレーを作りました"),
}


def assess(posts: list[EvidencePost], topic: str, **fields: object) -> Outcome:
    return MESSAGE_FIT.assess(Evidence(bundle(posts)), context_of(brief(topics=[topic], hashtags=[], **fields)))


def test_every_claimed_language_has_a_case() -> None:
    assert set(CASES) == CLAIMED


@pytest.mark.parametrize("language", sorted(CASES))
@pytest.mark.parametrize("labelled", [True, False], ids=["labelled", "unlabelled"])
def test_a_post_about_the_topic_is_near_and_another_is_far(language: str, labelled: bool) -> None:
    topic, about, other = CASES[language]
    label = language if labelled else None
    near = assess([post(1, about, language=label)], topic)
    far = assess([post(1, other, language=language)], topic)
    assert near.value is not None
    assert near.value >= 85_000_000
    assert far.value is not None
    assert far.value <= 40_000_000


@pytest.mark.parametrize("language", ["th", "fi", "fa"])
def test_it_abstains_in_languages_that_are_not_claimed(language: str) -> None:
    outcome = assess([post(1, "trail running everywhere", language=language)], "trail running")
    assert outcome.status is CriterionStatus.ABSTAINED


def test_a_hashtag_of_the_brief_needs_no_language() -> None:
    found = bundle([post(1, "วิ่งบนภูเขา", language="th", tags=["TrailRunning"])])
    assert (MESSAGE_FIT.assess(Evidence(found), context_of(brief())).value or 0) >= 80_000_000


def test_posts_in_another_language_than_the_briefs_are_no_finding() -> None:
    asked = {"audience": {"segments": [{"languages": ["en"]}]}}
    outcome = assess([post(1, "Heute regnet es in Berlin", language="de")], "trail running", **asked)
    assert outcome.status is CriterionStatus.ABSTAINED


def test_values_and_issues_are_read_too() -> None:
    context = context_of(brief(kind="cause", topics=[], hashtags=[], issues=["river pollution"]))
    outcome = MESSAGE_FIT.assess(Evidence(bundle([post(1, "Who stops the pollution of our river?")])), context)
    assert (outcome.value or 0) >= 80_000_000
    assert outcome.evidence[0].kind == "post"


def test_too_perfect_a_fit_costs() -> None:
    about, other = CASES["en"][1], CASES["en"][2]
    only = assess([post(n, f"{about} {n}") for n in range(10)], "trail running")
    mixed = assess([post(n, f"{about if n % 3 else other} {n}") for n in range(10)], "trail running")
    assert only.value is not None
    assert mixed.value is not None
    assert only.value < mixed.value


def test_a_brief_without_a_message_does_not_ask() -> None:
    context = context_of(brief(topics=[], hashtags=[], seeds=["@someone"]))
    assert MESSAGE_FIT.assess(Evidence(bundle([post()])), context).status is CriterionStatus.NOT_APPLICABLE
