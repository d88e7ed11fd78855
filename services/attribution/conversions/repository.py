"""Every SQL statement about conversions, their evidence, credits and refunds."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import and_, case, delete, exists, or_, select, text, update
from sqlalchemy.dialects.postgresql import insert as upsert
from sqlalchemy.ext.asyncio import AsyncSession

from services.attribution.tables.conversions import ConversionImportRow as ConversionImportRow
from services.attribution.tables.conversions import ConversionRow as ConversionRow
from services.attribution.tables.conversions import CreditRow as CreditRow
from services.attribution.tables.conversions import ExternalClickRow as ExternalClickRow
from services.attribution.tables.conversions import RefundRow as RefundRow
from services.attribution.tables.partnerships import TermsRow
from shared.kit.pages import PageRequest

_EVIDENCE = text(
    """
    WITH touch AS (
        SELECT 'code' AS signal, c.partnership_id, CAST(:occurred_at AS timestamptz) AS at,
               NULL::uuid AS hit_id, NULL::uuid AS link_id, c.id AS code_id, NULL::uuid AS page_id,
               NULL::text AS verdict,
               c.starts_at AS valid_from, c.ends_at AS valid_to, c.created_at AS since, '' AS note
        FROM attribution.codes c WHERE c.workspace_id = :workspace AND c.code_key = :code_key
      UNION ALL
        SELECT 'click', l.partnership_id, h.at, h.id, h.link_id, NULL, NULL, coalesce(h.verdict, 'pending'),
               NULL, NULL, NULL, ''
        FROM attribution.hits h JOIN attribution.links l ON (l.workspace_id, l.id) = (h.workspace_id, h.link_id)
        WHERE h.workspace_id = :workspace AND h.id = :hit_id
      UNION ALL
        SELECT 'visitor', l.partnership_id, v.at, v.id, v.link_id, NULL, NULL, v.verdict, NULL, NULL, NULL,
               'the same visitor within the hour before'
        FROM attribution.hits h
        JOIN attribution.hits v ON v.workspace_id = h.workspace_id AND v.visitor = h.visitor AND v.id <> h.id
        JOIN attribution.links l ON (l.workspace_id, l.id) = (v.workspace_id, v.link_id)
        WHERE h.workspace_id = :workspace AND h.id = :hit_id AND h.visitor IS NOT NULL AND v.verdict = 'human'
          AND v.id BETWEEN CAST(:hits_from AS uuid) AND CAST(:hit_id AS uuid)
      UNION ALL
        SELECT 'click', x.partnership_id, e.at, NULL, NULL, NULL, NULL, 'human', NULL, NULL, NULL,
               'counted by ' || e.source
        FROM attribution.external_clicks e
        JOIN attribution.external_links x
          ON x.workspace_id = e.workspace_id AND x.source = e.source AND x.name = ANY (e.links)
        WHERE e.workspace_id = :workspace AND e.source = :source AND e.external_id = :click_id
      UNION ALL
        SELECT 'page', g.partnership_id, :occurred_at, NULL, g.link_id, NULL, g.id, NULL, NULL, NULL, NULL, ''
        FROM attribution.pages g WHERE g.workspace_id = :workspace AND g.id = :page_id
      UNION ALL
        SELECT 'visitor', r.partnership_id, r.occurred_at, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL,
               'the customer bought before, by this creator'
        FROM (
            SELECT DISTINCT ON (p.partnership_id) p.partnership_id, p.occurred_at FROM attribution.conversions p
            WHERE p.workspace_id = :workspace AND p.customer = :customer AND p.id <> :id AND p.state = 'attributed'
              AND p.signal IN ('code', 'click', 'page') AND p.livemode = :livemode
              AND p.occurred_at < :occurred_at
              AND p.occurred_at >= CAST(:occurred_at AS timestamptz) - interval '366 days'
            ORDER BY p.partnership_id, p.occurred_at DESC
        ) r
      UNION ALL
        SELECT 'hashtag', t.partnership_id, :occurred_at, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL,
               '#' || t.hashtag
        FROM attribution.hashtags t WHERE t.workspace_id = :workspace AND t.key = ANY (:hashtags)
    )
    SELECT DISTINCT touch.*, p.campaign_id, p.partner_id, ca.attribution AS campaign_rules, ca.model,
           ca.commission_on_donations, pr.contact_routes, tv.version AS terms_version, tv.terms
    FROM touch
    JOIN attribution.partnerships p ON p.workspace_id = :workspace AND p.id = touch.partnership_id
    JOIN attribution.campaigns ca ON ca.workspace_id = p.workspace_id AND ca.id = p.campaign_id
    JOIN attribution.partners pr ON pr.workspace_id = p.workspace_id AND pr.id = p.partner_id
    LEFT JOIN LATERAL (
        SELECT t.version, t.terms FROM attribution.partnership_terms t
        WHERE t.workspace_id = p.workspace_id AND t.partnership_id = p.id
        ORDER BY (t.created_at <= :occurred_at) DESC,
                 CASE WHEN t.created_at <= :occurred_at THEN -t.version ELSE t.version END
        LIMIT 1
    ) tv ON true
    """
)


@dataclass(frozen=True)
class Gathered:
    """One touch with what its partnership and campaign say of it."""

    signal: str
    partnership_id: UUID
    at: datetime
    hit_id: UUID | None
    link_id: UUID | None
    code_id: UUID | None
    page_id: UUID | None
    verdict: str | None
    valid_from: datetime | None
    valid_to: datetime | None
    since: datetime | None
    note: str
    campaign_id: UUID
    partner_id: UUID
    campaign_rules: dict[str, Any]
    model: str
    commission_on_donations: bool
    contact_routes: list[dict[str, Any]]
    terms_version: int | None
    terms: dict[str, Any] | None


async def evidence(
    session: AsyncSession, *, row: ConversionRow, code_key: str | None, hits_from: UUID | None
) -> list[Gathered]:
    """Everything that may tie the conversion to a creator, with the terms of its day (the first, before any were)."""
    found = await session.execute(
        _EVIDENCE,
        {
            "workspace": row.workspace_id,
            "id": row.id,
            "occurred_at": row.occurred_at,
            "code_key": code_key,
            "hit_id": row.hit_id,
            "hits_from": hits_from,
            "source": row.source,
            "click_id": row.click_id,
            "page_id": row.page_id,
            "customer": row.customer,
            "livemode": row.livemode,
            "hashtags": row.hashtags,
        },
    )
    return [Gathered(**one) for one in found.mappings()]


async def hit_state(session: AsyncSession, *, workspace_id: UUID, hit_id: UUID) -> str | None:
    """The verdict of a hit, `pending` while there is none, None when the hit is not stored."""
    found = await session.execute(
        text(
            "SELECT coalesce(verdict, 'pending') FROM attribution.hits WHERE workspace_id = :workspace AND id = :hit_id"
        ),
        {"workspace": workspace_id, "hit_id": hit_id},
    )
    return found.scalar_one_or_none()


async def one_at_a_time(session: AsyncSession, *, workspace_id: UUID, name: str) -> None:
    """Waits for others who work on what `name` names, and keeps them waiting until the transaction ends."""
    await session.execute(
        text("SELECT pg_advisory_xact_lock(hashtextextended(:name, 1))"), {"name": f"{workspace_id}:{name}"}
    )


async def add(session: AsyncSession, *, values: Mapping[str, Any]) -> ConversionRow | None:
    """None when the source has this external id already."""
    statement = (
        upsert(ConversionRow)
        .values(**values)
        .on_conflict_do_nothing(index_elements=["workspace_id", "source", "external_id"])
        .returning(ConversionRow)
    )
    return (await session.execute(statement)).scalar_one_or_none()


async def conversion(session: AsyncSession, *, conversion_id: UUID, lock: bool = False) -> ConversionRow | None:
    query = select(ConversionRow).where(ConversionRow.id == conversion_id)
    if lock:
        query = query.with_for_update().execution_options(populate_existing=True)
    return (await session.execute(query)).scalar_one_or_none()


async def by_external_id(
    session: AsyncSession, *, source: str, external_id: str, lock: bool = False
) -> ConversionRow | None:
    query = select(ConversionRow).where(ConversionRow.source == source, ConversionRow.external_id == external_id)
    if lock:
        query = query.with_for_update().execution_options(populate_existing=True)
    return (await session.execute(query)).scalar_one_or_none()


async def conversions(
    session: AsyncSession, *, campaign_id: UUID | None, partnership_id: UUID | None, state: str | None,
    kind: str | None, livemode: bool | None, source: str | None, external_id: str | None, page: PageRequest,
) -> Sequence[ConversionRow]:  # fmt: skip
    """Newest arrivals first. A campaign's are those decided for it and those that name it."""
    query = select(ConversionRow).order_by(ConversionRow.id.desc())
    for column, value in (
        (ConversionRow.partnership_id, partnership_id), (ConversionRow.state, state), (ConversionRow.kind, kind),
        (ConversionRow.livemode, livemode), (ConversionRow.source, source), (ConversionRow.external_id, external_id),
    ):  # fmt: skip
        if value is not None:
            query = query.where(column == value)
    if campaign_id is not None:
        query = query.where(
            or_(ConversionRow.campaign_id == campaign_id, ConversionRow.stated_campaign_id == campaign_id)
        )
    if page.after:
        query = query.where(ConversionRow.id < page.after[0])
    return (await session.scalars(query.limit(page.limit + 1))).all()


