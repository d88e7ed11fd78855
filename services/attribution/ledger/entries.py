"""Double entry, pure: which entries bring an account from where it stands to where it should; every entry sums to zero.

Four accounts per partnership and currency. Debits are positive, credits negative: `expense` is what the brand spends,
`held` what is earned and waits, `due` what is approved and unpaid, `paid` what left. A balance that the wire shows is
the negated sum of its account, so that what a partner has is positive.
"""

from collections.abc import Iterable
from dataclasses import dataclass

from shared.schemas.ledger import EntryKind, LedgerAccount

EXPENSE, HELD, DUE, PAID = LedgerAccount.EXPENSE, LedgerAccount.HELD, LedgerAccount.DUE, LedgerAccount.PAID


@dataclass(frozen=True)
class Posting:
    """An entry to be written: `amount_minor`, above 0, moves out of `credit` into `debit`."""

    kind: EntryKind
    debit: LedgerAccount
    credit: LedgerAccount
    amount_minor: int

    @property
    def lines(self) -> tuple[tuple[LedgerAccount, int], ...]:
        return (self.debit, self.amount_minor), (self.credit, -self.amount_minor)


@dataclass(frozen=True)
class Standing:
    """What is held and approved for one conversion of one partnership in one currency, and whether any was paid out.

    `approved_minor` is what was ever approved, less what was taken back, paid or not.
    """

    held_minor: int = 0
    approved_minor: int = 0
    paid_out: bool = False
    touched: bool = False


def settle(standing: Standing, target_minor: int) -> list[Posting]:
    """The entries after which held and approved together are `target_minor` (0 or more).

    What is missing is earned and held. What is too much is taken from what is held first, then from what was approved;
    a part that was paid out already leaves a negative line, which the next payout nets.
    """
    change = target_minor - standing.held_minor - standing.approved_minor
    if change > 0:
        return [Posting(EntryKind.ADJUSTMENT if standing.touched else EntryKind.ACCRUAL, EXPENSE, HELD, change)]
    postings = []
    from_held = min(standing.held_minor, -change)
    if from_held:
        postings.append(Posting(EntryKind.REFUND, HELD, EXPENSE, from_held))
    rest = -change - from_held
    if rest:
        kind = EntryKind.REVERSAL if standing.paid_out else EntryKind.REFUND
        postings.append(Posting(kind, DUE, EXPENSE, rest))
    return postings


def approve(held_minor: int) -> Posting:
    """What was held falls due."""
    return Posting(EntryKind.APPROVAL, HELD, DUE, held_minor)


def hold(approved_minor: int) -> Posting:
    """What was approved and is not paid waits again."""
    return Posting(EntryKind.HOLD, DUE, HELD, approved_minor)


def fee(amount_minor: int) -> Posting:
    """A fee falls due at once."""
    return Posting(EntryKind.FEE, EXPENSE, DUE, amount_minor)


def pay(due_minor: int) -> Posting:
    """What was due leaves."""
    return Posting(EntryKind.PAYOUT, DUE, PAID, due_minor)


def sums(postings: Iterable[Posting]) -> dict[LedgerAccount, int]:
    """The sum of every account over the postings, debits positive."""
    total = dict.fromkeys(LedgerAccount, 0)
    for posting in postings:
        for account, amount in posting.lines:
            total[account] += amount
    return total
