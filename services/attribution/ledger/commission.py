"""What a partner earns by conversions under the terms of their day: pure, integers only."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from shared.rules.money import pro_rata, share_of
from shared.schemas.brief import CompensationKind
from shared.schemas.conversions import ConversionKind
from shared.schemas.partnerships import Compensation

DONATIONS = frozenset({ConversionKind.DONATION, ConversionKind.PLEDGE})


@dataclass(frozen=True)
class Earning:
    """One conversion's credit to one partnership.

    `credit_minor` is the credit before refunds and `net_minor` after them, None for a conversion without an amount;
    `reversed` says that such a one was taken back. `weight` of `total_weight` is the partnership's share of it.
    `terms_version` and `compensation` are the terms of its day. `order` breaks ties of `occurred_at`.
    """

    conversion_id: UUID
    kind: ConversionKind
    occurred_at: datetime
    order: str
    currency: str | None
    credit_minor: int | None
    net_minor: int | None
    reversed: bool
    weight: int
    total_weight: int
    terms_version: int
    compensation: tuple[Compensation, ...]
    donations_earn: bool = False


def depends_on_others(compensation: Iterable[Compensation]) -> bool:
    """Whether a conversion's commission depends on others of the same version of the terms (tiers, a cap)."""
    return any(
        part.kind is CompensationKind.COMMISSION and (part.tiers or part.cap_minor is not None) for part in compensation
    )


def commissions(earnings: Iterable[Earning]) -> dict[UUID, dict[str, int]]:
    """What every conversion earns its partnership, by currency in minor units; conversions that earn nothing have {}.

    Percentages are of the net credit, rounded half to even; fixed amounts shrink pro rata with refunds and with the
    share of the credit. A tier counts from the partnership's n-th conversion under this version of the
    terms in order of time, refunded ones counted.
    A cap bounds the sum of one line of one version of the terms, in its own currency.
    """
    left: dict[tuple[int, int], int] = {}
    earned: dict[UUID, dict[str, int]] = {}
    ordered = sorted(earnings, key=lambda one: (one.occurred_at, one.order, one.conversion_id))
    numbers: dict[int, int] = defaultdict(int)
    for earning in ordered:
        numbers[earning.terms_version] += 1
        number = numbers[earning.terms_version]
        sums: dict[str, int] = defaultdict(int)
        if earning.kind not in DONATIONS or earning.donations_earn:
            for index, part in enumerate(earning.compensation):
                if part.kind is not CompensationKind.COMMISSION:
                    continue
                currency, amount = _one(part, earning, number)
                if currency is None:
                    continue
                if part.cap_minor is not None and part.currency == currency:
                    room = left.setdefault((earning.terms_version, index), part.cap_minor)
                    amount = min(amount, room)
                    left[earning.terms_version, index] = room - amount
                sums[currency] += amount
        earned[earning.conversion_id] = {currency: amount for currency, amount in sums.items() if amount}
    return earned


def _one(part: Compensation, earning: Earning, number: int) -> tuple[str | None, int]:
    """Currency and amount of one commission line before its cap; no currency when it does not apply."""
    percent, amount = _rate(part, number)
    if percent is not None:
        if earning.net_minor is None or earning.currency is None:
            return None, 0  # a percentage of an amount that nobody told
        return earning.currency, share_of(earning.net_minor, percent)
    if amount is None or part.currency is None:
        return None, 0
    due = pro_rata(amount, earning.weight, earning.total_weight)
    if earning.credit_minor is None or earning.net_minor is None:
        return part.currency, 0 if earning.reversed else due
    if earning.credit_minor == 0:
        return part.currency, 0 if earning.reversed else due
    left = min(earning.net_minor, earning.credit_minor)
    return part.currency, pro_rata(amount * earning.weight, left, earning.total_weight * earning.credit_minor)


def _rate(part: Compensation, number: int) -> tuple[int | None, int | None]:
    """Percent and fixed amount of the highest tier reached by the partnership's `number`-th conversion."""
    tiers = sorted(part.tiers, key=lambda tier: tier.from_conversions)
    reached = [tier for tier in tiers if tier.from_conversions <= number]
    if reached:
        return reached[-1].percent_bp, reached[-1].amount_minor
    return part.percent_bp, part.amount_minor
