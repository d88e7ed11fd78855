"""Reads the bytes of RSS, Atom and JSON feeds into one form. CPU work: call it in a thread."""

import calendar
import io
import json
import re
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import feedparser

from services.discovery.fields import Json, filled, mapping, moment, natural, objects, texts
from services.discovery.html_text import web_address
from shared.schemas.base import MAX_COUNT

MOST_ENTRIES = 1_000
_COUNT = re.compile(r"\s*(\d{1,15})\s*")


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One entry as the feed has it; `content` is HTML unless `is_plain`. None: the feed does not say."""

    id: str | None = None
    url: str | None = None
    title: str | None = None
    content: str = ""
    is_plain: bool = False
    author: str | None = None
    author_url: str | None = None
    published: datetime | None = None
    updated: datetime | None = None
    categories: tuple[str, ...] = ()
    language: str | None = None
    media: tuple[tuple[str, str], ...] = ()
    comments_feed: str | None = None
    comment_count: int | None = None
    in_reply_to: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Feed:
    """A feed. `author` writes the entries that name nobody; `next_url` is its older page; `is_broken`: it was read with
    errors, so that entries may be missing."""

    title: str | None = None
    home: str | None = None
    description: str | None = None
    language: str | None = None
    image: str | None = None
    author: str | None = None
    generator: str | None = None
    next_url: str | None = None
    is_broken: bool = False
    entries: tuple[Entry, ...] = ()


def parse(content: bytes, *, url: str, content_type: str = "") -> Feed:
    """The feed in these bytes. Raises ValueError for what is no feed, and for XML that defines entities of its own."""
    if content.lstrip()[:1] == b"{":
        return _json_feed(content, url)
    if b"<!ENTITY" in content[:100_000]:
        raise ValueError("it defines entities of its own")
    headers = {"content-location": url, "content-type": content_type or "application/xml"}
    # a stream, never the bytes themselves: those the parser would also try as the name of a file
    found = feedparser.parse(io.BytesIO(content), response_headers=headers)
    if not found.get("version"):
        raise ValueError("it is no feed")
    source = found.get("feed", {})
    broken = bool(found.get("bozo")) and not isinstance(
        found.get("bozo_exception"), feedparser.exceptions.CharacterEncodingOverride
    )
    return Feed(
        title=_text(source, "title", 200),
        home=web_address(_text(source, "link"), base=url),
        description=_text(source, "subtitle", 10_000),
        language=_text(source, "language", 35),
        image=web_address(_text(source.get("image") or {}, "href"), base=url),
        author=_text(source.get("author_detail") or {}, "name", 200),
        generator=_text(source, "generator", 200),
        next_url=next((link for link in _links(source, "next", url)), None),
        is_broken=broken,
        entries=tuple(_entry({**entry}, url) for entry in found.get("entries", [])[:MOST_ENTRIES]),
    )


def _entry(source: Mapping[str, Any], base: str) -> Entry:
    """An entry out of a plain dict: the parser's own answers for a missing `updated` with `published`."""
    bodies = [one.get("value") for one in source.get("content") or [] if isinstance(one.get("value"), str)]
    content = max(bodies, key=len, default="") or _text(source, "summary", 400_000) or ""
    author = source.get("author_detail") or {}
    reply = source.get("thr_in-reply-to")
    return Entry(
        id=_text(source, "id", 2_000),
        url=web_address(_text(source, "link"), base=base),
        title=_text(source, "title", 1_000),
        content=content,
        author=_text(author, "name", 200) or _text(source, "author", 200),
        author_url=web_address(_text(author, "href"), longest=500),
        published=_time(source.get("published_parsed")),
        updated=_time(source.get("updated_parsed")),
        categories=tuple(term for tag in source.get("tags") or [] if (term := _text(tag, "term", 200))),
        media=tuple(_enclosures(source, base)),
        comments_feed=web_address(_text(source, "wfw_commentrss"), base=base, longest=500)
        or next(_links(source, "replies", base), None),
        comment_count=_comment_count(source),
        in_reply_to=_text(reply, "ref", 2_000) if isinstance(reply, Mapping) else None,
    )


