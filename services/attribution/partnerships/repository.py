"""Every SQL statement about partnerships, their history, terms and deliverables."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import exists, func, select, tuple_, update
from sqlalchemy.ext.asyncio import AsyncSession

from services.attribution.tables.partnerships import DeliverableRow as DeliverableRow
from services.attribution.tables.partnerships import PartnershipRow as PartnershipRow
from services.attribution.tables.partnerships import PartnershipStepRow as PartnershipStepRow
from services.attribution.tables.partnerships import TermsRow as TermsRow
from shared.kit.pages import PageRequest


async def add(session: AsyncSession, **values: Any) -> PartnershipRow:  # noqa: ANN401  # the row's own columns
    """Raises IntegrityError when the campaign has a partnership with this partner."""
    row = PartnershipRow(**values)
    session.add(row)
    await session.flush()
    return row


async def partnership(
    session: AsyncSession, *, partnership_id: UUID, lock: bool = False, hold: bool = False
) -> PartnershipRow | None:
    """`lock` to change it; `hold` to keep its state while something is issued under it."""
    query = select(PartnershipRow).where(PartnershipRow.id == partnership_id)
    if lock or hold:
        query = query.with_for_update(read=not lock)
    return (await session.execute(query)).scalar_one_or_none()


async def of_campaign(session: AsyncSession, *, campaign_id: UUID, partner_id: UUID) -> PartnershipRow | None:
    query = select(PartnershipRow).where(
        PartnershipRow.campaign_id == campaign_id, PartnershipRow.partner_id == partner_id
    )
    return (await session.execute(query)).scalar_one_or_none()


async def partnerships(
    session: AsyncSession, *, campaign_id: UUID | None, partner_id: UUID | None, state: str | None, page: PageRequest
) -> Sequence[PartnershipRow]:
    query = select(PartnershipRow).order_by(PartnershipRow.id)
    if campaign_id is not None:
        query = query.where(PartnershipRow.campaign_id == campaign_id)
    if partner_id is not None:
        query = query.where(PartnershipRow.partner_id == partner_id)
    if state is not None:
        query = query.where(PartnershipRow.state == state)
    if page.after:
        query = query.where(PartnershipRow.id > page.after[0])
    return (await session.scalars(query.limit(page.limit + 1))).all()


async def all_of_campaign(session: AsyncSession, *, campaign_id: UUID) -> Sequence[PartnershipRow]:
    query = select(PartnershipRow).where(PartnershipRow.campaign_id == campaign_id).order_by(PartnershipRow.id)
    return (await session.scalars(query)).all()


async def has_declined(session: AsyncSession, *, partner_id: UUID, except_id: UUID | None = None) -> bool:
    """Whether the partner declined another partnership of the workspace and did not come back to it."""
    query = select(
        exists().where(
            PartnershipRow.partner_id == partner_id, PartnershipRow.state.in_(["declined", "do_not_contact"])
        )
    )
    if except_id is not None:
        query = select(
            exists().where(
                PartnershipRow.partner_id == partner_id,
                PartnershipRow.state.in_(["declined", "do_not_contact"]),
                PartnershipRow.id != except_id,
            )
        )
    return bool((await session.execute(query)).scalar_one())


async def add_step(
    session: AsyncSession, *, row: PartnershipRow, reason: str | None, at: datetime, by: UUID | None
) -> None:
    """Record the state that `row` has now. The row is locked, so numbers are taken one after the other."""
    last = (
        await session.execute(
            select(func.max(PartnershipStepRow.number)).where(PartnershipStepRow.partnership_id == row.id)
        )
    ).scalar_one()
    session.add(
        PartnershipStepRow(
            workspace_id=row.workspace_id, partnership_id=row.id, number=(last or 0) + 1, state=row.state,
            reason=reason, at=at, by=by,
        )
    )  # fmt: skip
    await session.flush()


async def steps(session: AsyncSession, *, partnership_ids: Iterable[UUID]) -> dict[UUID, list[PartnershipStepRow]]:
    found: dict[UUID, list[PartnershipStepRow]] = {}
    query = (
        select(PartnershipStepRow)
        .where(PartnershipStepRow.partnership_id.in_(list(partnership_ids)))
        .order_by(PartnershipStepRow.partnership_id, PartnershipStepRow.number)
    )
    for row in await session.scalars(query):
        found.setdefault(row.partnership_id, []).append(row)
    return found


async def add_terms(
    session: AsyncSession, *, row: PartnershipRow, version: int, terms: Mapping[str, Any], at: datetime,
    by: UUID | None,
) -> TermsRow:  # fmt: skip
    added = TermsRow(
        workspace_id=row.workspace_id, partnership_id=row.id, version=version, terms=dict(terms), created_at=at,
        created_by=by,
    )  # fmt: skip
    session.add(added)
    await session.flush()
    return added


async def current_terms(session: AsyncSession, *, rows: Iterable[PartnershipRow]) -> dict[UUID, TermsRow]:
    """The terms in force, by partnership."""
    wanted = [(row.id, row.terms_version) for row in rows if row.terms_version is not None]
    if not wanted:
        return {}
    found = await session.scalars(select(TermsRow).where(tuple_(TermsRow.partnership_id, TermsRow.version).in_(wanted)))
    return {row.partnership_id: row for row in found}


async def terms_at(session: AsyncSession, *, partnership_id: UUID, at: datetime) -> TermsRow | None:
    """The terms of that moment: the newest version made by then, else the first one."""
    by_then = (
        select(TermsRow)
        .where(TermsRow.partnership_id == partnership_id, TermsRow.created_at <= at)
        .order_by(TermsRow.version.desc())
        .limit(1)
    )
    found = (await session.execute(by_then)).scalar_one_or_none()
    if found is not None:
        return found
    first = select(TermsRow).where(TermsRow.partnership_id == partnership_id).order_by(TermsRow.version).limit(1)
    return (await session.execute(first)).scalar_one_or_none()


async def terms_versions(session: AsyncSession, *, partnership_id: UUID, page: PageRequest) -> Sequence[TermsRow]:
    query = select(TermsRow).where(TermsRow.partnership_id == partnership_id).order_by(TermsRow.version)
    if page.after:
        query = query.where(TermsRow.version > page.after[0])
    return (await session.scalars(query.limit(page.limit + 1))).all()


async def cancel_open_deliverables(session: AsyncSession, *, partnership_id: UUID) -> None:
    await session.execute(
        update(DeliverableRow)
        .where(DeliverableRow.partnership_id == partnership_id, DeliverableRow.state.in_(["open", "overdue"]))
        .values(state="cancelled")
    )


async def add_deliverables(session: AsyncSession, *, deliverables: Iterable[Mapping[str, Any]]) -> None:
    session.add_all([DeliverableRow(**deliverable) for deliverable in deliverables])
    await session.flush()


async def deliverables(
    session: AsyncSession, *, partnership_ids: Iterable[UUID], with_cancelled: bool = False
) -> dict[UUID, list[DeliverableRow]]:
    found: dict[UUID, list[DeliverableRow]] = {}
    query = (
        select(DeliverableRow)
        .where(DeliverableRow.partnership_id.in_(list(partnership_ids)))
        .order_by(DeliverableRow.partnership_id, DeliverableRow.id)
    )
    if not with_cancelled:
        query = query.where(DeliverableRow.state != "cancelled")
    for row in await session.scalars(query):
        found.setdefault(row.partnership_id, []).append(row)
    return found


async def deliverable(session: AsyncSession, *, deliverable_id: UUID) -> DeliverableRow | None:
    query = select(DeliverableRow).where(DeliverableRow.id == deliverable_id).with_for_update()
    return (await session.execute(query)).scalar_one_or_none()
