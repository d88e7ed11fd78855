"""Decides a conversion: gathers what ties it to creators, resolves, shares it by every model, settles commissions."""

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from services.attribution.conversions import repository, resolution
from services.attribution.conversions.repository import ConversionRow, CreditRow, Gathered
from services.attribution.conversions.settling import Agreement, settle
from services.attribution.model import AttributionModel, credits_of
from services.attribution.reports import service as reports
from services.attribution.tracking import service as tracking
from shared.kit.plugins import load
from shared.kit.secrets import SecretBox
from shared.schemas.base import rfc3339
from shared.schemas.campaigns import AttributionRules, Signal
from shared.schemas.conversions import AttributionState
from shared.schemas.hits import HitVerdict
from shared.schemas.ids import decode
from shared.schemas.partnerships import TermsInput

# A click that is not judged after this long is taken as unknown.
GIVE_UP = timedelta(minutes=10)
DEFAULT_MODEL = "last_touch"
_DIRECT = frozenset({Signal.CODE, Signal.CLICK, Signal.PAGE})
_VISITOR_LOOKBACK = timedelta(hours=1)


def models() -> dict[str, AttributionModel]:
    """Every attribution model by its key."""
    return load("services.attribution.models", AttributionModel)


@dataclass(frozen=True)
class Decided:
    """What a decision did: whether it waits, whether somebody is credited and a code is known now that was not before.

    `direct` says that a code, click or page decided, now or before: later conversions of the customer look back at it.
    """

    waiting: bool
    attributed: bool
    redeemed: bool
    direct: bool


async def decide(
    session: AsyncSession, *, row: ConversionRow, secrets: SecretBox, now: datetime, fresh: bool = False
) -> Decided:
    """Decide anew whom `row`, which is locked, belongs to. Credits and commissions follow.

    `fresh` says that the conversion is new and has no refunds.
    """
    before, code_before = (row.state, row.partnership_id), row.code_id
    signals = {row.signal}
    if row.campaign_id is not None:
        await reports.conversions_change(session, conversion_ids=[row.id])
    row.hit_id = hit_id_of(row.click_id)
    # asked before the evidence is read: a verdict that comes in between would else be waited for by nobody, and an
    # earlier click of the same visitor would win
    waiting = await _waiting(session, row=row, now=now)
    gathered = await repository.evidence(
        session, row=row, code_key=tracking.code_key(row.code) if row.code else None, hits_from=_hits_from(row.hit_id)
    )
    evidence = [_evidence(one, row, secrets) for one in gathered]
    rules = {one.campaign_id: AttributionRules.model_validate(one.campaign_rules) for one in gathered}
    found = resolution.resolve(
        evidence, occurred_at=row.occurred_at, campaign_id=row.stated_campaign_id, rules=rules, waiting=waiting
    )
    winner = found.winner if found.state is AttributionState.ATTRIBUTED else None
    row.state = found.state
    row.rule = found.rule[:1000]
    row.signal = winner.signal if winner else None
    row.campaign_id = winner.campaign_id if winner else None
    row.partnership_id = winner.partnership_id if winner else None
    row.code_id = next((one.evidence.code_id for one in found.considered if one.used and one.evidence.code_id), None)
    row.model = _model_key(gathered, row.campaign_id) if winner else None
    row.considered = [_considered(one) for one in found.considered]
    row.decided_at = row.updated_at = now
    row.waits_since = (row.waits_since or now) if waiting else None
    row.look_at = now + _next_look(now - row.waits_since) if row.waits_since else None
    agreements = {one.partnership_id: _agreement(one) for one in gathered}
    credit_rows = _credit_rows(row, found)
    await repository.replace_credits(session, conversion_id=row.id, credit_rows=credit_rows, fresh=fresh)
    await settle(session, row=row, fresh=credit_rows if fresh else None, agreements=agreements)
    attributed = row.state == AttributionState.ATTRIBUTED and before != (row.state, row.partnership_id)
    direct = not _DIRECT.isdisjoint(signals | {row.signal})
    redeemed = row.code_id is not None and row.code_id != code_before
    return Decided(waiting=waiting is not None, attributed=attributed, redeemed=redeemed, direct=direct)


