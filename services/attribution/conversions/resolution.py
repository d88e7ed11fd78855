"""Which creator a conversion belongs to: pure, from the evidence gathered to a decision that explains itself.

The written rule. Every touch is looked at and either counts or is set aside with a reason:
1. A touch of another campaign than the one the conversion names does not count.
2. A creator's own order earns that creator nothing.
3. Touches count within the window of the partnership's terms; a click must have been made by a person.
4. A hashtag assists: it is shown and never takes a conversion.
5. Of the rest, the signal that stands first in the campaign's precedence decides (default: code, click, page,
   visitor). Several touches of that signal: the latest one; for codes `_code_order` says which.
6. Where several campaigns have a claim, the default precedence chooses between their deciding touches.
All touches that count form the path of the attribution models, in order of time, the deciding one last.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from services.attribution.model import PathTouch
from shared.schemas.campaigns import DEFAULT_PRECEDENCE, AttributionRules, Signal
from shared.schemas.conversions import AttributionState
from shared.schemas.hits import HitVerdict

# Clocks of a shop and of this service may differ by this much before a click counts as later than its purchase.
CLOCK_TOLERANCE = timedelta(minutes=10)
# A second tap is judged a duplicate and a capped click was still a person's: the purchase carries their click id.
COUNTING_VERDICTS = frozenset({HitVerdict.HUMAN, HitVerdict.DUPLICATE, HitVerdict.CAPPED})
OWN_ORDER = "the creator's own order earns nothing"
_ALL_SIGNALS = (*DEFAULT_PRECEDENCE, Signal.HASHTAG)


@dataclass(frozen=True)
class Evidence:
    """One touch as gathered, before any rule. `window_days` is that of the partnership's terms of the day.

    For codes, `valid_from` and `valid_to` are the code's dates and `since` is when it was issued.
    """

    signal: Signal
    partnership_id: UUID
    campaign_id: UUID
    at: datetime
    window_days: int
    hit_id: UUID | None = None
    link_id: UUID | None = None
    code_id: UUID | None = None
    page_id: UUID | None = None
    verdict: HitVerdict | None = None
    valid_from: datetime | None = None
    valid_to: datetime | None = None
    since: datetime | None = None
    own_order: bool = False
    note: str = ""

    def valid_at(self, moment: datetime) -> bool:
        return (self.valid_from is None or self.valid_from <= moment) and (
            self.valid_to is None or moment < self.valid_to
        )

    @property
    def identity(self) -> tuple[str, ...]:
        """What tells two touches apart, for an order that depends on nothing else."""
        ids = (self.partnership_id, self.hit_id, self.code_id, self.page_id, self.link_id)
        return tuple("" if value is None else value.hex for value in ids)


@dataclass(frozen=True)
class Considered:
    """A touch with the ruling on it."""

    evidence: Evidence
    used: bool
    reason: str


@dataclass(frozen=True)
class Resolution:
    """The decision. `path` is empty and `winner` None for a conversion that belongs to nobody."""

    state: AttributionState
    rule: str
    winner: Evidence | None
    considered: tuple[Considered, ...]
    path: tuple[PathTouch, ...]


def resolve(
    evidence: Iterable[Evidence], *, occurred_at: datetime, campaign_id: UUID | None,
    rules: Mapping[UUID, AttributionRules], waiting: str | None = None,
) -> Resolution:  # fmt: skip
    """Decide who is credited. `rules` holds those of every campaign in `evidence`; `campaign_id` is what was stated.

    `waiting` says what is still to come (a click that is not judged yet): the state is then pending. The order of
    `evidence` does not matter.
    """
    touches = sorted(evidence, key=lambda touch: (touch.at, _ALL_SIGNALS.index(touch.signal), touch.identity))
    rulings = {id(touch): _first_ruling(touch, occurred_at, campaign_id, rules[touch.campaign_id]) for touch in touches}
    claims = []
    for campaign in sorted({touch.campaign_id for touch in touches}, key=lambda one: one.hex):
        usable = [touch for touch in touches if touch.campaign_id == campaign and rulings[id(touch)] is None]
        _settle_codes(usable, touches, occurred_at, rulings)
        usable = [touch for touch in usable if rulings[id(touch)] is None]
        winner = _decide(usable, rules[campaign].precedence)
        if winner is not None:
            claims.append(winner)
    winner = _best_claim(claims, occurred_at)
    if winner is not None:
        for touch in touches:
            if rulings[id(touch)] is None and touch.campaign_id != winner.campaign_id:
                rulings[id(touch)] = "belongs to another campaign, whose touch stands lower"
    considered = tuple(
        Considered(touch, rulings[id(touch)] is None, rulings[id(touch)] or _why_used(touch, winner, occurred_at))
        for touch in touches
    )
    used = [one.evidence for one in considered if one.used]
    if waiting is not None:
        return Resolution(AttributionState.PENDING, waiting, winner, considered, ())
    if winner is None:
        return Resolution(AttributionState.UNATTRIBUTED, _why_nobody(considered), None, considered, ())
    # what decides was presented with the conversion, so it is its last touch whatever the clocks say
    ordered = [touch for touch in used if touch is not winner] + [winner]
    path = tuple(
        PathTouch(touch.partnership_id, touch.signal, max(0, int((occurred_at - touch.at).total_seconds())))
        for touch in ordered
    )
    rule = _rule(winner, used, considered, rules[winner.campaign_id].precedence, occurred_at)
    return Resolution(AttributionState.ATTRIBUTED, rule, winner, considered, path)


def _first_ruling(touch: Evidence, occurred_at: datetime, stated: UUID | None, rules: AttributionRules) -> str | None:
    """Why a touch does not count, or None while nothing speaks against it."""
    if stated is not None and touch.campaign_id != stated:
        return "belongs to another campaign than the conversion names"
    if touch.own_order:
        return OWN_ORDER
    if touch.signal is Signal.HASHTAG:
        return "a hashtag assists and never takes a conversion alone"
    if touch.signal not in rules.precedence:
        return f"the campaign's precedence leaves out {touch.signal}"
    if touch.signal is Signal.CODE:
        return None
    if touch.verdict is not None and touch.verdict not in COUNTING_VERDICTS:
        return f"the click was judged {touch.verdict}"
    if touch.at > occurred_at + CLOCK_TOLERANCE:
        return "came after the conversion"
    if touch.at < occurred_at - timedelta(days=touch.window_days):
        return f"lies more than {touch.window_days} days before the conversion"
    return None


def _settle_codes(
    usable: Sequence[Evidence], touches: Sequence[Evidence], occurred_at: datetime, rulings: dict[int, str | None]
) -> None:
    """One use of a code is one creator's: set the others of the same campaign aside, with the reason."""
    codes = [touch for touch in usable if touch.signal is Signal.CODE]
    if len(codes) < 2:
        return
    met = _met(touches)
    best = max(codes, key=lambda touch: _code_order(touch, occurred_at, met))
    for touch in codes:
        if touch is not best:
            rulings[id(touch)] = (
                f"the same code is another creator's too, {_code_reason(best, touch, occurred_at, met)}"
            )


