"""Every SQL statement about partners and their accounts."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import and_, or_, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from services.attribution.tables.partners import PartnerAccountRow as PartnerAccountRow
from services.attribution.tables.partners import PartnerRow as PartnerRow
from shared.kit.pages import PageRequest


async def add(
    session: AsyncSession, *, partner: Mapping[str, Any], accounts: Iterable[Mapping[str, Any]]
) -> PartnerRow:
    """Raises IntegrityError when another request was faster with an account."""
    row = PartnerRow(**partner)
    session.add(row)
    await session.flush()
    await add_accounts(session, accounts=accounts)
    return row


async def add_accounts(session: AsyncSession, *, accounts: Iterable[Mapping[str, Any]]) -> None:
    session.add_all([PartnerAccountRow(**account) for account in accounts])
    await session.flush()


async def partner(session: AsyncSession, *, partner_id: UUID, lock: bool = False) -> PartnerRow | None:
    query = select(PartnerRow).where(PartnerRow.id == partner_id)
    return (await session.execute(query.with_for_update() if lock else query)).scalar_one_or_none()


async def partners(session: AsyncSession, *, page: PageRequest) -> Sequence[PartnerRow]:
    query = select(PartnerRow).order_by(PartnerRow.id)
    if page.after:
        query = query.where(PartnerRow.id > page.after[0])
    return (await session.scalars(query.limit(page.limit + 1))).all()


async def names(session: AsyncSession, *, partner_ids: Iterable[UUID]) -> dict[UUID, str]:
    found = await session.execute(select(PartnerRow.id, PartnerRow.name).where(PartnerRow.id.in_(list(partner_ids))))
    return {row.id: row.name for row in found}


async def accounts(session: AsyncSession, *, partner_ids: Iterable[UUID]) -> dict[UUID, list[PartnerAccountRow]]:
    """Accounts by partner, in the order they were given."""
    found: dict[UUID, list[PartnerAccountRow]] = {}
    query = (
        select(PartnerAccountRow)
        .where(PartnerAccountRow.partner_id.in_(list(partner_ids)))
        .order_by(PartnerAccountRow.id)
    )
    for row in await session.scalars(query):
        found.setdefault(row.partner_id, []).append(row)
    return found


async def holder(
    session: AsyncSession, *, platform: str, platform_id: str | None, handle_key: str
) -> PartnerAccountRow | None:
    """The account that this one would repeat.

    By the platform's identifier; by the handle only where one of the two has no identifier, because platforms give a
    handle that became free to somebody else.
    """
    same_handle = PartnerAccountRow.handle_key == handle_key
    if platform_id is None:
        same = same_handle
    else:
        same = or_(
            PartnerAccountRow.platform_id == platform_id, and_(same_handle, PartnerAccountRow.platform_id.is_(None))
        )
    query = select(PartnerAccountRow).where(PartnerAccountRow.platform == platform, same)
    return (await session.execute(query.limit(1))).scalar_one_or_none()


async def set_creator(session: AsyncSession, *, account_id: UUID, creator_id: UUID) -> None:
    """Fill in the creator of an account that names none."""
    statement = update(PartnerAccountRow).where(
        PartnerAccountRow.id == account_id, PartnerAccountRow.creator_id.is_(None)
    )
    await session.execute(statement.values(creator_id=creator_id))


async def accounts_of_creator(session: AsyncSession, *, creator_id: UUID) -> Sequence[PartnerAccountRow]:
    """Locked, to be changed."""
    query = select(PartnerAccountRow).where(PartnerAccountRow.creator_id == creator_id).order_by(PartnerAccountRow.id)
    return (await session.scalars(query.with_for_update())).all()
