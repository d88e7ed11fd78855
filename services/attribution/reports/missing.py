"""What a report cannot say, and why: lines of their own, never zeros. Pure."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Sequence
from uuid import UUID

from services.attribution.rates.service import DAYS_HELD
from services.attribution.reports.facts import Facts, Minor, Partnership
from shared.rules.money import format_money, rounded_sum
from shared.schemas.reports import MissingData

# Columns that nothing measures today, for any creator.
_NO_RATE = f"no exchange rate was given for the day or the {DAYS_HELD} days before it"
_NEVER = (
    ("shipping", "shipping is not recorded"),
    ("sentiment", "comments are not read for sentiment"),
    ("share of voice", "competitors' mentions are not watched"),
)


def missing(
    facts: Facts, creators: Sequence[Partnership], *, currency: str | None, held_back: bool
) -> tuple[MissingData, ...]:
    """One line for everything that is left out. `held_back` says that filters keep undated costs out."""
    shown = {creator.id for creator in creators}
    found = [
        *_currencies(facts, currency, shown),
        *_balances(facts, shown),
        *_unknown_amounts(facts, shown),
        *_creators(facts, creators),
    ]
    if held_back:
        found.append(MissingData(what="fees, products and total cost", why="agreed for the whole campaign, not by day"))
    if not any(cell.metric == "followers" for cell in facts.series):
        found.append(MissingData(what="growth", why="no daily follower counts of owned accounts were received"))
    return (*found, *(MissingData(what=what, why=why) for what, why in _NEVER))


def _currencies(facts: Facts, currency: str | None, shown: Collection[UUID]) -> Iterable[MissingData]:
    counts: dict[str, int] = defaultdict(int)
    amounts: dict[str, list[Minor]] = defaultdict(list)
    for cell in facts.conversions:
        if cell.currency is not None and cell.currency != currency and cell.partnership_id in shown:
            counts[cell.currency] += cell.amount_known
            amounts[cell.currency].append(cell.amount)
    for name in sorted(counts):
        yield MissingData(
            what=f"revenue in {name}",
            why=f"{counts[name]} conversions, {format_money(rounded_sum(amounts[name]), name)}: {_NO_RATE}, "
            "so they are in no sum of money",
        )
    earned: dict[str, list[Minor]] = defaultdict(list)
    for commission in facts.commissions:
        if commission.currency != currency and commission.partnership_id in shown:
            earned[commission.currency] += [commission.held, commission.approved]
    for payment in facts.payments:
        if payment.currency != currency and payment.partnership_id in shown:
            earned[payment.currency].append(payment.fees)
    for name in sorted(name for name, parts in earned.items() if any(parts)):
        yield MissingData(
            what=f"cost in {name}",
            why=f"{format_money(rounded_sum(earned[name]), name)} of commission and fees: {_NO_RATE}",
        )


def _balances(facts: Facts, shown: Collection[UUID]) -> Iterable[MissingData]:
    mine = [cell for cell in facts.owed if cell.partnership_id in shown]
    for name in sorted({cell.currency for cell in mine}):
        cells = [cell for cell in mine if cell.currency == name]
        sums = {"held": sum(cell.held for cell in cells)}
        if facts.span.is_whole:
            sums |= {"due": sum(cell.due for cell in cells), "paid": sum(cell.paid for cell in cells)}
        if any(sums.values()):
            each = ", ".join(f"{format_money(amount, name)} {what}" for what, amount in sums.items())
            yield MissingData(
                what=f"balances in {name}", why=f"{each}: owed in {name}, so neither converted nor in balances"
            )


def _unknown_amounts(facts: Facts, shown: Collection[UUID]) -> Iterable[MissingData]:
    unknown = sum(max(0, cell.due - cell.amount_known) for cell in facts.conversions if cell.partnership_id in shown)
    if unknown:
        yield MissingData(what="revenue", why=f"{unknown} conversions came without an amount")


def _creators(facts: Facts, creators: Sequence[Partnership]) -> Iterable[MissingData]:
    posted = {post.partnership_id for post in facts.posts}
    silent = [creator for creator in creators if creator.id not in posted]
    if silent and len(silent) == len(creators):
        yield MissingData(what="posts, impressions and engagement", why="no post is known, by a watch or by hand")
    else:
        for creator in silent:
            yield MissingData(
                what=f"posts of {creator.partner_name}"[:1000], why="no post is known", partnership_id=creator.id
            )
    for creator in creators:
        if creator.terms is None:
            yield MissingData(
                what=f"cost of {creator.partner_name}"[:1000], why="no terms are recorded", partnership_id=creator.id
            )
