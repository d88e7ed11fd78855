"""A search learns: what its accounts are worth now, what its steps brought, and so what the waiting ones are worth."""

import asyncio
from collections import defaultdict
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from services.discovery.searches import expectation, repository
from services.discovery.searches.expectation import Yield, Yields
from services.discovery.searches.finding import standing
from services.discovery.searches.ranking import read_facts, seen_of
from services.discovery.searches.repository import SearchRow
from services.discovery.searches.sources import ARCHIVE
from shared.kit.runtime import Runtime
from shared.schemas.searches import SearchCreate

_STANDING = """
    UPDATE discovery.search_members m SET near = x.near, worth = x.worth
    FROM unnest(CAST(:ids AS uuid[]), CAST(:near AS integer[]), CAST(:worth AS integer[])) AS x(id, near, worth)
    WHERE m.workspace_id = :workspace_id AND m.search_id = :search_id AND m.creator_id = x.id
        AND (m.near IS DISTINCT FROM x.near OR m.worth IS DISTINCT FROM x.worth)"""

_FORGET_YIELDS = "DELETE FROM discovery.search_yields WHERE workspace_id = :workspace_id AND search_id = :search_id"
_YIELDS = """
    INSERT INTO discovery.search_yields (workspace_id, search_id, source, arm, exposure, worth)
    SELECT :workspace_id, :search_id, s.source, s.arm, sum(s.exposure), coalesce(sum(b.worth), 0)
    FROM discovery.search_steps s
    LEFT JOIN (
        SELECT found_by, sum(worth) AS worth FROM discovery.search_members
        WHERE workspace_id = :workspace_id AND search_id = :search_id GROUP BY 1) b ON b.found_by = s.id
    WHERE s.workspace_id = :workspace_id AND s.search_id = :search_id AND s.state = 'done' AND s.arm <> ''
    GROUP BY s.source, s.arm
    UNION ALL
    SELECT :workspace_id, :search_id, s.source, 'calls/' || split_part(s.arm, '/', 2), count(*), 0
    FROM discovery.search_steps s
    WHERE s.workspace_id = :workspace_id AND s.search_id = :search_id AND s.state = 'done' AND s.kind = 'comments'
        AND s.arm <> ''
    GROUP BY s.source, split_part(s.arm, '/', 2)
    UNION ALL
    SELECT :workspace_id, :search_id, m.source, 'new/' || least(m.hop, 1), count(*), sum(m.worth)
    FROM discovery.search_members m
    WHERE m.workspace_id = :workspace_id AND m.search_id = :search_id AND m.worth IS NOT NULL
    GROUP BY m.source, least(m.hop, 1)"""

_KNOWN_YIELDS = """
    SELECT source, arm, exposure, worth FROM discovery.search_yields
    WHERE workspace_id = :workspace_id AND search_id = :search_id"""
_HASHTAGS = """
    SELECT DISTINCT source, target FROM discovery.search_steps
    WHERE workspace_id = :workspace_id AND search_id = :search_id AND state = 'waiting' AND kind = 'hashtag'
        AND source <> 'archive'"""

