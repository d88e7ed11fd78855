"""The written rule of attribution: who wins, why, and what the explanation says."""

import random
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.attribution.conversions.resolution import Evidence, Resolution, resolve
from shared.schemas.campaigns import AttributionRules, Signal
from shared.schemas.conversions import AttributionState
from shared.schemas.hits import HitVerdict

NOON = datetime(2027, 3, 2, 12, tzinfo=UTC)
SPRING, AUTUMN = UUID(int=100), UUID(int=200)
ANA, BEN, CLEO = UUID(int=1), UUID(int=2), UUID(int=3)
DAY = timedelta(days=1)


def touch(signal: Signal, who: UUID, ago: timedelta = timedelta(0), **more: Any) -> Evidence:
    fields: dict[str, Any] = {"campaign_id": SPRING, "at": NOON - ago, "window_days": 30}
    if signal is Signal.CLICK:
        fields["verdict"] = HitVerdict.HUMAN
    return Evidence(signal=signal, partnership_id=who, **(fields | more))


def decide(
    *evidence: Evidence,
    precedence: tuple[Signal, ...] | None = None,
    campaign: UUID | None = None,
    waiting: str | None = None,
) -> Resolution:
    rules = AttributionRules() if precedence is None else AttributionRules(precedence=precedence)
    return resolve(
        evidence, occurred_at=NOON, campaign_id=campaign, rules={SPRING: rules, AUTUMN: rules}, waiting=waiting
    )


def winner(found: Resolution) -> UUID | None:
    return found.winner.partnership_id if found.winner else None


def reason_for(found: Resolution, who: UUID) -> str:
    return next(one.reason for one in found.considered if one.evidence.partnership_id == who)


CONFLICT = (
    touch(Signal.CODE, ANA, code_id=UUID(int=11)),
    touch(Signal.CLICK, BEN, DAY, hit_id=UUID(int=12)),
    touch(Signal.VISITOR, CLEO, 20 * DAY),
)


def test_the_code_of_a_stands_before_the_click_of_b_and_the_returning_customer_of_c() -> None:
    found = decide(*CONFLICT)
    assert winner(found) == ANA
    assert found.rule == "code decides, before click and visitor of other creators"
    assert [one.used for one in found.considered] == [True, True, True]


def test_the_precedence_can_put_the_click_first() -> None:
    found = decide(*CONFLICT, precedence=(Signal.CLICK, Signal.CODE))
    assert winner(found) == BEN
    assert reason_for(found, CLEO) == "the campaign's precedence leaves out visitor"


def test_what_decides_is_the_last_touch_of_the_path() -> None:
    found = decide(*CONFLICT, precedence=(Signal.CLICK, Signal.CODE, Signal.VISITOR))
    assert [step.partnership_id for step in found.path] == [CLEO, ANA, BEN]


def test_a_hashtag_assists_and_never_takes_a_conversion_alone() -> None:
    found = decide(touch(Signal.HASHTAG, ANA, DAY))
    assert (found.state, found.path) == (AttributionState.UNATTRIBUTED, ())
    assert "hashtag assists" in found.rule.replace("a hashtag", "hashtag")


def test_a_hashtag_takes_nothing_even_when_the_precedence_names_it() -> None:
    found = decide(touch(Signal.HASHTAG, ANA, DAY), precedence=(Signal.HASHTAG, Signal.CLICK))
    assert found.state is AttributionState.UNATTRIBUTED


def test_a_creators_own_order_earns_that_creator_nothing() -> None:
    found = decide(touch(Signal.CODE, ANA, own_order=True))
    assert found.state is AttributionState.UNATTRIBUTED
    assert reason_for(found, ANA) == "the creator's own order earns nothing"


def test_a_creators_order_by_the_code_of_another_counts_for_the_other() -> None:
    found = decide(touch(Signal.CLICK, ANA, DAY, own_order=True), touch(Signal.CODE, BEN))
    assert (winner(found), [step.partnership_id for step in found.path]) == (BEN, [BEN])


@pytest.mark.parametrize(
    ("ago", "counts"),
    [(30 * DAY, True), (30 * DAY + timedelta(seconds=1), False), (timedelta(minutes=-9), True), (-DAY, False)],
)
def test_a_click_counts_within_its_window(ago: timedelta, counts: bool) -> None:
    found = decide(touch(Signal.CLICK, ANA, ago))
    assert (winner(found) == ANA) == counts


@pytest.mark.parametrize(
    ("verdict", "counts"),
    [
        (HitVerdict.HUMAN, True), (HitVerdict.DUPLICATE, True), (HitVerdict.CAPPED, True), (HitVerdict.BOT, False),
        (HitVerdict.LINK_PREVIEW, False), (HitVerdict.HEAD, False), (HitVerdict.EXPIRED, False),
    ],
)  # fmt: skip
def test_only_a_persons_click_counts(verdict: HitVerdict, counts: bool) -> None:
    found = decide(touch(Signal.CLICK, ANA, DAY, verdict=verdict))
    assert (winner(found) == ANA) == counts


