"""Domain events that discovery keeps for the other services, pulled by `GET /v1/events?after=`."""

from enum import StrEnum
from typing import Annotated, Literal

from pydantic import Field

from shared.schemas.base import Count, Cursor, Handle, Key, LineText, Platform, PlatformId, PostText, Schema, UtcTime
from shared.schemas.ids import CreatorId, EventId, SearchId, WatchId
from shared.schemas.posts import Post


class EventKind(StrEnum):
    """What discovery reports."""

    POST_PUBLISHED = "post.published"
    POST_DELETED = "post.deleted"
    CREATOR_SNAPSHOT = "creator.snapshot"
    CREATOR_ERASED = "creator.erased"
    EVIDENCE_WITHDRAWN = "evidence.withdrawn"
    CANDIDATE_FOUND = "candidate.found"


class _Event(Schema):
    """What every event has; `watch_ids` and `references` name the watches that caused it."""

    id: EventId
    at: UtcTime
    watch_ids: tuple[WatchId, ...] = ()
    references: tuple[LineText, ...] = ()


class PostPublished(_Event):
    """A watched account published."""

    type: Literal[EventKind.POST_PUBLISHED] = EventKind.POST_PUBLISHED
    creator_id: CreatorId
    platform: Platform
    handle: Handle | None = None
    post: Post


class PostDeleted(_Event):
    """A watched account's post is gone from its platform."""

    type: Literal[EventKind.POST_DELETED] = EventKind.POST_DELETED
    creator_id: CreatorId
    platform: Platform
    platform_id: PlatformId


class CreatorSnapshot(_Event):
    """The daily numbers of a watched account; a number that was not to be had is unknown, not zero."""

    type: Literal[EventKind.CREATOR_SNAPSHOT] = EventKind.CREATOR_SNAPSHOT
    creator_id: CreatorId
    platform: Platform
    handle: Handle | None = None
    counts: dict[Key, Count]


class CreatorErased(_Event):
    """A creator was erased: every copy of its data goes."""

    type: Literal[EventKind.CREATOR_ERASED] = EventKind.CREATOR_ERASED
    creator_id: CreatorId


class EvidenceWithdrawn(_Event):
    """Something that evidence about a creator may hold is gone from its platform: a post, a comment that it wrote or
    that stood under its posts, or the whole account. What was gathered of it before `at` goes."""

    type: Literal[EventKind.EVIDENCE_WITHDRAWN] = EventKind.EVIDENCE_WITHDRAWN
    creator_id: CreatorId
    account_deleted: bool = Field(description="true: the account itself is gone, and its names go too")


class CandidateFound(_Event):
    """A search that repeats found somebody new."""

    type: Literal[EventKind.CANDIDATE_FOUND] = EventKind.CANDIDATE_FOUND
    creator_id: CreatorId
    search_id: SearchId
    path: PostText | None = None


Event = Annotated[
    PostPublished | PostDeleted | CreatorSnapshot | CreatorErased | EvidenceWithdrawn | CandidateFound,
    Field(discriminator="type"),
]


class EventFeed(Schema):
    """Events in commit order. `after` is given back at the next pull, also when there were none."""

    items: tuple[Event, ...]
    after: Cursor | None = None
    has_more: bool = False