def _links(source: Mapping[str, Any], rel: str, base: str) -> Iterator[str]:
    """Links of a relation, those to pages for people left out where the relation is of answers."""
    for link in source.get("links") or []:
        if link.get("rel") == rel and not (rel == "replies" and link.get("type") == "text/html"):
            address = web_address(_text(link, "href"), base=base, longest=500)
            if address:
                yield address


def _comment_count(source: Mapping[str, Any]) -> int | None:
    """slash:comments, thr:total, or thr:count of a link to answers; the first that is a number."""
    told = [source.get("slash_comments"), source.get("thr_total")]
    told += [link.get("thr:count") for link in source.get("links") or [] if link.get("rel") == "replies"]
    for value in told:
        match = _COUNT.fullmatch(value) if isinstance(value, str) else None
        if match and int(match[1]) <= MAX_COUNT:
            return int(match[1])
    return None


def _enclosures(source: Mapping[str, Any], base: str) -> Iterator[tuple[str, str]]:
    enclosed = [link for link in source.get("links") or [] if link.get("rel") == "enclosure"]
    for link in [*enclosed, *(source.get("media_content") or [])]:
        address = web_address(_text(link, "href") or _text(link, "url"), base=base)
        kind = (_text(link, "type") or _text(link, "medium") or "").partition("/")[0]
        if address and kind:
            yield kind, address


def _time(parsed: object) -> datetime | None:
    if not isinstance(parsed, time.struct_time):
        return None
    try:
        return datetime.fromtimestamp(calendar.timegm(parsed), UTC)
    except (ValueError, OverflowError, OSError):
        return None


def _text(source: Mapping[str, Any], name: str, longest: int = 1_000) -> str | None:
    return filled(source, name, longest=longest)


def _json_feed(content: bytes, url: str) -> Feed:
    """JSON Feed 1.0 and 1.1 (jsonfeed.org)."""
    try:
        source = json.loads(content)
    except (ValueError, RecursionError) as error:
        raise ValueError("it is no feed") from error
    if not isinstance(source, dict) or not (filled(source, "version") or "").startswith(
        "https://jsonfeed.org/version/"
    ):
        raise ValueError("it is no feed")
    return Feed(
        title=filled(source, "title", longest=200),
        home=web_address(filled(source, "home_page_url"), base=url),
        description=filled(source, "description", longest=10_000),
        language=filled(source, "language", longest=35),
        image=web_address(filled(source, "icon"), base=url),
        author=filled(next(objects(source, "authors"), mapping(source, "author")), "name", longest=200),
        next_url=web_address(filled(source, "next_url"), base=url, longest=500),
        entries=tuple(_json_entry(item, url) for item in list(objects(source, "items"))[:MOST_ENTRIES]),
    )


def _json_entry(source: Json, base: str) -> Entry:
    html = filled(source, "content_html", longest=400_000)
    author = next(objects(source, "authors"), mapping(source, "author"))
    number = natural(source, "id")  # the format asks readers to take numbers too
    image = web_address(filled(source, "image"), base=base)
    attached = [
        ((filled(one, "mime_type") or "").partition("/")[0], address)
        for one in objects(source, "attachments")
        if (address := web_address(filled(one, "url"), base=base))
    ]
    return Entry(
        id=filled(source, "id", longest=2_000) or (str(number) if number is not None else None),
        url=web_address(filled(source, "url"), base=base),
        title=filled(source, "title", longest=1_000),
        content=html or filled(source, "content_text", longest=400_000) or filled(source, "summary") or "",
        is_plain=html is None,
        author=filled(author, "name", longest=200),
        author_url=web_address(filled(author, "url"), longest=500),
        published=moment(source, "date_published"),
        updated=moment(source, "date_modified"),
        categories=tuple(texts(source, "tags")),
        language=filled(source, "language", longest=35),
        media=((("image", image),) if image else ()) + tuple(attached),
    )
