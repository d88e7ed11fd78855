"""Turns Bluesky's views (lexicon app.bsky.*) of accounts, posts and threads into discovery's records."""

from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from services.discovery.atproto.richtext import read_rich_text
from services.discovery.fields import Json, count, filled, language_tag, mapping, moment, objects, text, texts
from services.discovery.records import (
    CommentRecord,
    CreatorRecord,
    OptOut,
    Origin,
    PostRecord,
    TimeSource,
    bio_opt_outs,
)
from shared.schemas.creators import AccountStatus, CreatorCounts, ProfileLink
from shared.schemas.posts import Engagement, Media, MediaKind, PostKind

PLATFORM = "bluesky"
SENSITIVE_LABELS = frozenset({"porn", "sexual", "nudity", "graphic-media", "gore"})


def read_creator(view: Json, origin: Origin) -> CreatorRecord | None:
    """An account from a profileViewBasic, profileView or profileViewDetailed; None without a DID.

    The first two carry no counts, which then are unknown.
    """
    did = filled(view, "did", longest=512)
    if did is None:
        return None
    handle = filled(view, "handle", longest=320)
    bio = text(view, "description")
    own_labels = {filled(label, "val") for label in objects(view, "labels") if label.get("src") == did}
    moderation = {filled(label, "val") for label in objects(view, "labels") if label.get("src") != did}
    verified = mapping(view, "verification").get("verifiedStatus")
    seen = origin.fetched_at
    opt_outs = bio_opt_outs(bio)
    if "!no-unauthenticated" in own_labels:
        opt_outs |= {OptOut.NO_UNAUTHENTICATED}
    return CreatorRecord(
        platform=PLATFORM,
        platform_id=did,
        origin=origin,
        handle=None if handle in (None, "handle.invalid") else handle.lower(),
        display_name=filled(view, "displayName", longest=200),
        bio_text=bio,
        url=f"https://bsky.app/profile/{did}",
        avatar_url=filled(view, "avatar", longest=1_000),
        website=filled(view, "website", longest=1_000),
        links=tuple(
            ProfileLink(label=filled(link, "title", longest=200), url=url)
            for link in objects(view, "links")
            if (url := filled(link, "url", longest=1_000))
        ),
        created_at=moment(view, "createdAt"),
        is_verified=verified == "valid" if isinstance(verified, str) else None,
        is_private=False,  # there are no private accounts on the network
        takes_messages=_takes_messages(view),
        status=AccountStatus.SUSPENDED if "!takedown" in moderation else AccountStatus.ACTIVE,
        counts=CreatorCounts(
            followers=count(view, "followersCount", observed_at=seen),
            following=count(view, "followsCount", observed_at=seen),
            posts=count(view, "postsCount", observed_at=seen),
        ),
        opt_outs=opt_outs,
    )


def _takes_messages(view: Json) -> bool | None:
    """From anybody; None where the account never chose, since what the app then allows is not in the view."""
    allowed = mapping(mapping(view, "associated"), "chat").get("allowIncoming")
    return {"all": True, "none": False, "following": False}.get(allowed) if isinstance(allowed, str) else None


def read_post(view: Json, origin: Origin) -> PostRecord | None:
    """A post from a postView; None when it lacks its address or its record is no post."""
    uri = filled(view, "uri", longest=512)
    record = mapping(view, "record")
    if uri is None or record.get("$type", "app.bsky.feed.post") != "app.bsky.feed.post":
        return None
    author = read_creator(mapping(view, "author"), origin)
    author_id = author.platform_id if author else _author_of(uri)
    embed = _Embed.of(mapping(view, "embed"))
    marks = read_rich_text(record)
    reply = mapping(record, "reply")
    created_at, created_at_source = _created(view, record)
    labels = [filled(label, "val") for label in objects(view, "labels")]
    seen = origin.fetched_at
    return PostRecord(
        platform=PLATFORM,
        platform_id=uri,
        origin=origin,
        url=post_url(uri),
        author_id=author_id,
        author=author,
        kind=_kind(reply, embed),
        text=text(record, "text"),
        language=_language(record),
        created_at=created_at,
        created_at_source=created_at_source,
        hashtags=marks.hashtags,
        mentions=marks.mentions,
        links=tuple(dict.fromkeys((*marks.links, *embed.links))),
        media=embed.media,
        in_reply_to=filled(mapping(reply, "parent"), "uri", longest=512),
        thread_root=filled(mapping(reply, "root"), "uri", longest=512),
        quote_of=embed.quote_of,
        is_sensitive=any(label in SENSITIVE_LABELS for label in labels) if "labels" in view else None,
        counts=Engagement(
            likes=count(view, "likeCount", observed_at=seen),
            comments=count(view, "replyCount", observed_at=seen),
            reposts=count(view, "repostCount", observed_at=seen),
            quotes=count(view, "quoteCount", observed_at=seen),
            saves=count(view, "bookmarkCount", observed_at=seen),
        ),
    )


@dataclass(frozen=True, slots=True)
class Thread:
    """What a thread shows under a post. `deleted` and `blocked` nodes carry no text; `hidden` counts answers that the
    post's counter promises and the thread does not show."""

    comments: tuple[CommentRecord, ...]
    deleted: int
    blocked: int
    hidden: int