def _met(touches: Sequence[Evidence]) -> frozenset[UUID]:
    return frozenset(
        touch.partnership_id
        for touch in touches
        if touch.signal in (Signal.CLICK, Signal.PAGE, Signal.VISITOR)
        and (touch.verdict is None or touch.verdict in COUNTING_VERDICTS)
    )


def _code_order(touch: Evidence, occurred_at: datetime, met: frozenset[UUID]) -> tuple[bool, bool, datetime, int]:
    """The largest is the code's owner: valid on the day, then met by a click, then issued last, then the smaller id."""
    started = touch.valid_from or touch.since or touch.at
    return touch.valid_at(occurred_at), touch.partnership_id in met, started, -touch.partnership_id.int


def _code_reason(best: Evidence, other: Evidence, occurred_at: datetime, met: frozenset[UUID]) -> str:
    left, right = _code_order(best, occurred_at, met), _code_order(other, occurred_at, met)
    if left[0] != right[0]:
        return "whose dates hold the conversion"
    if left[1] != right[1]:
        return "whom the customer also met by a click"
    if left[2] != right[2]:
        return "whose code was issued last"
    return "whose code was made first"


def _decide(usable: Sequence[Evidence], precedence: Sequence[Signal]) -> Evidence | None:
    for signal in precedence:
        found = [touch for touch in usable if touch.signal is signal]
        if found:
            return found[-1]
    return None


def _best_claim(claims: Sequence[Evidence], occurred_at: datetime) -> Evidence | None:
    """Between campaigns: the default precedence; of equal signals the code's order, else the latest touch."""
    if not claims:
        return None
    met = _met(claims)
    return max(
        claims,
        key=lambda touch: (
            -_ALL_SIGNALS.index(touch.signal),
            _code_order(touch, occurred_at, met) if touch.signal is Signal.CODE else (True, True, touch.at, 0),
            -touch.partnership_id.int,
        ),
    )


def _why_used(touch: Evidence, winner: Evidence | None, occurred_at: datetime) -> str:
    decided = "decides" if touch is winner else "counts"
    if touch.signal is Signal.CODE and not touch.valid_at(occurred_at):
        return f"{decided}, though used outside the code's dates: the shop accepted it"
    return f"{decided}: {touch.note}" if touch.note else decided


def _why_nobody(considered: Sequence[Considered]) -> str:
    if not considered:
        return "no touch: no known code, click, page or visitor"
    reasons = sorted({f"{one.evidence.signal}: {one.reason}" for one in considered})
    return ("no touch counts; " + "; ".join(reasons))[:1000]


def _rule(
    winner: Evidence, used: Sequence[Evidence], considered: Sequence[Considered], precedence: Sequence[Signal],
    occurred_at: datetime,
) -> str:  # fmt: skip
    """One line that says which rule won over what."""
    others = {touch.signal for touch in used if touch.partnership_id != winner.partnership_id}
    lower = [str(signal) for signal in precedence if signal in others and signal is not winner.signal]
    text = f"{winner.signal} decides"
    if lower:
        text += f", before {' and '.join(lower)} of other creators"
    if winner.signal in others:
        text += f"; the latest {winner.signal} of several"
    shared_code = [
        one for one in considered
        if one.evidence.signal is Signal.CODE and one.evidence is not winner
        and one.evidence.partnership_id != winner.partnership_id
    ]  # fmt: skip
    if winner.signal is Signal.CODE and shared_code:
        text += f"; {len(shared_code) + 1} creators have this code, it goes to the one "
        met = _met([one.evidence for one in considered])
        text += _ambiguity_reason(winner, shared_code, occurred_at, met)
    return text


def _ambiguity_reason(
    winner: Evidence, others: Sequence[Considered], occurred_at: datetime, met: frozenset[UUID]
) -> str:
    """The rule that beat the strongest rival."""
    in_campaign = [one.evidence for one in others if not one.reason.startswith("belongs to another campaign than")]
    open_rivals = [touch for touch in in_campaign if not touch.own_order]
    if not in_campaign:
        return "of the campaign that the conversion names"
    if not open_rivals:
        return "who is not the customer"
    rival = max(open_rivals, key=lambda touch: _code_order(touch, occurred_at, met))
    return _code_reason(winner, rival, occurred_at, met)
