"""Already a fan: who comments under, tags or mentions the brand's own accounts. A source of its own in every search."""

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from services.discovery.connector import Connector
from services.discovery.searches import frontier, network, repository
from services.discovery.searches.briefs import accounts_named
from services.discovery.searches.expectation import FREE, NAMED
from services.discovery.searches.references import Reference, parse
from services.discovery.searches.repository import NewStep, SearchRow, StepRow
from services.discovery.searches.sources import ARCHIVE, WITHOUT_CALLS, accounts_at
from shared.schemas.brief import Brief
from shared.schemas.searches import FanProvenance, SearchCreate

FANS = "fans"
KINDS = frozenset({"owned", "owned_posts", "fan_comments", "mentions"})
"""The account itself, its posts, the comments under them, and posts by others that mention it."""
POSTS = 10
PAGES = 3
_ARCHIVE_FANS = f"""
    INSERT INTO discovery.search_members AS m (workspace_id, search_id, creator_id, source, hop, is_seed, profile_asked,
        feed_asked, feed_complete, found_at)
    SELECT CAST(:workspace_id AS uuid), CAST(:search_id AS uuid), c.id, 'archive', 1, false, true, true, false,
        CAST(:now AS timestamptz)
    FROM (
        SELECT k.author_id AS id FROM discovery.posts p
        JOIN discovery.comments k ON k.workspace_id = :workspace_id AND k.post_id = p.id
        WHERE p.workspace_id = :workspace_id AND p.author_id = ANY(:owned)
        UNION SELECT p.author_id FROM ({frontier.MENTIONING}) p) x
    JOIN discovery.creators c ON c.workspace_id = :workspace_id AND c.id = x.id
    WHERE NOT c.opted_out AND c.id <> ALL(:owned)
        AND (CAST(:platforms AS text[]) IS NULL OR c.platform = ANY(:platforms))
    ORDER BY c.id
    ON CONFLICT (workspace_id, search_id, creator_id) DO UPDATE SET hop = excluded.hop WHERE m.hop > excluded.hop"""  # noqa: S608  # our own constants
_SAID = """
    SELECT k.author_id, count(*) AS comments, count(DISTINCT k.post_id) AS posts, max(k.created_at) AS last_at
    FROM discovery.posts p
    JOIN discovery.comments k ON k.workspace_id = :workspace_id AND k.post_id = p.id AND k.author_id IS NOT NULL
    WHERE p.workspace_id = :workspace_id AND p.author_id = ANY(:owned) AND k.author_id <> ALL(:owned) GROUP BY 1"""
_MENTIONED = f"""
    SELECT p.author_id, count(*) AS posts, max(p.created_at) AS last_at,
        (array_agg(p.id ORDER BY p.created_at DESC NULLS LAST, p.platform_id))[1:3] AS examples
    FROM ({frontier.MENTIONING}) p WHERE p.author_id <> ALL(:owned) GROUP BY 1"""  # noqa: S608  # our own constants


def references(brief: Brief) -> list[Reference]:
    """The brand's own accounts, each once."""
    return [parse(text) for text in dict.fromkeys([*brief.owned_accounts, *brief.brand.handles])]


def fan_steps(request: SearchCreate, connect: Callable[[str], Connector]) -> list[NewStep]:
    """The first steps of this source, at every place where the search looks."""
    brand = references(request.brief)
    if not request.fans or not brand:
        return []
    steps = []
    for source in request.sources:
        if source == ARCHIVE:
            steps.append(NewStep(ARCHIVE, FANS, "brief", 1, FREE + 50))
            continue
        steps += [NewStep(source, "owned", one, 1, NAMED - 1) for one in accounts_at(connect(source), brand)]
    return steps


def expected_calls(request: SearchCreate, connector: Connector) -> tuple[int, int]:
    """Calls that this source makes at a platform, from accounts that nobody answers to the most that it ever makes.

    What the people found there bring about comes on top. (0, 0) where the brand has no account on the platform.
    """
    accounts = len(accounts_at(connector, references(request.brief))) if request.fans else 0
    mentions = connector.capability("mentions").support not in WITHOUT_CALLS
    return accounts * (2 + mentions), accounts * (2 + POSTS * PAGES + PAGES * mentions)


async def archive_fans(session: AsyncSession, row: SearchRow, brief: Brief, keys: dict[str, Any]) -> int:
    """Everybody in the archive who talked to the brand; how many are new or nearer."""
    return await repository.run(session, _ARCHIVE_FANS, {**keys, **await _brand(session, row, brief)})