def read_thread(root: Json, origin: Origin) -> Thread:
    """The answers under the threadViewPost `root`, parents before their answers, each once."""
    post_uri = filled(mapping(root, "post"), "uri", longest=512) or ""
    comments: dict[str, CommentRecord] = {}
    deleted = blocked = 0
    hidden = _hidden_answers(root)
    waiting: deque[tuple[Json, str | None, int]] = deque((node, None, 1) for node in objects(root, "replies"))
    while waiting:
        node, parent_id, depth = waiting.popleft()
        if node.get("notFound") is True:
            deleted += 1
        elif node.get("blocked") is True:
            blocked += 1
        elif comment := _read_comment(node, origin, post_id=post_uri, parent_id=parent_id, depth=depth):
            if comment.platform_id in comments:
                continue
            comments[comment.platform_id] = comment
            hidden += _hidden_answers(node)
            waiting.extend((answer, comment.platform_id, depth + 1) for answer in objects(node, "replies"))
    return Thread(tuple(comments.values()), deleted, blocked, hidden)


def _hidden_answers(node: Json) -> int:
    promised = mapping(node, "post").get("replyCount")
    return max(0, promised - sum(1 for _ in objects(node, "replies"))) if isinstance(promised, int) else 0


def _read_comment(
    node: Json, origin: Origin, *, post_id: str, parent_id: str | None, depth: int
) -> CommentRecord | None:
    post = read_post(mapping(node, "post"), origin)
    if post is None:
        return None
    return CommentRecord(
        platform=PLATFORM,
        platform_id=post.platform_id,
        post_id=post_id,
        origin=origin,
        parent_id=parent_id,
        depth=depth,
        author_id=post.author_id,
        author=post.author,
        text=post.text,
        language=post.language,
        created_at=post.created_at,
        created_at_source=post.created_at_source,
        mentions=post.mentions,
        likes=post.counts.likes,
        replies=post.counts.comments,
    )


def post_url(uri: str) -> str | None:
    """The page of a post by its at:// address; None for an address of another kind."""
    scheme, _, rest = uri.partition("://")
    parts = rest.split("/")
    if scheme != "at" or len(parts) != 3 or parts[1] != "app.bsky.feed.post":
        return None
    return f"https://bsky.app/profile/{parts[0]}/post/{parts[2]}"


def _author_of(uri: str) -> str | None:
    authority = uri.removeprefix("at://").partition("/")[0]
    return authority if authority.startswith("did:") else None


def _created(view: Json, record: Json) -> tuple[datetime | None, TimeSource | None]:
    """The earlier of the client's claim and the server's index time, as the network itself sorts."""
    claimed, indexed = moment(record, "createdAt"), moment(view, "indexedAt")
    if claimed is not None and (indexed is None or claimed <= indexed):
        return claimed, TimeSource.CLIENT
    return indexed, TimeSource.SERVER if indexed is not None else None


def _language(record: Json) -> str | None:
    return next((found for tag in texts(record, "langs") if (found := language_tag(tag))), None)


def _kind(reply: Json, embed: "_Embed") -> PostKind:
    if reply:
        return PostKind.REPLY
    if embed.quote_of is not None:
        return PostKind.QUOTE
    return PostKind.VIDEO if any(one.kind is MediaKind.VIDEO for one in embed.media) else PostKind.POST


@dataclass(frozen=True, slots=True)
class _Embed:
    media: tuple[Media, ...] = ()
    links: tuple[str, ...] = ()
    quote_of: str | None = None

    @classmethod
    def of(cls, view: Json) -> "_Embed":
        kind = view.get("$type")
        if kind == "app.bsky.embed.images#view":
            return cls(media=tuple(_images(view, "images", preview="thumb")))
        if kind == "app.bsky.embed.gallery#view":
            return cls(media=tuple(_images(view, "items", preview="thumbnail")))
        if kind == "app.bsky.embed.video#view":
            return cls(media=(_video(view),))
        if kind == "app.bsky.embed.external#view":
            uri = filled(mapping(view, "external"), "uri", longest=1_000)
            return cls(links=(uri,) if uri else ())
        if kind == "app.bsky.embed.record#view":
            uri = filled(mapping(view, "record"), "uri", longest=512)
            return cls(quote_of=uri if uri and "/app.bsky.feed.post/" in uri else None)
        if kind == "app.bsky.embed.recordWithMedia#view":
            outer, inner = cls.of(mapping(view, "media")), mapping(mapping(view, "record"), "record")
            uri = filled(inner, "uri", longest=512)
            return cls(outer.media, outer.links, uri if uri and "/app.bsky.feed.post/" in uri else None)
        return cls()


def _images(view: Json, name: str, *, preview: str) -> Iterator[Media]:
    # aspectRatio is left out: it need not be pixels
    for image in objects(view, name):
        yield Media(
            kind=MediaKind.IMAGE,
            url=filled(image, "fullsize", longest=1_000),
            preview_url=filled(image, preview, longest=1_000),
            alt_text=filled(image, "alt", longest=10_000),
        )


def _video(view: Json) -> Media:
    return Media(
        kind=MediaKind.GIF if view.get("presentation") == "gif" else MediaKind.VIDEO,
        url=filled(view, "playlist", longest=1_000),
        preview_url=filled(view, "thumbnail", longest=1_000),
        alt_text=filled(view, "alt", longest=10_000),
    )
