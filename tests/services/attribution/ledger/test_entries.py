"""Double entry: whatever happens in whatever order, the ledger sums to zero and ends at the same total."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from hypothesis import given
from hypothesis import strategies as st

from services.attribution.ledger.entries import Posting, Standing, approve, hold, pay, settle, sums
from shared.schemas.ledger import EntryKind, LedgerAccount


@dataclass
class Book:
    """One partnership's ledger in memory, kept by the pure rules alone."""

    postings: list[Posting] = field(default_factory=list)
    held: dict[int, int] = field(default_factory=dict)
    approved: dict[int, int] = field(default_factory=dict)
    paid_out: set[int] = field(default_factory=set)

    def set_target(self, conversion: int, target: int) -> None:
        standing = Standing(
            self.held.get(conversion, 0),
            self.approved.get(conversion, 0),
            conversion in self.paid_out,
            conversion in self.held,
        )
        self.held.setdefault(conversion, 0)
        self.approved.setdefault(conversion, 0)
        for posting in settle(standing, target):
            self.postings.append(posting)
            for account, amount in posting.lines:
                if account is LedgerAccount.HELD:
                    self.held[conversion] -= amount
                if account is LedgerAccount.DUE:
                    self.approved[conversion] -= amount

    def approve_all(self) -> None:
        for conversion, amount in self.held.items():
            if amount:
                self.postings.append(approve(amount))
                self.approved[conversion] += amount
                self.held[conversion] = 0

    def pay_out(self) -> None:
        due = -sums(self.postings)[LedgerAccount.DUE]
        if due > 0:
            self.postings.append(pay(due))
            self.paid_out.update(conversion for conversion, amount in self.approved.items() if amount)

    @property
    def balances(self) -> dict[LedgerAccount, int]:
        return {account: -amount for account, amount in sums(self.postings).items()}


steps = st.lists(
    st.tuples(st.just("target"), st.integers(0, 4), st.integers(0, 10**6))
    | st.tuples(st.sampled_from(["approve", "pay"]), st.just(0), st.just(0)),
    max_size=30,
)


def play(book: Book, moves: Sequence[tuple[str, int, int]]) -> None:
    for kind, conversion, amount in moves:
        if kind == "target":
            book.set_target(conversion, amount)
        elif kind == "approve":
            book.approve_all()
        else:
            book.pay_out()
        assert sum(sums(book.postings).values()) == 0


@given(steps)
def test_the_ledger_sums_to_zero_after_any_sequence(moves: list[tuple[str, int, int]]) -> None:
    book = Book()
    play(book, moves)
    for posting in book.postings:
        assert posting.amount_minor > 0
        assert sum(amount for _, amount in posting.lines) == 0
        assert all(type(amount) is int for _, amount in posting.lines)


@given(steps)
def test_what_is_held_and_approved_is_always_the_last_target(moves: list[tuple[str, int, int]]) -> None:
    book = Book()
    play(book, moves)
    last = {conversion: amount for kind, conversion, amount in moves if kind == "target"}
    assert {one: book.held[one] + book.approved[one] for one in book.held} == last
    assert all(amount >= 0 for amount in (*book.held.values(), *book.approved.values()))


@given(st.dictionaries(st.integers(0, 4), st.integers(0, 10**6)), steps, steps)
def test_with_payouts_anywhere_the_final_settlement_is_the_same(
    final: dict[int, int], one: list[tuple[str, int, int]], other: list[tuple[str, int, int]]
) -> None:
    books = Book(), Book()
    for book, moves in zip(books, (one, other), strict=True):
        play(book, moves)
        for conversion in range(5):
            book.set_target(conversion, final.get(conversion, 0))
        book.approve_all()
        book.pay_out()
    totals = [book.balances for book in books]
    assert totals[0][LedgerAccount.EXPENSE] == totals[1][LedgerAccount.EXPENSE] == -sum(final.values())
    # what was paid too much stays as a negative amount due, so paid and due together are the same
    assert len({found[LedgerAccount.PAID] + found[LedgerAccount.DUE] for found in totals}) == 1


def test_a_refund_before_approval_takes_from_what_is_held() -> None:
    assert settle(Standing(held_minor=500, touched=True), 300) == [
        Posting(EntryKind.REFUND, LedgerAccount.HELD, LedgerAccount.EXPENSE, 200)
    ]


def test_a_refund_after_payout_is_a_negative_line() -> None:
    book = Book()
    book.set_target(1, 500)
    book.approve_all()
    book.pay_out()
    book.set_target(1, 300)
    assert book.postings[-1].kind is EntryKind.REVERSAL
    assert (book.balances[LedgerAccount.DUE], book.balances[LedgerAccount.PAID]) == (-200, 500)


def test_a_hold_moves_approved_money_back() -> None:
    assert hold(200).lines == ((LedgerAccount.DUE, 200), (LedgerAccount.HELD, -200))
