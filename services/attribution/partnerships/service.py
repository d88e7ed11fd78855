"""Partnerships: from first sight to renewal, approved by a person before anything is issued."""

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from uuid import UUID

from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncSession

from services.attribution.campaigns import service as campaigns
from services.attribution.partners import service as partners
from services.attribution.partnerships import repository, states
from services.attribution.partnerships.promises import pieces
from services.attribution.partnerships.repository import DeliverableRow as DeliverableRow
from services.attribution.partnerships.repository import PartnershipRow as PartnershipRow
from services.attribution.partnerships.repository import TermsRow
from shared.kit.errors import Conflict, Invalid, NotApproved, NotFound
from shared.kit.etags import require_match
from shared.kit.identity.caller import Caller
from shared.kit.ids import new_id
from shared.kit.webhooks.outbox import emit
from shared.schemas.base import Fault
from shared.schemas.ids import encode
from shared.schemas.partnerships import (
    Deliverable,
    DeliverableKind,
    DeliverableState,
    PartnershipCreate,
    PartnershipState,
    TermsInput,
    TransitionCreate,
)
from shared.schemas.webhooks import OutboundEvent


async def create_partnership(session: AsyncSession, *, body: PartnershipCreate, caller: Caller) -> PartnershipRow:
    """Consider a partner for a campaign. Conflict for a second time, and for a partner who said no."""
    campaign = await campaigns.get_campaign(session, campaign_id=body.campaign_id)
    await _require_not_suppressed(session, partner_id=body.partner_id)
    now = datetime.now(UTC)
    try:
        async with session.begin_nested():
            row = await repository.add(
                session,
                workspace_id=caller.workspace_id,
                id=new_id(),
                campaign_id=campaign.id,
                partner_id=body.partner_id,
                state=PartnershipState.NEW,
                terms_version=None,
                disclosure_text=campaign.disclosure_text,
                note=body.note,
                version=1,
                created_at=now,
                updated_at=now,
                created_by=caller.key_id,
            )
    except IntegrityError:
        held = await repository.of_campaign(session, campaign_id=campaign.id, partner_id=body.partner_id)
        name = f": {encode('pts', held.id)}" if held else ""
        raise Conflict(f"the campaign has a partnership with this partner{name}") from None
    await repository.add_step(session, row=row, reason=None, at=now, by=caller.key_id)
    if body.terms is not None:
        await _set_terms(session, row=row, terms=body.terms, caller=caller, at=now)
    await _tell(session, row=row, change="created")
    return row


async def approve(session: AsyncSession, *, partnership_id: UUID, note: str | None, caller: Caller) -> PartnershipRow:
    """A person says yes. A partnership that was approved before stays as it is. Raises NotFound, Conflict."""
    row = await _locked(session, partnership_id)
    state = PartnershipState(row.state)
    if state in states.ISSUABLE or (state is PartnershipState.COMPLETED and row.approved_at is not None):
        return row
    if state not in states.APPROVABLE:
        raise Conflict(f"a partnership that is {state} is not approved; move it first")
    await _require_not_suppressed(session, partner_id=row.partner_id)
    row.approved_at = datetime.now(UTC)
    row.approved_by = caller.key_id
    await _move(session, row=row, to=PartnershipState.APPROVED, reason=note, caller=caller)
    return row