async def due(session: AsyncSession, *, now: datetime, limit: int) -> Sequence[tuple[UUID, UUID]]:
    """Workspace and id of conversions that wait for their click and are to be looked at; asked as owner."""
    query = select(ConversionRow.workspace_id, ConversionRow.id).where(ConversionRow.look_at <= now)
    found = await session.execute(query.order_by(ConversionRow.look_at).limit(limit))
    return [(row[0], row[1]) for row in found]


async def later_of_customer(session: AsyncSession, *, row: ConversionRow) -> bool:
    """Whether the same customer has a conversion that happened later, whose returning customer this one makes."""
    query = select(
        exists().where(
            ConversionRow.workspace_id == row.workspace_id,
            ConversionRow.customer == row.customer,
            ConversionRow.occurred_at > row.occurred_at,
            ConversionRow.livemode == row.livemode,
        )
    )
    return bool((await session.execute(query)).scalar_one())


async def of_customer_after(
    session: AsyncSession, *, customer: str, after: datetime, last: UUID | None, limit: int
) -> Sequence[UUID]:
    """Conversions of a customer that happened after `after`, in pages by id."""
    query = select(ConversionRow.id).where(ConversionRow.customer == customer, ConversionRow.occurred_at > after)
    if last is not None:
        query = query.where(ConversionRow.id > last)
    return (await session.scalars(query.order_by(ConversionRow.id).limit(limit))).all()


