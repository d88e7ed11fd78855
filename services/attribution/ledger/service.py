"""The ledger: commissions earned, held, approved, taken back and paid; every step an entry that is only added."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from services.attribution.campaigns import service as campaigns
from services.attribution.ledger import entries, repository
from services.attribution.ledger.commission import Earning as Earning
from services.attribution.ledger.commission import commissions as commissions
from services.attribution.ledger.commission import depends_on_others as depends_on_others
from services.attribution.ledger.entries import Posting, Standing
from services.attribution.ledger.repository import CommissionRow, PayoutLineRow, PayoutRow, Sums
from services.attribution.partners import service as partners
from services.attribution.partnerships import service as partnerships
from services.attribution.reports import service as reports
from shared.kit.errors import Conflict, NotFound
from shared.kit.identity.caller import Caller
from shared.kit.ids import new_id
from shared.kit.webhooks.outbox import Event, emit, emit_all
from shared.schemas.brief import CompensationKind
from shared.schemas.ids import encode
from shared.schemas.ledger import CommissionApprovalCreate, LedgerAccount, PayoutCreate
from shared.schemas.webhooks import OutboundEvent

_BATCH = 2_000
# Approvals in one call; a caller with more calls again.
MAX_APPROVALS = 20_000


async def settle(
    session: AsyncSession, *, workspace_id: UUID, conversion_id: UUID, targets: Mapping[UUID, Mapping[str, int]],
    campaign_id: UUID | None, hold_until: Mapping[UUID, datetime], memo: str | None = None, only: UUID | None = None,
    fresh: bool = False,
) -> None:  # fmt: skip
    """Bring what a conversion earns to `targets` (partnership, currency, minor units); who is not named earns nothing.

    The caller holds the conversion's row, so that one settles it at a time. `hold_until` is by partnership. With
    `only`, other partnerships stay as they stand; with `fresh`, nothing stands yet.
    """
    found = () if fresh else await repository.standing(session, conversion_id=conversion_id)
    standing = {(row.partnership_id, row.currency): row for row in found if only is None or row.partnership_id == only}
    wanted = {(who, currency): amount for who, sums in targets.items() for currency, amount in sums.items()}
    written: list[dict[str, Any]] = []
    for key in sorted({*standing, *(key for key, amount in wanted.items() if amount)}):
        partnership_id, currency = key
        row = standing.get(key)
        postings = entries.settle(_standing(row), wanted.get(key, 0))
        if not postings:
            continue
        if row is None:
            if campaign_id is None:
                raise ValueError("a commission belongs to a campaign")
            row = repository.add_standing(
                session, workspace_id=workspace_id, partnership_id=partnership_id, conversion_id=conversion_id,
                currency=currency, campaign_id=campaign_id, held_minor=0, approved_minor=0,
                hold_until=hold_until[partnership_id],
            )  # fmt: skip
        written.extend(_apply(row, postings, at=datetime.now(UTC), memo=memo, by=None))
    await session.flush()
    await repository.add_entries(session, entries=written)


async def partnerships_of(session: AsyncSession, *, conversion_id: UUID) -> set[UUID]:
    """Who ever earned by a conversion."""
    return {row.partnership_id for row in await repository.standing(session, conversion_id=conversion_id)}


async def approve(session: AsyncSession, *, body: CommissionApprovalCreate, caller: Caller) -> list[dict[str, Any]]:
    """Approve what is held and past its hold time; the entries written. At most 20,000 in one call.

    NotFound for a campaign, partnership or conversion without commission of this workspace.
    """
    await _require_known(session, campaign_id=body.campaign_id, partnership_ids=body.partnership_ids)
    if body.conversion_ids:
        await _standing_of(session, body.conversion_ids)
    now = datetime.now(UTC)
    done: list[dict[str, Any]] = []
    while len(done) < MAX_APPROVALS:
        rows = await repository.ready(
            session, now=now, campaign_id=body.campaign_id, partnership_ids=body.partnership_ids,
            conversion_ids=body.conversion_ids, early=body.early, limit=_BATCH,
        )  # fmt: skip
        written = [
            entry
            for row in rows
            for entry in _apply(row, [entries.approve(row.held_minor)], at=now, memo=None, by=caller.key_id)
        ]
        await session.flush()
        await repository.add_entries(session, entries=written)
        await reports.conversions_change(session, conversion_ids={row.conversion_id for row in rows})
        await emit_all(session, [_approved(entry) for entry in written], workspace_id=caller.workspace_id)
        done.extend(written)
        if len(rows) < _BATCH:
            break
    return done


async def hold(
    session: AsyncSession, *, conversion_ids: Sequence[UUID], reason: str, caller: Caller
) -> list[dict[str, Any]]:
    """Hold commissions back: nothing of these conversions is approved until released. What was paid stays paid."""
    now = datetime.now(UTC)
    written: list[dict[str, Any]] = []
    for row in await _standing_of(session, conversion_ids):
        row.on_hold = True
        if row.approved_minor and not row.paid_out:
            postings = [entries.hold(row.approved_minor)]
            written.extend(_apply(row, postings, at=now, memo=reason, by=caller.key_id))
    await session.flush()
    await repository.add_entries(session, entries=written)
    await reports.conversions_change(session, conversion_ids=conversion_ids)
    return written


async def release(session: AsyncSession, *, conversion_ids: Sequence[UUID]) -> int:
    """Let held-back commissions go on; how many."""
    rows = [row for row in await _standing_of(session, conversion_ids) if row.on_hold]
    for row in rows:
        row.on_hold = False
    await session.flush()
    return len(rows)


async def approve_fees(
    session: AsyncSession, *, partnership_id: UUID, memo: str | None, caller: Caller
) -> list[dict[str, Any]]:
    """The fees of the terms in force fall due, less what fell due before. NotFound, Conflict without fees."""
    partnership = await partnerships.issuable(session, partnership_id=partnership_id)
    now = datetime.now(UTC)
    terms = await partnerships.terms_at(session, partnership_id=partnership_id, at=now)
    agreed: dict[str, int] = defaultdict(int)
    for part in terms[1].compensation if terms else ():
        if part.kind is CompensationKind.FEE and part.amount_minor and part.currency:
            agreed[part.currency] += part.amount_minor
    if terms is None or not agreed:
        raise Conflict("the partnership's terms name no fee")
    await repository.one_payout_at_a_time(session, workspace_id=caller.workspace_id)
    posted = await repository.fees_posted(session, partnership_id=partnership_id)
    written: list[dict[str, Any]] = []
    for currency, amount in sorted(agreed.items()):
        missing = amount - posted.get(currency, 0)
        if missing > 0:
            posting = entries.fee(missing)
            written.append(
                _entry(
                    posting, workspace_id=caller.workspace_id, partnership_id=partnership_id,
                    campaign_id=partnership.campaign_id, currency=currency, at=now, memo=memo, by=caller.key_id,
                    fee_terms_version=terms[0], fee_line=len(written),
                )
            )  # fmt: skip
    await repository.add_entries(session, entries=written)
    return written


async def pay_out(session: AsyncSession, *, body: PayoutCreate, caller: Caller) -> PayoutRow:
    """A batch of what is due in one currency; partners with nothing or less than nothing due are left for later.

    Raises NotFound for a campaign or partnership of nobody here, Conflict when nothing is due.
    """
    await _require_known(session, campaign_id=body.campaign_id, partnership_ids=body.partnership_ids)
    await repository.one_payout_at_a_time(session, workspace_id=caller.workspace_id)
    found = await repository.unsettled(
        session, currency=body.currency, campaign_id=body.campaign_id, partnership_ids=body.partnership_ids
    )
    due = [one for one in found if one.amount > 0]
    if not due:
        raise Conflict(f"nothing is due in {body.currency}")
    now, payout_id = datetime.now(UTC), new_id()
    lines, written = [], []
    items: list[dict[str, Any]] = []
    for one in due:
        partnership = await partnerships.get_partnership(session, partnership_id=one.partnership_id)
        name = (await partners.names(session, partner_ids=[partnership.partner_id]))[partnership.partner_id]
        entry = _entry(
            entries.pay(one.amount), workspace_id=caller.workspace_id, partnership_id=one.partnership_id,
            campaign_id=one.campaign_id, currency=body.currency, at=now, memo=body.memo, by=caller.key_id,
            payout_id=payout_id,
        )  # fmt: skip
        written.append(entry)
        lines.append(
            {
                "workspace_id": caller.workspace_id, "payout_id": payout_id, "partnership_id": one.partnership_id,
                "partner_id": partnership.partner_id, "partner_name": name, "amount_minor": one.amount,
            }
        )  # fmt: skip
        items.extend(
            {"workspace_id": caller.workspace_id, "payout_id": payout_id, "entry_id": entry_id}
            for entry_id in (*one.entry_ids, entry["id"])
        )
    await repository.add_entries(session, entries=written)
    payout = {
        "workspace_id": caller.workspace_id, "id": payout_id, "currency": body.currency,
        "campaign_id": body.campaign_id, "total_minor": sum(one.amount for one in due), "partners": len(due),
        "memo": body.memo, "created_at": now, "created_by": caller.key_id,
    }  # fmt: skip
    row = await repository.add_payout(session, payout=payout, lines=lines, items=items)
    await repository.mark_paid_out(session, payout_id=payout_id)
    data = {
        "payout_id": encode("pay", row.id), "currency": row.currency, "total_minor": row.total_minor,
        "partners": row.partners, "memo": row.memo,
    }  # fmt: skip
    await emit(session, OutboundEvent.PAYOUT_CREATED, data, workspace_id=caller.workspace_id, event_id=row.id)
    return row


async def get_payout(session: AsyncSession, *, payout_id: UUID) -> tuple[PayoutRow, list[PayoutLineRow]]:
    """Raises NotFound, also for another workspace's payout."""
    row = await repository.payout(session, payout_id=payout_id)
    if row is None:
        raise NotFound("no such payout")
    return row, (await repository.payout_lines(session, payout_ids=[payout_id])).get(payout_id, [])


