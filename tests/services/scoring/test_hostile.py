"""Hostile evidence: a clear abstention or a bounded reading, never a crash, never unbounded work."""

import random
import tracemalloc
from collections.abc import Sequence
from uuid import UUID

import pytest

from services.scoring.assess import Assessment, assess
from services.scoring.context import context_of
from services.scoring.evidence import MAX_COMMENTS, MAX_POSTS, Evidence
from services.scoring.text.normalise import MAX_READ, clean
from services.scoring.text.tokens import MAX_TOKENS, tokens
from shared.schemas.evidence import EvidencePost, Interaction
from shared.schemas.posts import PostHashtag
from shared.schemas.rankings import CriterionStatus
from tests.services.scoring.made import brief, bundle, comment, commenter, post

CONTEXT = context_of(brief(values=["repair"], safety={"blocked_terms": ["crypto"]}))


def run(posts: Sequence[EvidencePost] = (), **fields: object) -> Assessment:
    return assess(bundle(posts, **fields), CONTEXT)  # type: ignore[arg-type]  # fields of the bundle


@pytest.mark.parametrize(
    "text",
    ["a" * 100_000, "a " * 50_000, "#" * 100_000, "#a" * 50_000, "@" * 100_000, "ﷺ" * 100_000, "🏳️‍🌈" * 25_000,
     "\u202e" * 100_000, "e" + "\u0301" * 99_999, "あ" * 100_000, "http://" * 14_000, "'" * 100_000],
    ids=["letters", "words", "signs", "tags", "ats", "ligatures", "flags", "bidi", "marks", "kana", "urls", "quotes"],
)  # fmt: skip
def test_a_caption_of_a_hundred_thousand_characters_is_read_in_part(text: str) -> None:
    assert len(clean(text)) <= MAX_READ * 3
    assert len(tokens(clean(text))) <= MAX_TOKENS
    assert run([post(n, text) for n in range(20)]).outcomes


def test_bidi_and_zero_width_characters_hide_nothing() -> None:
    assert clean("\u202ecr\u200by\u2060pto\u202c") == "crypto"


def test_twenty_thousand_hashtags_are_read_in_part_and_memory_is_bounded() -> None:
    tags = tuple(PostHashtag(display=f"t{n}", key=f"t{n}") for n in range(20_000))
    posts = [post(n, "much").model_copy(update={"hashtags": tags}) for n in range(MAX_POSTS)]
    found = bundle(posts)
    tracemalloc.start()
    assess(found, CONTEXT)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 60_000_000


def test_no_bundle_is_too_large_to_be_read() -> None:
    names = [f"c{n}" for n in range(5_000)]
    rng = random.Random(3)
    found = bundle(
        [post(n) for n in range(2_000)],
        comments=[comment(n, by=rng.choice(names)) for n in range(10_000)],
        commenters=[commenter(name) for name in names],
        interactions=tuple(
            Interaction(source=rng.choice(names), target=rng.choice(names), comments=1, posts=1) for _ in range(60_000)
        ),
    )
    evidence = Evidence(found)
    assert (len(evidence.posts), len(evidence.comments)) == (MAX_POSTS, MAX_COMMENTS)
    assert assess(found, CONTEXT).outcomes


def test_absurd_counts_are_unknown_and_say_so() -> None:
    found = run([post(1, counts={"likes": 9_007_199_254_740_991, "comments": 9_007_199_254_740_991})])
    assert found.outcomes["engagement"].status is CriterionStatus.ABSTAINED
    assert run([post(1)], followers=9_007_199_254_740_991).gates["follower_band"].state == "unknown"


def test_dates_in_the_future_are_no_activity() -> None:
    assert run([post(1, days_ago=-4_000)], posts_complete=True).gates["recent_activity"].state == "unknown"


def test_the_same_identifier_again_and_broken_references_are_read() -> None:
    twice = [post(1), post(1)]
    lost = [comment(1, post_id=UUID(int=999_999), parent=77)]
    assert run(twice, comments=lost, commenters=[commenter("c1"), commenter("c1")]).outcomes


@pytest.mark.parametrize("brand", ["🔥", "...", "a", "العلامة", "ブランド", "x" * 200])
def test_any_brand_name_can_be_looked_for(brand: str) -> None:
    context = context_of(
        brief(brand={"name": brand, "products": ["!!!"], "competitors": ["@", "#"]}, topics=["?", "🔥"])
    )
    assert assess(bundle([post(1), post(2, f"{brand} 🔥 {brand}")]), context).outcomes
