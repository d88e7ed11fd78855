"""Turns a Fediverse server's accounts and statuses (Mastodon's client API) into discovery's records."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

from services.discovery.fields import (
    Json,
    count,
    filled,
    language_tag,
    mapping,
    moment,
    natural,
    objects,
    text,
    truth,
)
from services.discovery.html_text import plain_text, web_address
from services.discovery.records import (
    CommentRecord,
    CreatorRecord,
    OptOut,
    Origin,
    PostRecord,
    TimeSource,
    bio_opt_outs,
)
from services.discovery.references import pack
from shared.rules.hashtags import normalise_all
from shared.schemas.base import NOT_PROVIDED, Count, CountState
from shared.schemas.creators import AccountKind, AccountStatus, CreatorCounts, ProfileLink
from shared.schemas.posts import (
    Engagement,
    HashtagSource,
    Media,
    MediaKind,
    PostHashtag,
    PostKind,
    PostMention,
)

PLATFORM = "mastodon"
PUBLIC = frozenset({"public", "unlisted"})
_MEDIA = {
    "image": MediaKind.IMAGE,
    "video": MediaKind.VIDEO,
    "gifv": MediaKind.GIF,
    "audio": MediaKind.AUDIO,
}


@dataclass(frozen=True, slots=True)
class Seen:
    """Where a record was read: its origin, and the server whose view it is (host, with a port where it has one)."""

    origin: Origin
    host: str

    def full_handle(self, acct: str) -> str:
        """`name@server`: a server leaves its own name out."""
        return (acct if "@" in acct else f"{acct}@{self.host}").lower()

    def state_of(self, acct: str | None) -> CountState:
        """What a server's counters are worth: of other servers' accounts and posts it knows a part."""
        return CountState.EXACT if acct is not None and "@" not in acct else CountState.LOWER_BOUND


def read_account(source: Json, seen: Seen) -> CreatorRecord | None:
    """An account; None without a name. Its key is the actor's `uri`, and `name@server` where the server tells none."""
    acct = filled(source, "acct", longest=300)
    if acct is None:
        return None
    handle = seen.full_handle(acct)
    platform_id = web_address(filled(source, "uri"), longest=512) or handle
    note = plain_text(text(source, "note") or "")
    local_id = filled(source, "id", longest=64)
    moved, observed_at, state = mapping(source, "moved"), seen.origin.fetched_at, seen.state_of(acct)
    fields = [(filled(one, "name", longest=200), one) for one in objects(source, "fields")]
    links = [
        ProfileLink(label=label, url=address, verified_at=moment(one, "verified_at"))
        for label, one in fields
        for address in plain_text(text(one, "value") or "").links
    ]
    return CreatorRecord(
        platform=PLATFORM,
        platform_id=platform_id,
        origin=seen.origin,
        handle=handle[:320],
        display_name=filled(source, "display_name", longest=200),
        bio_text=note.text or None,
        url=web_address(filled(source, "url")),
        avatar_url=web_address(filled(source, "avatar")),
        website=links[0].url if links else None,
        links=tuple(links),
        created_at=moment(source, "created_at"),
        is_bot=truth(source, "bot"),
        account_kind=AccountKind.GROUP if truth(source, "group") else AccountKind.UNKNOWN,
        status=_status(source, moved),
        counts=CreatorCounts(
            followers=count(source, "followers_count", observed_at=observed_at, state=state),
            following=count(source, "following_count", observed_at=observed_at, state=state),
            posts=count(source, "statuses_count", observed_at=observed_at, state=state),
        ),
        opt_outs=_opt_outs(source, note.text),
        reference=pack(platform_id, seen.host, local_id) if local_id else None,
    )


def _status(source: Json, moved: Json) -> AccountStatus:
    if truth(source, "suspended"):
        return AccountStatus.SUSPENDED
    return AccountStatus.MOVED if moved else AccountStatus.ACTIVE


def _opt_outs(source: Json, bio: str) -> frozenset[OptOut]:
    """`discoverable` and `indexable` are a wish only where they are false: null was never asked."""
    stated = {
        OptOut.NOINDEX: truth(source, "noindex") is True,
        OptOut.NOT_INDEXABLE: truth(source, "indexable") is False,
        OptOut.NOT_DISCOVERABLE: truth(source, "discoverable") is False,
        OptOut.LOCKED: truth(source, "locked") is True,
    }
    return bio_opt_outs(bio) | {opt_out for opt_out, wished in stated.items() if wished}


