"""How a search came to a candidate, as it is told: what others wrote is read when it is asked for, and never kept here.

So what was deleted, erased or may be kept no longer since the ranking is not told either.
"""

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from services.discovery.searches import repository
from services.discovery.searches.repository import SHOWN, CandidateRow
from shared.schemas.searches import CommentProvenance, Provenance

EXAMPLE_IDS = "example_ids"
"""In a stored provenance, beside each account under whose posts the candidate commented: comments to be shown."""
_EXAMPLE_LENGTH = 1_000

_COMMENTS = f"""
    SELECT k.platform, k.platform_id, left(k.text, {_EXAMPLE_LENGTH}) AS text
    FROM unnest(CAST(:platforms AS text[]), CAST(:comments AS text[])) AS w(platform, platform_id)
    JOIN discovery.comments k ON k.workspace_id = :workspace_id AND k.platform = w.platform
        AND k.platform_id = w.platform_id
    WHERE k.text <> '' AND (k.expires_at IS NULL OR k.expires_at > now())"""  # noqa: S608  # our own constant
_POSTS = """
    SELECT p.id FROM discovery.posts p
    WHERE p.workspace_id = :workspace_id AND p.id = ANY(:posts) AND p.gone_at IS NULL"""
_SHOWN = f"""
    SELECT c.id FROM discovery.creators c
    WHERE c.workspace_id = :workspace_id AND c.id = ANY(:ids) AND {SHOWN}"""  # noqa: S608  # our own condition


def stored(provenance: Provenance, *, examples: Sequence[Sequence[str]]) -> dict[str, Any]:
    """What is kept of a provenance: for each of its `comments` the identifiers of examples, not their texts."""
    found = provenance.model_dump(mode="json")
    for talk, ids in zip(found["comments"], examples, strict=True):
        talk.update({"examples": [], EXAMPLE_IDS: list(ids)})
    return found


async def told(
    session: AsyncSession, *, workspace_id: UUID, rows: Sequence[CandidateRow], platforms: Mapping[UUID, str]
) -> dict[UUID, Provenance]:
    """The provenances of a page of candidates by creator; `platforms` are theirs, and of others nothing is told."""
    rows = [row for row in rows if row.creator_id in platforms]
    kept = {row.creator_id: Provenance.model_validate(row.provenance) for row in rows}
    asked = [
        (platforms[row.creator_id], comment)
        for row in rows for talk in row.provenance["comments"] for comment in talk.get(EXAMPLE_IDS, ())
    ]  # fmt: skip
    texts = {
        (one.platform, one.platform_id): one.text
        for one in await _rows(
            session, _COMMENTS, workspace_id, asked, platforms=[one for one, _ in asked],
            comments=[one for _, one in asked],
        )
    }  # fmt: skip
    posts = list({post.post_id for one in kept.values() for post in one.posts})
    there = {one.id for one in await _rows(session, _POSTS, workspace_id, posts, posts=posts)}
    others = list({talk.under_creator_id for one in kept.values() for talk in one.comments})
    shown = {one.id for one in await _rows(session, _SHOWN, workspace_id, others, ids=others)}
    found = {}
    for row in rows:
        one = kept[row.creator_id]
        talks = []
        for talk, as_stored in zip(one.comments, row.provenance["comments"], strict=True):
            said = (texts.get((platforms[row.creator_id], comment)) for comment in as_stored.get(EXAMPLE_IDS, ()))
            update: dict[str, Any] = {"examples": tuple(text for text in said if text)}
            if talk.under_creator_id not in shown:
                update["under_handle"] = None
            talks.append(talk.model_copy(update=update))
        nameless = [talk for talk in one.comments if talk.under_creator_id not in shown]
        update = {
            "comments": tuple(talks), "posts": tuple(post for post in one.posts if post.post_id in there),
            "path": tuple(without_names(line, nameless) for line in one.path),
        }  # fmt: skip
        found[row.creator_id] = one.model_copy(update=update)
    return found


def without_names(line: str, others: Sequence[CommentProvenance]) -> str:
    """A line of the path in words, in which each of these accounts is `an account`."""
    for talk in others:
        if talk.under_handle:
            line = line.replace(f"under @{talk.under_handle},", "under an account,")
    return line


async def _rows(
    session: AsyncSession, statement: str, workspace_id: UUID, asked: Sequence[object], **parameters: object
) -> list[Any]:
    if not asked:
        return []
    return await repository.rows_of(session, statement, {"workspace_id": workspace_id, **parameters})