async def replace_credits(
    session: AsyncSession, *, conversion_id: UUID, credit_rows: Sequence[CreditRow], fresh: bool
) -> None:
    """Credits in place of those before; a `fresh` conversion has none before. They are written with the next flush."""
    if not fresh:
        await session.execute(delete(CreditRow).where(CreditRow.conversion_id == conversion_id))
    session.add_all(credit_rows)


async def credits_of(session: AsyncSession, *, conversion_ids: Iterable[UUID]) -> dict[UUID, list[CreditRow]]:
    """The credits of every model, by conversion, in the order in which they were given."""
    found: dict[UUID, list[CreditRow]] = {}
    query = select(CreditRow).where(CreditRow.conversion_id.in_(list(conversion_ids)))
    query = query.order_by(CreditRow.model, CreditRow.place).execution_options(populate_existing=True)
    for row in await session.scalars(query):
        found.setdefault(row.conversion_id, []).append(row)
    return found


async def chosen_under(
    session: AsyncSession, *, partnership_id: UUID, version: int
) -> Sequence[tuple[ConversionRow, CreditRow]]:
    """Live conversions credited to a partnership by the campaign's model whose terms of the day are of `version`."""
    in_force = TermsRow.created_at <= ConversionRow.occurred_at
    of_the_day = (
        select(TermsRow.version)
        .where(TermsRow.workspace_id == ConversionRow.workspace_id, TermsRow.partnership_id == partnership_id)
        .order_by(in_force.desc(), case((in_force, -TermsRow.version), else_=TermsRow.version))
        .limit(1)
        .scalar_subquery()
    )
    found = await session.execute(
        select(ConversionRow, CreditRow)
        .join(
            CreditRow,
            and_(CreditRow.workspace_id == ConversionRow.workspace_id, CreditRow.conversion_id == ConversionRow.id),
        )
        .where(CreditRow.partnership_id == partnership_id, CreditRow.chosen, ConversionRow.livemode)
        .where(of_the_day == version)
        .execution_options(populate_existing=True)
    )
    return [(row[0], row[1]) for row in found]


