"""Niche focus: one topic or many."""

from collections.abc import Sequence

from services.scoring.context import context_of
from services.scoring.criteria.niche_focus import NICHE_FOCUS
from services.scoring.criterion import Outcome
from services.scoring.evidence import Evidence
from shared.schemas.evidence import EvidencePost
from tests.services.scoring.made import brief, bundle, post


def assess(posts: Sequence[EvidencePost], **fields: object) -> Outcome:
    return NICHE_FOCUS.assess(Evidence(bundle(posts)), context_of(brief(**fields)))


ONE = [post(n, f"Trail running up hill number {word}") for n, word in enumerate(["one", "two", "three", "four"])]
MANY = [
    post(n, text)
    for n, text in enumerate(
        ["Pancakes with maple syrup", "A new laptop stand", "Rain over Berlin", "Trail shoes drying by the fire"]
    )
]


def test_one_topic_is_more_focused_than_many() -> None:
    one, many = assess(ONE).value, assess(MANY).value
    assert one is not None
    assert many is not None
    assert one > 80_000_000 > 20_000_000 > many


def test_a_focus_elsewhere_counts_half() -> None:
    here, elsewhere = assess(ONE), assess(ONE, topics=["pottery"], hashtags=["clay"])
    assert here.value is not None
    assert elsewhere.value == here.value // 2


def test_the_same_text_again_is_one_post() -> None:
    same = [post(n, "Trail running up the hill") for n in range(9)]
    assert assess(same).value is None


def test_hashtags_under_everything_join_nothing() -> None:
    generic = [post(n, made.text, tags=["fyp", "viral"]) for n, made in enumerate(MANY)]
    assert assess(generic).value == assess(MANY).value


def test_hashtags_are_read_in_any_language() -> None:
    thai = [post(n, "วิ่งบนภูเขา" + "ๆ" * n, language="th", tags=["trailrunning"]) for n in range(4)]
    assert (assess(thai).value or 0) > 80_000_000
    assert assess([post(n, "วิ่งบนภูเขา", language="th") for n in range(4)]).value is None
