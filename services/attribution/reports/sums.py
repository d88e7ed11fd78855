"""Sums by day of the campaign's zone: kept in tables of their own, and summed afresh where a day is marked as stale.

A report reads kept days and stale ones in one statement, so in one snapshot: a figure is never half old.
"""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, NamedTuple
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from services.attribution.reports.facts import VERDICTS, Span
from shared.kit.db import driver_connection

HITS_SUBJECT = "hits"
CONVERSIONS_SUBJECT = "conversions"
NO_ASSET = UUID(int=0)
_VALUED = "('purchase', 'donation', 'pledge')"


@dataclass(frozen=True)
class Sums:
    """One table of sums: by which `keys` beside the day, which `values`, and how they are summed afresh.

    `afresh` names day, keys and values in this order and reads its days, with their bounds, from `stale`.
    """

    table: str
    subject: str
    keys: tuple[str, ...]
    values: tuple[str, ...]
    afresh: str


HITS = Sums(
    "hit_days", HITS_SUBJECT, ("link_id",), ("hits", *VERDICTS),
    f"""SELECT s.day, r.link_id, sum(r.hits)::bigint AS hits,
        {", ".join(f"sum(r.{name})::bigint AS {name}" for name in VERDICTS)}
    FROM stale s
    JOIN attribution.links l ON l.campaign_id = :campaign AND l.workspace_id = :workspace
    JOIN attribution.hit_rollups r
      ON r.workspace_id = l.workspace_id AND r.link_id = l.id AND r.bucket >= s.begins AND r.bucket < s.ends
    GROUP BY 1, 2""",  # noqa: S608  # our own names
)  # fmt: skip

# The link that decided stands in the explanation, which outlives the hit.
CONVERSIONS = Sums(
    "conversion_days", CONVERSIONS_SUBJECT, ("partnership_id", "kind", "currency", "asset_id"),
    (
        "conversions", "due", "amount_known", "amount", "discount_known", "discount", "refunded", "net", "new_known",
        "new",
    ),
    f"""SELECT s.day, c.partnership_id, c.kind, coalesce(c.currency, '') AS currency,
        coalesce(CASE c.signal WHEN 'code' THEN c.code_id WHEN 'page' THEN c.page_id WHEN 'click' THEN (
            SELECT CAST(t ->> 'link_id' AS uuid) FROM jsonb_array_elements(c.considered) t
            WHERE t ->> 'hit_id' = replace(CAST(c.hit_id AS text), '-', '') AND t ->> 'signal' = 'click' LIMIT 1
        ) END, CAST('{NO_ASSET}' AS uuid)) AS asset_id,
        count(*) AS conversions, count(*) FILTER (WHERE c.kind IN {_VALUED}) AS due,
        count(c.amount_minor) AS amount_known, coalesce(sum(c.amount_minor), 0)::bigint AS amount,
        count(c.discount_minor) AS discount_known, coalesce(sum(c.discount_minor), 0)::bigint AS discount,
        sum(c.refunded_minor)::bigint AS refunded, coalesce(sum(c.net_minor), 0)::bigint AS net,
        count(c.new_customer) AS new_known, count(*) FILTER (WHERE c.new_customer) AS new
    FROM stale s JOIN attribution.conversions c ON c.occurred_at >= s.begins AND c.occurred_at < s.ends
    WHERE c.workspace_id = :workspace AND c.campaign_id = :campaign AND c.livemode AND c.state = 'attributed'
    GROUP BY 1, 2, 3, 4, 5""",  # noqa: S608  # our own names
)  # fmt: skip

CODES = Sums(
    "code_days", CONVERSIONS_SUBJECT, ("code_id",), ("uses",),
    """SELECT s.day, c.code_id, count(*) AS uses
    FROM stale s JOIN attribution.conversions c ON c.occurred_at >= s.begins AND c.occurred_at < s.ends
    WHERE c.workspace_id = :workspace AND c.campaign_id = :campaign AND c.livemode AND c.code_id IS NOT NULL
    GROUP BY 1, 2""",
)  # fmt: skip

