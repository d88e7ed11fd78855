"""Brings refunds, what is left of credits, and commissions of a conversion up to date; who is credited stays."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from services.attribution.campaigns import service as campaigns
from services.attribution.conversions import repository
from services.attribution.conversions.refunds import RefundFact, effective_refunds
from services.attribution.conversions.repository import ConversionRow, CreditRow, RefundRow
from services.attribution.ledger import service as ledger
from services.attribution.ledger.service import Earning, commissions, depends_on_others
from services.attribution.partnerships import service as partnerships
from services.attribution.reports import service as reports
from shared.rules.money import split
from shared.schemas.conversions import ConversionKind
from shared.schemas.partnerships import TermsInput


@dataclass(frozen=True)
class Agreement:
    """A partnership's terms of a conversion's day, and whether its campaign pays commission on donations."""

    version: int
    terms: TermsInput
    donations: bool


async def settle(
    session: AsyncSession, *, row: ConversionRow, fresh: Sequence[CreditRow] | None = None,
    agreements: Mapping[UUID, Agreement] | None = None,
) -> None:  # fmt: skip
    """Bring everything that follows from `row`, which is locked, up to date.

    `fresh` are the credits of a conversion that is new and has no refunds, so that nothing needs to be read;
    `agreements` what is known already.
    """
    refunds: Sequence[RefundRow] = ()
    credit_rows: Sequence[CreditRow] = fresh or ()
    if fresh is None:
        refunds = (await repository.refunds_of(session, conversion_ids=[row.id])).get(row.id, [])
        credit_rows = (await repository.credits_of(session, conversion_ids=[row.id])).get(row.id, [])
    _apply_refunds(row, refunds)
    _set_net(row, credit_rows)
    await session.flush()
    if row.livemode:
        chosen = {one.partnership_id: one for one in credit_rows if one.chosen}
        known: set[UUID] = set()
        if fresh is None:
            known = await ledger.partnerships_of(session, conversion_id=row.id)
        await _settle_commissions(
            session, row=row, chosen=chosen, known=known, agreements=agreements or {}, fresh=fresh is not None
        )
    if row.campaign_id is not None:
        await reports.conversions_change(session, conversion_ids=[row.id])


def _apply_refunds(row: ConversionRow, refunds: Sequence[RefundRow]) -> None:
    """Refunds in another currency than the conversion's, or of the other mode, take nothing and stay visible."""
    counted = [
        one
        for one in refunds
        if one.livemode == row.livemode and (one.currency is None or one.currency == row.currency)
    ]
    facts = {
        RefundFact(
            one.occurred_at, f"{one.source}:{one.external_id}", one.amount_minor, one.cumulative_minor, one.whole_minor
        ): one
        for one in counted
    }
    told = list(facts)
    if row.voided:
        told.append(RefundFact(row.revised_at, "voided"))
    effective = effective_refunds(row.amount_minor or 0, told)
    for one in refunds:
        one.effective_minor = 0
    for done in effective:
        if done.fact in facts:
            facts[done.fact].effective_minor = done.amount_minor
    row.refunded_minor = sum(done.amount_minor for done in effective)
    everything = row.voided or any(one.amount_minor is None and one.cumulative_minor is None for one in counted)
    row.net_minor = None if row.amount_minor is None else row.amount_minor - row.refunded_minor
    row.reversed = everything or (bool(row.amount_minor) and row.net_minor == 0)


def _set_net(row: ConversionRow, credit_rows: Sequence[CreditRow]) -> None:
    """What is left of every credit: of each model, together what is left of the conversion."""
    if row.net_minor is None:
        return
    for key in dict.fromkeys(one.model for one in credit_rows):
        mine = [one for one in credit_rows if one.model == key]
        for one, net in zip(mine, split(row.net_minor, [int(one.weight) for one in mine]), strict=True):
            if one.net_minor != net:
                one.net_minor = net


async def _settle_commissions(
    session: AsyncSession, *, row: ConversionRow, chosen: Mapping[UUID, CreditRow], known: set[UUID],
    agreements: Mapping[UUID, Agreement], fresh: bool,
) -> None:  # fmt: skip
    """Post what the conversion earns. With tiers or a cap, others under the same version of terms are settled too."""
    targets: dict[UUID, dict[str, int]] = {}
    hold_until: dict[UUID, datetime] = {}
    for partnership_id in sorted(known | chosen.keys(), key=lambda one: one.hex):
        agreed = agreements.get(partnership_id) or await _agreement(session, row=row, partnership_id=partnership_id)
        hold_until[partnership_id] = row.occurred_at + timedelta(days=agreed.terms.hold_days)
        if depends_on_others(agreed.terms.compensation):
            targets[partnership_id] = await _settle_version(
                session, row=row, partnership_id=partnership_id, agreed=agreed
            )
        elif partnership_id in chosen:
            targets[partnership_id] = commissions([_earning(row, chosen[partnership_id], agreed)])[row.id]
    await ledger.settle(
        session, workspace_id=row.workspace_id, conversion_id=row.id, targets=targets, campaign_id=row.campaign_id,
        hold_until=hold_until, fresh=fresh,
    )  # fmt: skip


async def _agreement(session: AsyncSession, *, row: ConversionRow, partnership_id: UUID) -> Agreement:
    found = await partnerships.terms_at(session, partnership_id=partnership_id, at=row.occurred_at)
    version, terms = found if found is not None else (0, TermsInput())
    partnership = await partnerships.get_partnership(session, partnership_id=partnership_id)
    campaign = await campaigns.get_campaign(session, campaign_id=partnership.campaign_id)
    return Agreement(version, terms, campaign.commission_on_donations)


async def _settle_version(
    session: AsyncSession, *, row: ConversionRow, partnership_id: UUID, agreed: Agreement
) -> dict[str, int]:
    """Settle all other conversions under one version of terms whose tiers or cap `row` moves; what `row` earns.

    One at a time per partnership: who waits here reads what the one before has committed.
    """
    name = f"terms:{partnership_id}:{agreed.version}"
    await repository.one_at_a_time(session, workspace_id=row.workspace_id, name=name)
    found = await repository.chosen_under(session, partnership_id=partnership_id, version=agreed.version)
    rows = {one.id: one for one, _ in found}
    earned = commissions([_earning(one, credit, agreed) for one, credit in found])
    for conversion_id, sums in earned.items():
        if conversion_id == row.id:
            continue
        other = rows[conversion_id]
        await ledger.settle(
            session, workspace_id=other.workspace_id, conversion_id=conversion_id, targets={partnership_id: sums},
            campaign_id=other.campaign_id, only=partnership_id,
            hold_until={partnership_id: other.occurred_at + timedelta(days=agreed.terms.hold_days)},
            memo="a tier or the cap moved with another conversion",
        )  # fmt: skip
    await reports.conversions_change(session, conversion_ids=earned)
    return earned.get(row.id, {})


def _earning(row: ConversionRow, credit: CreditRow, agreed: Agreement) -> Earning:
    return Earning(
        conversion_id=row.id,
        kind=ConversionKind(row.kind),
        occurred_at=row.occurred_at,
        order=f"{row.source}:{row.external_id}",
        currency=row.currency,
        credit_minor=credit.credit_minor,
        net_minor=credit.net_minor,
        reversed=row.reversed,
        weight=int(credit.weight),
        total_weight=int(credit.total_weight),
        terms_version=agreed.version,
        compensation=agreed.terms.compensation,
        donations_earn=agreed.donations,
    )
