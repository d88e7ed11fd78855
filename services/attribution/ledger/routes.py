"""HTTP for the ledger: entries, balances, approvals, holds, payouts."""

import csv
import io
from collections.abc import Sequence
from typing import Annotated, Any

from fastapi import Depends, Path, Query, Response

from services.attribution.ledger import repository, service
from services.attribution.ledger.repository import LedgerEntryRow, PayoutLineRow, PayoutRow, Sums
from shared.kit.app import router as kit_router
from shared.kit.edge import Approver, Exporter, Reader, ReadSession, Session, page_of
from shared.kit.errors import Conflict, NotApproved, NotFound, problems
from shared.kit.pages import PageRequest
from shared.rules.money import to_decimal
from shared.rules.tables import safe_cell
from shared.schemas.base import Page
from shared.schemas.ids import CampaignId, ConversionId, PartnershipId, PayoutId, encode
from shared.schemas.ledger import (
    Balance,
    CommissionApprovalCreate,
    CommissionHoldCreate,
    CommissionReleaseCreate,
    EntryKind,
    FeeApprovalCreate,
    LedgerAccount,
    LedgerChange,
    LedgerEntry,
    LedgerLine,
    Payout,
    PayoutCreate,
    PayoutLine,
)

router = kit_router("/v1/ledger", tags=["ledger"])
payouts_router = kit_router("/v1/payouts", tags=["ledger"])
fees_router = kit_router("/v1/partnerships", tags=["ledger"])

PayoutPath = Annotated[PayoutId, Path(description="a payout of the caller's workspace")]
PartnershipPath = Annotated[PartnershipId, Path(description="a partnership of the caller's workspace")]


@router.get("/entries", operation_id="list_ledger_entries", summary="List ledger entries", responses=problems(NotFound))
async def list_ledger_entries(
    session: ReadSession, _: Reader, page: Annotated[PageRequest, Depends(page_of("ledger_entries"))],
    campaign_id: Annotated[CampaignId | None, Query()] = None,
    partnership_id: Annotated[PartnershipId | None, Query()] = None,
    conversion_id: Annotated[ConversionId | None, Query()] = None,
    payout_id: Annotated[PayoutId | None, Query()] = None,
) -> Page[LedgerEntry]:  # fmt: skip
    """In the order in which they were written. An entry is never changed; the lines of each sum to zero."""
    found = await repository.entries(
        session, campaign_id=campaign_id, partnership_id=partnership_id, conversion_id=conversion_id,
        payout_id=payout_id, page=page,
    )  # fmt: skip
    rows, cursor = page.cut(found, lambda row: [row.id])
    return Page(items=tuple(_entry(row) for row in rows), next_cursor=cursor)


@router.get("/balances", operation_id="list_balances", summary="List balances", responses=problems(NotFound))
async def list_balances(
    session: ReadSession, _: Reader, page: Annotated[PageRequest, Depends(page_of("balances"))],
    campaign_id: Annotated[CampaignId | None, Query()] = None,
    partnership_id: Annotated[PartnershipId | None, Query()] = None,
) -> Page[Balance]:  # fmt: skip
    """What every partnership has, by currency: the sums of its entries."""
    found = await repository.balances(session, campaign_id=campaign_id, partnership_id=partnership_id, page=page)
    rows, cursor = page.cut(found, lambda row: [row.partnership_id, row.currency])
    return Page(items=tuple(_balance(row) for row in rows), next_cursor=cursor)


@router.post(
    "/approvals",
    operation_id="approve_commissions",
    summary="Approve commissions that were held long enough",
    responses=problems(NotFound),
)
async def approve_commissions(session: Session, caller: Approver, body: CommissionApprovalCreate) -> LedgerChange:
    """They fall due. At most 20,000 in one call: call again while entries are written."""
    return _change(await service.approve(session, body=body, caller=caller))


@router.post("/holds", operation_id="hold_commissions", summary="Hold commissions back", responses=problems(NotFound))
async def hold_commissions(session: Session, caller: Approver, body: CommissionHoldCreate) -> LedgerChange:
    """Nothing of these conversions is approved until it is released; what was approved and is unpaid is held again."""
    return _change(await service.hold(session, conversion_ids=body.conversion_ids, reason=body.reason, caller=caller))


@router.post(
    "/releases", operation_id="release_commissions", summary="Let held-back commissions go on",
    responses=problems(NotFound),
)  # fmt: skip
async def release_commissions(session: Session, _: Approver, body: CommissionReleaseCreate) -> LedgerChange:
    """They are approved as others are; this writes no entry."""
    await service.release(session, conversion_ids=body.conversion_ids)
    return LedgerChange(entries=0)


