"""Bluesky through the AppView's public calls (app.bsky.*), with or without a login."""

import re
from collections.abc import AsyncGenerator, Callable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import ClassVar, Self
from urllib.parse import unquote, urlsplit

from services.discovery.atproto.client import AtprotoClient
from services.discovery.atproto.cursors import Position
from services.discovery.atproto.jetstream import JETSTREAM, Jetstream, moment_of
from services.discovery.atproto.records import read_creator, read_post, read_thread
from services.discovery.atproto.session import BUCKET as SESSIONS
from services.discovery.connector import (
    AuthenticationNeeded,
    CallMeter,
    Clock,
    Connector,
    Coverage,
    NotFound,
    NotPermitted,
    Page,
    PlatformFault,
    QuotaRule,
    Record,
    Unsupported,
    offer,
    utc_now,
)
from services.discovery.fields import Json, filled, mapping
from services.discovery.platform_http import PlatformHttp
from services.discovery.records import CommentRecord, CreatorRecord, LiveEvent, PostRecord
from services.discovery.resets import Rolling
from shared.kit.http import HttpClient
from shared.rules.hashtags import normalise, normalise_all, search_term
from shared.schemas.platforms import Capability, PermittedUse, Support

PUBLIC_APPVIEW = "https://public.api.bsky.app"
ENTRYWAY = "https://bsky.social"
PAGE_SIZE = 100
BATCH_SIZE = 25
THREAD_DEPTH = 10

SEARCH = "app.bsky.feed.searchPosts"
SEARCH_V2 = "app.bsky.feed.searchPostsV2"
THREAD = "app.bsky.feed.getPostThread"
PROFILES = "app.bsky.actor.getProfiles"
AUTHOR_FEED = "app.bsky.feed.getAuthorFeed"
POSTS = "app.bsky.feed.getPosts"
QUOTES = "app.bsky.feed.getQuotes"

LIKES = "app.bsky.feed.getLikes"
REPOSTS = "app.bsky.feed.getRepostedBy"
FOLLOWERS = "app.bsky.graph.getFollowers"

FIRST_PAGE_ONLY = "without a login Bluesky shows only the first page"
OFF = "off"
NO_STREAM_NAMED = (
    "switched off, or an AppView other than the public one is asked and no live stream of its network named"
)
NOT_A_DATA_API = "the search is meant for people and not complete"
_DID = re.compile(r"did:[a-z]+:[A-Za-z0-9._:%-]+")
_HANDLE = re.compile(r"(?=.{3,253}$)([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z]([a-z0-9-]{0,61}[a-z0-9])?")


