"""What every criterion promises: deterministic, bounded, indifferent to order, never surer on less evidence."""

from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from services.scoring.context import context_of
from services.scoring.criterion import Outcome
from services.scoring.evidence import Evidence
from services.scoring.registry import criteria, gates
from services.scoring.totals import TOP
from shared.schemas.base import Count
from shared.schemas.evidence import EvidenceBundle, Interaction, MetricSnapshot
from shared.schemas.rankings import CriterionStatus
from tests.services.scoring.made import NOW, brief, bundle, comment, commenter, post

CONTEXT = context_of(
    brief(
        audience={"segments": [{"languages": ["en"], "countries": ["GB"], "interests": ["trail running"]}]},
        values=["repair instead of waste"],
    )
)
TEXTS = st.sampled_from(
    [
        "Long trail running day above the valley", "New Fellrunner 3 from Fellside Shoes, my third pair",
        "Lunch was great", "Sorteo! etiqueta a dos amigos", "#ad with Nordtrail: use code RUN10",
        "山を走るのが好きです", "", None, "🔥🔥🔥",
        "Nice!", "Which trail is this one?", "Der Wald heute war still und schön", "ฉันชอบวิ่งบนภูเขา",
        "repair instead of waste, always", "a" * 9_000, "\u202ereversed\u202c \u200bhidden",
    ]
)  # fmt: skip
COUNTS = st.one_of(st.none(), st.integers(0, 5_000), st.just(9_007_199_254_740_991))
LANGUAGES = st.sampled_from(["en", "es", "de", "ja", "th", None])
NAMES = st.sampled_from([f"c{number}" for number in range(12)])


@st.composite
def bundles(draw: st.DrawFn) -> EvidenceBundle:
    posts = [
        post(
            number, draw(TEXTS), days_ago=draw(st.sampled_from([None, -400.0, 0.5, 3.0, 40.0, 300.0])),
            tags=draw(st.lists(st.sampled_from(["trailrunning", "fyp", "lunch", "ad"]), max_size=3)),
            language=draw(LANGUAGES), paid_partnership=draw(st.sampled_from([None, True, False])),
            counts={name: draw(COUNTS) for name in ("likes", "comments", "shares", "views")},
        )
        for number in range(draw(st.integers(0, 8)))
    ]  # fmt: skip
    comments = [
        comment(
            number, draw(TEXTS), by=draw(NAMES), language=draw(LANGUAGES), post_id=draw(st.sampled_from(posts)).id,
            creator_replied_at=draw(st.sampled_from([None, NOW - timedelta(days=1)])),
        )
        for number in range(draw(st.integers(0, 20)) if posts else 0)
    ]  # fmt: skip
    known = [
        commenter(
            name, language=draw(LANGUAGES), country=draw(st.sampled_from([None, "GB", "DE"])),
            has_avatar=draw(st.sampled_from([None, True, False])), followers=Count.of(draw(COUNTS)),
            posts=Count.of(draw(COUNTS)), comments_here=draw(st.integers(1, 9)),
            creator_id=draw(st.sampled_from([None, UUID(int=77)])),
            creator_commented_back=draw(st.sampled_from([None, 0, 3])),
            hashtags=tuple(draw(st.lists(st.sampled_from(["trailrunning", "food"]), max_size=2))),
        )
        for name in draw(st.lists(NAMES, unique=True, max_size=12))
    ]  # fmt: skip
    edges = draw(st.lists(st.tuples(NAMES, NAMES), unique=True, max_size=8))
    snapshots = [
        MetricSnapshot(metric="followers", count=Count.of(draw(COUNTS)), at=NOW - timedelta(days=day))
        for day in range(draw(st.integers(0, 20)))
    ]
    return bundle(
        posts, comments=comments, commenters=known, followers=draw(COUNTS),
        platform=draw(st.sampled_from(["bluesky", "instagram", "tiktok"])),
        posts_complete=draw(st.sampled_from([None, True, False])),
        replies_complete=draw(st.sampled_from([None, True, False])),
        interactions=tuple(Interaction(source=a, target=b, comments=2, posts=2) for a, b in edges),
        snapshots=tuple(snapshots),
        creator={"created_at": draw(st.sampled_from([None, NOW - timedelta(days=900)]))},
    )  # fmt: skip


def assessed(name: str, found: EvidenceBundle) -> Outcome:
    return criteria()[name].assess(Evidence(found), CONTEXT)


def width(outcome: Outcome) -> int:
    if outcome.status is CriterionStatus.NOT_APPLICABLE:
        return 0
    return TOP if outcome.low is None or outcome.high is None else outcome.high - outcome.low


def without_one(found: EvidenceBundle, data: st.DataObject) -> EvidenceBundle:
    """The bundle with one piece of evidence less: a post with what is said under it, or any other single thing."""
    kinds = [kind for kind in ("posts", "comments", "commenters", "interactions", "snapshots") if getattr(found, kind)]
    if not kinds:
        return found
    kind = data.draw(st.sampled_from(kinds))
    parts = list(getattr(found, kind))
    gone = parts.pop(data.draw(st.integers(0, len(parts) - 1)))
    changed: dict[str, Any] = {kind: tuple(parts)}
    if kind == "posts":
        changed["comments"] = tuple(item for item in found.comments if item.post_id != gone.id)
    return found.model_copy(update=changed)


SETTINGS = settings(max_examples=60, suppress_health_check=[HealthCheck.too_slow], deadline=None)


@pytest.mark.parametrize("name", sorted(criteria()))
@SETTINGS
@given(data=st.data())
def test_a_criterion_is_bounded_deterministic_and_indifferent_to_order(name: str, data: st.DataObject) -> None:
    found = data.draw(bundles())
    outcome = assessed(name, found)
    if outcome.value is None:
        assert (outcome.low, outcome.high) == (None, None)
    else:
        assert outcome.low is not None
        assert outcome.high is not None
        assert 0 <= outcome.low <= outcome.value <= outcome.high <= TOP
    assert outcome.reasons
    shuffled = found.model_copy(
        update={
            kind: tuple(data.draw(st.permutations(getattr(found, kind))))
            for kind in ("posts", "comments", "commenters", "interactions", "snapshots")
        }
    )
    assert assessed(name, shuffled) == outcome


@pytest.mark.parametrize("name", sorted(criteria()))
@SETTINGS
@given(data=st.data())
def test_removing_evidence_never_narrows_an_interval(name: str, data: st.DataObject) -> None:
    found = data.draw(bundles())
    less = without_one(found, data)
    # both ends are rounded to a millionth
    assert width(assessed(name, less)) >= width(assessed(name, found)) - 2


@pytest.mark.parametrize("name", sorted(criteria()))
def test_a_criterion_abstains_on_empty_evidence(name: str) -> None:
    outcome = assessed(name, bundle(followers=None))
    assert outcome.value is None
    assert outcome.reasons


@pytest.mark.parametrize("name", sorted(gates()))
@SETTINGS
@given(found=bundles())
def test_a_gate_decides_with_a_reason_whatever_it_reads(name: str, found: EvidenceBundle) -> None:
    decision = gates()[name].decide(Evidence(found), CONTEXT)
    assert decision.reason
    assert decision == gates()[name].decide(Evidence(found), CONTEXT)


@pytest.mark.parametrize("name", sorted(gates()))
def test_a_gate_keeps_nobody_out_for_what_is_unknown(name: str) -> None:
    assert gates()[name].decide(Evidence(bundle(followers=None)), CONTEXT).state not in ("failed", "needs_person")
