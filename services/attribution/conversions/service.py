"""Conversions: one path for the API, imports and receivers; any order of arrival ends in the same state."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from services.attribution.campaigns import service as campaigns
from services.attribution.conversions import deciding, events, repository
from services.attribution.conversions.deciding import customer_digest as customer_digest
from services.attribution.conversions.facts import ConversionTold as ConversionTold
from services.attribution.conversions.facts import RefundTold as RefundTold
from services.attribution.conversions.facts import digest
from services.attribution.conversions.repository import ConversionRow, CreditRow, RefundRow
from services.attribution.conversions.resolution import OWN_ORDER as OWN_ORDER
from services.attribution.conversions.settling import settle
from services.attribution.pages import service as pages
from services.attribution.reports import service as reports
from shared.kit import jobs
from shared.kit.db import Database
from shared.kit.errors import Conflict, Invalid, NotFound
from shared.kit.ids import new_id
from shared.kit.secrets import SecretBox
from shared.kit.webhooks.outbox import emit_all
from shared.rules.hashtags import normalise_all
from shared.schemas.base import Fault
from shared.schemas.conversions import AttributionState, ConversionCreate, RefundByOrderCreate, RefundCreate

SCHEMA = "attribution"
CUSTOMER_JOB = "resolve_customer"


@dataclass(frozen=True)
class Recorded:
    """What became of what was told: `new` when it was not known, `changed` when it changed anything."""

    row: ConversionRow
    new: bool
    changed: bool


def told_by_api(body: ConversionCreate, *, secrets: SecretBox) -> ConversionTold:
    """The API's form of a conversion; hashtags that are none are left out."""
    return ConversionTold(
        source=body.source,
        external_id=body.external_id,
        kind=body.kind,
        occurred_at=body.occurred_at,
        revised_at=body.revised_at or body.occurred_at,
        amount_minor=body.amount_minor,
        currency=body.currency,
        discount_minor=body.discount_minor,
        code=body.code,
        click_id=body.click_id,
        page_id=body.page_id,
        hashtags=tuple(sorted({tag.key for tag in normalise_all(body.hashtags)})),
        campaign_id=body.campaign_id,
        new_customer=body.new_customer,
        customer=customer_digest(secrets, body.customer_ref) if body.customer_ref else None,
        livemode=body.livemode,
    )


async def record(
    session: AsyncSession, *, told: ConversionTold, workspace_id: UUID, key_id: UUID | None, secrets: SecretBox,
    strict: bool = False,
) -> Recorded:  # fmt: skip
    """Keep a conversion and decide whom it belongs to. Of several versions the newest is kept.

    With `strict`, an older or equally old version that says something else is a Conflict. NotFound for a campaign or
    page of another workspace.
    """
    if told.campaign_id is not None:
        await campaigns.get_campaign(session, campaign_id=told.campaign_id)
    if told.page_id is not None:
        await pages.get_page(session, page_id=told.page_id)
    now = datetime.now(UTC)
    if told.external_id is not None:
        await _one_order_at_a_time(session, workspace_id, told.source, told.external_id)
    values = {**_columns(told), "workspace_id": workspace_id, "created_at": now, "updated_at": now}
    added = await repository.add(
        session, values={**values, "id": new_id(), "state": AttributionState.PENDING, "created_by": key_id}
    )
    if added is None:
        return await _known(session, told=told, secrets=secrets, strict=strict, now=now)
    fresh = not await repository.claim_refunds(session, row=added)
    await _decide(session, row=added, secrets=secrets, now=now, new=True, fresh=fresh)
    return Recorded(added, new=True, changed=True)


async def _known(
    session: AsyncSession, *, told: ConversionTold, secrets: SecretBox, strict: bool, now: datetime
) -> Recorded:
    row = await repository.by_external_id(session, source=told.source, external_id=told.external_id or "", lock=True)
    if row is None:
        raise NotFound("the conversion with this source and external id is gone")
    hashed = digest(told)
    if (told.revised_at, hashed) == (row.revised_at, row.digest):
        return Recorded(row, new=False, changed=False)
    if strict and told.revised_at <= row.revised_at:
        raise Conflict(
            f"{told.source} told of {told.external_id} before, and differently; a correction has a later revised_at"
        )
    if (told.revised_at, hashed) < (row.revised_at, row.digest):
        return Recorded(row, new=False, changed=False)
    await reports.conversions_change(session, conversion_ids=[row.id])
    for name, value in _columns(told).items():
        setattr(row, name, value)
    await session.flush()
    await _decide(session, row=row, secrets=secrets, now=now)
    return Recorded(row, new=False, changed=True)


