"""What people did on tracking assets and what it brought: pure. Amounts are minor units of the report's currency."""

from collections import defaultdict
from collections.abc import Iterable, Sequence

from services.attribution.reports.facts import (
    CommissionCell,
    ConversionCell,
    CreditCell,
    HitCell,
    PaymentCell,
    UseCell,
    VisitorCell,
)
from services.attribution.reports.figures import Clock, figure, measured, partly, unavailable
from shared.rules.money import rounded_sum
from shared.schemas.base import Trust
from shared.schemas.reports import Figure, ReportConversion

_NO_LINK = "no tracking link was issued"
_NO_CODE = "no promo code was issued"
_NO_ASSET = "no asset was issued, so nothing could be attributed"
_NO_CURRENCY = "the report has no single currency"
# What a figure says of which a part was told in another currency.
CONVERTED = "converted at given rates"
VISITOR_DAYS = "visitor days: a visitor counts once on every UTC day"


def clicks(cells: Sequence[HitCell], *, has_link: bool, clock: Clock) -> tuple[Figure, Figure]:
    """Hits and human clicks; zero where a link was never opened, unavailable where there is no link."""
    if not has_link and not cells:
        return unavailable(_NO_LINK), unavailable(_NO_LINK)
    return (
        measured(sum(cell.hits for cell in cells), mature=clock.days_over),
        measured(sum(cell.clicks for cell in cells), mature=clock.days_over),
    )


def visitors(cells: Sequence[VisitorCell], *, has_link: bool, exact: bool, clock: Clock) -> Figure:
    """Visitor days. `exact` says that the reported days are whole UTC days."""
    if not has_link and not cells:
        return unavailable(_NO_LINK)
    found = sum(cell.visitors for cell in cells)
    without = sum(cell.without_visitor for cell in cells)
    return figure(
        found,
        Trust.MEASURED if exact else Trust.ESTIMATED,
        # clicks of browsers that ask not to be followed leave no pseudonym
        unknown_share=round(without / (found + without), 4) if without else None,
        mature=clock.days_over,
        note=VISITOR_DAYS if exact else f"{VISITOR_DAYS}; at the edges the zone's days are not UTC days",
    )


def conversion(
    cells: Sequence[ConversionCell], uses: Sequence[UseCell], credited: Sequence[CreditCell], *,
    currency: str | None, has_asset: bool, has_code: bool, clock: Clock,
) -> ReportConversion:  # fmt: skip
    """Conversions that this line's touches decided, and the credit of the report's model after refunds.

    Refunded conversions stay counted. Amounts in other currencies that have no rate are left out and count as unknown.
    """
    if has_code or uses:
        code_uses = measured(sum(cell.uses for cell in uses), mature=clock.days_over)
    else:
        code_uses = unavailable(_NO_CODE)
    if not has_asset and not cells and not credited:
        nothing = unavailable(_NO_ASSET)
        return ReportConversion(
            code_uses=code_uses, conversions=nothing, new_customers=nothing, revenue=nothing, discount_given=nothing,
            refunds=nothing, net=nothing, credit=nothing,
        )  # fmt: skip
    mature = clock.windows_over
    kinds: dict[str, int] = defaultdict(int)
    for cell in cells:
        kinds[cell.kind] += cell.conversions
    count = sum(kinds.values())
    return ReportConversion(
        code_uses=code_uses,
        conversions=measured(count, mature=mature),
        by_kind={kind: measured(kinds[kind], mature=mature) for kind in sorted(kinds)},
        new_customers=partly(
            sum(cell.new for cell in cells), known=sum(cell.new_known for cell in cells), of=count,
            mature=mature, otherwise="no source says who is new",
        ),
        **_amounts(cells, currency=currency, clock=clock),
        credit=credit(credited, currency=currency, clock=clock),
    )  # fmt: skip


def credit(cells: Sequence[CreditCell], *, currency: str | None, clock: Clock) -> Figure:
    """What one model gives, after refunds."""
    if currency is None and any(cell.known for cell in cells):
        return unavailable(_NO_CURRENCY)
    mine = [cell for cell in cells if cell.currency == currency]
    others = sum(cell.known for cell in cells if cell.currency != currency)
    known = sum(cell.known for cell in mine)
    return partly(
        rounded_sum(cell.net for cell in mine), known=known, of=known + others, mature=clock.windows_over,
        otherwise="all of it is in other currencies", note=converted(mine),
    )  # fmt: skip


def converted(cells: Iterable[ConversionCell | CreditCell | CommissionCell | PaymentCell]) -> str | None:
    return CONVERTED if any(cell.told_in for cell in cells) else None


def _amounts(cells: Sequence[ConversionCell], *, currency: str | None, clock: Clock) -> dict[str, Figure]:
    if currency is None and any(cell.amount_known for cell in cells):
        return dict.fromkeys(("revenue", "discount_given", "refunds", "net"), unavailable(_NO_CURRENCY))
    mine = [cell for cell in cells if cell.currency == currency]
    # leads and the like have no amount by nature: they are no unknown part
    due = max(sum(cell.due for cell in cells), sum(cell.amount_known for cell in cells))
    known = sum(cell.amount_known for cell in mine)

    def amount(value: int) -> Figure:
        return partly(
            value, known=known, of=due, mature=clock.windows_over,
            otherwise="no amount is known in this currency", note=converted(mine),
        )  # fmt: skip

    discounts = partly(
        rounded_sum(cell.discount for cell in mine), known=sum(cell.discount_known for cell in mine), of=due,
        mature=clock.windows_over, otherwise="no source tells discounts",
        note=converted([cell for cell in mine if cell.discount]),
    )  # fmt: skip
    return {
        "revenue": amount(rounded_sum(cell.amount for cell in mine)),
        "discount_given": discounts,
        "refunds": amount(rounded_sum(cell.refunded for cell in mine)),
        "net": amount(rounded_sum(cell.net for cell in mine)),
    }
