"""Partners: made from a candidate or by hand; an account belongs to one partner of a workspace."""

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncSession

from services.attribution.partners import repository
from services.attribution.partners.repository import PartnerAccountRow, PartnerRow
from shared.kit.errors import Conflict, Invalid, NotFound
from shared.kit.etags import require_match
from shared.kit.identity.caller import Caller
from shared.kit.ids import new_id
from shared.rules.identifiers import canonical_handle, canonical_platform_id
from shared.schemas.base import Fault, rfc3339
from shared.schemas.ids import encode
from shared.schemas.partners import ContactRouteCreate, PartnerAccountCreate, PartnerChange, PartnerCreate

MAX_ACCOUNTS = 20


async def create_partner(session: AsyncSession, *, body: PartnerCreate, caller: Caller) -> PartnerRow:
    """Raises Conflict when one of the accounts is another partner's, Invalid when one is named twice."""
    partner_id, now = new_id(), datetime.now(UTC)
    accounts = await _checked(session, accounts=body.accounts, partner_id=partner_id, caller=caller)
    partner = {
        "workspace_id": caller.workspace_id,
        "id": partner_id,
        "name": body.name or body.accounts[0].handle[:200],
        "contact_routes": _routes(body.contact_routes, now),
        "do_not_contact": False,
        "note": body.note,
        "version": 1,
        "created_at": now,
        "updated_at": now,
        "created_by": caller.key_id,
    }
    try:
        async with session.begin_nested():
            return await repository.add(session, partner=partner, accounts=accounts)
    except IntegrityError:
        raise Conflict("one of these accounts has just become another partner's") from None


async def add_account(
    session: AsyncSession, *, partner_id: UUID, body: PartnerAccountCreate, caller: Caller
) -> PartnerRow:
    """One more account of a partner. Raises NotFound, Conflict."""
    row = await repository.partner(session, partner_id=partner_id, lock=True)
    if row is None:
        raise NotFound("no such partner")
    known = await repository.accounts(session, partner_ids=[partner_id])
    if len(known.get(partner_id, ())) >= MAX_ACCOUNTS:
        raise Conflict(f"a partner has at most {MAX_ACCOUNTS} accounts")
    accounts = await _checked(session, accounts=[body], partner_id=partner_id, caller=caller)
    try:
        async with session.begin_nested():
            await repository.add_accounts(session, accounts=accounts)
    except IntegrityError:
        raise Conflict("this account has just become another partner's") from None
    _touch(row)
    await session.flush()
    return row


async def change_partner(
    session: AsyncSession, *, partner_id: UUID, change: PartnerChange, if_match: str | None
) -> PartnerRow:
    """Fields left out stay. `do_not_contact` stops new partnerships and every step towards contact."""
    row = await repository.partner(session, partner_id=partner_id, lock=True)
    if row is None:
        raise NotFound("no such partner")
    require_match(if_match, version=row.version)
    if change.name is not None:
        row.name = change.name
    if change.contact_routes is not None:
        row.contact_routes = _routes(change.contact_routes, datetime.now(UTC))
    if change.do_not_contact is not None:
        row.do_not_contact = change.do_not_contact
        row.do_not_contact_reason = change.do_not_contact_reason if change.do_not_contact else None
    elif change.do_not_contact_reason is not None and row.do_not_contact:
        row.do_not_contact_reason = change.do_not_contact_reason
    if "note" in change.model_fields_set:
        row.note = change.note
    _touch(row)
    await session.flush()
    return row


async def get_partner(session: AsyncSession, *, partner_id: UUID, lock: bool = False) -> PartnerRow:
    """Raises NotFound, also for another workspace's partner. `lock` keeps it as it is until the transaction ends."""
    row = await repository.partner(session, partner_id=partner_id, lock=lock)
    if row is None:
        raise NotFound("no such partner")
    return row


async def suppress(session: AsyncSession, *, partner_id: UUID, reason: str | None) -> None:
    """The partner asked not to be contacted any more."""
    row = await get_partner(session, partner_id=partner_id, lock=True)
    row.do_not_contact, row.do_not_contact_reason = True, reason
    _touch(row)
    await session.flush()


async def names(session: AsyncSession, *, partner_ids: Iterable[UUID]) -> dict[UUID, str]:
    return await repository.names(session, partner_ids=partner_ids)


async def accounts(session: AsyncSession, *, partner_ids: Iterable[UUID]) -> dict[UUID, list[PartnerAccountRow]]:
    return await repository.accounts(session, partner_ids=partner_ids)


async def learn(session: AsyncSession, *, account_id: UUID, creator_id: UUID) -> None:
    """Which creator of discovery an account is, where that was not known; an erasure finds it by that."""
    await repository.set_creator(session, account_id=account_id, creator_id=creator_id)


async def erase(session: AsyncSession, *, creator_id: UUID) -> list[UUID]:
    """Forget who the creator's accounts belong to, because the creator was erased. Which accounts that were.

    An account keeps its row, since deliverables name it, under a pseudonym that leads to nobody. A partner without
    another account loses name, contact routes and notes, and is not contacted any more; what they earned stays.
    """
    accounts = await repository.accounts_of_creator(session, creator_id=creator_id)
    for account in accounts:
        pseudonym = f"erased-{account.id.hex[-12:]}"
        account.handle = account.handle_key = pseudonym
        account.platform_id = account.url = account.creator_id = None
    await session.flush()
    left = await repository.accounts(session, partner_ids={account.partner_id for account in accounts})
    for partner_id, rows in left.items():
        if any(not row.handle_key.startswith("erased-") for row in rows):
            continue
        row = await get_partner(session, partner_id=partner_id, lock=True)
        row.name, row.contact_routes, row.note = f"erased-{partner_id.hex[-12:]}", [], None
        row.do_not_contact, row.do_not_contact_reason = True, "erased"
        _touch(row)
    await session.flush()
    return [account.id for account in accounts]


def _touch(row: PartnerRow) -> None:
    row.version += 1
    row.updated_at = datetime.now(UTC)


def _routes(routes: Sequence[ContactRouteCreate], now: datetime) -> list[dict[str, Any]]:
    return [{**route.model_dump(mode="json"), "observed_at": rfc3339(now)} for route in routes]


async def _checked(
    session: AsyncSession, *, accounts: Sequence[PartnerAccountCreate], partner_id: UUID, caller: Caller
) -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = []
    seen: set[tuple[str, str]] = set()
    for place, account in enumerate(accounts):
        platform_id = canonical_platform_id(account.platform, account.platform_id) if account.platform_id else None
        handle_key = canonical_handle(account.platform, account.handle)
        if (account.platform, handle_key) in seen:
            raise Invalid(errors=[Fault(pointer=f"/accounts/{place}", detail="this account is named twice")])
        seen.add((account.platform, handle_key))
        held = await repository.holder(
            session, platform=account.platform, platform_id=platform_id, handle_key=handle_key
        )
        if held is not None:
            raise Conflict(
                f"{account.handle} on {account.platform} is an account of the partner {encode('ptr', held.partner_id)}"
            )
        rows.append(
            {
                "workspace_id": caller.workspace_id,
                "id": new_id(),
                "partner_id": partner_id,
                "platform": account.platform,
                "platform_id": platform_id,
                "handle": account.handle,
                "handle_key": handle_key,
                "creator_id": account.creator_id,
                "url": account.url,
            }
        )
    return rows
