"""Every SQL statement about the ledger: entries, what stands per conversion, payouts."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any, NamedTuple
from uuid import UUID

from sqlalchemy import Select, and_, case, exists, func, insert, or_, select, text, update
from sqlalchemy.ext.asyncio import AsyncSession

from services.attribution.tables.ledger import CommissionRow as CommissionRow
from services.attribution.tables.ledger import LedgerEntryRow as LedgerEntryRow
from services.attribution.tables.ledger import PayoutItemRow as PayoutItemRow
from services.attribution.tables.ledger import PayoutLineRow as PayoutLineRow
from services.attribution.tables.ledger import PayoutRow as PayoutRow
from shared.kit.pages import PageRequest
from shared.schemas.ledger import EntryKind, LedgerAccount

_E = LedgerEntryRow


class Sums(NamedTuple):
    """One partnership's balances in one currency, in minor units; what a partner has is positive."""

    partnership_id: UUID
    currency: str
    held: int
    due: int
    paid: int
    spent: int


async def standing(session: AsyncSession, *, conversion_id: UUID) -> Sequence[CommissionRow]:
    """What stands for a conversion, locked until the transaction ends."""
    query = select(CommissionRow).where(CommissionRow.conversion_id == conversion_id).with_for_update()
    return (await session.scalars(query.order_by(CommissionRow.partnership_id, CommissionRow.currency))).all()


async def standing_of_many(session: AsyncSession, *, conversion_ids: Iterable[UUID]) -> Sequence[CommissionRow]:
    query = select(CommissionRow).where(CommissionRow.conversion_id.in_(list(conversion_ids))).with_for_update()
    return (await session.scalars(query.order_by(CommissionRow.conversion_id, CommissionRow.partnership_id))).all()


def add_standing(session: AsyncSession, **values: Any) -> CommissionRow:  # noqa: ANN401  # the row's own columns
    """Written with the next flush."""
    row = CommissionRow(on_hold=False, paid_out=False, **values)
    session.add(row)
    return row


async def add_entries(session: AsyncSession, *, entries: Sequence[dict[str, Any]]) -> None:
    if entries:
        await session.execute(insert(LedgerEntryRow), list(entries))


async def ready(
    session: AsyncSession, *, now: datetime, campaign_id: UUID | None, partnership_ids: Sequence[UUID],
    conversion_ids: Sequence[UUID], early: bool, limit: int,
) -> Sequence[CommissionRow]:  # fmt: skip
    """Held commissions that may be approved, locked."""
    query = select(CommissionRow).where(CommissionRow.held_minor > 0, ~CommissionRow.on_hold)
    if not early:
        query = query.where(CommissionRow.hold_until <= now)
    if campaign_id is not None:
        query = query.where(CommissionRow.campaign_id == campaign_id)
    if partnership_ids:
        query = query.where(CommissionRow.partnership_id.in_(partnership_ids))
    if conversion_ids:
        query = query.where(CommissionRow.conversion_id.in_(conversion_ids))
    query = query.order_by(CommissionRow.conversion_id, CommissionRow.partnership_id).limit(limit).with_for_update()
    return (await session.scalars(query)).all()


async def entries(
    session: AsyncSession, *, campaign_id: UUID | None, partnership_id: UUID | None, conversion_id: UUID | None,
    payout_id: UUID | None, page: PageRequest,
) -> Sequence[LedgerEntryRow]:  # fmt: skip
    query = select(LedgerEntryRow).order_by(LedgerEntryRow.id)
    for column, value in (
        (_E.campaign_id, campaign_id), (_E.partnership_id, partnership_id), (_E.conversion_id, conversion_id),
        (_E.payout_id, payout_id),
    ):  # fmt: skip
        if value is not None:
            query = query.where(column == value)
    if page.after:
        query = query.where(LedgerEntryRow.id > page.after[0])
    return (await session.scalars(query.limit(page.limit + 1))).all()


def _balance(account: LedgerAccount) -> Any:  # noqa: ANN401  # a column expression
    return func.coalesce(
        func.sum(case((_E.credit == account, _E.amount_minor), (_E.debit == account, -_E.amount_minor), else_=0)), 0
    ).cast(_E.amount_minor.type)


def _sums() -> Select[Any]:
    return select(
        _E.partnership_id,
        _E.currency,
        _balance(LedgerAccount.HELD),
        _balance(LedgerAccount.DUE),
        _balance(LedgerAccount.PAID),
        -_balance(LedgerAccount.EXPENSE),
    ).group_by(_E.partnership_id, _E.currency)


