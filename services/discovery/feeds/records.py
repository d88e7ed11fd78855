"""Turns feeds, their entries and the comments under these into discovery's records."""

import re
from collections.abc import Iterator, Mapping
from typing import Any
from urllib.parse import parse_qs, urlsplit

from services.discovery.feeds.parsing import Entry, Feed
from services.discovery.fields import filled, language_tag, moment, natural, text
from services.discovery.html_text import Plain, plain_text, web_address
from services.discovery.records import (
    CommentRecord,
    CreatorRecord,
    Origin,
    PostRecord,
    TimeSource,
    bio_opt_outs,
)
from services.discovery.references import pack
from shared.rules.hashtags import extract, normalise_all
from shared.rules.identifiers import canonical_url
from shared.rules.mentions import mentions
from shared.schemas.base import NOT_PROVIDED, Count
from shared.schemas.creators import AccountKind, AccountStatus
from shared.schemas.posts import (
    Engagement,
    HashtagSource,
    Media,
    MediaKind,
    PostHashtag,
    PostKind,
    PostMention,
)

PLATFORM = "blogs"
WORDPRESS_API = "wp-json/wp/v2"
WORDPRESS_COM_API = "https://public-api.wordpress.com/wp/v2/sites"
_GLOBAL_ID = re.compile(r"(https?://|tag:|urn:)\S+")
_MEDIA = {"image": MediaKind.IMAGE, "video": MediaKind.VIDEO, "audio": MediaKind.AUDIO}


def read_creator(feed: Feed, origin: Origin, *, feed_url: str) -> CreatorRecord:
    """The account behind a feed: the feed itself, by its address. Several authors of one feed are a group."""
    authors = {name for entry in feed.entries if (name := entry.author or feed.author)}
    bio = plain_text(feed.description or "").text or None
    return CreatorRecord(
        platform=PLATFORM,
        platform_id=feed_url,
        origin=origin,
        handle=(urlsplit(feed_url).hostname or "")[:320] or None,
        display_name=plain_text(feed.title or "").text[:200] or None,
        bio_text=bio,
        url=feed.home or feed_url,
        avatar_url=feed.image,
        website=feed.home,
        language=language_tag(feed.language),
        account_kind=AccountKind.GROUP if len(authors) > 1 else AccountKind.UNKNOWN,
        status=AccountStatus.ACTIVE,
        opt_outs=bio_opt_outs(bio),
    )


def read_post(entry: Entry, feed: Feed, origin: Origin, *, creator: CreatorRecord) -> PostRecord | None:
    """An entry as an article; None without an id and an address. Its only counter is that of comments, if told."""
    feed_url = creator.platform_id
    post_id = entry_id(entry, feed_url)
    if post_id is None:
        return None
    plain = Plain(entry.content, (), ()) if entry.is_plain else plain_text(entry.content, base=entry.url or feed_url)
    title = plain_text(entry.title or "").text
    told = "\n\n".join(part for part in (title, plain.text) if part)
    created_at = entry.published or entry.updated
    api, number = wordpress_post(entry.id or "", feed.generator)
    return PostRecord(
        platform=PLATFORM,
        platform_id=post_id,
        origin=origin,
        url=entry.url,
        author_id=feed_url,
        author=creator,
        kind=PostKind.ARTICLE,
        text=told[:100_000],
        language=language_tag(entry.language or feed.language),
        created_at=created_at,
        created_at_source=TimeSource.SERVER if created_at else None,
        edited_at=entry.updated if entry.updated and entry.updated != created_at else None,
        hashtags=tuple(_hashtags(entry, told[:100_000])),
        mentions=tuple(PostMention(handle=handle) for handle in mentions(told[:100_000], platform=PLATFORM)),
        links=plain.links,
        media=tuple(_media(entry, plain)),
        counts=Engagement(comments=_exact(entry.comment_count, origin)),
        reference=pack(post_id, feed_url, entry.comments_feed or "", api, number),
    )


def entry_id(entry: Entry, feed_url: str) -> str | None:
    """An entry's id: its own where that is one everywhere, else within its feed, else its address."""
    if entry.id is not None and len(entry.id) <= 400:
        return entry.id if _GLOBAL_ID.fullmatch(entry.id) else f"{feed_url} {entry.id}"[:512]
    return canonical_url(entry.url) if entry.url and len(entry.url) <= 500 else None


