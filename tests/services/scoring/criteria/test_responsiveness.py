"""Responsiveness: answers to commenters."""

from datetime import timedelta

from services.scoring.context import context_of
from services.scoring.criteria.responsiveness import RESPONSIVENESS
from services.scoring.criterion import Outcome
from services.scoring.evidence import Evidence
from tests.services.scoring.made import NOW, brief, bundle, comment, post


def assess(answered: int, of: int, hours: float = 2.0, complete: bool | None = True) -> Outcome:
    at = NOW - timedelta(days=2)
    comments = [
        comment(n, created_at=at, creator_replied_at=at + timedelta(hours=hours) if n < answered else None)
        for n in range(of)
    ]
    found = bundle([post()], comments=comments, replies_complete=complete)
    return RESPONSIVENESS.assess(Evidence(found), context_of(brief()))


def test_more_and_faster_answers_raise_it() -> None:
    assert (assess(1, 20).value or 0) < (assess(8, 20).value or 0)
    assert (assess(8, 20, hours=100).value or 0) < (assess(8, 20, hours=1).value or 0)


def test_no_answer_is_low_when_all_were_read_and_unknown_otherwise() -> None:
    assert assess(0, 20).value == 0
    assert assess(0, 20, complete=None).value is None


def test_answers_seen_in_part_are_a_lower_bound_with_a_wide_interval() -> None:
    whole, part = assess(8, 100), assess(8, 100, complete=False)
    assert whole.value == part.value
    assert (part.high or 0) - (part.low or 0) > (whole.high or 0) - (whole.low or 0)


def test_the_creators_own_comments_are_not_counted() -> None:
    found = bundle([post()], comments=[comment(1, is_reply_by_creator=True)], replies_complete=True)
    assert RESPONSIVENESS.assess(Evidence(found), context_of(brief())).value is None


def test_answers_at_unknown_times_are_not_slow_answers() -> None:
    when = NOW - timedelta(days=1)
    undated = [comment(n, created_at=None, creator_replied_at=when if n < 8 else None) for n in range(20)]
    found = bundle([post()], comments=undated, replies_complete=True)
    outcome, dated = RESPONSIVENESS.assess(Evidence(found), context_of(brief())), assess(8, 20, hours=30)
    assert (outcome.value or 0) > (dated.value or 0)
    assert (outcome.high or 0) - (outcome.low or 0) > (dated.high or 0) - (dated.low or 0)
    assert "how fast they came is not known" in outcome.reasons
