"""Audience fit: the sampled commenters against what the brief asks."""

from datetime import date, timedelta
from typing import Any

import pytest

from services.scoring.context import context_of
from services.scoring.criteria.audience_fit import AUDIENCE_FIT
from services.scoring.criterion import Outcome
from services.scoring.evidence import Evidence
from shared.schemas.audience_reports import AudienceReport, AudienceShare, ReportedDimension
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
        reported_on=date(2026, 10, 1),
        received_at=NOW,
        shares=(AudienceShare(dimension=ReportedDimension.AGE, key="25-34", share=0.6),),
    )
    outcome = assess(asked, audience_reports=(report,))
    assert outcome.value == 95_000_000
    assert "as the creator reports" in outcome.reasons[0]
    assert [link.kind for link in outcome.evidence] == ["report"]


def own(days_ago: float = 10, sample_size: int | None = None, **shares: dict[str, float]) -> AudienceReport:
    return AudienceReport(
        reported_on=(NOW - timedelta(days=days_ago)).date(), received_at=NOW, source="media kit",
        sample_size=sample_size,
        shares=tuple(
            AudienceShare(dimension=ReportedDimension(dimension), key=key, share=share)
            for dimension, entries in shares.items()
            for key, share in entries.items()
        ),
    )  # fmt: skip


def width(outcome: Outcome) -> int:
    assert outcome.low is not None
    assert outcome.high is not None
    return outcome.high - outcome.low


@pytest.mark.parametrize(
    ("segment", "shares"),
    [
        ({"countries": ["GB"]}, {"country": {"GB": 0.6, "DE": 0.4}}),
        ({"languages": ["pt-BR"]}, {"language": {"pt": 0.6, "en": 0.5}}),
        ({"places": ["Kendal"]}, {"place": {"Kendal, Cumbria": 0.6, "Kendalton": 0.3}}),
        ({"interests": ["trail running"]}, {"interest": {"Trail Running": 0.6, "food": 0.9}}),
        ({"age_bands": ["18-34"]}, {"age": {"18-24": 0.4, "25-34": 0.2, "13-24": 0.1, "35-44": 0.3}}),
        ({"age_bands": ["55+"]}, {"age": {"55-64": 0.4, "65+": 0.2, "45-64": 0.1}}),
    ],
    ids=["countries", "languages", "places", "interests", "ages", "open ages"],
)
def test_a_report_speaks_where_nobody_was_sampled(segment: dict[str, Any], shares: dict[str, Any]) -> None:
    assert assess(segment).status is CriterionStatus.ABSTAINED
    assert assess(segment, audience_reports=(own(**shares),)).value == 95_000_000


def test_a_large_sample_outweighs_a_report_and_both_are_told() -> None:
    reports = (own(country={"GB": 1.0}),)
    few = assess({"countries": ["GB"]}, audience_reports=reports, commenters=people(20, country="DE"))
    many = assess({"countries": ["GB"]}, audience_reports=reports, commenters=people(400, country="DE"))
    assert (few.value, many.value) == (100_000_000, 0)
    for outcome in (few, many):
        assert "100% by countries as the creator reports" in outcome.reasons[0]
        assert "from the asked countries" in outcome.reasons[0]


def test_an_older_report_and_a_smaller_sample_say_less() -> None:
    asked = {"countries": ["GB"]}
    fresh = assess(asked, audience_reports=(own(country={"GB": 0.5}),))
    old = assess(asked, audience_reports=(own(700, country={"GB": 0.5}),))
    small = assess(asked, audience_reports=(own(sample_size=8, country={"GB": 0.5}),))
    assert width(fresh) < width(old)
    assert width(fresh) < width(small)


def test_a_withdrawn_report_never_makes_surer() -> None:
    asked = {"countries": ["GB"], "age_bands": ["25-34"]}
    sample = people(30, country="GB")
    reports = (own(country={"GB": 0.5}), own(400, age={"25-34": 0.4}), own(2, sample_size=5, age={"25-34": 0.4}))
    widths = [width(assess(asked, commenters=sample, audience_reports=reports[:count])) for count in range(4)]
    assert widths == sorted(widths, reverse=True)


def test_every_asked_dimension_is_shown_apart() -> None:
    outcome = assess({"countries": ["GB"], "places": ["Kendal"]}, commenters=people(40, country="GB"))
    assert [(part.name, part.value) for part in outcome.parts] == [("countries", 100.0), ("places", None)]


def test_a_brief_without_segments_does_not_ask() -> None:
    context = context_of(brief())
    assert AUDIENCE_FIT.assess(Evidence(bundle()), context).status is CriterionStatus.NOT_APPLICABLE


def test_interests_are_hashtags_of_the_commenters_own() -> None:
    tagged = [commenter(f"c{n}", hashtags=("trailrunning", "coffee")) for n in range(20)]
    assert assess({"interests": ["trail running"]}, commenters=tagged).value == 100_000_000
    assert assess({"interests": ["pottery"]}, commenters=tagged).value == 0