def wordpress_post(post_id: str, generator: str | None = "wordpress") -> tuple[str, str]:
    """Where WordPress answers about a post, and the post's number, by its id of the form `site/?p=number`; empty texts
    for any other post."""
    try:
        parts = urlsplit(post_id)
        number = parse_qs(parts.query).get("p", [""])[0]
    except ValueError:
        return "", ""
    host = parts.netloc.lower()
    if parts.scheme not in ("http", "https") or not re.fullmatch(r"[0-9]{1,15}", number):
        return "", ""
    if host.endswith(".wordpress.com"):
        return f"{WORDPRESS_COM_API}/{host}", number
    if "wordpress" not in (generator or "").lower():
        return "", ""
    folder = parts.path.rpartition("/")[0]
    return f"{parts.scheme}://{host}{folder}/{WORDPRESS_API}", number


def _hashtags(entry: Entry, told: str) -> Iterator[PostHashtag]:
    """Categories, words joined as in a tag, then the tags in the text; each key once."""
    joined = [
        "".join(word[:1].upper() + word[1:] for word in one.split()) if " " in one else one for one in entry.categories
    ]
    found: set[str] = set()
    for tags, source in (
        (normalise_all(joined), HashtagSource.FIELD),
        (extract(told, platform=PLATFORM), HashtagSource.TEXT),
    ):
        for tag in tags:
            if tag.key not in found:
                found.add(tag.key)
                yield PostHashtag(display=tag.display, key=tag.key, source=source)


def _media(entry: Entry, plain: Plain) -> Iterator[Media]:
    seen: set[str] = set()
    for kind, address in (*entry.media, *(("image", one) for one in plain.images)):
        if kind in _MEDIA and address not in seen:
            seen.add(address)
            yield Media(kind=_MEDIA[kind], url=address)


def _exact(value: int | None, origin: Origin) -> Count:
    return NOT_PROVIDED if value is None else Count.of(value, observed_at=origin.fetched_at)


def read_comment(entry: Entry, origin: Origin, *, post_id: str, feed_url: str) -> CommentRecord | None:
    """A comment out of a feed of comments."""
    comment_id = entry_id(entry, feed_url)
    if comment_id is None:
        return None
    body = entry.content if entry.is_plain else plain_text(entry.content).text
    created_at = entry.published or entry.updated
    author = _commenter(entry.author, entry.author_url, origin, feed_url)
    parent = entry.in_reply_to if entry.in_reply_to not in (None, post_id) else None
    return CommentRecord(
        platform=PLATFORM,
        platform_id=comment_id,
        post_id=post_id,
        origin=origin,
        parent_id=parent,
        author_id=author.platform_id if author else None,
        author=author,
        text=body[:100_000] or None,
        created_at=created_at,
        created_at_source=TimeSource.SERVER if created_at else None,
    )


def read_wordpress_comment(
    source: Mapping[str, Any], origin: Origin, *, post_id: str, feed_url: str
) -> CommentRecord | None:
    """A comment of WordPress's REST API. Its id is the one that WordPress's feeds give it. `date` has no offset and is
    not used; `date_gmt` is."""
    number, parent = natural(source, "id"), natural(source, "parent")
    if number is None:
        return None
    content = source.get("content")
    body = plain_text(text(content, "rendered") or "").text if isinstance(content, dict) else ""
    when = filled(source, "date_gmt", longest=40)
    author = _commenter(
        filled(source, "author_name", longest=200),
        web_address(filled(source, "author_url"), longest=500),
        origin,
        feed_url,
    )
    created_at = moment({"at": f"{when}Z"}, "at") if when and not when.endswith("Z") else moment({"at": when}, "at")
    return CommentRecord(
        platform=PLATFORM,
        platform_id=f"{post_id}#comment-{number}",
        post_id=post_id,
        origin=origin,
        parent_id=f"{post_id}#comment-{parent}" if parent else None,
        depth=None if parent else 1,
        author_id=author.platform_id if author else None,
        author=author,
        text=body or None,
        created_at=created_at,
        created_at_source=TimeSource.SERVER if created_at else None,
    )


def _commenter(name: str | None, url: str | None, origin: Origin, feed_url: str) -> CreatorRecord | None:
    """Who commented: by the address that was given, else by name within this blog; nobody without either."""
    if url is None and name is None:
        return None
    label = plain_text(name).text[:100] if name else ""
    key = canonical_url(url) if url else f"{feed_url} {label}"
    if not label and url is None:
        return None
    return CreatorRecord(
        platform=PLATFORM,
        platform_id=key[:512],
        origin=origin,
        display_name=label or None,
        url=url,
        website=url,
    )