async def transition(
    session: AsyncSession, *, partnership_id: UUID, body: TransitionCreate, if_match: str | None, caller: Caller
) -> PartnershipRow:
    """Move on. Conflict for a step that the state does not allow, Invalid where a reason is missing."""
    row = await _locked(session, partnership_id)
    require_match(if_match, version=row.version)
    now, to = PartnershipState(row.state), body.to
    if now is to:
        return row
    if to is PartnershipState.APPROVED:
        raise Conflict("a person approves, by POST to /approve")
    if not states.may_follow(now, to):
        allowed = ", ".join(sorted(states.STEPS[now])) or "nothing"
        raise Conflict(f"{now} is followed by {allowed}, not by {to}")
    reason = (body.reason or "").strip() or None
    if reason is None and states.needs_reason(now, to):
        raise Invalid(errors=[Fault(pointer="/reason", detail=f"from {now} to {to} needs a reason")])
    if to in states.OUTREACH or to is PartnershipState.NEW:
        if row.approved_at is None and to in states.OUTREACH:
            raise NotApproved("no person has approved this partnership")
        await _require_not_suppressed(session, partner_id=row.partner_id, except_id=row.id)
    if to is PartnershipState.ACTIVE:
        await _require_attestation(session, row)
    if to is PartnershipState.REJECTED:
        row.approved_at = row.approved_by = None
    if to is PartnershipState.DO_NOT_CONTACT:
        await partners.suppress(session, partner_id=row.partner_id, reason=reason)
    await _move(session, row=row, to=to, reason=reason, caller=caller)
    return row


async def set_terms(
    session: AsyncSession, *, partnership_id: UUID, terms: TermsInput, if_match: str | None, caller: Caller
) -> TermsRow:
    """A new version of the terms; what is still open of the old one is cancelled. Raises NotFound, Conflict."""
    row = await _locked(session, partnership_id)
    require_match(if_match, version=row.version)
    if PartnershipState(row.state) in states.SUPPRESSED | {PartnershipState.REJECTED}:
        raise Conflict(f"a partnership that is {row.state} gets no terms")
    added = await _set_terms(session, row=row, terms=terms, caller=caller, at=datetime.now(UTC))
    await _tell(session, row=row, change="terms")
    return added


async def issuable(session: AsyncSession, *, partnership_id: UUID) -> PartnershipRow:
    """The partnership for which an asset is being issued, held as it is until the transaction ends.

    Raises NotFound, NotApproved before a person's approval, Conflict when the partnership is over.
    """
    row = await repository.partnership(session, partnership_id=partnership_id, hold=True)
    if row is None:
        raise NotFound("no such partnership")
    if row.approved_at is None:
        raise NotApproved("a person approves the partnership before anything is issued for it")
    if PartnershipState(row.state) not in states.ISSUABLE:
        raise Conflict(f"nothing is issued for a partnership that is {row.state}")
    return row


async def get_partnership(session: AsyncSession, *, partnership_id: UUID) -> PartnershipRow:
    """Raises NotFound, also for another workspace's partnership."""
    row = await repository.partnership(session, partnership_id=partnership_id)
    if row is None:
        raise NotFound("no such partnership")
    return row


async def all_of_campaign(session: AsyncSession, *, campaign_id: UUID) -> Sequence[PartnershipRow]:
    return await repository.all_of_campaign(session, campaign_id=campaign_id)


async def terms_at(session: AsyncSession, *, partnership_id: UUID, at: datetime) -> tuple[int, TermsInput] | None:
    """Version and terms in force at `at`; the first ones for what lies before them; None without any."""
    row = await repository.terms_at(session, partnership_id=partnership_id, at=at)
    return (row.version, TermsInput.model_validate(row.terms)) if row else None


async def deliverables(
    session: AsyncSession, *, partnership_ids: Iterable[UUID], with_cancelled: bool = False
) -> dict[UUID, list[DeliverableRow]]:
    """What was promised, by partnership, in the order of the terms."""
    return await repository.deliverables(session, partnership_ids=partnership_ids, with_cancelled=with_cancelled)


async def get_deliverable(session: AsyncSession, *, deliverable_id: UUID) -> DeliverableRow:
    """Locked for a change. Raises NotFound."""
    row = await repository.deliverable(session, deliverable_id=deliverable_id)
    if row is None:
        raise NotFound("no such deliverable")
    return row