async def add_refund(session: AsyncSession, *, values: Mapping[str, Any]) -> tuple[RefundRow, bool]:
    """The refund, and whether it is new or a newer version of a known one. Its time is the earliest that was told."""
    statement = (
        upsert(RefundRow)
        .values(**values)
        .on_conflict_do_nothing(index_elements=["workspace_id", "source", "external_id"])
        .returning(RefundRow)
    )
    added = (await session.execute(statement)).scalar_one_or_none()
    if added is not None:
        return added, True
    query = select(RefundRow).where(
        RefundRow.source == values["source"], RefundRow.external_id == values["external_id"]
    )
    row = (await session.execute(query.with_for_update())).scalar_one()
    earliest = min(row.occurred_at, values["occurred_at"])
    newer = (values["revised_at"], values["digest"]) > (row.revised_at, row.digest)
    if not newer and earliest == row.occurred_at:
        return row, False
    if newer:
        for name in ("amount_minor", "cumulative_minor", "whole_minor", "currency", "reason", "revised_at", "digest"):
            setattr(row, name, values[name])
    row.occurred_at = earliest
    await session.flush()
    return row, True


async def claim_refunds(session: AsyncSession, *, row: ConversionRow) -> bool:
    """Refunds that came before their conversion find it. Whether there were any."""
    if row.external_id is None:
        return False
    done = await session.execute(
        update(RefundRow)
        .where(
            RefundRow.source == row.source,
            RefundRow.order_external_id == row.external_id,
            RefundRow.conversion_id.is_(None),
        )
        .values(conversion_id=row.id)
        .returning(RefundRow.id)
        .execution_options(synchronize_session=False)
    )
    return bool(done.all())


async def refunds_of(session: AsyncSession, *, conversion_ids: Iterable[UUID]) -> dict[UUID, list[RefundRow]]:
    found: dict[UUID, list[RefundRow]] = {}
    query = select(RefundRow).where(RefundRow.conversion_id.in_(list(conversion_ids)))
    query = query.order_by(RefundRow.occurred_at, RefundRow.id).execution_options(populate_existing=True)
    for row in await session.scalars(query):
        if row.conversion_id is not None:
            found.setdefault(row.conversion_id, []).append(row)
    return found


async def refund(session: AsyncSession, *, source: str, external_id: str) -> RefundRow | None:
    query = select(RefundRow).where(RefundRow.source == source, RefundRow.external_id == external_id)
    return (await session.execute(query)).scalar_one_or_none()


async def refunds(session: AsyncSession, *, waiting: bool | None, page: PageRequest) -> Sequence[RefundRow]:
    """Newest arrivals first; `waiting` for those whose conversion is not here."""
    query = select(RefundRow).order_by(RefundRow.id.desc())
    if waiting is not None:
        query = query.where(RefundRow.conversion_id.is_(None) if waiting else RefundRow.conversion_id.is_not(None))
    if page.after:
        query = query.where(RefundRow.id < page.after[0])
    return (await session.scalars(query.limit(page.limit + 1))).all()


async def add_external_click(session: AsyncSession, *, values: Mapping[str, Any]) -> None:
    """Keep a click of another link service; the same again changes nothing."""
    await session.execute(
        upsert(ExternalClickRow)
        .values(**values)
        .on_conflict_do_nothing(index_elements=["workspace_id", "source", "external_id"])
    )


async def naming_click(session: AsyncSession, *, source: str, click_id: str) -> Sequence[UUID]:
    """Conversions of a source that name a click and came before it."""
    query = select(ConversionRow.id).where(ConversionRow.source == source, ConversionRow.click_id == click_id)
    return (await session.scalars(query.limit(100))).all()


async def add_import(session: AsyncSession, **values: Any) -> ConversionImportRow:  # noqa: ANN401  # the row's own columns
    row = ConversionImportRow(**values)
    session.add(row)
    await session.flush()
    return row


async def conversion_import(
    session: AsyncSession, *, import_id: UUID, lock: bool = False
) -> ConversionImportRow | None:
    query = select(ConversionImportRow).where(ConversionImportRow.id == import_id)
    if lock:
        query = query.with_for_update().execution_options(populate_existing=True)
    return (await session.execute(query)).scalar_one_or_none()
