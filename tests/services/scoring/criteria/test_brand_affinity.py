"""Brand affinity: unpaid mentions over time."""

from datetime import timedelta

import pytest

from services.scoring.context import context_of
from services.scoring.criteria.brand_affinity import BRAND_AFFINITY
from services.scoring.criterion import Outcome
from services.scoring.evidence import Evidence
from shared.schemas.evidence import BrandMention, EvidencePost, MentionKind
from shared.schemas.posts import PostMention
from tests.services.scoring.made import NOW, brief, bundle, post

FILLER = [post(100 + number, "Rain again") for number in range(5)]


def assess(*posts: EvidencePost, complete: bool | None = None, **fields: object) -> Outcome:
    context = context_of(brief(brand={
        "name": "Fellside Shoes", "products": ["Fellrunner 3"], "competitors": ["Nordtrail"],
        "handles": ["bluesky:fellside.example.com"], "urls": ["https://www.fellside.example.com/"],
    }))  # fmt: skip
    return BRAND_AFFINITY.assess(Evidence(bundle([*posts, *FILLER], posts_complete=complete, **fields)), context)  # type: ignore[arg-type]  # fields of the bundle


@pytest.mark.parametrize(
    "named",
    [
        post(1, "My third pair of Fellside Shoes"),
        post(1, "The fellrunner 3 holds"),
        post(1, "Happy feet", tags=["FellsideShoes"]),
        post(1, "Happy feet", mentions=(PostMention(handle="fellside.example.com"),)),
        post(1, "Happy feet", links=("https://fellside.example.com/fellrunner?utm=1",)),
        post(1, "FELLSIDE\u200b SHOES forever"),
    ],
    ids=["name", "product", "hashtag", "handle", "link", "disguised"],
)
def test_a_mention_is_found_however_it_is_written(named: EvidencePost) -> None:
    outcome = assess(named)
    assert outcome.value is not None
    assert outcome.value > 40_000_000
    assert outcome.evidence[0].url == named.url


def test_a_complete_window_without_a_mention_is_low() -> None:
    outcome = assess(complete=True)
    assert outcome.value == 0
    assert "none mentions Fellside Shoes" in outcome.reasons[0]


@pytest.mark.parametrize("complete", [None, False])
def test_an_incomplete_window_without_a_mention_is_unknown(complete: bool | None) -> None:
    assert assess(complete=complete).value is None


@pytest.mark.parametrize(
    "paid",
    [
        post(1, "Fellside Shoes #ad", tags=["ad"]),
        post(1, "Fellside Shoes", paid_partnership=True),
        post(1, "Fellside Shoes", sponsorship_labels=("Paid partnership",)),
        post(1, "Anzeige: Fellside Shoes, bezahlte Partnerschaft", language="de"),
        post(1, "Fellside Shoes: usa mi código RUN10", language="es"),
        post(1, "Win Fellside Shoes in our giveaway"),
        post(1, "Fellside Shoes プレゼント企画 抽選で", language="ja"),
    ],
    ids=["hashtag", "platform", "label", "german", "code", "giveaway", "japanese"],
)
def test_paid_posts_and_giveaways_earn_nothing(paid: EvidencePost) -> None:
    outcome = assess(paid, complete=True)
    assert outcome.value == 0
    assert "not counted" in outcome.reasons[1]


def test_more_and_newer_mentions_raise_it() -> None:
    old, new = post(1, "Fellside Shoes", days_ago=700), post(2, "Fellside Shoes", days_ago=2)
    values = [assess(*posts).value or 0 for posts in ([old], [new], [old, new])]
    assert values[0] < values[1] < values[2]


def test_competitors_are_shown_beside_it_and_change_nothing() -> None:
    fan = post(1, "Fellside Shoes")
    with_rival = assess(fan, post(2, "Nordtrail is fine too"))
    assert any("competitors are mentioned in 1 posts" in reason for reason in with_rival.reasons)
    assert with_rival.value == assess(fan, post(2, "Rain is fine too")).value


def test_comments_under_the_brands_own_posts_count() -> None:
    said = BrandMention(
        kind=MentionKind.BRAND, term="Fellside Shoes", in_comment=True, created_at=NOW - timedelta(days=5)
    )
    assert (assess(mentions=(said,)).value or 0) > 40_000_000


def test_a_brand_that_is_a_common_word_is_found_by_its_handle_only() -> None:
    context = context_of(brief(brand={"name": "On", "handles": ["@on"]}))
    found = [
        BRAND_AFFINITY.assess(Evidence(bundle([made], posts_complete=True)), context).value
        for made in (post(1, "Out on the hill"), post(1, "Thanks @on"))
    ]
    assert found[0] == 0
    assert (found[1] or 0) > 0