# Gives waiting steps their arm by what is known of the account that they are about, and their priority by their arm.
_PRICE = """
    WITH w AS MATERIALIZED (
        SELECT id, source, kind, target, about, payload FROM discovery.search_steps
        WHERE workspace_id = :workspace_id AND search_id = :search_id AND state = 'waiting' AND source = :source
            AND kind IN ('hashtag', 'comments', 'author_posts') AND (:all OR arm = '' OR about = :about)),
    r AS MATERIALIZED (
        SELECT about, count(*) AS read FROM discovery.search_steps
        WHERE workspace_id = :workspace_id AND search_id = :search_id AND source = :source AND kind = 'comments'
            AND state <> 'waiting' AND about IN (SELECT about FROM w) GROUP BY about)
    UPDATE discovery.search_steps s
    SET arm = v.arm, priority = (v.price * s.exposure + x.more) * power(0.5::double precision, s.attempts)
    FROM (
        SELECT w.id, CASE w.kind
                WHEN 'hashtag' THEN 'hashtag/' || w.target
                WHEN 'author_posts' THEN 'author_posts/' || p.place
                    || CASE WHEN m.hop < :depth THEN '/open' ELSE '/end' END
                ELSE 'comments/' || p.place || '/s' || least(coalesce(r.read, 0), 3)
                    || CASE WHEN w.payload ->> 'tagged' = 'true' THEN '/t' ELSE '/p' END
            END AS arm,
            CASE w.kind WHEN 'author_posts' THEN :read * coalesce(m.worth, 0) / 10000.0::double precision
                ELSE 0 END AS more
        FROM w LEFT JOIN r ON r.about = w.about
        LEFT JOIN discovery.creators c ON c.workspace_id = :workspace_id AND c.platform = w.source
            AND c.platform_id = w.about
        LEFT JOIN discovery.search_members m ON m.workspace_id = :workspace_id AND m.search_id = :search_id
            AND m.creator_id = c.id
        CROSS JOIN LATERAL (SELECT CASE WHEN m.near IS NULL THEN 'h' || least(coalesce(m.hop, 3), 3)
            ELSE 'n' || width_bucket(m.near, CAST(:bounds AS integer[])) END AS place) p) x
    JOIN unnest(CAST(:arms AS text[]), CAST(:prices AS double precision[])) AS v(arm, price) ON v.arm = x.arm
    WHERE s.workspace_id = :workspace_id AND s.search_id = :search_id AND s.id = x.id"""


def due(row: SearchRow) -> bool:
    """Whether the search learns before its next step: a matter of committed numbers only."""
    network = any(source != ARCHIVE for source in row.request["sources"])
    return network and expectation.due(steps_done=row.steps_done, learned_at=row.learned_at, members=row.creators_seen)


async def learn(runtime: Runtime, workspace_id: UUID, search_id: UUID) -> None:
    """Rank what was seen, outside any transaction, and price the waiting steps anew. Nothing when not due any more."""
    async with runtime.database.tenant_session(workspace_id) as session:
        row = await repository.search(session, search_id=search_id)
        if row is None:
            return
        request = SearchCreate.model_validate(row.request)
        now = row.started_at or datetime.now(UTC)
        facts = await read_facts(session, row, request, now)
    seen = await asyncio.to_thread(seen_of, facts, request)
    found = await asyncio.to_thread(standing, seen, request, now)
    async with runtime.database.tenant_session(workspace_id) as session:
        row = await repository.search(session, search_id=search_id, lock=True)
        if row is None or not due(row):
            return
        keys = {"workspace_id": workspace_id, "search_id": search_id}
        rows = {"ids": [one.id for one in seen.accounts], "near": found.near.tolist(), "worth": found.worth.tolist()}
        await repository.run(session, _STANDING, {**keys, **rows})
        await repository.run(session, _FORGET_YIELDS, keys)
        await repository.run(session, _YIELDS, keys)
        row.learned_at = row.steps_done
        await price(session, row, everything=True)


async def yields_of(session: AsyncSession, row: SearchRow) -> dict[str, dict[str, Yield]]:
    """What was learned last, by source and arm."""
    found: dict[str, dict[str, Yield]] = defaultdict(dict)
    for source, arm, exposure, worth in await repository.rows_of(session, _KNOWN_YIELDS, _keys(row)):
        found[source][arm] = Yield(int(exposure), int(worth))
    return found


async def price(session: AsyncSession, row: SearchRow, *, about: str | None = None, everything: bool = False) -> None:
    """Set the priorities of steps that have none yet, of those about an account, or of all that wait."""
    known = await yields_of(session, row)
    tags: dict[str, list[str]] = defaultdict(list)
    for source, target in await repository.rows_of(session, _HASHTAGS, _keys(row)):
        tags[source].append(target)
    request = SearchCreate.model_validate(row.request)
    for source in request.sources:
        if source == ARCHIVE:
            continue
        prices = Yields(known.get(source, {})).prices(tags[source])
        await repository.run(session, _PRICE, {
            **_keys(row), "source": source, "all": everything, "about": about, "read": expectation.READ,
            "depth": row.depth if request.comments else 0, "bounds": expectation.bounds(),
            "arms": list(prices), "prices": list(prices.values()),
        })  # fmt: skip


def _keys(row: SearchRow) -> dict[str, Any]:
    return {"workspace_id": row.workspace_id, "search_id": row.id}