# Models mostly agree, so those with the same sums share a row, their keys joined by commas.
CREDITS = Sums(
    "credit_days", CONVERSIONS_SUBJECT, ("partnership_id", "models", "currency"), ("credits", "known", "net"),
    """SELECT day, partnership_id, string_agg(model, ',' ORDER BY model) AS models, currency, credits, known, net
    FROM (
        SELECT s.day, c.partnership_id, c.model, coalesce(c.currency, '') AS currency, count(*) AS credits,
            count(c.net_minor) AS known, coalesce(sum(c.net_minor), 0)::bigint AS net
        FROM stale s JOIN attribution.conversion_credits c ON c.occurred_at >= s.begins AND c.occurred_at < s.ends
        WHERE c.workspace_id = :workspace AND c.campaign_id = :campaign AND c.livemode
        GROUP BY 1, 2, 3, 4
    ) each GROUP BY day, partnership_id, currency, credits, known, net""",
)  # fmt: skip

# A commission stays with its creator after its conversion went to another one, until it is settled at zero.
COMMISSIONS = Sums(
    "commission_days", CONVERSIONS_SUBJECT, ("partnership_id", "currency"), ("held", "approved"),
    """SELECT s.day, m.partnership_id, m.currency, sum(m.held_minor)::bigint AS held,
        sum(m.approved_minor)::bigint AS approved
    FROM stale s JOIN attribution.conversions c ON c.occurred_at >= s.begins AND c.occurred_at < s.ends
    JOIN attribution.commissions m ON m.workspace_id = c.workspace_id AND m.conversion_id = c.id
    WHERE c.workspace_id = :workspace AND m.campaign_id = :campaign AND c.livemode
    GROUP BY 1, 2, 3""",
)  # fmt: skip

ALL = (HITS, CONVERSIONS, CODES, CREDITS, COMMISSIONS)


async def read(
    session: AsyncSession, sums: Sums, *, campaign_id: UUID, workspace_id: UUID, span: Span, by_day: bool,
    keys: Collection[str] | None = None, currency: str | None = None,
) -> Sequence[Any]:  # fmt: skip
    """Rows of day (null unless `by_day`), keys and values over the span; keys left out of `keys` are summed over.

    With `currency`, amounts of others are by day in any case, since rates are. Sums hold no converted amount, so a rate
    that is given later, or another one, makes none of them stale.
    """
    wanted = [key for key in sums.keys if keys is None or key in keys]
    columns = ", ".join(("day", *sums.keys, *sums.values))
    within = _days(span)
    values: dict[str, Any] = {"campaign": campaign_id, "workspace": workspace_id, "zone": span.zone}
    day = "day" if by_day else "NULL::date AS day"
    if currency is not None and "currency" in wanted and not by_day:
        day = "CASE WHEN currency NOT IN ('', :currency) THEN day END AS day"
        values["currency"] = currency
    statement = f"""
        WITH marked AS (
            SELECT DISTINCT day FROM attribution.report_marks
            WHERE workspace_id = :workspace AND campaign_id = :campaign AND subject = '{sums.subject}'{within}
        ), {_stale("marked")}, cells AS (
            SELECT {columns} FROM attribution.{sums.table}
            WHERE workspace_id = :workspace AND campaign_id = :campaign{within} AND day NOT IN (SELECT day FROM marked)
          UNION ALL ({sums.afresh})
        )
        SELECT {", ".join((day, *wanted))},
            {", ".join(f"sum({name})::bigint AS {name}" for name in sums.values)}
        FROM cells GROUP BY {", ".join(("1", *wanted))}"""  # noqa: S608  # our own names
    if span.first is not None:
        values["first"] = span.first
    if span.last is not None:
        values["last"] = span.last
    return (await session.execute(text(statement), values)).all()


async def count_days(session: AsyncSession, *, campaign_id: UUID, workspace_id: UUID, span: Span) -> int:
    """How many days have hits or conversions, at most."""
    of_campaign = f"WHERE workspace_id = :workspace AND campaign_id = :campaign{_days(span)}"
    values: dict[str, Any] = {"campaign": campaign_id, "workspace": workspace_id}
    values |= {name: day for name, day in (("first", span.first), ("last", span.last)) if day is not None}
    tables = ("hit_days", "conversion_days", "report_marks")
    each = " UNION ".join(f"SELECT day FROM attribution.{table} {of_campaign}" for table in tables)  # noqa: S608  # ours
    found = await session.execute(text(f"SELECT count(*) FROM ({each}) days"), values)  # noqa: S608  # our own names
    return int(found.scalar_one())


def _days(span: Span) -> str:
    first = " AND day >= CAST(:first AS date)" if span.first is not None else ""
    return first + (" AND day <= CAST(:last AS date)" if span.last is not None else "")


