"""What is shown and never scored."""

from services.scoring.assess import assess
from services.scoring.context import context_of
from services.scoring.evidence import Evidence
from services.scoring.observations import observations
from shared.schemas.brief import Brief
from shared.schemas.evidence import EvidenceBundle, OwnCommenting
from shared.schemas.rankings import Observation
from tests.services.scoring.made import brief, bundle, post


def seen(found: EvidenceBundle, asked: Brief | None = None) -> dict[str, Observation]:
    return {one.name: one for one in observations(Evidence(found), context_of(asked or brief()))}


def test_cadence_is_told_in_posts_a_week() -> None:
    weekly = bundle([post(n, days_ago=7.0 * n) for n in range(9)])
    assert seen(weekly)["cadence"].text.startswith("1.0 posts a week over 56 days, half of the gaps below 7.0 days")
    assert "cadence" not in seen(bundle([post(1, days_ago=None)]))


def test_mentions_without_a_label_are_listed_and_change_no_value() -> None:
    plain, named = bundle([post(1, "Rain again")]), bundle([post(1, "Fellside Shoes again")])
    assert seen(named)["brand_mention_no_label_seen"].evidence[0].note == "no label seen"
    assert "brand_mention_no_label_seen" not in seen(bundle([post(1, "Fellside Shoes #ad", tags=["ad"])]))
    headroom = [assess(one, context_of(brief())).outcomes["sponsorship_headroom"].value for one in (plain, named)]
    assert headroom[0] == headroom[1]


def test_every_unlabelled_mention_is_listed() -> None:
    named = bundle([post(n, f"Fellside Shoes again, day {n}") for n in range(30)])
    assert len(seen(named)["brand_mention_no_label_seen"].evidence) == 30


def test_the_brands_tone_is_shown_beside_the_posts() -> None:
    asked = brief(tone={"words": ["honest"], "avoid": ["game changer"]})
    found = bundle([post(1, "An honest shoe"), post(2, "What a game changer"), post(3, "Rain")])
    assert seen(found, asked)["tone"].text == "1 of 3 posts use the brand's words; 1 of 3 posts use words it avoids"


def test_own_comments_are_told() -> None:
    found = bundle([post()], own_commenting=OwnCommenting(comments=12, creators=5))
    assert seen(found)["own_commenting"].text == "wrote 12 comments under posts of 5 others"
