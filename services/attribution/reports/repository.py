"""Every SQL statement of reports but those of sums by day (sums.py). Days are days of the campaign's zone."""

from collections.abc import Iterable, Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from services.attribution.reports.facts import (
    Account,
    Asset,
    Partnership,
    PaymentCell,
    Piece,
    Post,
    SeriesCell,
    Span,
    StrayCell,
    VisitorCell,
)
from shared.schemas.base import Trust
from shared.schemas.partnerships import TermsInput
from shared.schemas.reports import AssetKind


def _within(column: str, span: Span, name: str = "") -> str:
    """The condition that a time lies in the span: bounds are midnights of the zone, so that indexes serve."""
    found = []
    if span.first is not None:
        found.append(f" AND {column} >= CAST(:{name}first AS date)::timestamp AT TIME ZONE :zone")
    if span.last is not None:
        found.append(f" AND {column} < (CAST(:{name}last AS date) + 1)::timestamp AT TIME ZONE :zone")
    return "".join(found)


def _days(span: Span) -> str:
    """The same for a column of days."""
    first = " AND day >= CAST(:first AS date)" if span.first is not None else ""
    return first + (" AND day <= CAST(:last AS date)" if span.last is not None else "")


async def _rows(session: AsyncSession, statement: str, span: Span, **values: Any) -> Sequence[Any]:  # noqa: ANN401  # parameters
    known = {"first": span.first, "last": span.last, "zone": span.zone, **values}
    wanted = {name: value for name, value in known.items() if f":{name}" in statement}
    return (await session.execute(text(statement), wanted)).all()


async def partnerships(session: AsyncSession, *, campaign_id: UUID) -> list[Partnership]:
    """Everybody ever considered for the campaign, with the terms in force, in the order of their approval."""
    rows = await session.execute(
        text(
            """SELECT p.id, p.partner_id, r.name, p.state, p.approved_at, t.terms
            FROM attribution.partnerships p
            JOIN attribution.partners r ON r.workspace_id = p.workspace_id AND r.id = p.partner_id
            LEFT JOIN attribution.partnership_terms t
              ON t.workspace_id = p.workspace_id AND t.partnership_id = p.id AND t.version = p.terms_version
            WHERE p.campaign_id = :campaign ORDER BY p.approved_at NULLS LAST, p.id"""
        ),
        {"campaign": campaign_id},
    )
    return [
        Partnership(
            row.id, row.partner_id, row.name, row.state, row.approved_at,
            TermsInput.model_validate(row.terms) if row.terms is not None else None,
        )
        for row in rows
    ]  # fmt: skip


async def accounts(session: AsyncSession, *, partner_ids: Iterable[UUID]) -> list[Account]:
    rows = await session.execute(
        text(
            """SELECT id, partner_id, platform, handle FROM attribution.partner_accounts
            WHERE partner_id = ANY (:partners) ORDER BY id"""
        ),
        {"partners": list(partner_ids)},
    )
    return [Account(*row) for row in rows]


async def pieces(session: AsyncSession, *, partnership_ids: Iterable[UUID], zone: str) -> list[Piece]:
    rows = await session.execute(
        text(
            """SELECT partnership_id, account_id, state, due_to, (delivered_at AT TIME ZONE :zone)::date
            FROM attribution.deliverables WHERE partnership_id = ANY (:ids) AND state NOT IN ('cancelled', 'waived')"""
        ),
        {"ids": list(partnership_ids), "zone": zone},
    )
    return [Piece(*row) for row in rows]


async def posts(session: AsyncSession, *, campaign_id: UUID, span: Span) -> list[Post]:
    rows = await _rows(
        session,
        f"""SELECT partnership_id, account_id, (published_at AT TIME ZONE :zone)::date, trust, disclosed, still_live,
            metrics, matched_hashtags, updated_at
        FROM attribution.tracked_posts WHERE campaign_id = :campaign{_within("published_at", span)}
        ORDER BY published_at, id""",  # noqa: S608  # our own names
        span,
        campaign=campaign_id,
    )
    return [Post(row[0], row[1], row[2], Trust(row[3]), row[4], row[5], row[6], tuple(row[7]), row[8]) for row in rows]