def _stale(days: str) -> str:
    """The days of `days` with their bounds: midnights of the zone."""
    return f"""stale AS (
            SELECT day, CAST(day AS timestamp) AT TIME ZONE :zone AS begins,
                CAST(day + 1 AS timestamp) AT TIME ZONE :zone AS ends FROM {days}
        )"""  # noqa: S608  # our own names


class Mark(NamedTuple):
    """A campaign's day that is summed again, in the campaign's zone."""

    workspace_id: UUID
    campaign_id: UUID
    subject: str
    day: date
    zone: str


async def mark_hits(session: AsyncSession, *, workspace_id: UUID, link_ids: Iterable[UUID], bucket: Any) -> None:  # noqa: ANN401  # a time, for the driver
    """As owner, in the transaction that changes hits' quarter hours: their days are to be summed again."""
    connection = await driver_connection(session)
    await connection.execute(
        f"""INSERT INTO attribution.report_marks (workspace_id, campaign_id, subject, day)
        SELECT DISTINCT l.workspace_id, l.campaign_id, '{HITS_SUBJECT}',
            CAST(CAST($3 AS timestamptz) AT TIME ZONE c.timezone AS date)
        FROM attribution.links l
        JOIN attribution.campaigns c ON c.workspace_id = l.workspace_id AND c.id = l.campaign_id
        WHERE l.workspace_id = $1 AND l.id = ANY ($2)""",  # noqa: S608  # our own names
        workspace_id,
        list(link_ids),
        bucket,
    )


async def mark_conversions(session: AsyncSession, *, conversion_ids: Iterable[UUID]) -> None:
    """The days on which these conversions stand now, for the campaigns in which they count or earn."""
    await session.execute(
        text(
            f"""INSERT INTO attribution.report_marks (workspace_id, campaign_id, subject, day)
            SELECT DISTINCT o.workspace_id, c.id, '{CONVERSIONS_SUBJECT}',
                CAST(o.occurred_at AT TIME ZONE c.timezone AS date)
            FROM attribution.conversions o
            JOIN attribution.campaigns c ON c.workspace_id = o.workspace_id AND (c.id = o.campaign_id OR c.id IN (
                SELECT m.campaign_id FROM attribution.commissions m
                WHERE m.workspace_id = o.workspace_id AND m.conversion_id = o.id))
            WHERE o.id = ANY (:ids) AND o.livemode"""  # noqa: S608  # our own names
        ),
        {"ids": list(conversion_ids)},
    )


async def take_marks(session: AsyncSession, *, limit: int) -> list[Mark]:
    """As owner: take the marks of at most `limit` days. Marks that commit later stay, and so do their days."""
    connection = await driver_connection(session)
    rows = await connection.fetch(
        """WITH chosen AS (
            SELECT DISTINCT workspace_id, campaign_id, subject, day FROM attribution.report_marks LIMIT $1
        ), taken AS (
            DELETE FROM attribution.report_marks m USING chosen c
            WHERE m.workspace_id = c.workspace_id AND m.campaign_id = c.campaign_id AND m.subject = c.subject
              AND m.day = c.day
        )
        SELECT c.workspace_id, c.campaign_id, c.subject, c.day, p.timezone FROM chosen c
        JOIN attribution.campaigns p ON p.workspace_id = c.workspace_id AND p.id = c.campaign_id
        ORDER BY 1, 2, 3, 4""",
        limit,
    )
    return [Mark(*row) for row in rows]


async def rebuild(session: AsyncSession, mark: Mark) -> None:
    """As owner: sum one day again, in every table of its subject."""
    values = {
        "workspace": mark.workspace_id, "campaign": mark.campaign_id, "day": mark.day, "zone": mark.zone,
    }  # fmt: skip
    for sums in ALL:
        if sums.subject != mark.subject:
            continue
        columns = ", ".join(("day", *sums.keys, *sums.values))
        await session.execute(
            text(
                f"""DELETE FROM attribution.{sums.table}
                WHERE workspace_id = :workspace AND campaign_id = :campaign AND day = :day"""  # noqa: S608  # our own names
            ),
            {name: value for name, value in values.items() if name != "zone"},
        )
        await session.execute(
            text(
                f"""WITH marked AS (SELECT CAST(:day AS date) AS day), {_stale("marked")}, afresh AS ({sums.afresh})
                INSERT INTO attribution.{sums.table} (workspace_id, campaign_id, {columns})
                SELECT :workspace, :campaign, {columns} FROM afresh"""  # noqa: S608  # our own names
            ),
            values,
        )
