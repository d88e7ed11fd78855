"""What of a conversion was given back: pure, and the same for every order in which the refunds arrived."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from shared.rules.money import pro_rata


@dataclass(frozen=True)
class RefundFact:
    """One refund as its source told it, in the conversion's currency.

    `amount_minor` None means all that is left. `cumulative_minor` is for sources that say how much was refunded so far
    instead of how much this time; of several, the largest is the truth. `whole_minor` is what these amounts are a part
    of where that is not the conversion's amount (an order's total with taxes and shipping, say): the conversion shrinks
    in proportion. `key` orders refunds of the same moment.
    """

    occurred_at: datetime
    key: str
    amount_minor: int | None = None
    cumulative_minor: int | None = None
    whole_minor: int | None = None


@dataclass(frozen=True)
class EffectiveRefund:
    """What one refund took away when it happened, after those before it; 0 when nothing was left."""

    fact: RefundFact
    amount_minor: int


def effective_refunds(amount_minor: int, facts: Iterable[RefundFact]) -> list[EffectiveRefund]:
    """The refunds of a conversion of `amount_minor`, in order of time; together never more than it."""
    # parts are summed before they are scaled, so that two halves of an odd amount are all of it
    single: dict[int | None, int] = defaultdict(int)
    cumulative: dict[int | None, int] = defaultdict(int)
    total = 0
    everything = False
    done = []
    for fact in sorted(facts, key=lambda one: (one.occurred_at, one.key)):
        if fact.cumulative_minor is not None:
            cumulative[fact.whole_minor] = max(cumulative[fact.whole_minor], fact.cumulative_minor)
        elif fact.amount_minor is None:
            everything = True
        else:
            single[fact.whole_minor] += fact.amount_minor
        sums = (_scaled(amount_minor, single), _scaled(amount_minor, cumulative))
        reached = amount_minor if everything else min(amount_minor, max(sums))
        done.append(EffectiveRefund(fact, reached - total))
        total = reached
    return done


def _scaled(amount_minor: int, parts: dict[int | None, int]) -> int:
    return sum(part if not whole else pro_rata(amount_minor, min(part, whole), whole) for whole, part in parts.items())


def refunded_total(amount_minor: int, facts: Iterable[RefundFact]) -> int:
    """How much of `amount_minor` was given back, 0 to all of it."""
    return sum(one.amount_minor for one in effective_refunds(amount_minor, facts))