async def balances_of_campaign(session: AsyncSession, *, campaign_id: UUID) -> list[Sums]:
    return await repository.balances(session, campaign_id=campaign_id, partnership_id=None)


def _approved(entry: Mapping[str, Any]) -> Event:
    data = {
        "entry_id": encode("led", entry["id"]),
        "conversion_id": encode("cnv", entry["conversion_id"]),
        "partnership_id": encode("pts", entry["partnership_id"]),
        "campaign_id": encode("cmp", entry["campaign_id"]),
        "amount_minor": entry["amount_minor"],
        "currency": entry["currency"],
    }
    return Event(OutboundEvent.COMMISSION_APPROVED, data, entry["id"])


async def _require_known(session: AsyncSession, *, campaign_id: UUID | None, partnership_ids: Sequence[UUID]) -> None:
    if campaign_id is not None:
        await campaigns.get_campaign(session, campaign_id=campaign_id)
    for partnership_id in dict.fromkeys(partnership_ids):
        await partnerships.get_partnership(session, partnership_id=partnership_id)


async def _standing_of(session: AsyncSession, conversion_ids: Sequence[UUID]) -> Sequence[CommissionRow]:
    rows = await repository.standing_of_many(session, conversion_ids=conversion_ids)
    if {row.conversion_id for row in rows} != set(conversion_ids):
        raise NotFound("one of these conversions is not here or earns no commission")
    return rows