async def record_refund(
    session: AsyncSession, *, told: RefundTold, workspace_id: UUID, key_id: UUID | None
) -> tuple[RefundRow, bool]:
    """Keep a refund, also before its conversion is here; whether it changed anything."""
    row = None
    if told.conversion_id is not None:
        row = await repository.conversion(session, conversion_id=told.conversion_id, lock=True)
        if row is None:
            raise NotFound("no such conversion")
    elif told.order_external_id is not None:
        await _one_order_at_a_time(session, workspace_id, told.source, told.order_external_id)
        row = await repository.by_external_id(
            session, source=told.source, external_id=told.order_external_id, lock=True
        )
    values = {
        "workspace_id": workspace_id, "id": new_id(), "source": told.source, "external_id": told.external_id,
        "order_external_id": told.order_external_id, "conversion_id": row.id if row else None,
        "occurred_at": told.occurred_at, "revised_at": told.revised_at, "digest": digest(told),
        "amount_minor": told.amount_minor, "cumulative_minor": told.cumulative_minor,
        "whole_minor": told.whole_minor, "currency": told.currency, "reason": told.reason,
        "livemode": told.livemode, "created_by": key_id,
    }  # fmt: skip
    refund, changed = await repository.add_refund(session, values=values)
    if changed and row is not None:
        before = row.refunded_minor, row.reversed
        await settle(session, row=row)
        if before != (row.refunded_minor, row.reversed):
            await emit_all(session, [events.refunded(row)], workspace_id=workspace_id)
    return refund, changed


async def refund_conversion(
    session: AsyncSession, *, conversion_id: UUID, body: RefundCreate, workspace_id: UUID, key_id: UUID | None
) -> ConversionRow:
    """A refund by the API. Without an external id every call is a refund of its own. NotFound, Invalid, Conflict."""
    row = await get_conversion(session, conversion_id=conversion_id)
    if body.currency is not None and row.currency is not None and body.currency != row.currency:
        raise Invalid(errors=[Fault(pointer="/currency", detail=f"the conversion is in {row.currency}")])
    if body.amount_minor is not None and row.amount_minor is None:
        raise Invalid(errors=[Fault(pointer="/amount_minor", detail="the conversion has no amount: leave it out")])
    await _refund_by_api(
        session, body=body, source=row.source, conversion_id=row.id, order=row.external_id,
        workspace_id=workspace_id, key_id=key_id, livemode=row.livemode,
    )  # fmt: skip
    return await get_conversion(session, conversion_id=conversion_id)


async def refund_order(
    session: AsyncSession, *, body: RefundByOrderCreate, workspace_id: UUID, key_id: UUID | None
) -> RefundRow:
    """A refund by its order's own id; it waits when the order is not here yet."""
    return await _refund_by_api(
        session, body=body, source=body.source, conversion_id=None, order=body.order_external_id,
        workspace_id=workspace_id, key_id=key_id, livemode=True,
    )  # fmt: skip


async def _refund_by_api(
    session: AsyncSession, *, body: RefundCreate, source: str, conversion_id: UUID | None, order: str | None,
    workspace_id: UUID, key_id: UUID | None, livemode: bool,
) -> RefundRow:  # fmt: skip
    told = RefundTold(
        source=source,
        external_id=body.external_id or f"refund:{new_id()}",
        occurred_at=body.occurred_at,
        revised_at=body.occurred_at,
        order_external_id=order,
        conversion_id=conversion_id if order is None else None,
        amount_minor=body.amount_minor,
        currency=body.currency,
        reason=body.reason,
        livemode=livemode,
    )
    if body.external_id is not None:
        known = await repository.refund(session, source=source, external_id=body.external_id)
        if known is not None and known.digest != digest(told):
            raise Conflict(f"{source} told of the refund {body.external_id} before, and differently")
    refund, _ = await record_refund(session, told=told, workspace_id=workspace_id, key_id=key_id)
    return refund