async def call(connector: Connector, step: StepRow) -> network.Brought:
    """Make a step of this source. Raises ConnectorError."""
    if step.kind == "owned":
        found = await connector.profiles([step.target])
        return await network.brought(creators=found.items, accounts=[one.platform_id for one in found.items])
    if step.kind == "owned_posts":
        feed = await connector.author_posts(step.target)
        return await network.brought(posts=feed.items, accounts=[one.platform_id for one in feed.items[:POSTS]])
    if step.kind == "fan_comments":
        said = await connector.post_comments(step.target, step.cursor)
        authors = [one.author_id for one in said.items]
        return await network.brought(comments=said.items, accounts=authors, next_cursor=said.next_cursor)
    tagged = await connector.mentions(step.target, (step.payload or {}).get("handle", ""), step.cursor)
    authors = [one.author_id for one in tagged.items]
    return await network.brought(posts=tagged.items, accounts=authors, next_cursor=tagged.next_cursor)


async def following(
    session: AsyncSession, row: SearchRow, step: StepRow, brought: network.Brought, connector: Connector, now: datetime
) -> int:
    """Accounts seen and steps that follow; how many accounts are new or nearer."""
    source, accounts = step.source, list(brought.accounts)
    steps: list[NewStep] = []
    found = 0
    if step.kind == "owned":
        handles = {one.platform_id: one.handle for one in brought.readings.creators}
        steps += [NewStep(source, "owned_posts", one, 1, NAMED - 2) for one in accounts]
        if connector.capability("mentions").support not in WITHOUT_CALLS:
            steps += [
                NewStep(source, "mentions", one, 1, NAMED - 3, payload={"handle": handles[one]})
                for one in accounts
                if handles.get(one)
            ]
    elif step.kind == "owned_posts":
        steps += [NewStep(source, "fan_comments", one, 1, NAMED - 4) for one in accounts]
    else:
        found = await repository.run(session, frontier.ADD_MEMBERS, {
            "workspace_id": row.workspace_id, "search_id": row.id, "source": source, "platform": source,
            "platform_ids": [one for one in accounts if one != step.target], "hop": 1, "is_seed": False,
            "profile_asked": False, "now": now, "step": step.id,
        })  # fmt: skip
        if brought.next_cursor is not None and step.page + 1 < PAGES:
            steps.append(
                NewStep(
                    source, step.kind, step.target, 1, step.priority, step.page + 1, brought.next_cursor,
                    step.payload,
                )
            )  # fmt: skip
    await repository.add_steps(session, row=row, steps=steps)
    return found


async def read_fans(session: AsyncSession, row: SearchRow, request: SearchCreate) -> dict[UUID, FanProvenance]:
    """Who talked to the brand how often, in everything that was read so far."""
    if not references(request.brief):
        return {}
    keys = {"workspace_id": row.workspace_id, **await _brand(session, row, request.brief)}
    said = {one.author_id: one for one in await repository.rows_of(session, _SAID, keys)}
    mentioned = {one.author_id: one for one in await repository.rows_of(session, _MENTIONED, keys)}

    def last(one: UUID) -> datetime | None:
        times = [rows[one].last_at for rows in (said, mentioned) if one in rows]
        return max((time for time in times if time is not None), default=None)

    return {
        one: FanProvenance(
            comments=said[one].comments if one in said else 0,
            posts_commented=said[one].posts if one in said else 0,
            mentions=mentioned[one].posts if one in mentioned else 0,
            examples=tuple(mentioned[one].examples) if one in mentioned else (),
            last_at=last(one),
        )
        for one in said.keys() | mentioned.keys()
    }


def in_words(fan: FanProvenance) -> list[str]:
    """The evidence path of this source."""
    lines = []
    if fan.comments:
        lines.append(f"commented {_times(fan.comments)} under your own posts")
    if fan.mentions:
        lines.append(f"tagged or mentioned you in {fan.mentions} {'post' if fan.mentions == 1 else 'posts'}")
    return lines


def _times(count: int) -> str:
    return "once" if count == 1 else f"{count} times"


async def _brand(session: AsyncSession, row: SearchRow, brief: Brief) -> dict[str, Sequence[Any]]:
    """The brand's accounts as the archive knows them, and as others write them."""
    named = references(brief)
    ids = await accounts_named(session, row.workspace_id, [one.text for one in named])
    return {
        "owned": [one for some in ids for one in some],
        "handles": [f"{one.platform or '*'}:{one.name.lower()}" for one in named],
    }
