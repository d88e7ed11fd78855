"""Authenticity: its parts, shown apart."""

from collections.abc import Sequence
from datetime import timedelta
from typing import Any

from services.scoring.authenticity.account_model import Account
from services.scoring.authenticity.combined import Authenticity, authenticity
from services.scoring.authenticity.generated import accounts
from services.scoring.authenticity.growth import Cause
from services.scoring.context import context_of
from services.scoring.criteria.authenticity import AUTHENTICITY
from services.scoring.evidence import Evidence
from services.scoring.gates.authenticity_floor import AUTHENTICITY_FLOOR
from shared.schemas.base import Count
from shared.schemas.evidence import SELF, Commenter, Interaction, MetricSnapshot, SampledComment
from shared.schemas.rankings import GateState
from tests.services.scoring.made import NOW, brief, bundle, comment, commenter, post

REAL = {
    "followers": Count.of(300),
    "following": Count.of(280),
    "posts": Count.of(90),
    "has_bio": True,
    "has_avatar": True,
}
FAKE = {
    "followers": Count.of(2),
    "following": Count.of(3_900),
    "posts": Count.of(0),
    "has_bio": False,
    "has_avatar": False,
}


def people(real: int, fake: int) -> list[Commenter]:
    return [commenter(f"r{n}", **REAL) for n in range(real)] + [commenter(f"f{n}", **FAKE) for n in range(fake)]


def of_account(name: str, account: Account) -> Commenter:
    created = None if account.age_days is None else NOW - timedelta(days=account.age_days)
    return commenter(
        name, followers=Count.of(account.followers), following=Count.of(account.following),
        posts=Count.of(account.posts), has_bio=account.has_bio, has_avatar=account.has_avatar,
        account_created_at=created,
    )  # fmt: skip


def found(**fields: Any) -> Authenticity:
    return authenticity(Evidence(bundle(**fields)))


def part(result: Authenticity, name: str) -> float | None:
    return next(part.value for part in result.parts if part.name == name)


def said(texts: Sequence[str]) -> list[SampledComment]:
    return [comment(n, text) for n, text in enumerate(texts)]


def test_the_share_of_made_accounts_is_found_with_its_interval() -> None:
    pool = list(accounts(2_000, 99))
    for share in (0.0, 0.3, 0.6):
        fakes = [account for account, real in pool if not real][: int(share * 300)]
        reals = [account for account, real in pool if real][: 300 - len(fakes)]
        prevalence = found(commenters=[of_account(f"c{n}", one) for n, one in enumerate([*fakes, *reals])]).prevalence
        assert prevalence is not None
        assert prevalence.low <= share <= prevalence.high
        assert abs(prevalence.share - share) < 0.15


def test_few_or_unknown_profiles_are_no_prevalence() -> None:
    assert found(commenters=people(9, 0)).prevalence is None
    assert found(commenters=[commenter(f"x{n}") for n in range(50)]).prevalence is None


def test_questions_are_no_generic_praise_and_copies_are_seen() -> None:
    talk = said([f"Which shoes did you wear on hill {n}?" for n in range(20)])
    praise = said(["So nice!", "Love it", "wow", "🔥🔥", "amazing"] * 4)
    copies = said(["check my page for gifts"] * 20)
    values = [part(found(comments=comments), "comments") for comments in (talk, praise, copies)]
    assert values[0] == 100
    assert values[1] is not None
    assert values[2] is not None
    assert values[0] > values[1] > values[2]


def test_generic_praise_is_known_in_every_claimed_language() -> None:
    for language, words in {
        "en": "so beautiful", "es": "qué linda", "de": "sehr schön", "pt": "muito linda", "fr": "trop belle",
        "vi": "đẹp quá", "ar": "جميل جدا", "ja": "かわいい",
    }.items():  # fmt: skip
        comments = [comment(n, words if n % 2 else f"{words}!", language=language) for n in range(12)]
        quality = found(comments=comments).comments
        assert quality is not None
        assert quality.generic + quality.duplicated == 12, language
    assert found(comments=[comment(n, "kaunis kuva", language="fi") for n in range(20)]).comments is None


