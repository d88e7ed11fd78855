"""What connectors read, as rows, and how it is merged."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from services.discovery.creators import repository
from services.discovery.languages import detect_all
from services.discovery.records import CommentRecord, CreatorRecord, PostRecord
from services.discovery.rows import CommentRow, CreatorRow, PostRow, comment_row, creator_row, merged, post_row

Key = tuple[str, str]


@dataclass(frozen=True)
class Readings:
    """What one call to a platform brought, each thing once."""

    creators: tuple[CreatorRow, ...] = ()
    posts: tuple[PostRow, ...] = ()
    comments: tuple[CommentRow, ...] = ()


async def read(
    *, creators: Sequence[CreatorRecord] = (), posts: Sequence[PostRecord] = (), comments: Sequence[CommentRecord] = ()
) -> Readings:
    """Turn records into rows, with a language where the platform names none. No database is asked."""
    both: list[PostRecord | CommentRecord] = [*posts, *comments]
    spoken = await asyncio.to_thread(detect_all, [None if one.language else one.text for one in both])
    people: dict[Key, CreatorRow] = {}
    for one in (*creators, *(item.author for item in both if item.author is not None)):
        person = creator_row(one)
        key = (person.platform, person.platform_id)
        people[key] = merged(people[key], person) if key in people else person
    for item in both:
        if item.author_id is not None and (item.platform, item.author_id) not in people:
            stub = CreatorRow(item.platform, item.author_id, True, False, item.origin.fetched_at)
            people[item.platform, item.author_id] = stub
    published: dict[Key, PostRow] = {}
    for post, language in zip(posts, spoken, strict=False):
        row = post_row(post, language=language)
        key = (row.platform, row.platform_id)
        published[key] = merged(published[key], row) if key in published else row
    said: dict[Key, CommentRow] = {}
    for comment, language in zip(comments, spoken[len(posts) :], strict=True):
        said[comment.platform, comment.platform_id] = comment_row(comment, language=language)
        key = (comment.platform, comment.post_id)
        if key not in published:
            published[key] = PostRow(*key, None, True, comment.origin.fetched_at)
    return Readings(tuple(people.values()), tuple(published.values()), tuple(said.values()))


async def store(
    session: AsyncSession, *, workspace_id: UUID, readings: Readings, source: str, expires_at: datetime | None,
    comments_expire_at: datetime | None,
) -> None:  # fmt: skip
    """Merge what a call brought; of accounts that opted out only that is kept."""
    if readings.creators:
        people = repository.given(CreatorRow, readings.creators)
        await repository.merge_creators(
            session, workspace_id=workspace_id, rows=people, source=source, expires_at=expires_at
        )
        await repository.name_stub_creators(session, workspace_id=workspace_id, rows=people)
    if readings.posts:
        posts = repository.given(PostRow, readings.posts)
        await repository.merge_posts(
            session, workspace_id=workspace_id, rows=posts, source=source, expires_at=expires_at
        )
    if readings.comments:
        comments = repository.given(CommentRow, readings.comments)
        await repository.merge_comments(
            session, workspace_id=workspace_id, rows=comments, source=source, expires_at=comments_expire_at
        )
    if any(row.opted_out for row in readings.creators):
        await repository.forget_opted_out(session, workspace_id=workspace_id)