def read_status(source: Json, seen: Seen) -> PostRecord | None:
    """A public status; None for a boost, for one without an address and for one that is not for everybody."""
    uri = web_address(filled(source, "uri"), longest=512)
    if uri is None or mapping(source, "reblog") or source.get("visibility", "public") not in PUBLIC:
        return None
    account = mapping(source, "account")
    author, local_id = read_account(account, seen), filled(source, "id", longest=64)
    content = plain_text(text(source, "content") or "")
    warning = filled(source, "spoiler_text")
    quote_of = web_address(filled(mapping(mapping(source, "quote"), "quoted_status"), "uri"), longest=512)
    media = tuple(_media(source))
    card = web_address(filled(mapping(source, "card"), "url"))
    return PostRecord(
        platform=PLATFORM,
        platform_id=uri,
        origin=seen.origin,
        url=web_address(filled(source, "url")) or uri,
        author_id=author.platform_id if author else None,
        author=author,
        kind=_kind(source, quote_of, media),
        text="\n\n".join(part for part in (warning, content.text) if part),
        language=language_tag(filled(source, "language")),
        created_at=moment(source, "created_at"),
        created_at_source=TimeSource.SERVER if moment(source, "created_at") else None,
        edited_at=moment(source, "edited_at"),
        hashtags=_hashtags(source),
        mentions=_mentions(source, seen),
        links=tuple(dict.fromkeys((*content.links, *((card,) if card else ())))),
        media=media,
        quote_of=quote_of,
        is_sensitive=truth(source, "sensitive"),
        counts=_engagement(source, seen.origin.fetched_at, seen.state_of(filled(account, "acct"))),
        reference=pack(uri, seen.host, local_id) if local_id else None,
    )


def _kind(source: Json, quote_of: str | None, media: tuple[Media, ...]) -> PostKind:
    if source.get("in_reply_to_id") is not None:
        return PostKind.REPLY
    if quote_of is not None:
        return PostKind.QUOTE
    return PostKind.VIDEO if any(one.kind is MediaKind.VIDEO for one in media) else PostKind.POST


def _engagement(source: Json, observed_at: datetime, state: CountState) -> Engagement:
    def counted(*names: str) -> Count:
        found = (count(source, name, observed_at=observed_at, state=state) for name in names)
        return next((one for one in found if one.known), NOT_PROVIDED)

    return Engagement(
        likes=counted("favourites_count"),
        comments=counted("replies_count", "reply_count"),  # the second is Pixelfed's spelling
        reposts=counted("reblogs_count"),
        quotes=counted("quotes_count"),
    )


def _hashtags(source: Json) -> tuple[PostHashtag, ...]:
    names = [name for one in objects(source, "tags") if (name := filled(one, "name", longest=200))]
    return tuple(
        PostHashtag(display=tag.display, key=tag.key, source=HashtagSource.ENTITY) for tag in normalise_all(names)
    )


def _mentions(source: Json, seen: Seen) -> tuple[PostMention, ...]:
    accts = [acct for one in objects(source, "mentions") if (acct := filled(one, "acct", longest=300))]
    return tuple(PostMention(handle=handle) for handle in dict.fromkeys(seen.full_handle(acct) for acct in accts))


def _media(source: Json) -> Iterator[Media]:
    for one in objects(source, "media_attachments"):
        kind = _MEDIA.get(filled(one, "type") or "")
        if kind is None:
            continue
        size = mapping(mapping(one, "meta"), "original")
        duration = size.get("duration")
        yield Media(
            kind=kind,
            url=web_address(filled(one, "url")) or web_address(filled(one, "remote_url")),
            preview_url=web_address(filled(one, "preview_url")),
            width=_pixels(size, "width"),
            height=_pixels(size, "height"),
            duration_s=float(duration) if isinstance(duration, int | float) and 0 <= duration <= 1e7 else None,
            alt_text=filled(one, "description", longest=10_000),
        )


def _pixels(size: Json, name: str) -> int | None:
    value = natural(size, name)
    return value if value is not None and value < 1_000_000 else None


def read_comments(descendants: Sequence[Json], seen: Seen, *, post_id: str, local_id: str) -> tuple[CommentRecord, ...]:
    """The answers below the status `local_id`, each once, in the order given; a server may give them in any.

    Where the comment that another one answers is not among them, parent and depth are unknown. What is not public is
    left out.
    """
    parents = {filled(one, "id"): filled(one, "in_reply_to_id") for one in descendants}
    read = {filled(one, "id"): post for one in descendants if (post := read_status(one, seen))}
    comments: dict[str, CommentRecord] = {}
    for own_id, post in read.items():
        parent = read.get(parents.get(own_id))
        comments.setdefault(
            post.platform_id,
            CommentRecord(
                platform=PLATFORM,
                platform_id=post.platform_id,
                post_id=post_id,
                origin=seen.origin,
                parent_id=parent.platform_id if parent else None,
                depth=_depth(own_id, parents, root=local_id),
                author_id=post.author_id,
                author=post.author,
                text=post.text,
                language=post.language,
                created_at=post.created_at,
                created_at_source=post.created_at_source,
                mentions=post.mentions,
                likes=post.counts.likes,
                replies=post.counts.comments,
            ),
        )
    return tuple(comments.values())


def _depth(own_id: str | None, parents: dict[str | None, str | None], *, root: str) -> int | None:
    depth, current = 1, own_id
    while (current := parents.get(current)) != root:
        depth += 1
        if current is None or depth > len(parents) + 1:
            return None
    return depth
