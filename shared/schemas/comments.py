"""Comments on the wire: what is said under a post."""

from shared.schemas.base import (
    NOT_PROVIDED,
    Count,
    Language,
    Platform,
    PlatformId,
    PostText,
    Schema,
    ShortText,
    UtcTime,
)
from shared.schemas.ids import CommentId, CreatorId, PostId


class Comment(Schema):
    """A comment with its author by pseudonym; `author_id` only where the author is a candidate."""

    id: CommentId
    platform: Platform
    platform_id: PlatformId | None = None
    post_id: PostId
    parent_id: CommentId | None = None
    author_id: CreatorId | None = None
    author_pseudonym: ShortText | None = None
    text: PostText | None = None
    language: Language | None = None
    created_at: UtcTime | None = None
    likes: Count = NOT_PROVIDED
    replies: Count = NOT_PROVIDED
    observed_at: UtcTime
    expires_at: UtcTime | None = None