def _credit_rows(row: ConversionRow, found: resolution.Resolution) -> list[CreditRow]:
    return [
        CreditRow(
            workspace_id=row.workspace_id,
            conversion_id=row.id,
            model=key,
            partnership_id=credit.partnership_id,
            campaign_id=row.campaign_id,
            chosen=key == row.model,
            place=place,
            weight=Decimal(credit.weight),
            total_weight=Decimal(credit.total_weight),
            credit_minor=credit.amount_minor,
            net_minor=credit.amount_minor,
            currency=row.currency,
            occurred_at=row.occurred_at,
            livemode=row.livemode,
        )
        for key, model in models().items()
        for place, credit in enumerate(credits_of(model, found.path, row.amount_minor))
    ]


def _agreement(one: Gathered) -> Agreement:
    terms = TermsInput.model_validate(one.terms) if one.terms is not None else TermsInput()
    return Agreement(one.terms_version or 0, terms, one.commission_on_donations)


def _next_look(waited: timedelta) -> timedelta:
    """A click is judged within seconds; one that is late is looked for ever more rarely."""
    return max(timedelta(seconds=2), waited / 2)


def hit_id_of(click_id: str | None) -> UUID | None:
    """The hit that a click parameter names; None for what is not one of our identifiers."""
    try:
        return decode("hit", click_id.strip()) if click_id else None
    except ValueError:
        return None


def _hits_from(hit_id: UUID | None) -> UUID | None:
    """The smallest identifier of a hit within the hour before this one."""
    if hit_id is None:
        return None
    milliseconds = (hit_id.int >> 80) - int(_VISITOR_LOOKBACK.total_seconds() * 1000)
    return UUID(int=max(0, milliseconds) << 80)


async def _waiting(session: AsyncSession, *, row: ConversionRow, now: datetime) -> str | None:
    """What the decision waits for: a click of ours that is not stored or not judged yet, for at most ten minutes."""
    if row.hit_id is None or (row.waits_since is not None and now - row.waits_since > GIVE_UP):
        return None
    state = await repository.hit_state(session, workspace_id=row.workspace_id, hit_id=row.hit_id)
    if state is None:
        return "the click is not stored yet"
    return "the click is not judged yet" if state == HitVerdict.PENDING else None


def _model_key(gathered: Iterable[Gathered], campaign_id: UUID | None) -> str:
    key = next((one.model for one in gathered if one.campaign_id == campaign_id), DEFAULT_MODEL)
    return key if key in models() else DEFAULT_MODEL


def _evidence(one: Gathered, row: ConversionRow, secrets: SecretBox) -> resolution.Evidence:
    terms = TermsInput.model_validate(one.terms) if one.terms is not None else None
    rules = (terms.attribution if terms else None) or AttributionRules.model_validate(one.campaign_rules)
    return resolution.Evidence(
        signal=Signal(one.signal),
        partnership_id=one.partnership_id,
        campaign_id=one.campaign_id,
        at=one.at,
        window_days=rules.window_days,
        hit_id=one.hit_id,
        link_id=one.link_id,
        code_id=one.code_id,
        page_id=one.page_id,
        verdict=HitVerdict(one.verdict) if one.verdict else None,
        valid_from=one.valid_from,
        valid_to=one.valid_to,
        since=one.since,
        own_order=row.customer is not None and row.customer in _own_references(one.contact_routes, secrets),
        note=one.note,
    )


def _own_references(routes: Iterable[dict[str, Any]], secrets: SecretBox) -> set[str]:
    """What a partner's own orders carry as customer: the digest of each of their published e-mail addresses."""
    addresses = (str(route.get("value", "")).strip().lower() for route in routes if route.get("kind") == "email")
    return {customer_digest(secrets, hashlib.sha256(address.encode()).hexdigest()) for address in addresses}


def customer_digest(secrets: SecretBox, reference: str) -> str:
    """What is stored of a customer's reference: keyed, so that a leak of the table tells nothing."""
    return secrets.digest("customer", reference.lower() if len(reference) == 64 else reference)


def _considered(one: resolution.Considered) -> dict[str, Any]:
    touch = one.evidence
    ids = {"hit_id": touch.hit_id, "link_id": touch.link_id, "code_id": touch.code_id, "page_id": touch.page_id}
    return {
        "signal": touch.signal,
        "partnership_id": touch.partnership_id.hex,
        "at": rfc3339(touch.at),
        **{name: value.hex for name, value in ids.items() if value is not None},
        "used": one.used,
        "reason": one.reason[:1000],
    }
