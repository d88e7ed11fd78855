"""What creators cost, from their terms and the ledger: pure. Amounts are minor units of the report's currency."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from uuid import UUID

from services.attribution.reports.conversion import converted
from services.attribution.reports.facts import CommissionCell, Minor, Partnership, PaymentCell
from services.attribution.reports.figures import Clock, measured, ratio, total, unavailable
from shared.rules.money import rounded_sum
from shared.schemas.brief import CompensationKind
from shared.schemas.partnerships import Compensation
from shared.schemas.reports import Figure, ReportMoney

_NO_CURRENCY = "the report has no single currency"
_UNDATED = "agreed for the whole campaign, not by day or asset"


def money(
    creators: Sequence[Partnership], commissions: Sequence[CommissionCell], payments: Sequence[PaymentCell], *,
    currency: str | None, whole: bool, conversions: Figure, credit: Figure, clock: Clock,
) -> ReportMoney:  # fmt: skip
    """Cost and balances. Fees and products belong to a creator as a whole, so a part of the time or of the assets
    (`whole` false) has commission alone. Costs hold what was converted; balances only what is owed in `currency`."""
    if currency is None:
        nothing = unavailable(_NO_CURRENCY)
        return ReportMoney(
            fee=nothing, product=nothing, shipping=nothing, commission=nothing, total=nothing, return_ratio=nothing,
            cost_per_conversion=nothing, paid=nothing, held=nothing, due=nothing,
        )  # fmt: skip
    mine = [cell for cell in commissions if cell.currency == currency]
    own = [cell for cell in mine if cell.told_in is None]
    held = rounded_sum(cell.held for cell in own)
    earned = rounded_sum(cell.held + cell.approved for cell in mine)
    waiting = any(cell.held for cell in mine)
    commission = measured(earned, mature=clock.windows_over and not waiting, note=converted(mine))
    shipping = unavailable("shipping is not recorded")
    if not whole:
        undated = unavailable(_UNDATED)
        return ReportMoney(
            fee=undated, product=undated, shipping=shipping, commission=commission, total=undated,
            cost_per_conversion=undated, return_ratio=undated, held=measured(held),
            due=unavailable("balances are those of the whole campaign"),
            paid=unavailable("balances are those of the whole campaign"),
        )  # fmt: skip
    settled = [cell for cell in payments if cell.currency == currency]
    paid = sum(cell.paid for cell in settled)
    approved = rounded_sum(cell.approved for cell in own)
    fees = rounded_sum(cell.fees for cell in settled if cell.told_in is None)
    fee = _fees(creators, settled, currency=currency)
    product = _products(creators, currency=currency, clock=clock)
    notes = ["without shipping, which is not recorded", converted([*mine, *settled])]
    cost = total([fee, product, commission], note="; ".join(note for note in notes if note))
    return ReportMoney(
        fee=fee,
        product=product,
        shipping=shipping,
        commission=commission,
        total=cost,
        cost_per_conversion=ratio(cost, conversions),
        return_ratio=ratio(credit, cost, note="credit after refunds over total cost"),
        paid=measured(paid),
        held=measured(held),
        due=measured(approved + fees - paid),
    )


def _fees(creators: Sequence[Partnership], payments: Sequence[PaymentCell], *, currency: str) -> Figure:
    """Fees of the terms in force, or what fell due under older terms where that is more, each currency for itself.

    A fee of another currency has a rate from the day on which it falls due.
    """
    posted: dict[UUID, list[PaymentCell]] = defaultdict(list)
    for cell in payments:
        posted[cell.partnership_id].append(cell)
    found: list[Minor] = []
    taken: list[PaymentCell] = []
    for creator in creators:
        mine = posted.get(creator.id, [])
        if creator.terms is None and not any(cell.fees for cell in mine):
            return unavailable("no terms are recorded")
        told: dict[str | None, int] = defaultdict(int)
        for cell in mine:
            told[cell.told_in] += cell.told
        agreed: dict[str | None, int] = defaultdict(int)
        for part in _of_kind([creator], CompensationKind.FEE):
            agreed[part.currency] += part.amount_minor or 0
        if any(told[name] < amount for name, amount in agreed.items() if name != currency):
            return unavailable(
                f"a fee is in another currency than {currency} and has no rate of a day when it fell due"
            )
        own = rounded_sum(cell.fees for cell in mine if cell.told_in is None)
        others = [cell for cell in mine if cell.told_in is not None]
        found += [max(agreed[currency], own), *(cell.fees for cell in others)]
        taken += others
    fees = rounded_sum(found)
    return measured(fees, note="; ".join(filter(None, ["as agreed", converted(taken)])) if fees else None)


def _products(creators: Sequence[Partnership], *, currency: str, clock: Clock) -> Figure:
    """Products of the terms in force at their cost."""
    cost = 0
    for creator in creators:
        if creator.terms is None:
            return unavailable("no terms are recorded")
        for part in _of_kind([creator], CompensationKind.PRODUCT, CompensationKind.GIVEAWAY):
            if part.cost_minor is None:
                return unavailable("the terms do not say what a product costs")
            if part.currency != currency:
                return unavailable(f"a product's cost is in another currency than {currency}")
            cost += part.cost_minor * (part.units if part.units is not None else 1)
    return measured(cost, note="as agreed" if cost else None)


def _of_kind(creators: Iterable[Partnership], *kinds: CompensationKind) -> list[Compensation]:
    return [part for one in creators if one.terms for part in one.terms.compensation if part.kind in kinds]