@fees_router.post(
    "/{partnership_id}/fees",
    operation_id="approve_fees",
    summary="Let the agreed fees fall due",
    responses=problems(NotFound, Conflict, NotApproved),
)
async def approve_fees(
    session: Session, caller: Approver, partnership_id: PartnershipPath, body: FeeApprovalCreate
) -> LedgerChange:
    """The fees of the terms in force, less what fell due before: a second call writes nothing."""
    return _change(await service.approve_fees(session, partnership_id=partnership_id, memo=body.memo, caller=caller))


@payouts_router.post(
    "", status_code=201, operation_id="create_payout", summary="Make a payout batch",
    responses=problems(NotFound, Conflict),
)  # fmt: skip
async def create_payout(session: Session, caller: Approver, body: PayoutCreate, response: Response) -> Payout:
    """Everything due in one currency, netted with what was taken back. The product pays nobody; it records it."""
    row = await service.pay_out(session, body=body, caller=caller)
    response.headers["Location"] = f"/v1/payouts/{encode('pay', row.id)}"
    return _payout(*await service.get_payout(session, payout_id=row.id))


@payouts_router.get("", operation_id="list_payouts", summary="List payouts", responses=problems(NotFound))
async def list_payouts(
    session: ReadSession, _: Reader, page: Annotated[PageRequest, Depends(page_of("payouts"))]
) -> Page[Payout]:
    """Newest first, without their lines."""
    rows, cursor = page.cut(await repository.payouts(session, page=page), lambda row: [row.id])
    return Page(items=tuple(_payout(row, ()) for row in rows), next_cursor=cursor)


@payouts_router.get("/{payout_id}", operation_id="get_payout", summary="Read a payout", responses=problems(NotFound))
async def get_payout(session: ReadSession, _: Reader, payout_id: PayoutPath) -> Payout:
    return _payout(*await service.get_payout(session, payout_id=payout_id))


@payouts_router.get(
    "/{payout_id}/lines.csv",
    operation_id="export_payout",
    summary="A payout as CSV",
    response_class=Response,
    responses={200: {"content": {"text/csv": {"schema": {"type": "string"}}}}, **problems(NotFound)},
)
async def export_payout(session: ReadSession, _: Exporter, payout_id: PayoutPath) -> Response:
    """One line a partner: payout, partnership, partner, name, amount in major units, currency."""
    row, lines = await service.get_payout(session, payout_id=payout_id)
    out = io.StringIO()
    writer = csv.writer(out)
    writer.writerow(["payout_id", "partnership_id", "partner_id", "partner_name", "amount", "currency"])
    for line in lines:
        writer.writerow(
            [
                encode("pay", row.id), encode("pts", line.partnership_id), encode("ptr", line.partner_id),
                safe_cell(line.partner_name), f"{to_decimal(line.amount_minor, row.currency):f}", row.currency,
            ]
        )  # fmt: skip
    return Response(out.getvalue(), media_type="text/csv; charset=utf-8")


ROUTERS = (router, payouts_router, fees_router)


def _entry(row: LedgerEntryRow) -> LedgerEntry:
    return LedgerEntry(
        id=row.id,
        kind=EntryKind(row.kind),
        partnership_id=row.partnership_id,
        campaign_id=row.campaign_id,
        conversion_id=row.conversion_id,
        payout_id=row.payout_id,
        lines=(
            LedgerLine(account=LedgerAccount(row.debit), amount_minor=row.amount_minor, currency=row.currency),
            LedgerLine(account=LedgerAccount(row.credit), amount_minor=-row.amount_minor, currency=row.currency),
        ),
        hold_until=row.hold_until,
        memo=row.memo,
        at=row.at,
        created_by=row.created_by,
    )


def _balance(row: Sums) -> Balance:
    return Balance(
        partnership_id=row.partnership_id,
        currency=row.currency,
        held_minor=row.held,
        due_minor=row.due,
        paid_minor=row.paid,
    )


def _change(written: Sequence[dict[str, Any]]) -> LedgerChange:
    amounts: dict[str, int] = {}
    for entry in written:
        amounts[entry["currency"]] = amounts.get(entry["currency"], 0) + entry["amount_minor"]
    return LedgerChange(entries=len(written), amounts_minor=amounts)


def _payout(row: PayoutRow, lines: Sequence[PayoutLineRow]) -> Payout:
    return Payout(
        id=row.id,
        currency=row.currency,
        total_minor=row.total_minor,
        partners=row.partners,
        lines=tuple(
            PayoutLine(
                partnership_id=line.partnership_id,
                partner_id=line.partner_id,
                partner_name=line.partner_name,
                amount_minor=line.amount_minor,
            )
            for line in lines
        ),
        memo=row.memo,
        created_at=row.created_at,
        created_by=row.created_by,
    )