def ring(names: Sequence[str]) -> tuple[Interaction, ...]:
    return tuple(
        Interaction(source=a, target=b, comments=6, posts=6) for a in [SELF, *names] for b in [SELF, *names] if a != b
    )


def test_a_pod_is_found_with_its_members_and_superfans_are_none() -> None:
    names = [f"p{n}" for n in range(6)]
    members = [commenter(name, comments_here=6) for name in names]
    fans = [commenter(f"fan{n}", comments_here=30, creator_commented_back=1) for n in range(6)]
    pods = found(commenters=members + fans, interactions=ring(names)).pods
    assert pods is not None
    assert pods.pod is not None
    assert pods.pod.members == tuple(names)
    fans_only = found(commenters=fans).pods
    assert fans_only is not None
    assert fans_only.pod is None


def daily(counts: Sequence[int]) -> tuple[MetricSnapshot, ...]:
    return tuple(
        MetricSnapshot(metric="followers", count=Count.of(count), at=NOW - timedelta(days=len(counts) - day))
        for day, count in enumerate(counts)
    )


JUMP = daily([*range(5_000, 5_150, 10), *range(7_400, 7_500, 10)])
USUAL = [post(n, days_ago=2 * n + 1, counts={"likes": 100, "comments": 5}) for n in range(12)]


def causes(**fields: Any) -> list[Cause]:
    grown = found(snapshots=JUMP, **fields).growth
    assert grown is not None
    return [jump.cause for jump in grown.jumps]


def test_a_jump_without_a_reason_is_bought_and_costs() -> None:
    assert causes(posts=USUAL, posts_complete=True) == [Cause.BOUGHT]
    steady = found(posts=USUAL, posts_complete=True, snapshots=daily(range(5_000, 5_300, 10)))
    bought = found(posts=USUAL, posts_complete=True, snapshots=JUMP)
    assert (part(steady, "growth"), (part(bought, "growth") or 0) < 50) == (100, True)


def test_a_jump_after_a_viral_post_or_a_giveaway_has_its_cause() -> None:
    viral = post(99, days_ago=11, counts={"likes": 4_000, "comments": 300})
    assert causes(posts=[*USUAL, viral]) == [Cause.VIRAL_POST]
    giveaway = post(99, "Giveaway! Tag a friend to win", days_ago=11, counts={"likes": 4_000, "comments": 300})
    assert causes(posts=[*USUAL, giveaway]) == [Cause.GIVEAWAY]


def test_without_reactions_a_jump_stays_unexplained() -> None:
    assert causes(posts=[post(1, days_ago=11)]) == [Cause.UNEXPLAINED]


def test_the_floor_keeps_out_only_beyond_doubt() -> None:
    context = context_of(brief())
    bad = bundle(
        commenters=people(0, 300), comments=said(["check my page for gifts"] * 200),
        interactions=ring([f"f{n}" for n in range(12)]), snapshots=daily([100] * 15 + [9_000] * 400),
        posts=[post(1, days_ago=40, counts={"likes": 1, "comments": 0})], posts_complete=True,
        creator={"is_bot": True},
    )  # fmt: skip
    assert AUTHENTICITY_FLOOR.decide(Evidence(bad), context).state is GateState.FAILED
    doubtful = bundle(commenters=people(0, 12))
    assert AUTHENTICITY_FLOOR.decide(Evidence(doubtful), context).state is GateState.PASSED
    assert AUTHENTICITY_FLOOR.decide(Evidence(bundle(followers=None)), context).state is GateState.UNKNOWN


def test_sampled_commenters_are_never_called_followers() -> None:
    outcome = AUTHENTICITY.assess(Evidence(bundle(commenters=people(30, 3))), context_of(brief()))
    assert "sampled commenters" in " ".join(outcome.reasons)