def _standing(row: CommissionRow | None) -> Standing:
    if row is None:
        return Standing()
    return Standing(row.held_minor, row.approved_minor, paid_out=row.paid_out, touched=True)


def _apply(
    row: CommissionRow, postings: Sequence[Posting], *, at: datetime, memo: str | None, by: UUID | None
) -> list[dict[str, Any]]:
    """Change what stands and give the entries that say so; both in one transaction."""
    written = []
    for posting in postings:
        for account, amount in posting.lines:
            if account is LedgerAccount.HELD:
                row.held_minor -= amount
            elif account is LedgerAccount.DUE:
                row.approved_minor -= amount
        held = LedgerAccount.HELD in (posting.debit, posting.credit)
        written.append(
            _entry(
                posting, workspace_id=row.workspace_id, partnership_id=row.partnership_id,
                campaign_id=row.campaign_id, currency=row.currency, at=at, memo=memo, by=by,
                conversion_id=row.conversion_id, hold_until=row.hold_until if held else None,
            )
        )  # fmt: skip
    return written


def _entry(
    posting: Posting, *, workspace_id: UUID, partnership_id: UUID, campaign_id: UUID, currency: str, at: datetime,
    memo: str | None, by: UUID | None, conversion_id: UUID | None = None, payout_id: UUID | None = None,
    hold_until: datetime | None = None, fee_terms_version: int | None = None, fee_line: int | None = None,
) -> dict[str, Any]:  # fmt: skip
    return {
        "workspace_id": workspace_id,
        "id": new_id(),
        "kind": posting.kind,
        "partnership_id": partnership_id,
        "campaign_id": campaign_id,
        "conversion_id": conversion_id,
        "payout_id": payout_id,
        "debit": posting.debit,
        "credit": posting.credit,
        "amount_minor": posting.amount_minor,
        "currency": currency,
        "hold_until": hold_until,
        "fee_terms_version": fee_terms_version,
        "fee_line": fee_line,
        "memo": memo,
        "at": at,
        "created_by": by,
    }
