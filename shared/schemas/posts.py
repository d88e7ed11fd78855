"""Posts on the wire: what creators publish, with the numbers under it."""

from enum import StrEnum
from typing import Annotated

from pydantic import Field

from shared.schemas.base import (
    NOT_PROVIDED,
    Count,
    Handle,
    Language,
    LineText,
    LongText,
    Platform,
    PlatformId,
    PostText,
    Schema,
    ShortText,
    SmallNatural,
    UtcTime,
)
from shared.schemas.ids import CreatorId, PostId


class PostKind(StrEnum):
    """What kind of post it is."""

    POST = "post"
    VIDEO = "video"
    SHORT = "short"
    STORY = "story"
    REPLY = "reply"
    REPOST = "repost"
    QUOTE = "quote"
    ARTICLE = "article"


class MediaKind(StrEnum):
    """What kind of attachment it is."""

    IMAGE = "image"
    VIDEO = "video"
    GIF = "gif"
    AUDIO = "audio"
    CAROUSEL = "carousel"
    LINK = "link"


class HashtagSource(StrEnum):
    """Where a hashtag was read: the platform's own entity, the text, or a field beside the text."""

    ENTITY = "entity"
    TEXT = "text"
    FIELD = "field"


class PostHashtag(Schema):
    """A hashtag of a post: as written, and the key under which equal ones meet (rules in shared/rules/hashtags)."""

    display: ShortText
    key: ShortText
    source: HashtagSource = HashtagSource.FIELD


class PostMention(Schema):
    """An account that a post mentions."""

    handle: Handle
    platform_id: PlatformId | None = None


class Media(Schema):
    """An attachment of a post; sizes in pixels, duration in seconds. The address may stop working."""

    kind: MediaKind
    url: LineText | None = None
    preview_url: LineText | None = None
    width: SmallNatural | None = None
    height: SmallNatural | None = None
    duration_s: Annotated[float, Field(ge=0, le=1e7)] | None = None
    alt_text: LongText | None = None
    url_expires_at: UtcTime | None = None


class Engagement(Schema):
    """The numbers under a post, each with its state; a missing one is unknown, never zero."""

    likes: Count = NOT_PROVIDED
    comments: Count = NOT_PROVIDED
    shares: Count = NOT_PROVIDED
    reposts: Count = NOT_PROVIDED
    quotes: Count = NOT_PROVIDED
    saves: Count = NOT_PROVIDED
    views: Count = NOT_PROVIDED
    score: Count = NOT_PROVIDED


class Post(Schema):
    """A post as last seen. `created_at` is the earlier of the client's and the server's claim."""

    id: PostId
    platform: Platform
    platform_id: PlatformId
    url: LineText | None = None
    author_id: CreatorId | None = None
    kind: PostKind = PostKind.POST
    text: PostText | None = None
    language: Language | None = None
    created_at: UtcTime | None = None
    edited_at: UtcTime | None = None
    hashtags: tuple[PostHashtag, ...] = ()
    mentions: tuple[PostMention, ...] = ()
    links: tuple[LineText, ...] = ()
    media: tuple[Media, ...] = ()
    in_reply_to: PlatformId | None = None
    is_sensitive: bool | None = None
    paid_partnership: bool | None = None
    sponsorship_labels: tuple[ShortText, ...] = ()
    counts: Engagement = Engagement()
    observed_at: UtcTime
    expires_at: UtcTime | None = None