async def assets(session: AsyncSession, *, campaign_id: UUID) -> list[Asset]:
    rows = await session.execute(
        text(
            """SELECT 'link', id, partnership_id, coalesce(label, slug), NULL FROM attribution.links
            WHERE campaign_id = :campaign
          UNION ALL SELECT 'code', id, partnership_id, code, NULL FROM attribution.codes WHERE campaign_id = :campaign
          UNION ALL SELECT 'page', id, partnership_id, title, NULL FROM attribution.pages WHERE campaign_id = :campaign
          UNION ALL SELECT 'hashtag', id, partnership_id, '#' || hashtag, key FROM attribution.hashtags
            WHERE campaign_id = :campaign ORDER BY 1, 2"""
        ),
        {"campaign": campaign_id},
    )
    return [Asset(AssetKind(row[0]), *row[1:]) for row in rows]


async def visitors(session: AsyncSession, *, scope_ids: Iterable[UUID], span: Span, by_day: bool) -> list[VisitorCell]:
    """Visitors of UTC days, since pseudonyms change at midnight UTC."""
    rows = await _rows(
        session,
        f"""SELECT scope_id, {"day" if by_day else "NULL::date"}, sum(visitors)::bigint, sum(without_visitor)::bigint
        FROM attribution.visitor_rollups WHERE scope_id = ANY (:scopes){_days(span)}
        GROUP BY 1, 2""",  # noqa: S608  # our own names
        span,
        scopes=list(scope_ids),
    )
    return [VisitorCell(*row) for row in rows]


async def payments(session: AsyncSession, *, campaign_id: UUID, zone: str, currency: str | None) -> list[PaymentCell]:
    """Fees and payouts of all time: what moved for no single conversion. Other currencies than `currency` by day."""
    rows = await session.execute(
        text(
            """SELECT partnership_id, currency,
                coalesce(sum(amount_minor) FILTER (WHERE kind = 'fee'), 0)::bigint,
                coalesce(sum(amount_minor) FILTER (WHERE kind = 'payout'), 0)::bigint,
                CASE WHEN currency <> :currency THEN CAST(at AT TIME ZONE :zone AS date) END AS day
            FROM attribution.ledger_entries WHERE campaign_id = :campaign AND conversion_id IS NULL
            GROUP BY partnership_id, currency, day"""
        ),
        {"campaign": campaign_id, "zone": zone, "currency": currency or ""},
    )
    return [PaymentCell(*row) for row in rows]


async def strays(session: AsyncSession, *, campaign_id: UUID, span: Span, bounds: Span) -> list[StrayCell]:
    """Live conversions without a creator: those that name the campaign, and within `bounds` those that name none."""
    rows = await _rows(
        session,
        f"""SELECT kind, currency, reason, count(*), count(amount_minor), coalesce(sum(amount_minor), 0)::bigint
        FROM (
            SELECT kind, currency, coalesce(rule, state) AS reason, amount_minor FROM attribution.conversions
            WHERE campaign_id IS NULL AND stated_campaign_id = :campaign AND livemode AND state <> 'attributed'
              {_within("occurred_at", span)}
          UNION ALL
            SELECT kind, currency, 'names no campaign; ' || coalesce(rule, state), amount_minor
            FROM attribution.conversions
            WHERE campaign_id IS NULL AND stated_campaign_id IS NULL AND livemode AND state <> 'attributed'
              {_within("occurred_at", bounds, "open_")}
        ) found GROUP BY 1, 2, 3 ORDER BY 4 DESC, 1, 2, 3""",  # noqa: S608  # our own names
        span,
        campaign=campaign_id,
        open_first=bounds.first,
        open_last=bounds.last,
    )
    return [StrayCell(*row) for row in rows]


async def series(session: AsyncSession, *, campaign_id: UUID, span: Span) -> list[SeriesCell]:
    """Daily series of the campaign over the reported days; gaps are left out."""
    rows = await _rows(
        session,
        f"""SELECT metric, platform, account, count(*) AS days, sum(value) AS total,
            (array_agg(value ORDER BY day))[1] AS first, min(day) AS first_day,
            (array_agg(value ORDER BY day DESC))[1] AS last, max(day) AS last_day,
            (array_agg(trust ORDER BY trust = 'measured', trust))[1] AS trust,
            max(observed_at) AS observed_at
        FROM attribution.daily_metrics WHERE campaign_id = :campaign{_days(span)}
        GROUP BY 1, 2, 3 ORDER BY 1, 2, 3""",  # noqa: S608  # our own names
        span,
        campaign=campaign_id,
    )
    return [SeriesCell(**{**row._mapping, "trust": Trust(row.trust)}) for row in rows]
