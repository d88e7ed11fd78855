"""What follows from a step: accounts that the search has seen now, and steps that they give."""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

from sqlalchemy.ext.asyncio import AsyncSession

from services.discovery.connector import Connector
from services.discovery.searches import frontier, network, repository
from services.discovery.searches.briefs import hashtags_of
from services.discovery.searches.expectation import FREE, NAMED, exposure_of
from services.discovery.searches.fans import fan_steps
from services.discovery.searches.progress import tell
from services.discovery.searches.references import parse
from services.discovery.searches.repository import NewStep, SearchRow, StepRow
from services.discovery.searches.sources import ARCHIVE, accounts_at
from shared.schemas.brief import Brief
from shared.schemas.searches import SearchCreate

LEAST_POSTS = 3
HASHTAG_PAGES = 20


def first_steps(request: SearchCreate, depth: int, connect: Callable[[str], Connector]) -> list[NewStep]:
    steps: list[NewStep] = []
    keys = hashtags_of(request.brief) if request.hashtags else {}
    seeds = [parse(text) for text in request.brief.seeds]
    for source in request.sources:
        if source == ARCHIVE:
            if seeds:
                steps.append(NewStep(ARCHIVE, "seeds", "brief", 0, FREE + 200))
            steps += [NewStep(ARCHIVE, "hashtag", key, 0, FREE + 100) for key in keys]
            if request.comments:
                steps += [NewStep(ARCHIVE, "comments", f"hop {hop}", hop, FREE - hop) for hop in range(1, depth + 1)]
            continue
        connector = connect(source)
        ids = accounts_at(connector, seeds)
        size = connector.profile_batch
        for number, start in enumerate(range(0, len(ids), size)):
            part = ids[start : start + size]
            steps.append(NewStep(source, "seeds", "brief", 0, NAMED, page=number, payload={"ids": part}))
        steps += [
            NewStep(source, "hashtag", display, 0, 0.0, payload={"spellings": spellings})
            for display, spellings in keys.values()
        ]
    return steps + fan_steps(request, connect)


async def grow(session: AsyncSession, row: SearchRow, step: StepRow, brought: network.Brought, now: datetime) -> int:
    """Accounts seen and steps that follow. Returns how many accounts are new or nearer."""
    request = SearchCreate.model_validate(row.request)
    source, accounts = step.source, list(brought.accounts)
    found = 0
    if step.kind in ("hashtag", "comments", "seeds"):
        found = await repository.run(session, frontier.ADD_MEMBERS, {
            **keys_of(row), "source": source, "platform": source, "platform_ids": accounts, "hop": step.hop,
            "is_seed": step.kind == "seeds", "profile_asked": step.kind == "seeds", "now": now, "step": step.id,
        })  # fmt: skip
    if step.kind == "seeds" and brought.missing:
        warn(row, f"not found on {source}: {', '.join(brought.missing[:10])}")
    if brought.next_cursor is not None and (step.kind != "hashtag" or step.page + 1 < HASHTAG_PAGES):
        following = NewStep(
            source, step.kind, step.target, step.hop, step.priority, step.page + 1, brought.next_cursor,
            step.payload, step.about, step.exposure,
        )  # fmt: skip
        await repository.add_steps(session, row=row, steps=[following])
    profiled = accounts if step.kind in ("profiles", "seeds") else []
    if step.kind in ("hashtag", "comments"):
        known = await repository.rows_of(
            session, frontier.KNOWN_PROFILES, {**keys_of(row), "source": source, "platform_ids": accounts, "now": now}
        )
        profiled = [one.platform_id for one in known]
    if profiled:
        await _read_feeds(session, row, source, profiled)
    if step.kind == "author_posts":
        await repository.run(session, frontier.MARK_FEEDS, {
            **keys_of(row), "source": source, "platform_ids": accounts, "complete": brought.feed_complete,
        })  # fmt: skip
    if request.comments and step.kind in ("hashtag", "author_posts"):
        await read_comments(session, row, source, accounts)
    return found


async def _read_feeds(session: AsyncSession, row: SearchRow, source: str, accounts: list[str]) -> None:
    """Steps for the own posts of accounts of which nothing known fails the candidate rule."""
    band = Brief.model_validate(row.brief).follower_band
    worth = await repository.rows_of(session, frontier.WORTH_READING, {
        **keys_of(row), "source": source, "platform_ids": accounts, "band_min": band.min, "band_max": band.max,
        "least_posts": LEAST_POSTS,
    })  # fmt: skip
    steps = [NewStep(source, "author_posts", one.platform_id, one.hop, 0.0, about=one.platform_id) for one in worth]
    await repository.add_steps(session, row=row, steps=steps)


async def read_comments(session: AsyncSession, row: SearchRow, source: str, accounts: list[str] | None) -> None:
    """Steps for the comments under posts of these accounts, or of all members."""
    brief = Brief.model_validate(row.brief)
    posts = await repository.rows_of(session, frontier.POSTS_TO_READ, {
        **keys_of(row), "source": source, "creators": accounts, "depth": row.depth, "keys": list(hashtags_of(brief)),
        "band_min": brief.follower_band.min, "band_max": brief.follower_band.max,
    })  # fmt: skip
    steps = [
        NewStep(
            source,
            "comments",
            one.platform_id,
            one.hop,
            0.0,
            payload={"tagged": one.tagged},
            about=one.about,
            exposure=exposure_of(one.comments),
        )
        for one in posts
    ]
    await repository.add_steps(session, row=row, steps=steps)


async def done(
    session: AsyncSession, row: SearchRow, step: StepRow, *, found: int = 0, failed: str | None = None
) -> None:
    now = datetime.now(UTC)
    state = repository.DONE if failed is None else repository.FAILED
    await repository.change_step(session, step=step, state=state, found=found, note=failed, done_at=now)
    row.steps_done += 1
    row.steps_failed += 1 if failed else 0
    row.waiting_for = row.waiting_for if row.blocked else None
    row.creators_seen = await repository.count_members(session, row=row)
    await tell(session, row)


def warn(row: SearchRow, text: str) -> None:
    if text not in row.warnings and len(row.warnings) < 50:
        row.warnings = [*row.warnings, text[:1_000]]


def keys_of(row: SearchRow) -> dict[str, Any]:
    return {"workspace_id": row.workspace_id, "search_id": row.id}
