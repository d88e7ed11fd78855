"""Creators, posts and comments as flat rows: the form in which imports and searches hand them to the database.

The fields' order is the order of the staging tables' columns. A field that is None is unknown. JSON fields are texts.
"""

from datetime import datetime
from typing import Any, NamedTuple, TypeVar

import orjson

from services.discovery.records import CommentRecord, CreatorRecord, PostRecord
from shared.schemas.base import Count

NO_COUNTS = "{}"


class CreatorRow(NamedTuple):
    """An account. `stub`: only mentioned. `opted_out`: all that is kept is that it does not want to be found."""

    platform: str
    platform_id: str
    stub: bool
    opted_out: bool
    observed_at: datetime
    handle: str | None = None
    display_name: str | None = None
    bio_text: str | None = None
    url: str | None = None
    avatar_url: str | None = None
    website: str | None = None
    links: str | None = None
    language: str | None = None
    country: str | None = None
    place: str | None = None
    account_created_at: datetime | None = None
    is_bot: bool | None = None
    is_verified: bool | None = None
    account_kind: str | None = None
    status: str | None = None
    takes_messages: bool | None = None
    counts: str = NO_COUNTS
    withheld: str = NO_COUNTS


class PostRow(NamedTuple):
    """A post. `stub`: only mentioned by comments."""

    platform: str
    platform_id: str
    author_platform_id: str | None
    stub: bool
    observed_at: datetime
    kind: str | None = None
    url: str | None = None
    text: str | None = None
    language: str | None = None
    hashtags: str | None = None
    mentions: str | None = None
    links: str | None = None
    media: str | None = None
    created_at: datetime | None = None
    edited_at: datetime | None = None
    in_reply_to: str | None = None
    is_sensitive: bool | None = None
    paid_partnership: bool | None = None
    sponsorship_labels: str | None = None
    counts: str = NO_COUNTS
    withheld: str = NO_COUNTS


class CommentRow(NamedTuple):
    """A comment under a post. The states of counts are None while they are exact or not provided."""

    platform: str
    platform_id: str
    post_platform_id: str
    author_platform_id: str | None
    parent_id: str | None
    text: str | None
    language: str | None
    created_at: datetime | None
    likes: int | None
    likes_state: str | None
    replies: int | None
    replies_state: str | None
    observed_at: datetime


Row = TypeVar("Row", CreatorRow, PostRow, CommentRow)


def merged(old: Row, new: Row) -> Row:
    """Two rows of one thing: the later observation wins, and of two equal ones `new`; unknown never replaces known."""
    if isinstance(old, CreatorRow) and isinstance(new, CreatorRow):
        if new.stub and not new.opted_out:
            if old.opted_out or (old.handle is not None and not old.stub):
                return old
            return old._replace(handle=max(filter(None, (old.handle, new.handle)), default=None))
        if old.stub and not old.opted_out:
            return new if new.handle is not None or new.opted_out else new._replace(handle=old.handle)
        if old.opted_out or new.opted_out:
            return new if new.observed_at >= old.observed_at else old
    first, second = (new, old) if new.observed_at >= old.observed_at else (old, new)
    values: dict[str, Any] = {
        name: known if known is not None else other
        for name, known, other in zip(first._fields, first, second, strict=True)
    }
    for name in ("counts", "withheld"):
        if name in values and getattr(second, name) != NO_COUNTS:
            both = {**orjson.loads(getattr(second, name)), **orjson.loads(getattr(first, name))}
            values[name] = orjson.dumps(both).decode()
    if "stub" in values:
        values["stub"] = getattr(old, "stub") and getattr(new, "stub")  # noqa: B009  # not every kind of row has it
    return first._replace(**values)


def json_or_none(items: list[Any]) -> str | None:
    """A JSON list; an empty one says nothing and is unknown."""
    return orjson.dumps(items).decode() if items else None


def count_texts(counts: Any) -> tuple[str, str]:  # noqa: ANN401  # any schema whose fields are counts
    """The known counts of a schema, and those of which only the reason of their absence is known, each as JSON."""
    known: dict[str, Any] = {}
    withheld: dict[str, Any] = {}
    for name in type(counts).model_fields:
        count = getattr(counts, name)
        if not isinstance(count, Count):
            continue
        if count.known:
            known[name] = {"value": count.value, "state": count.state, "observed_at": count.observed_at}
        elif count.state != "not_provided":
            withheld[name] = {"state": count.state, "observed_at": count.observed_at}
    return (
        orjson.dumps(known).decode() if known else NO_COUNTS,
        orjson.dumps(withheld).decode() if withheld else NO_COUNTS,
    )


def count_pair(count: Count) -> tuple[int | None, str | None]:
    """A count as value and state; the ordinary states (exact, not provided) are None."""
    plain = count.state in ("exact", "not_provided")
    return count.value, None if plain else str(count.state)


def creator_row(record: CreatorRecord) -> CreatorRow:
    """An account that a connector read."""
    if record.opt_outs or record.is_private:
        return CreatorRow(record.platform, record.platform_id, True, True, record.origin.fetched_at)
    counts, withheld = count_texts(record.counts)
    return CreatorRow(
        platform=record.platform,
        platform_id=record.platform_id,
        stub=False,
        opted_out=False,
        observed_at=record.origin.fetched_at,
        handle=record.handle,
        display_name=record.display_name,
        bio_text=record.bio_text,
        url=record.url,
        avatar_url=record.avatar_url,
        website=record.website,
        links=json_or_none([link.model_dump(mode="json") for link in record.links]),
        language=record.language,
        country=record.country,
        account_created_at=record.created_at,
        is_bot=record.is_bot,
        is_verified=record.is_verified,
        account_kind=str(record.account_kind) if record.account_kind != "unknown" else None,
        status=str(record.status) if record.status != "unknown" else None,
        takes_messages=record.takes_messages,
        counts=counts,
        withheld=withheld,
    )


def post_row(record: PostRecord, *, language: str | None) -> PostRow:
    """A post that a connector read; `language` stands in where the platform names none."""
    counts, withheld = count_texts(record.counts)
    return PostRow(
        platform=record.platform,
        platform_id=record.platform_id,
        author_platform_id=record.author_id,
        stub=False,
        observed_at=record.origin.fetched_at,
        kind=str(record.kind),
        url=record.url,
        text=record.text,
        language=record.language or language,
        hashtags=json_or_none([tag.model_dump(mode="json") for tag in record.hashtags]),
        mentions=json_or_none([mention.model_dump(mode="json") for mention in record.mentions]),
        links=json_or_none(list(record.links)),
        media=json_or_none([media.model_dump(mode="json") for media in record.media]),
        created_at=record.created_at,
        edited_at=record.edited_at,
        in_reply_to=record.in_reply_to,
        is_sensitive=record.is_sensitive,
        paid_partnership=record.paid_partnership,
        counts=counts,
        withheld=withheld,
    )


def comment_row(record: CommentRecord, *, language: str | None) -> CommentRow:
    """A comment that a connector read; `language` stands in where the platform names none."""
    likes, likes_state = count_pair(record.likes)
    replies, replies_state = count_pair(record.replies)
    return CommentRow(
        platform=record.platform,
        platform_id=record.platform_id,
        post_platform_id=record.post_id,
        author_platform_id=record.author_id,
        parent_id=record.parent_id,
        text=record.text,
        language=record.language or language,
        created_at=record.created_at,
        likes=likes,
        likes_state=likes_state,
        replies=replies,
        replies_state=replies_state,
        observed_at=record.origin.fetched_at,
    )
