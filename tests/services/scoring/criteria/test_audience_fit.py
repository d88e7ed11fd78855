"""Audience fit: the sampled commenters against what the brief asks."""

from datetime import date
from typing import Any

from services.scoring.context import context_of
from services.scoring.criteria.audience_fit import AUDIENCE_FIT
from services.scoring.criterion import Outcome
from services.scoring.evidence import Evidence
from shared.schemas.creators import AudienceReport, AudienceShare
from shared.schemas.evidence import Commenter
from shared.schemas.rankings import CriterionStatus
from tests.services.scoring.made import NOW, brief, bundle, comment, commenter


def assess(segment: dict[str, Any], **fields: Any) -> Outcome:
    context = context_of(brief(audience={"segments": [segment]}))
    return AUDIENCE_FIT.assess(Evidence(bundle(**fields)), context)


def people(count: int, **fields: Any) -> list[Commenter]:
    name = "-".join(str(value) for value in fields.values())
    return [commenter(f"{name}{n}".replace(" ", "_").replace(",", "").strip("()'"), **fields) for n in range(count)]


def test_more_people_of_the_asked_place_raise_it() -> None:
    values = []
    for here in (0, 10, 20):
        audience = people(here, place="Kendal, Cumbria") + people(30 - here, place="Lyon")
        values.append(assess({"places": ["Kendal"]}, commenters=audience).value or 0)
    assert values[0] < values[1] < values[2]


def test_fewer_than_ten_people_are_no_aggregate() -> None:
    assert assess({"countries": ["GB"]}, commenters=people(9, country="GB")).status is CriterionStatus.ABSTAINED
    assert assess({"countries": ["GB"]}, commenters=people(10, country="GB")).value == 100_000_000


def test_a_language_is_read_from_the_comments_where_no_profile_tells_it() -> None:
    comments = [comment(n, "Dónde compraste las zapatillas?", language="es") for n in range(12)]
    outcome = assess({"languages": ["es"]}, comments=comments, commenters=[commenter(f"c{n}") for n in range(12)])
    assert outcome.value == 100_000_000


def test_an_unknown_dimension_widens_and_is_not_counted_as_a_miss() -> None:
    known = people(40, country="GB")
    one = assess({"countries": ["GB"]}, commenters=known)
    two = assess({"countries": ["GB"], "places": ["Kendal"]}, commenters=known)
    assert one.value == two.value
    assert (two.high or 0) - (two.low or 0) > (one.high or 0) - (one.low or 0)


def test_ages_come_from_the_creators_own_report_only() -> None:
    asked = {"age_bands": ["25-34"]}
    assert assess(asked, commenters=people(50, country="GB")).status is CriterionStatus.ABSTAINED
    report = AudienceReport(
        reported_on=date(2026, 10, 1), received_at=NOW, shares=(AudienceShare(dimension="age", key="25-34", share=0.6),)
    )
    outcome = assess(asked, audience_reports=(report,))
    assert outcome.value == 95_000_000
    assert "as the creator reports" in outcome.reasons[0]


def test_a_brief_without_segments_does_not_ask() -> None:
    context = context_of(brief())
    assert AUDIENCE_FIT.assess(Evidence(bundle()), context).status is CriterionStatus.NOT_APPLICABLE


def test_interests_are_hashtags_of_the_commenters_own() -> None:
    tagged = [commenter(f"c{n}", hashtags=("trailrunning", "coffee")) for n in range(20)]
    assert assess({"interests": ["trail running"]}, commenters=tagged).value == 100_000_000
    assert assess({"interests": ["pottery"]}, commenters=tagged).value == 0