class BlueskyConnector(Connector):
    """Reads one AppView; with an app password through that account's server, which passes the calls on."""

    name: ClassVar[str] = "Bluesky"
    options: ClassVar[Mapping[str, str]] = {
        "appview_url": f"address of the AppView for calls without a login (default {PUBLIC_APPVIEW})",
        "pds_url": f"address of the login's own server (default {ENTRYWAY})",
        "identifier": "handle or DID of the login; search results then have more than one page",
        "app_password": "app password of the login, never the account's own password",
        "jetstream_url": f"address of the live stream, or {OFF} (default {JETSTREAM}; {OFF} with another AppView)",
    }
    permitted_uses: ClassVar[tuple[PermittedUse, ...]] = tuple(PermittedUse)
    terms_url: ClassVar[str | None] = "https://docs.bsky.app/docs/support/developer-guidelines"
    profile_batch: ClassVar[int] = BATCH_SIZE
    post_batch: ClassVar[int] = BATCH_SIZE
    example_account: ClassVar[str] = "someone.example.com"
    example_post: ClassVar[str] = "at://someone.example.com/app.bsky.feed.post/1"
    offers: ClassVar[tuple[Capability, ...]] = (
        offer(
            "hashtag_search",
            Support.PARTIAL,
            "GET /xrpc/app.bsky.feed.searchPosts?q&tag[]&since&until&limit<=100&cursor (V2: searchPostsV2?hashtags[] "
            "gated)",
            "unauthenticated = first page at most and sometimes 403; authenticated via PDS 3000 req/5min/IP; "
            "maintainers: not a general data API",
            NOT_A_DATA_API,
        ),
        offer(
            "hashtag_stream",
            Support.YES,
            "wss Jetstream /subscribe?wantedCollections=app.bsky.feed.post or "
            "/xrpc/network.bsky.jetstream.subscribeEvents?collections=",
            "no auth; client-side tag filter on facets+tags; at-least-once",
        ),
        offer(
            "comments_with_authors",
            Support.YES,
            "GET app.bsky.feed.getPostThread?uri&depth<=1000&parentHeight",
            'no auth; AppView limit unpublished ("generous"); no pagination',
            "one answer for all; very large threads are cut by the server",
        ),
        offer(
            "profile_followers_count",
            Support.YES,
            "GET app.bsky.actor.getProfile / getProfiles (25 per call)",
            "no auth; same",
        ),
        offer(
            "author_feed_with_counts",
            Support.YES,
            "GET app.bsky.feed.getAuthorFeed?actor&filter&limit<=100&cursor",
            "no auth; likes/reposts/replies/quotes/bookmarks",
        ),
        offer("views", Support.NO, reason="not in lexicon"),
        offer(
            "likers_reposters_quotes",
            Support.YES,
            "getLikes / getRepostedBy / getQuotes limit<=100 cursor",
            "no auth",
        ),
        offer("followers_list", Support.YES, "app.bsky.graph.getFollowers limit<=100 cursor", "no auth"),
        offer("posts", Support.YES, f"GET {POSTS} (25 per call)", "no auth"),
        offer("mentions", Support.PARTIAL, f"GET {SEARCH}?mentions&limit<=100", "as hashtag_search", NOT_A_DATA_API),
        offer("quotes", Support.YES, f"GET {QUOTES}?uri&limit<=100&cursor", "no auth"),
        offer("audience", Support.NO, reason="the network knows nothing of an audience's age, gender or place"),
    )

    def __init__(
        self,
        http: PlatformHttp,
        *,
        appview_url: str = PUBLIC_APPVIEW,
        pds_url: str = ENTRYWAY,
        login: tuple[str, str] | None = None,
        jetstream_url: str | None = JETSTREAM,
    ) -> None:
        self._jetstream = Jetstream(jetstream_url, clock=http.clock) if jetstream_url is not None else None
        self._client = AtprotoClient(http, server=pds_url if login else appview_url, login=login)
        self._search_v2_offered: bool | None = None

    @classmethod
    def create(
        cls,
        http: HttpClient,
        options: Mapping[str, str],
        *,
        meter: CallMeter | None = None,
        clock: Clock = utc_now,
    ) -> Self:
        """See Connector. An identifier without an app password, or the reverse, is an error.

        A network of one's own, known by its AppView, has a live stream of its own: the public one tells nothing of it.
        """
        given = {name: value.strip() for name, value in options.items() if value and value.strip()}
        identifier, app_password = given.get("identifier"), given.get("app_password")
        if (identifier is None) != (app_password is None):
            raise ValueError("a Bluesky login needs both identifier and app_password")
        appview = given.get("appview_url", PUBLIC_APPVIEW)
        stream = given.get("jetstream_url", JETSTREAM if appview.rstrip("/") == PUBLIC_APPVIEW else OFF)
        return cls(
            PlatformHttp(cls.platform, http, meter, clock),
            appview_url=appview,
            pds_url=given.get("pds_url", ENTRYWAY),
            login=(identifier, app_password) if identifier and app_password else None,
            jetstream_url=None if stream.lower() == OFF else stream,
        )

    def _as_configured(self, row: Capability) -> Capability:
        if row.name == "hashtag_stream" and self._jetstream is None:
            return row.model_copy(update={"support": Support.NO, "reason": NO_STREAM_NAMED})
        if row.name not in ("hashtag_search", "mentions") or self._client.signed_in:
            return row
        return row.model_copy(update={"reason": f"{FIRST_PAGE_ONLY}, at times none; {NOT_A_DATA_API}"})

    def quotas(self) -> tuple[QuotaRule, ...]:
        """See Connector. The server's limit is kept for the AppView too, which publishes none."""
        five_minutes, day = Rolling(timedelta(minutes=5)), Rolling(timedelta(days=1))
        return (
            QuotaRule(bucket="calls", unit="call", limit=3_000, reset=five_minutes, note="per address"),
            QuotaRule(bucket=SESSIONS, unit="login", limit=30, reset=five_minutes, note="per account"),
            QuotaRule(bucket=SESSIONS, unit="login", limit=300, reset=day, note="per account"),
        )

    def account_id(self, reference: str) -> str | None:
        """See Connector: a DID, a handle with or without @, or the address of a profile or post on bsky.app."""
        found = reference.strip()
        parts = urlsplit(found)
        if parts.scheme in ("http", "https"):
            path = [unquote(part) for part in parts.path.split("/") if part]
            if (parts.hostname or "").removeprefix("www.") != "bsky.app" or path[:1] != ["profile"] or len(path) < 2:
                return None
            found = path[1]
        found = found.removeprefix("@")
        if _DID.fullmatch(found):
            return found
        return found.lower() if _HANDLE.fullmatch(found.lower()) else None

    async def hashtag_posts(
        self, tag: str, cursor: str | None = None, *, spellings: Sequence[str] = ()
    ) -> Page[PostRecord]:
        """See Connector. One call a page; where the server tells upper from lower case, each spelling is asked in turn.

        Asks for the text `#tag` and for the tag, and keeps what really carries it: a server may look at the text only.
        """
        try:
            wanted = normalise(search_term(self.platform, tag))
        except ValueError as error:
            raise Unsupported(self.platform, SEARCH, str(error)) from error
        position = Position.decode(cursor)
        if self._search_v2_offered is not False and (cursor is None or position.version == 2):
            page = await self._hashtag_posts_v2(wanted.display, wanted.key, replace(position, version=2))
            if page is not None:
                return page
            position = Position()
        asked = _spellings(wanted.display, wanted.key, spellings)
        if position.spelling >= len(asked):
            raise ValueError("not a cursor of this connector")
        spelling = asked[position.spelling]
        params = [("q", f"#{spelling}"), ("tag", spelling), ("sort", "latest")]
        page, after = await self._search(SEARCH, params, position, lambda post: _carries(post, wanted.key))
        folds = position.folds_case or any(f"#{spelling}" not in (post.text or "") for post in page.items)
        if after is not None:
            return replace(page, next_cursor=replace(after, folds_case=folds).encode(), exhausted=False)
        if not folds and position.spelling + 1 < len(asked):
            following = Position(spelling=position.spelling + 1)
            return replace(page, next_cursor=following.encode(), exhausted=False)
        return page

    async def _hashtag_posts_v2(self, display: str, key: str, position: Position) -> Page[PostRecord] | None:
        """A page of the newer search, None where it is not switched on: then it is not asked again."""
        params = [("hashtags", display), ("allTime", "true"), ("sort", "recent")]
        try:
            page, after = await self._search(SEARCH_V2, params, position, lambda post: _carries(post, key))
        except (Unsupported, NotFound, AuthenticationNeeded, NotPermitted, PlatformFault) as error:
            if isinstance(error, PlatformFault) and error.transient:
                raise
            self._search_v2_offered = False
            return None
        self._search_v2_offered = True
        return page if after is None else replace(page, next_cursor=after.encode(), exhausted=False)

    async def mentions(self, account_id: str, handle: str, cursor: str | None = None) -> Page[PostRecord]:
        """See Connector. Only marked mentions count, not a handle that merely stands in the text."""
        handle = handle.removeprefix("@").lower()
        params = [("q", f"@{handle}"), ("mentions", account_id), ("sort", "latest")]
        page, after = await self._search(
            SEARCH,
            params,
            Position.decode(cursor),
            lambda post: (
                post.author_id != account_id and any(mention.platform_id == account_id for mention in post.mentions)
            ),
        )
        return page if after is None else replace(page, next_cursor=after.encode(), exhausted=False)

    async def _search(
        self, endpoint: str, params: list[tuple[str, str]], position: Position, keep: Callable[[PostRecord], bool]
    ) -> tuple[Page[PostRecord], Position | None]:
        """One page of a search and where to go on. A page refused for want of a login is an end, not an error."""
        params = [*params, ("limit", str(PAGE_SIZE))]
        if position.platform_cursor is not None:
            params.append(("cursor", position.platform_cursor))
        try:
            views, body, origin = await self._client.query_list(endpoint, params, "posts")
        except AuthenticationNeeded:
            if position.platform_cursor is None or self._client.signed_in:
                raise
            return Page(coverage=Coverage.PARTIAL, truncated_reason=FIRST_PAGE_ONLY), None
        found = [post for view in views if (post := read_post(view, origin))]
        kept = tuple(post for post in found if keep(post))
        after, warning = position.after(filled(body, "cursor"), items=len(found))
        warnings = [warning] if warning else []
        if len(kept) < len(found):
            warnings.append(f"{len(found) - len(kept)} of {len(found)} posts did not carry what was searched for")
        page = Page(
            items=kept,
            exhausted=True if after is None and warning is None else None,
            coverage=Coverage.PARTIAL if warning else Coverage.FULL,
            truncated_reason=warning,
            warnings=tuple(warnings),
        )
        return page, after

    async def post_comments(self, post_id: str, cursor: str | None = None) -> Page[CommentRecord]:
        """See Connector. The platform answers with the whole thread at once: there is no second page."""
        if cursor is not None:
            raise ValueError("not a cursor of this connector")
        params = [("uri", post_id), ("depth", str(THREAD_DEPTH)), ("parentHeight", "0")]
        body, origin = await self._client.query(THREAD, params)
        root = mapping(body, "thread")
        if root.get("notFound") is True:
            raise NotFound(self.platform, THREAD, "the post is deleted or not shown to us")
        if root.get("blocked") is True:
            raise NotPermitted(self.platform, THREAD, "the post's author has blocked the login, or the reverse")
        if not mapping(root, "post"):
            raise PlatformFault(self.platform, THREAD, "the answer has no thread", transient=True)
        thread = read_thread(root, origin)
        warnings = [
            f"{number} {what}"
            for number, what in (
                (thread.deleted, "comments are deleted"),
                (thread.blocked, "comments are blocked"),
                (thread.hidden, "comments are counted but not shown"),
            )
            if number
        ]
        return Page(
            items=thread.comments,
            exhausted=True,
            coverage=Coverage.PARTIAL if warnings else Coverage.FULL,
            truncated_reason="; ".join(warnings) or None,
            warnings=tuple(warnings),
        )

    async def profiles(self, ids: Sequence[str]) -> Page[CreatorRecord]:
        """See Connector. Takes DIDs and handles; a text that is neither is missing, without a call."""
        named = {one: self.account_id(one) for one in ids}
        asked = list(dict.fromkeys(found for found in named.values() if found is not None))
        found: dict[str, CreatorRecord] = {}
        names: set[str] = set()
        for start in range(0, len(asked), BATCH_SIZE):
            batch = [("actors", one) for one in asked[start : start + BATCH_SIZE]]
            views, _, origin = await self._client.query_list(PROFILES, batch, "profiles")
            for view in views:
                if creator := read_creator(view, origin):
                    found[creator.platform_id] = creator
                    names |= {creator.platform_id, creator.handle or creator.platform_id}
        missing = tuple(one for one, account in named.items() if account not in names)
        return Page(items=tuple(found.values()), exhausted=True, missing=missing)

    async def posts(self, ids: Sequence[str]) -> Page[PostRecord]:
        """See Connector."""
        asked = [one for one in dict.fromkeys(ids) if one.startswith("at://")]
        found: dict[str, PostRecord] = {}
        for start in range(0, len(asked), BATCH_SIZE):
            batch = [("uris", one) for one in asked[start : start + BATCH_SIZE]]
            views, _, origin = await self._client.query_list(POSTS, batch, "posts")
            found |= {post.platform_id: post for view in views if (post := read_post(view, origin))}
        missing = tuple(one for one in dict.fromkeys(ids) if one not in found)
        return Page(items=tuple(found.values()), exhausted=True, missing=missing)

    async def author_posts(self, author_id: str, cursor: str | None = None) -> Page[PostRecord]:
        """See Connector. Posts that the account only reposted are left out."""
        params = [("actor", author_id), ("filter", "posts_no_replies"), ("includePins", "false")]

        def own(item: Json) -> PostRecord | None:
            if mapping(item, "reason").get("$type") == "app.bsky.feed.defs#reasonRepost":
                return None
            post = read_post(mapping(item, "post"), self._client.origin(AUTHOR_FEED))
            return post if post and (post.author_id == author_id or not author_id.startswith("did:")) else None

        return await self._listing(AUTHOR_FEED, params, Position.decode(cursor), "feed", own)

    async def quotes(self, post_id: str, cursor: str | None = None) -> Page[PostRecord]:
        """See Connector."""
        origin = self._client.origin(QUOTES)
        return await self._listing(
            QUOTES, [("uri", post_id)], Position.decode(cursor), "posts", lambda view: read_post(view, origin)
        )

    async def reactors(self, post_id: str, cursor: str | None = None) -> Page[CreatorRecord]:
        """See Connector. First who liked it, then who reposted it."""
        position = Position.decode(cursor)
        if position.reposts:
            origin = self._client.origin(REPOSTS)
            return await self._listing(
                REPOSTS, [("uri", post_id)], position, "repostedBy", lambda view: read_creator(view, origin)
            )
        origin = self._client.origin(LIKES)
        page = await self._listing(
            LIKES, [("uri", post_id)], position, "likes", lambda view: read_creator(mapping(view, "actor"), origin)
        )
        if page.next_cursor is not None:
            return page
        return replace(page, next_cursor=Position(reposts=True).encode(), exhausted=False)

    async def followers(self, account_id: str, cursor: str | None = None) -> Page[CreatorRecord]:
        """See Connector. Their own counts are not told: ask for their profiles."""
        origin = self._client.origin(FOLLOWERS)
        return await self._listing(
            FOLLOWERS,
            [("actor", account_id)],
            Position.decode(cursor),
            "followers",
            lambda view: read_creator(view, origin),
        )

    def live(
        self, tags: Sequence[str], *, accounts: Sequence[str] = (), cursor: str | None = None
    ) -> AsyncGenerator[LiveEvent, None]:
        """See Connector. Needs no login; the stream itself knows no tags, they are looked for here."""
        if self._jetstream is None:
            self._refuse("hashtag_stream")
        return self._jetstream.events(tags=tags, accounts=accounts, cursor=cursor)

    def live_time(self, cursor: str) -> datetime | None:
        """See Connector."""
        return moment_of(cursor)

    async def _listing(
        self,
        endpoint: str,
        params: list[tuple[str, str]],
        position: Position,
        field: str,
        read: Callable[[Json], Record | None],
    ) -> Page[Record]:
        params = [*params, ("limit", str(PAGE_SIZE))]
        if position.platform_cursor is not None:
            params.append(("cursor", position.platform_cursor))
        views, body, _ = await self._client.query_list(endpoint, params, field)
        after, warning = position.after(filled(body, "cursor"), items=len(views))
        return Page(
            items=tuple(record for view in views if (record := read(view))),
            next_cursor=after.encode() if after else None,
            exhausted=None if warning else after is None,
            coverage=Coverage.PARTIAL if warning else Coverage.FULL,
            truncated_reason=warning,
            warnings=(warning,) if warning else (),
        )


def _spellings(display: str, key: str, further: Sequence[str]) -> tuple[str, ...]:
    """Ways to write a tag, each once: as asked, lower case, capitalised, and the further ones that mean the same."""
    same = [found.display for one in further for found in normalise_all([one]) if found.key == key]
    return tuple(dict.fromkeys((display, key, key[:1].upper() + key[1:], *same)))


def _carries(post: PostRecord, key: str) -> bool:
    return any(hashtag.key == key for hashtag in post.hashtags)