def test_the_latest_of_several_visits_decides() -> None:
    assert winner(decide(touch(Signal.VISITOR, ANA, 3 * DAY), touch(Signal.VISITOR, BEN, DAY))) == BEN


def test_a_code_of_two_creators_goes_to_the_one_whose_dates_hold_the_conversion() -> None:
    found = decide(
        touch(Signal.CODE, ANA, valid_from=NOON - 9 * DAY, valid_to=NOON - DAY),
        touch(Signal.CODE, BEN, valid_from=NOON - 20 * DAY, valid_to=NOON + DAY),
    )
    assert winner(found) == BEN
    assert found.rule.endswith("2 creators have this code, it goes to the one whose dates hold the conversion")


def test_a_code_of_two_creators_goes_to_the_one_the_customer_clicked() -> None:
    found = decide(
        touch(Signal.CODE, ANA, since=NOON - 9 * DAY),
        touch(Signal.CODE, BEN, since=NOON - 8 * DAY),
        touch(Signal.CLICK, ANA, DAY),
    )
    assert winner(found) == ANA
    assert "whom the customer also met by a click" in found.rule


def test_a_code_of_two_creators_goes_to_the_one_issued_last() -> None:
    found = decide(touch(Signal.CODE, ANA, since=NOON - 9 * DAY), touch(Signal.CODE, BEN, since=NOON - 8 * DAY))
    assert winner(found) == BEN
    assert reason_for(found, ANA) == "the same code is another creator's too, whose code was issued last"


def test_the_campaign_that_the_conversion_names_settles_a_shared_code() -> None:
    codes = (touch(Signal.CODE, ANA), touch(Signal.CODE, BEN, campaign_id=AUTUMN))
    found = decide(*codes, campaign=AUTUMN)
    assert winner(found) == BEN
    assert reason_for(found, ANA) == "belongs to another campaign than the conversion names"


def test_one_conversion_is_credited_in_one_campaign_only() -> None:
    found = decide(touch(Signal.CODE, ANA), touch(Signal.CLICK, BEN, DAY, campaign_id=AUTUMN))
    assert (winner(found), [step.partnership_id for step in found.path]) == (ANA, [ANA])
    assert reason_for(found, BEN) == "belongs to another campaign, whose touch stands lower"


def test_a_code_outside_its_dates_counts_and_is_said() -> None:
    found = decide(touch(Signal.CODE, ANA, valid_to=NOON - DAY))
    assert winner(found) == ANA
    assert "outside the code's dates" in reason_for(found, ANA)


def test_while_a_click_is_not_judged_the_conversion_is_pending() -> None:
    found = decide(touch(Signal.CODE, ANA), waiting="the click is not judged yet")
    assert (found.state, found.path) == (AttributionState.PENDING, ())


def test_a_conversion_without_any_touch_says_so() -> None:
    assert decide().rule == "no touch: no known code, click, page or visitor"


evidence_strategy = st.builds(
    lambda signal, who, campaign, hours, own, verdict, number, starts: Evidence(
        signal=signal,
        partnership_id=UUID(int=who.int + campaign.int),
        campaign_id=campaign,
        at=NOON if signal is Signal.CODE else NOON - timedelta(hours=hours),
        window_days=30,
        hit_id=UUID(int=number),
        verdict=verdict if signal is Signal.CLICK else None,
        since=NOON - timedelta(days=starts),
        own_order=own,
    ),
    st.sampled_from(list(Signal)),
    st.sampled_from([ANA, BEN, CLEO]),
    st.sampled_from([SPRING, AUTUMN]),
    st.integers(-2, 900),
    st.booleans(),
    st.sampled_from([HitVerdict.HUMAN, HitVerdict.BOT, HitVerdict.DUPLICATE]),
    st.integers(1, 10**6),
    st.integers(0, 3),
)


@given(st.lists(evidence_strategy, max_size=8, unique_by=lambda one: one.hit_id), st.integers(0, 2**32))
def test_the_order_in_which_evidence_is_gathered_changes_nothing(evidence: list[Evidence], seed: int) -> None:
    shuffled = list(evidence)
    random.Random(seed).shuffle(shuffled)
    assert decide(*evidence) == decide(*shuffled)


@given(st.lists(evidence_strategy, max_size=8, unique_by=lambda one: one.hit_id))
def test_every_touch_gets_a_ruling_and_the_path_is_of_one_campaign(evidence: list[Evidence]) -> None:
    found = decide(*evidence)
    assert len(found.considered) == len(evidence)
    assert all(one.reason for one in found.considered)
    assert len(found.path) == sum(one.used for one in found.considered)
    assert len({one.evidence.campaign_id for one in found.considered if one.used}) <= 1
    assert not any(one.used and one.evidence.own_order for one in found.considered)
