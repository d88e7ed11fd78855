"""What a connector reads: creators, posts and comments of any platform in one form, before they are stored."""

import re
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from shared.schemas.base import NOT_PROVIDED, Count
from shared.schemas.creators import AccountKind, AccountStatus, CreatorCounts, ProfileLink
from shared.schemas.posts import Engagement, Media, PostHashtag, PostKind, PostMention


@dataclass(frozen=True, slots=True)
class Origin:
    """Where a record was read, when, and until when it may be kept (None: the platform's terms name no span)."""

    platform: str
    endpoint: str
    fetched_at: datetime
    expires_at: datetime | None = None


class OptOut(StrEnum):
    """A wish not to be found, as the account states it; such accounts are counted and not stored."""

    NO_UNAUTHENTICATED = "no_unauthenticated"
    NOINDEX = "noindex"
    NOT_INDEXABLE = "not_indexable"
    NOT_DISCOVERABLE = "not_discoverable"
    NOBOT = "nobot"
    LOCKED = "locked"


_BIO_OPT_OUT = re.compile(r"(?<![\w#])#(nobots?|noindex)\b", re.IGNORECASE)


def bio_opt_outs(bio: str | None) -> frozenset[OptOut]:
    """The opt-outs that a profile text states: #nobot and #noindex, a convention of the Fediverse honoured anywhere."""
    tags = {match.lower() for match in _BIO_OPT_OUT.findall(bio or "")}
    return frozenset(OptOut.NOINDEX if tag == "noindex" else OptOut.NOBOT for tag in tags)


@dataclass(frozen=True, slots=True, kw_only=True)
class CreatorRecord:
    """An account as a platform showed it. None: not provided. `platform_id` is stable, `handle` is not.

    `is_private` is true where only followers see the posts, `takes_messages` where anybody may write to the account.
    The author of a post comes in this form too, with every count unknown unless the platform sends them along.
    `reference`: what names the account in calls more directly than `platform_id`, where there is such a thing; it may
    change.
    """

    platform: str
    platform_id: str
    origin: Origin
    handle: str | None = None
    display_name: str | None = None
    bio_text: str | None = None
    url: str | None = None
    avatar_url: str | None = None
    website: str | None = None
    links: tuple[ProfileLink, ...] = ()
    language: str | None = None
    country: str | None = None
    created_at: datetime | None = None
    is_bot: bool | None = None
    is_verified: bool | None = None
    is_private: bool | None = None
    takes_messages: bool | None = None
    account_kind: AccountKind = AccountKind.UNKNOWN
    status: AccountStatus = AccountStatus.UNKNOWN
    counts: CreatorCounts = field(default_factory=CreatorCounts)
    opt_outs: frozenset[OptOut] = frozenset()
    reference: str | None = None


class TimeSource(StrEnum):
    """Whose clock a creation time comes from."""

    CLIENT = "client"
    SERVER = "server"


@dataclass(frozen=True, slots=True, kw_only=True)
class PostRecord:
    """A post as a platform showed it; the text is plain. `author_id` is None where the platform hides it.

    `in_reply_to` and `thread_root` are platform ids of posts; `author` is what came along about the author.
    `reference`: what names the post in calls more directly than `platform_id` (the server that showed it and its id
    there, the feed of its comments); without it some posts can be asked about with more calls, and some not at all.
    """

    platform: str
    platform_id: str
    origin: Origin
    url: str | None = None
    author_id: str | None = None
    author: CreatorRecord | None = None
    kind: PostKind = PostKind.POST
    text: str | None = None
    language: str | None = None
    created_at: datetime | None = None
    created_at_source: TimeSource | None = None
    edited_at: datetime | None = None
    hashtags: tuple[PostHashtag, ...] = ()
    mentions: tuple[PostMention, ...] = ()
    links: tuple[str, ...] = ()
    media: tuple[Media, ...] = ()
    in_reply_to: str | None = None
    thread_root: str | None = None
    quote_of: str | None = None
    is_sensitive: bool | None = None
    paid_partnership: bool | None = None
    counts: Engagement = field(default_factory=Engagement)
    reference: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class CommentRecord:
    """A comment as a platform showed it. `post_id` is the post asked about; `parent_id` the comment it answers, or None
    for a comment on the post itself; `depth` counts from 1."""

    platform: str
    platform_id: str
    post_id: str
    origin: Origin
    parent_id: str | None = None
    depth: int | None = None
    author_id: str | None = None
    author: CreatorRecord | None = None
    text: str | None = None
    language: str | None = None
    created_at: datetime | None = None
    created_at_source: TimeSource | None = None
    mentions: tuple[PostMention, ...] = ()
    likes: Count = NOT_PROVIDED
    replies: Count = NOT_PROVIDED


@dataclass(frozen=True, slots=True, kw_only=True)
class LivePost:
    """A post just published. `cursor` is where to go on behind it."""

    post: PostRecord
    cursor: str


@dataclass(frozen=True, slots=True, kw_only=True)
class LiveDeletion:
    """A post just deleted by its author: what is kept of it must go."""

    platform_id: str
    author_id: str
    cursor: str


@dataclass(frozen=True, slots=True, kw_only=True)
class LiveAccount:
    """An account whose status changed; where it is deleted, everything that is kept of it must go."""

    platform_id: str
    status: AccountStatus
    cursor: str


@dataclass(frozen=True, slots=True, kw_only=True)
class LiveGap:
    """The stream did not go back as far as asked: what happened in between, deletions too, must be checked for."""

    since: datetime
    until: datetime
    cursor: str


@dataclass(frozen=True, slots=True, kw_only=True)
class LiveMark:
    """Nothing that was asked for happened up to here; said now and then, so that a resumed reading need not repeat."""

    cursor: str


LiveEvent = LivePost | LiveDeletion | LiveAccount | LiveGap | LiveMark
