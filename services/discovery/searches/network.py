"""One step at a platform: the call, and what it brought in the form that the frontier takes."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from services.discovery.connector import Connector, Coverage
from services.discovery.creators.service import Readings, read
from services.discovery.records import CommentRecord, CreatorRecord, PostRecord
from services.discovery.searches.repository import StepRow

ACTIVITY = timedelta(days=90)


@dataclass(frozen=True)
class Brought:
    """What a step brought: rows to store, accounts by platform identifier, and where the next page begins."""

    readings: Readings
    accounts: tuple[str, ...] = ()
    next_cursor: str | None = None
    feed_complete: bool = False
    missing: tuple[str, ...] = ()
    notes: tuple[str, ...] = field(default=())


async def call(connector: Connector, step: StepRow, *, now: datetime) -> Brought:
    """Make the step's call. Raises ConnectorError."""
    match step.kind:
        case "hashtag":
            spellings = (step.payload or {}).get("spellings", [])
            tagged = await connector.hashtag_posts(step.target, step.cursor, spellings=spellings)
            return Brought(
                await read(posts=tagged.items),
                _each(post.author_id for post in tagged.items),
                tagged.next_cursor,
            )
        case "comments":
            said = await connector.post_comments(step.target, step.cursor)
            return Brought(
                await read(comments=said.items), _each(one.author_id for one in said.items), said.next_cursor
            )
        case "author_posts":
            feed = await connector.author_posts(step.target, step.cursor)
            oldest = min((post.created_at for post in feed.items if post.created_at is not None), default=None)
            # what was cut off, or is one server's view of another's account, does not show that there is no more
            reaches_back = feed.exhausted is True or (oldest is not None and oldest < now - ACTIVITY)
            whole = reaches_back and feed.coverage is not Coverage.PARTIAL
            return Brought(await read(posts=feed.items), (step.target,), feed_complete=whole)
        case "profiles" | "seeds":
            found = await connector.profiles((step.payload or {})["ids"])
            return Brought(
                await read(creators=found.items), _each(one.platform_id for one in found.items), missing=found.missing
            )
    raise ValueError(f"no such step: {step.kind}")


async def brought(
    *, accounts: Sequence[str | None], creators: Sequence[CreatorRecord] = (), posts: Sequence[PostRecord] = (),
    comments: Sequence[CommentRecord] = (), next_cursor: str | None = None,
) -> Brought:  # fmt: skip
    """What a call brought, with each account once."""
    return Brought(await read(creators=creators, posts=posts, comments=comments), _each(accounts), next_cursor)


def _each(ids: Any) -> tuple[str, ...]:  # noqa: ANN401  # any iterable of texts and None
    return tuple(dict.fromkeys(one for one in ids if one is not None))
