"""Every SQL statement behind fraud signals: read only, over conversions, codes, posts and hits."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from services.attribution.signals.rules import CodeUses, Conversions, Flood, Referrals

# Uses count as far from a post when the creator's last one was more than seven days before, or never.
_CODES = text(
    """
    WITH used AS (
        SELECT v.id, v.code_id, v.customer, v.occurred_at, k.partnership_id,
            NOT EXISTS (
                SELECT FROM jsonb_array_elements(v.considered) t
                WHERE t ->> 'signal' IN ('click', 'page') AND (t ->> 'used')::boolean
                  AND t ->> 'partnership_id' = replace(k.partnership_id::text, '-', '')
            ) AS without_click,
            NOT EXISTS (
                SELECT FROM attribution.tracked_posts p
                WHERE p.workspace_id = v.workspace_id AND p.partnership_id = k.partnership_id
                  AND p.published_at BETWEEN v.occurred_at - interval '7 days' AND v.occurred_at
            ) AS without_post
        FROM attribution.conversions v
        JOIN attribution.codes k ON k.workspace_id = v.workspace_id AND k.id = v.code_id
        WHERE k.campaign_id = :campaign AND v.livemode
    )
    SELECT k.id AS code_id, k.code, k.partnership_id, count(*) AS uses,
        count(*) FILTER (WHERE u.without_click) AS without_click,
        count(*) FILTER (WHERE u.without_click AND u.without_post) AS far,
        (array_agg(u.id ORDER BY u.occurred_at DESC))[1:20] AS conversion_ids,
        min(u.occurred_at) AS first_at, max(u.occurred_at) AS last_at,
        (SELECT count(*) FROM (
            SELECT FROM used t WHERE t.code_id = k.id AND t.customer IS NOT NULL GROUP BY t.customer HAVING count(*) > 1
        ) twice) AS customers_twice,
        k.max_uses, k.stock_cap, k.one_per_customer
    FROM used u JOIN attribution.codes k ON k.id = u.code_id
    GROUP BY k.workspace_id, k.id ORDER BY k.id
    """
)
_FLOODS = text(
    """
    SELECT h.link_id, l.partnership_id, count(*) AS clicks,
        (SELECT count(*) FROM attribution.conversions v
         WHERE v.workspace_id = l.workspace_id AND v.partnership_id = l.partnership_id AND v.livemode
           AND (v.occurred_at AT TIME ZONE 'UTC')::date = (min(h.at) AT TIME ZONE 'UTC')::date) AS conversions,
        min(h.at) AS first_at, max(h.at) AS last_at
    FROM attribution.hits h JOIN attribution.links l ON l.workspace_id = h.workspace_id AND l.id = h.link_id
    WHERE l.campaign_id = :campaign AND h.visitor IS NOT NULL AND h.verdict IN ('human', 'duplicate')
    GROUP BY l.workspace_id, h.link_id, l.partnership_id, h.visitor HAVING count(*) >= :least
    ORDER BY clicks DESC, h.link_id LIMIT 100
    """
)
_REFERRERS = text(
    """
    SELECT l.partnership_id, h.referrer_host AS host, count(*) AS clicks, min(h.at) AS first_at, max(h.at) AS last_at
    FROM attribution.hits h JOIN attribution.links l ON l.workspace_id = h.workspace_id AND l.id = h.link_id
    WHERE l.campaign_id = :campaign AND h.referrer_host IS NOT NULL AND h.verdict IN ('human', 'duplicate')
    GROUP BY 1, 2 ORDER BY 3 DESC, 1, 2 LIMIT 5000
    """
)
_OWN_ORDERS = text(
    """
    SELECT (t ->> 'partnership_id')::uuid AS partnership_id, count(*) AS number,
        (array_agg(v.id ORDER BY v.occurred_at DESC))[1:20] AS conversion_ids,
        min(v.occurred_at) AS first_at, max(v.occurred_at) AS last_at
    FROM attribution.conversions v
    CROSS JOIN LATERAL jsonb_array_elements(v.considered) t
    JOIN attribution.partnerships p
      ON p.workspace_id = v.workspace_id AND p.id = (t ->> 'partnership_id')::uuid
    WHERE p.campaign_id = :campaign AND v.livemode AND v.customer IS NOT NULL AND t ->> 'reason' = :reason
      AND v.considered @> jsonb_build_array(jsonb_build_object('reason', CAST(:reason AS text)))
    GROUP BY 1 ORDER BY 1
    """
)
_FAST = text(
    """
    SELECT v.partnership_id, count(*) AS number,
        (array_agg(v.id ORDER BY v.occurred_at DESC))[1:20] AS conversion_ids,
        min(v.occurred_at) AS first_at, max(v.occurred_at) AS last_at
    FROM attribution.conversions v
    JOIN attribution.hits h ON h.workspace_id = v.workspace_id AND h.id = v.hit_id
    WHERE v.campaign_id = :campaign AND v.livemode AND v.partnership_id IS NOT NULL
      AND v.occurred_at - h.at BETWEEN interval '0' AND make_interval(secs => :seconds)
    GROUP BY 1 ORDER BY 1
    """
)


async def _rows(session: AsyncSession, statement: Any, **values: Any) -> Sequence[Any]:  # noqa: ANN401  # rows
    return (await session.execute(statement, values)).mappings().all()


async def code_uses(session: AsyncSession, *, campaign_id: UUID) -> list[CodeUses]:
    return [CodeUses(**row) for row in await _rows(session, _CODES, campaign=campaign_id)]


async def floods(session: AsyncSession, *, campaign_id: UUID, least: int) -> list[Flood]:
    """Visitors with at least `least` clicks on one link; pseudonyms of visitors change every day."""
    return [Flood(**row) for row in await _rows(session, _FLOODS, campaign=campaign_id, least=least)]


async def referrers(session: AsyncSession, *, campaign_id: UUID) -> list[Referrals]:
    return [Referrals(**row) for row in await _rows(session, _REFERRERS, campaign=campaign_id)]


async def own_orders(session: AsyncSession, *, campaign_id: UUID, reason: str) -> list[Conversions]:
    """Conversions in which a touch of a creator was set aside for `reason`."""
    return [Conversions(**row) for row in await _rows(session, _OWN_ORDERS, campaign=campaign_id, reason=reason)]


async def fast(session: AsyncSession, *, campaign_id: UUID, seconds: int) -> list[Conversions]:
    """Conversions less than so many seconds after the click that they carry."""
    return [Conversions(**row) for row in await _rows(session, _FAST, campaign=campaign_id, seconds=seconds)]