async def balances(
    session: AsyncSession, *, campaign_id: UUID | None, partnership_id: UUID | None, page: PageRequest | None = None
) -> list[Sums]:
    """Balances by partnership and currency, in that order."""
    query = _sums().order_by(_E.partnership_id, _E.currency)
    if campaign_id is not None:
        query = query.where(_E.campaign_id == campaign_id)
    if partnership_id is not None:
        query = query.where(_E.partnership_id == partnership_id)
    if page is not None:
        if page.after:
            last, currency = page.after
            query = query.where(or_(_E.partnership_id > last, and_(_E.partnership_id == last, _E.currency > currency)))
        query = query.limit(page.limit + 1)
    return [Sums(*row) for row in await session.execute(query)]


async def fees_posted(session: AsyncSession, *, partnership_id: UUID) -> dict[str, int]:
    """Fees that fell due so far, by currency."""
    query = (
        select(_E.currency, func.sum(_E.amount_minor).cast(_E.amount_minor.type))
        .where(_E.partnership_id == partnership_id, _E.kind == EntryKind.FEE)
        .group_by(_E.currency)
    )
    return {row[0]: row[1] for row in await session.execute(query)}


async def one_payout_at_a_time(session: AsyncSession, *, workspace_id: UUID) -> None:
    """Waits for another payout of the workspace to end; held until the transaction ends."""
    await session.execute(
        text("SELECT pg_advisory_xact_lock(hashtextextended('payout:' || :workspace, 0))"),
        {"workspace": str(workspace_id)},
    )


def _unsettled(currency: str, campaign_id: UUID | None, partnership_ids: Sequence[UUID]) -> list[Any]:
    conditions = [
        _E.currency == currency,
        or_(_E.debit == LedgerAccount.DUE, _E.credit == LedgerAccount.DUE),
        ~exists().where(PayoutItemRow.workspace_id == _E.workspace_id, PayoutItemRow.entry_id == _E.id),
    ]
    if campaign_id is not None:
        conditions.append(_E.campaign_id == campaign_id)
    if partnership_ids:
        conditions.append(_E.partnership_id.in_(partnership_ids))
    return conditions


class Unsettled(NamedTuple):
    """Entries of one partnership that no payout settled yet, and what they come to."""

    partnership_id: UUID
    campaign_id: UUID
    entry_ids: list[UUID]
    amount: int


async def unsettled(
    session: AsyncSession, *, currency: str, campaign_id: UUID | None, partnership_ids: Sequence[UUID]
) -> list[Unsettled]:
    query = (
        select(_E.partnership_id, _E.campaign_id, func.array_agg(_E.id), _balance(LedgerAccount.DUE))
        .where(*_unsettled(currency, campaign_id, partnership_ids))
        .group_by(_E.partnership_id, _E.campaign_id)
        .order_by(_E.partnership_id)
    )
    return [Unsettled(*row) for row in await session.execute(query)]


async def add_payout(
    session: AsyncSession, *, payout: dict[str, Any], lines: Sequence[dict[str, Any]], items: Sequence[dict[str, Any]]
) -> PayoutRow:
    row = PayoutRow(**payout)
    session.add(row)
    await session.flush()
    await session.execute(insert(PayoutLineRow), list(lines))
    await session.execute(insert(PayoutItemRow), list(items))
    return row


async def mark_paid_out(session: AsyncSession, *, payout_id: UUID) -> None:
    """Remember at the commissions whose approval this payout settled that money left for them."""
    paid = (
        select(_E.partnership_id, _E.conversion_id)
        .join(PayoutItemRow, and_(PayoutItemRow.workspace_id == _E.workspace_id, PayoutItemRow.entry_id == _E.id))
        .where(PayoutItemRow.payout_id == payout_id, _E.conversion_id.is_not(None))
        .subquery()
    )
    await session.execute(
        update(CommissionRow)
        .where(
            CommissionRow.partnership_id == paid.c.partnership_id,
            CommissionRow.conversion_id == paid.c.conversion_id,
            CommissionRow.approved_minor > 0,
        )
        .values(paid_out=True)
    )


async def payout(session: AsyncSession, *, payout_id: UUID) -> PayoutRow | None:
    return (await session.execute(select(PayoutRow).where(PayoutRow.id == payout_id))).scalar_one_or_none()


async def payouts(session: AsyncSession, *, page: PageRequest) -> Sequence[PayoutRow]:
    query = select(PayoutRow).order_by(PayoutRow.id.desc())
    if page.after:
        query = query.where(PayoutRow.id < page.after[0])
    return (await session.scalars(query.limit(page.limit + 1))).all()


async def payout_lines(session: AsyncSession, *, payout_ids: Iterable[UUID]) -> dict[UUID, list[PayoutLineRow]]:
    found: dict[UUID, list[PayoutLineRow]] = {}
    query = select(PayoutLineRow).where(PayoutLineRow.payout_id.in_(list(payout_ids)))
    for row in await session.scalars(query.order_by(PayoutLineRow.partner_name, PayoutLineRow.partnership_id)):
        found.setdefault(row.payout_id, []).append(row)
    return found