async def record_click(
    session: AsyncSession, *, workspace_id: UUID, source: str, external_id: str, at: datetime, links: Sequence[str],
    referrer: str | None, secrets: SecretBox,
) -> None:  # fmt: skip
    """Keep a click that another link service counted; conversions of that service which name it are decided anew."""
    await repository.add_external_click(
        session,
        values={
            "workspace_id": workspace_id, "source": source, "external_id": external_id, "at": at,
            "links": list(links), "referrer": referrer,
        },
    )  # fmt: skip
    for conversion_id in await repository.naming_click(session, source=source, click_id=external_id):
        await resolve_again(session, conversion_id=conversion_id, secrets=secrets)


async def resolve_again(
    session: AsyncSession, *, conversion_id: UUID, secrets: SecretBox, cascade: bool = True
) -> ConversionRow:
    """Decide a conversion anew by the rules and evidence of now; the terms stay those of its day. Raises NotFound.

    With `cascade`, later conversions of the same customer follow.
    """
    row = await repository.conversion(session, conversion_id=conversion_id, lock=True)
    if row is None:
        raise NotFound("no such conversion")
    await _decide(session, row=row, secrets=secrets, now=datetime.now(UTC), cascade=cascade)
    return row


async def resolve_waiting(database: Database, *, secrets: SecretBox, limit: int = 100) -> bool:
    """Look again at conversions that wait for their click and are due. Whether there may be more."""
    async with database.system_session() as session:
        due = await repository.due(session, now=datetime.now(UTC), limit=limit)
    for workspace_id, conversion_id in due:
        async with database.tenant_session(workspace_id) as session:
            row = await repository.conversion(session, conversion_id=conversion_id, lock=True)
            if row is not None and row.look_at is not None:
                await _decide(session, row=row, secrets=secrets, now=datetime.now(UTC))
    return len(due) == limit


async def customers_later_conversions(
    session: AsyncSession, *, conversion_id: UUID, last: UUID | None, limit: int
) -> Sequence[UUID]:
    """Later conversions of the same customer, whose returning customer may have changed; in pages."""
    row = await repository.conversion(session, conversion_id=conversion_id)
    if row is None or row.customer is None:
        return ()
    return await repository.of_customer_after(
        session, customer=row.customer, after=row.occurred_at, last=last, limit=limit
    )


async def get_conversion(session: AsyncSession, *, conversion_id: UUID) -> ConversionRow:
    """Raises NotFound, also for another workspace's conversion."""
    row = await repository.conversion(session, conversion_id=conversion_id)
    if row is None:
        raise NotFound("no such conversion")
    return row


async def details(
    session: AsyncSession, *, conversion_ids: Sequence[UUID]
) -> tuple[dict[UUID, list[CreditRow]], dict[UUID, list[RefundRow]]]:
    """The credits of every model and the refunds, by conversion."""
    return (
        await repository.credits_of(session, conversion_ids=conversion_ids),
        await repository.refunds_of(session, conversion_ids=conversion_ids),
    )


async def _decide(
    session: AsyncSession, *, row: ConversionRow, secrets: SecretBox, now: datetime, cascade: bool = True,
    new: bool = False, fresh: bool = False,
) -> None:  # fmt: skip
    decided = await deciding.decide(session, row=row, secrets=secrets, now=now, fresh=fresh)
    await emit_all(session, events.events_of(row, decided, new=new), workspace_id=row.workspace_id)
    # only a creator met directly makes a returning customer, so this ends after one step
    if cascade and decided.direct and row.customer is not None and await repository.later_of_customer(session, row=row):
        payload = {"workspace_id": row.workspace_id, "conversion_id": row.id}
        await jobs.enqueue(session, CUSTOMER_JOB, payload, schema=SCHEMA)


async def _one_order_at_a_time(session: AsyncSession, workspace_id: UUID, source: str, external_id: str) -> None:
    await repository.one_at_a_time(session, workspace_id=workspace_id, name=f"order:{source}:{external_id}")


def _columns(told: ConversionTold) -> dict[str, Any]:
    return {
        "source": told.source,
        "external_id": told.external_id,
        "kind": told.kind,
        "occurred_at": told.occurred_at,
        "revised_at": told.revised_at,
        "digest": digest(told),
        "amount_minor": told.amount_minor,
        "net_minor": told.amount_minor,
        "currency": told.currency,
        "discount_minor": told.discount_minor,
        "code": told.code,
        "click_id": told.click_id,
        "page_id": told.page_id,
        "hashtags": list(told.hashtags),
        "stated_campaign_id": told.campaign_id,
        "new_customer": told.new_customer,
        "customer": told.customer,
        "livemode": told.livemode,
        "voided": told.voided,
    }
