"""Amounts of other currencies in the report's, at the rates that were given. Pure.

An amount is converted at the rate of its conversion's day, a refund and a commission at that of their order, a fee at
that of the day on which it was entered in the ledger. Converted amounts stay exact until a figure is made, which rounds
its sum once, half to even. What has no rate keeps its currency. Balances are owed in their own currency and stay so.
"""

from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import replace
from datetime import date
from fractions import Fraction
from typing import TypeVar
from uuid import UUID

from services.attribution.rates.service import GivenRate, Rates
from services.attribution.reports.facts import (
    NOBODY,
    CommissionCell,
    ConversionCell,
    CreditCell,
    Daily,
    Facts,
    OwedCell,
    PaymentCell,
    RateUse,
)
from shared.rules.money import exact_conversion

Cell = TypeVar("Cell", ConversionCell, CreditCell, CommissionCell, PaymentCell)
_Cell = ConversionCell | CreditCell | CommissionCell | PaymentCell


def foreign(facts: Facts, into: str) -> tuple[set[str], set[date]]:
    """Other currencies than `into` that the facts hold, and the days on which they do."""
    cells: list[_Cell] = [*facts.conversions, *facts.credits, *facts.commissions, *facts.payments]
    if facts.daily is not None:
        cells += [*facts.daily.conversions, *facts.daily.credits, *facts.daily.commissions]
    found = [cell for cell in cells if cell.currency not in (None, into)]
    return {cell.currency for cell in found if cell.currency}, {cell.day for cell in found if cell.day}


def at_rates(facts: Facts, rates: Rates, into: str) -> Facts:
    """The facts with every amount in `into` for which a rate was given, and which rates those were."""
    exchange = _Exchange(rates, into, {NOBODY, *(one.id for one in facts.partnerships)})
    daily = facts.daily
    converted = replace(
        facts,
        conversions=exchange.conversions(facts.conversions),
        credits=exchange.credits(facts.credits),
        commissions=exchange.commissions(facts.commissions),
        payments=exchange.payments(facts.payments),
        owed=owed(facts, into),
        daily=daily
        and Daily(
            hits=daily.hits,
            visitors=daily.visitors,
            conversions=exchange.conversions(daily.conversions),
            uses=daily.uses,
            credits=exchange.credits(daily.credits),
            commissions=exchange.commissions(daily.commissions),
        ),
    )
    return replace(converted, rates=exchange.uses())


def owed(facts: Facts, into: str) -> list[OwedCell]:
    """Balances in other currencies than `into`."""
    return [
        *(
            OwedCell(cell.partnership_id, cell.currency, int(cell.held), int(cell.approved), 0)
            for cell in facts.commissions
            if cell.currency != into
        ),
        *(
            OwedCell(cell.partnership_id, cell.currency, 0, int(cell.fees) - cell.paid, cell.paid)
            for cell in facts.payments
            if cell.currency != into
        ),
    ]


class _Exchange:
    """Converts the cells of the report's creators and remembers which rates it took."""

    def __init__(self, rates: Rates, into: str, shown: Collection[UUID]) -> None:
        self._rates, self._into, self._shown = rates, into, shown
        self._days: dict[GivenRate, set[date]] = {}

    def conversions(self, cells: Iterable[ConversionCell]) -> list[ConversionCell]:
        return self._each(
            cells,
            lambda cell, at: cell._replace(
                currency=self._into, told_in=cell.currency, amount=at(cell.amount), discount=at(cell.discount),
                refunded=at(cell.refunded), net=at(cell.net),
            ),
        )  # fmt: skip

    def credits(self, cells: Iterable[CreditCell]) -> list[CreditCell]:
        return self._each(
            cells, lambda cell, at: cell._replace(currency=self._into, told_in=cell.currency, net=at(cell.net))
        )

    def commissions(self, cells: Iterable[CommissionCell]) -> list[CommissionCell]:
        return self._each(
            cells,
            lambda cell, at: cell._replace(
                currency=self._into, told_in=cell.currency, held=at(cell.held), approved=at(cell.approved)
            ),
        )

    def payments(self, cells: Sequence[PaymentCell]) -> list[PaymentCell]:
        """Fees alone: what was paid stays in the currency in which it was owed."""
        fees = self._each(
            [cell for cell in cells if cell.fees],
            lambda cell, at: cell._replace(
                currency=self._into, told_in=cell.currency, told=int(cell.fees), fees=at(cell.fees), paid=0
            ),
        )
        return [*fees, *(cell for cell in cells if not cell.fees)]

    def uses(self) -> list[RateUse]:
        """By currency and day of the rate, with the first and last day for which each was taken."""
        return [
            RateUse(rate.base, self._into, rate.day, rate.rate, rate.source, min(days), max(days))
            for rate, days in sorted(self._days.items(), key=lambda item: (item[0].base, item[0].day))
        ]

    def _each(
        self, cells: Iterable[Cell], convert: Callable[[Cell, Callable[[int | Fraction], Fraction]], Cell]
    ) -> list[Cell]:
        found = []
        for cell in cells:
            rate = self._rate(cell.currency, cell.day) if cell.partnership_id in self._shown else None
            found.append(cell if rate is None else convert(cell, self._at(rate)))
        return found

    def _at(self, rate: GivenRate) -> Callable[[int | Fraction], Fraction]:
        return lambda amount: exact_conversion(amount, currency=rate.base, into=self._into, rate=rate.rate)

    def _rate(self, currency: str | None, day: date | None) -> GivenRate | None:
        if currency is None or currency == self._into or day is None:
            return None
        rate = self._rates.at(base=currency, day=day)
        if rate is not None:
            self._days.setdefault(rate, set()).add(day)
        return rate