def deliverable_of(row: DeliverableRow) -> Deliverable:
    return Deliverable(
        id=row.id,
        partnership_id=row.partnership_id,
        terms_version=row.terms_version,
        kind=DeliverableKind(row.kind),
        account_id=row.account_id,
        platform=row.platform,
        due_from=row.due_from,
        due_to=row.due_to,
        keep_live_days=row.keep_live_days,
        state=DeliverableState(row.state),
        delivered_at=row.delivered_at,
        reason=row.reason,
        changed_at=row.changed_at,
        changed_by=row.changed_by,
    )


async def _locked(session: AsyncSession, partnership_id: UUID) -> PartnershipRow:
    row = await repository.partnership(session, partnership_id=partnership_id, lock=True)
    if row is None:
        raise NotFound("no such partnership")
    return row


async def _move(
    session: AsyncSession, *, row: PartnershipRow, to: PartnershipState, reason: str | None, caller: Caller
) -> None:
    row.state = to
    _touch(row)
    await repository.add_step(session, row=row, reason=reason, at=row.updated_at, by=caller.key_id)
    await _tell(session, row=row, change="state")


async def _tell(session: AsyncSession, *, row: PartnershipRow, change: str) -> None:
    """Let endpoints know that it was `created`, or that its `state` or its `terms` are others now."""
    data = {
        "partnership_id": encode("pts", row.id),
        "campaign_id": encode("cmp", row.campaign_id),
        "partner_id": encode("ptr", row.partner_id),
        "change": change,
        "state": str(row.state),
        "terms_version": row.terms_version,
        "updated_at": row.updated_at,
    }
    await emit(session, OutboundEvent.PARTNERSHIP_UPDATED, data, workspace_id=row.workspace_id)


def _touch(row: PartnershipRow) -> None:
    row.version += 1
    row.updated_at = datetime.now(UTC)


async def _require_not_suppressed(session: AsyncSession, *, partner_id: UUID, except_id: UUID | None = None) -> None:
    # locked, so that a suppression which arrives at the same time is seen by one of the two
    partner = await partners.get_partner(session, partner_id=partner_id, lock=True)
    if partner.do_not_contact:
        raise Conflict("this partner asked not to be contacted")
    if await repository.has_declined(session, partner_id=partner_id, except_id=except_id):
        raise Conflict("this partner declined; a partnership that was declined is where they can come back")


async def _require_attestation(session: AsyncSession, row: PartnershipRow) -> None:
    terms = (await repository.current_terms(session, rows=[row])).get(row.id)
    if terms is None or terms.terms.get("adult_attested_at") is None:
        raise Conflict("no offer becomes active before the terms say when the partner attested to be an adult")


async def _set_terms(
    session: AsyncSession, *, row: PartnershipRow, terms: TermsInput, caller: Caller, at: datetime
) -> TermsRow:
    accounts = (await partners.accounts(session, partner_ids=[row.partner_id])).get(row.partner_id, [])
    known = {account.id for account in accounts}
    named = {*terms.accounts, *(line.account_id for line in terms.deliverables if line.account_id is not None)}
    if not named <= known:
        raise NotFound("the terms name an account that the partner does not have")
    version = (row.terms_version or 0) + 1
    added = await repository.add_terms(
        session, row=row, version=version, terms=terms.model_dump(mode="json"), at=at, by=caller.key_id
    )
    before = (await repository.deliverables(session, partnership_ids=[row.id])).get(row.id, [])
    await repository.cancel_open_deliverables(session, partnership_id=row.id)
    kept = [piece for piece in before if piece.state not in ("open", "overdue")]
    await repository.add_deliverables(
        session,
        deliverables=[
            {"workspace_id": row.workspace_id, "partnership_id": row.id, "terms_version": version, **piece}
            for piece in pieces(terms.deliverables, done=[(p.kind, p.account_id, p.platform) for p in kept])
        ],
    )
    row.terms_version = version
    if terms.disclosure is not None:
        row.disclosure_text = terms.disclosure.text
    _touch(row)
    await session.flush()
    return added
