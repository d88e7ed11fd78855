"""Blogs by their feeds: RSS, Atom and JSON Feed, and the comments under their entries."""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import ClassVar, Self

from services.discovery import cursors
from services.discovery.connector import (
    CallMeter,
    Clock,
    Connector,
    Coverage,
    NotFound,
    Page,
    PlatformFault,
    QuotaRule,
    Unsupported,
    offer,
    utc_now,
)
from services.discovery.feeds.fetching import Fetched, Fetcher, feed_link
from services.discovery.feeds.parsing import Feed, parse
from services.discovery.feeds.records import (
    read_comment,
    read_creator,
    read_post,
    read_wordpress_comment,
    wordpress_post,
)
from services.discovery.html_text import web_address
from services.discovery.platform_http import PlatformHttp
from services.discovery.records import CommentRecord, CreatorRecord, PostRecord
from services.discovery.references import unpack
from services.discovery.resets import Rolling
from shared.kit.http import HttpClient
from shared.rules.identifiers import canonical_url, parse_account
from shared.schemas.platforms import Capability, PermittedUse, Support

FEED, COMMENTS_FEED, WORDPRESS = "feed", "comments feed", "/wp-json/wp/v2/comments"
NEWEST_ONLY = "a feed shows its newest entries only"
COMMENTS_PAGE = 100
MOST_PAGES = 50
"""Of one feed or one post; a site could go on naming further pages for ever."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PagesPosition(cursors.Position):
    """How many pages were read; `platform_cursor` is the address or the number of the next one."""

    pages: int = 0


class BlogsConnector(Connector):
    """Reads any public feed. An account is a feed, by its address; the address of a page that names one will do."""

    name: ClassVar[str] = "Blogs"
    permitted_uses: ClassVar[tuple[PermittedUse, ...]] = tuple(PermittedUse)
    notes: ClassVar[tuple[str, ...]] = (
        "robots.txt is kept, and every site has terms of its own",
        "several authors of one feed are one account, a group",
        "who comments without an address is told apart by name within the blog",
    )
    calls_given_addresses: ClassVar[bool] = True
    example_account: ClassVar[str] = "https://blog.example.com/feed/"
    example_post: ClassVar[str] = "https://blog.example.com/?p=1"
    offers: ClassVar[tuple[Capability, ...]] = (
        offer("hashtag_search", Support.NO, reason="none (category filter client-side)"),
        offer(
            "author_feed",
            Support.YES,
            "GET feed with ETag/If-Modified-Since",
            "site politeness; 304; 429 Retry-After; 410 gone",
            NEWEST_ONLY,
        ),
        offer(
            "comments_with_authors",
            Support.PARTIAL,
            "wfw:commentRss / Atom thr:replies feeds ; WordPress GET /wp-json/wp/v2/comments?post=",
            "often disabled; author_name without stable id",
            "many sites show no comments, and commenters have a name and seldom an address",
        ),
        offer(
            "engagement_counts",
            Support.PARTIAL,
            "slash:comments / thr:total (comment count only)",
            "no likes views shares followers",
            "comments are the only number that a feed has",
        ),
        offer(
            "author_feed_with_counts",
            Support.PARTIAL,
            "GET feed with ETag/If-Modified-Since",
            "site politeness",
            "comments are the only number that a feed has",
        ),
        offer(
            "profile_followers_count",
            Support.PARTIAL,
            "GET feed with ETag/If-Modified-Since",
            "site politeness",
            "a feed says who writes it, and never how many read it",
        ),
        offer("posts", Support.NO, reason=f"{NEWEST_ONLY}; single entries cannot be asked for"),
        offer("mentions", Support.NO, reason="there is no index of blogs to ask"),
        offer("quotes", Support.NO, reason="there is no index of blogs to ask"),
        offer("likers_reposters_quotes", Support.NO, reason="feeds have no likes"),
        offer("followers_list", Support.NO, reason="who reads a feed is not told"),
        offer("hashtag_stream", Support.NO, reason="feeds are polled"),
    )

    def __init__(self, http: PlatformHttp) -> None:
        self._fetcher = Fetcher(http)

    @classmethod
    def create(
        cls,
        http: HttpClient,
        options: Mapping[str, str],
        *,
        meter: CallMeter | None = None,
        clock: Clock = utc_now,
    ) -> Self:
        """See Connector. `http` must be the guarded client: it is sent to addresses that people and feeds name."""
        return cls(PlatformHttp(cls.platform, http, meter, clock))

    def quotas(self) -> tuple[QuotaRule, ...]:
        """See Connector. Sites publish no limit; this one is ours."""
        note = "per site, out of courtesy"
        return (QuotaRule(bucket="calls", unit="call", limit=30, reset=Rolling(timedelta(minutes=1)), note=note),)

    def account_id(self, reference: str) -> str | None:
        """See Connector: the address of a feed, or of a page that names its feed."""
        try:
            found = parse_account(reference)
        except ValueError:
            return None
        usable = found.platform == self.platform and found.url is not None and web_address(found.url, longest=500)
        return canonical_url(found.url or "") if usable else None

    async def author_posts(self, author_id: str, cursor: str | None = None) -> Page[PostRecord]:
        """See Connector. One call, and one more for robots.txt, a redirect, or a page that only names its feed."""
        position = PagesPosition.decode(cursor)
        feed_url, feed, document = await self._feed(_address(author_id), page=position.platform_cursor)
        origin = self._fetcher.origin(FEED)
        creator = read_creator(feed, origin, feed_url=feed_url)
        posts = {
            post.platform_id: post
            for entry in feed.entries
            if (post := read_post(entry, feed, origin, creator=creator))
        }
        warnings = []
        if document.moved_to:
            warnings.append(f"the feed has moved to {document.moved_to[:500]}")
        if document.unchanged:
            warnings.append("the feed has not changed since it was last read")
        if feed.is_broken:
            warnings.append("the feed has faults; entries may be missing")
        after, warning = _after(position, feed.next_url, items=len(feed.entries))
        return Page(
            items=tuple(posts.values()),
            next_cursor=after.encode() if after else None,
            exhausted=False if after else None,
            coverage=Coverage.WINDOW,
            truncated_reason=warning or NEWEST_ONLY,
            warnings=(*warnings, *((warning,) if warning else ())),
        )

    async def profiles(self, ids: Sequence[str]) -> Page[CreatorRecord]:
        """See Connector. The record's id is the feed's address, also where a page was asked that names it."""
        found: dict[str, CreatorRecord] = {}
        missing: list[str] = []
        for one in dict.fromkeys(ids):
            try:
                feed_url, feed, _ = await self._feed(_address(one))
            except NotFound:
                missing.append(one)
                continue
            found[feed_url] = read_creator(feed, self._fetcher.origin(FEED), feed_url=feed_url)
        return Page(items=tuple(found.values()), exhausted=True, missing=tuple(missing))

    async def _feed(self, url: str, *, page: str | None = None) -> tuple[str, Feed, Fetched]:
        """A page of a feed and the feed's address, which is the one it has moved to for good."""
        document = await self._fetcher.fetch(page or url, endpoint=FEED)
        feed_url = url if page else document.moved_to or url
        named = feed_link(document)
        if named is not None and page is None:
            document = await self._fetcher.fetch(named, endpoint=FEED)
            feed_url = document.moved_to or named
        try:
            feed = await asyncio.to_thread(
                parse, document.content, url=document.url, content_type=document.content_type
            )
        except ValueError as error:
            raise PlatformFault(self.platform, FEED, str(error), transient=False) from error
        return canonical_url(feed_url), feed, document

    async def post_comments(self, post_id: str, cursor: str | None = None) -> Page[CommentRecord]:
        """See Connector. WordPress is asked for all comments; any other site for its feed of them, if it names one.

        Where neither is to be had the comments are unknown: Unsupported or another error, and never none.
        """
        position = PagesPosition.decode(cursor)
        own_id, hints = unpack(post_id)
        feed_url, comments_feed, api, number = hints if len(hints) == 4 else (own_id, "", *wordpress_post(own_id))
        if api and number:
            page = await self._wordpress_comments(own_id, feed_url, f"{api}/comments", number, position)
            if page is not None:
                return page
            if cursor is not None:
                reason = "the site stopped showing its comments"
                return Page(coverage=Coverage.PARTIAL, truncated_reason=reason, warnings=(reason,))
        if not comments_feed:
            raise Unsupported(self.platform, COMMENTS_FEED, "the site names no comments of this post")
        return await self._feed_comments(own_id, feed_url, comments_feed)

    async def _feed_comments(self, own_id: str, feed_url: str, comments_feed: str) -> Page[CommentRecord]:
        _, feed, _ = await self._feed(comments_feed)
        origin = self._fetcher.origin(COMMENTS_FEED)
        comments = {
            comment.platform_id: comment
            for entry in feed.entries
            if (comment := read_comment(entry, origin, post_id=own_id, feed_url=feed_url))
        }
        return Page(
            items=tuple(comments.values()), coverage=Coverage.PARTIAL, truncated_reason="a feed shows the newest only"
        )

    async def _wordpress_comments(
        self, own_id: str, feed_url: str, url: str, number: str, position: PagesPosition
    ) -> Page[CommentRecord] | None:
        """A page of WordPress's answer, None where the site does not give it."""
        page = position.platform_cursor or "1"
        if not (page.isascii() and page.isdigit()):
            raise ValueError("not a cursor of this connector")
        answer, sources = await self._fetcher.json(
            f"{url}?post={number}&per_page={COMMENTS_PAGE}&page={page}", endpoint=WORDPRESS
        )
        if answer.status_code in (400, 401, 403, 404, 405, 410) or (
            answer.status_code == 200 and not isinstance(sources, list)
        ):
            return None
        if answer.status_code != 200 or not isinstance(sources, list):
            raise self._fetcher.http.failure(answer, endpoint=WORDPRESS, reason="", signed_in=False)
        origin = self._fetcher.origin(WORDPRESS)
        read = (
            read_wordpress_comment(one, origin, post_id=own_id, feed_url=feed_url)
            for one in sources
            if isinstance(one, dict)
        )
        pages = answer.headers.get("x-wp-totalpages", "")
        more = pages.isascii() and pages.isdigit() and int(page) < int(pages[:9])
        after, warning = _after(position, str(int(page) + 1) if more else None, items=len(sources))
        return Page(
            items=tuple(comment for comment in read if comment),
            next_cursor=after.encode() if after else None,
            exhausted=None if warning or not pages else after is None,
            coverage=Coverage.PARTIAL if warning else Coverage.FULL,
            truncated_reason=warning,
            warnings=(warning,) if warning else (),
        )


def _after(position: PagesPosition, following: str | None, *, items: int) -> tuple[PagesPosition | None, str | None]:
    after, warning = position.after(following, items=items)
    if after is None:
        return None, warning
    if after.pages + 1 >= MOST_PAGES:
        return None, f"{MOST_PAGES} pages are read at most"
    return replace(after, pages=after.pages + 1), None


def _address(account_id: str) -> str:
    """The feed of an account; commenters are known by a feed's address and a name behind it."""
    return account_id.partition(" ")[0]
