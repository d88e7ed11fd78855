"""YouTube through its Data API v3, by API key: search, videos, comments, channels and their uploads."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import ClassVar, Self

from services.discovery import cursors
from services.discovery.connector import (
    CallMeter,
    Clock,
    Connector,
    ConnectorError,
    Coverage,
    NotFound,
    NotPermitted,
    Page,
    PlatformFault,
    QuotaRule,
    RateLimited,
    Unsupported,
    offer,
    utc_now,
)
from services.discovery.fields import Json, filled, mapping, objects
from services.discovery.platform_http import PlatformHttp
from services.discovery.records import CommentRecord, CreatorRecord, PostRecord
from services.discovery.youtube_data.client import API, DAY, SEARCH, SEARCHES, STATISTICS, STATS, UNITS, YoutubeClient
from services.discovery.youtube_data.records import (
    CHANNEL_ID,
    KEPT,
    VIDEO_ID,
    read_channel,
    read_comment,
    read_search_result,
    read_thread,
    read_video,
    uploads_of,
)
from shared.kit.http import HttpClient
from shared.rules.hashtags import normalise, search_term
from shared.rules.identifiers import canonical_handle, fits, parse_account
from shared.schemas.platforms import Capability, PermittedUse, Support

PAGE_SIZE = 50
COMMENTS_PAGE = 100
BATCH_SIZE = 50
KEY_NEEDED = "an API key of a Google Cloud project is needed (option api_key)"
MATCHES_TEXT = "the search matches text, shows a subset and counts by estimate; there is no index of hashtags"
VIDEO_PARTS = "snippet,statistics,contentDetails,status,paidProductPlacementDetails"
CHANNEL_PARTS = "snippet,statistics,contentDetails,brandingSettings,status"


@dataclass(frozen=True, slots=True, kw_only=True)
class CommentsPosition(cursors.Position):
    """`answered`: comments whose further answers are still to be read, the first one from `answers_cursor` on; then
    the threads go on at `platform_cursor`, unless they are `finished`."""

    answered: tuple[str, ...] = ()
    answers_cursor: str = ""
    finished: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class UploadsPosition(cursors.Position):
    """`playlist`: a channel's uploads, once they are known."""

    playlist: str = ""


class YoutubeConnector(Connector):
    """Reads with one API key. Without one it makes no call and says what is missing."""

    name: ClassVar[str] = "YouTube"
    options: ClassVar[Mapping[str, str]] = {
        "api_key": "key of a Google Cloud project with the YouTube Data API v3 switched on",
        "api_url": f"address of the API (default {API})",
    }
    permitted_uses: ClassVar[tuple[PermittedUse, ...]] = tuple(
        use for use in PermittedUse if use is not PermittedUse.AGGREGATE_ANALYTICS
    )
    retain_days: ClassVar[int | None] = KEPT.days
    terms_url: ClassVar[str | None] = "https://developers.google.com/youtube/terms/developer-policies"
    notes: ClassVar[tuple[str, ...]] = (
        "what is stored is refreshed or deleted after 30 days",
        "whoever shows its data links to YouTube's terms of service and to Google's privacy policy",
        "more than the default quota needs a compliance audit",
    )
    profile_batch: ClassVar[int] = BATCH_SIZE
    post_batch: ClassVar[int] = BATCH_SIZE
    example_account: ClassVar[str] = "UC0000000000000000000000"
    example_post: ClassVar[str] = "00000000000"
    offers: ClassVar[tuple[Capability, ...]] = (
        offer(
            "hashtag_search",
            Support.PARTIAL,
            "GET /youtube/v3/search?part=snippet&type=video&q=%23tag&order=date&maxResults<=50&pageToken",
            "own bucket: 100 calls/day (1 per call) since 2026-06-01; text match not exact tag",
            MATCHES_TEXT,
        ),
        offer(
            "comments_with_authors",
            Support.YES,
            "GET /youtube/v3/commentThreads?part=snippet replies&videoId&maxResults<=100 ; comments?parentId",
            "1 unit/call of 10000 units/day",
        ),
        offer(
            "profile_followers_count",
            Support.PARTIAL,
            "GET /youtube/v3/channels?part=snippet statistics&id (50)|forHandle",
            "1 unit; hiddenSubscriberCount; rounded",
            "subscribers are rounded, and channels may hide them",
        ),
        offer(
            "author_feed_with_counts",
            Support.YES,
            "channels.contentDetails.relatedPlaylists.uploads -> playlistItems (50) -> videos.list?id (50) or "
            "videos:batchGetStats",
            "1 unit each; batchGetStats has its own 10000/day bucket (2026-06-03)",
        ),
        offer("views", Support.YES, "videos.statistics.viewCount", "1 unit per 50 ids"),
        offer("shares", Support.NO, reason="not in Data API"),
        offer("followers_list", Support.NO, reason="subscribers of other channels not listable"),
        offer("posts", Support.YES, "GET /youtube/v3/videos:batchGetStats?id (50)", "own bucket: 10000 units/day"),
        offer("mentions", Support.NO, reason="the platform has no search by mentioned channel"),
        offer("quotes", Support.NO, reason="videos are not quoted"),
        offer("likers_reposters_quotes", Support.NO, reason="who liked a video is not told"),
        offer("hashtag_stream", Support.NO, reason="the platform has no live stream of new videos"),
    )

    def __init__(self, http: PlatformHttp, *, api_key: str | None, api_url: str = API) -> None:
        self._client = YoutubeClient(http, api_key=api_key, api_url=api_url)

    @classmethod
    def create(
        cls,
        http: HttpClient,
        options: Mapping[str, str],
        *,
        meter: CallMeter | None = None,
        clock: Clock = utc_now,
    ) -> Self:
        """See Connector."""
        api_key, api_url = options.get("api_key", "").strip(), options.get("api_url", "").strip()
        if not api_key.isascii() or not api_key.isprintable():
            raise ValueError("api_key is no API key")
        if api_url and not api_url.startswith(("http://", "https://")):
            raise ValueError("api_url is no http(s) address")
        return cls(PlatformHttp(cls.platform, http, meter, clock), api_key=api_key or None, api_url=api_url or API)

    def needs(self) -> tuple[str, ...]:
        """See Connector."""
        return () if self._client.has_key else (KEY_NEEDED,)

    def _as_configured(self, row: Capability) -> Capability:
        if self._client.has_key or row.support is Support.NO:
            return row
        return row.model_copy(update={"support": Support.NEEDS_USER_TOKEN, "reason": KEY_NEEDED})

    def quotas(self) -> tuple[QuotaRule, ...]:
        """See Connector. Every call counts, also an invalid one and each further page."""
        note = "per project; begins anew at midnight Pacific Time"
        return (
            QuotaRule(bucket=SEARCHES, unit="call", limit=100, reset=DAY, note=note),
            QuotaRule(bucket=UNITS, unit="unit", limit=10_000, reset=DAY, note=note),
            QuotaRule(bucket=STATISTICS, unit="unit", limit=10_000, reset=DAY, note=note),
        )

    def account_id(self, reference: str) -> str | None:
        """See Connector: a channel's id, `@handle`, or the address of either."""
        text = reference.strip()
        try:
            found = parse_account(text)
        except ValueError:
            return None
        if found.platform == self.platform:
            return found.platform_id or f"@{found.handle}"
        bare = text.startswith("@") and found.platform is None and found.handle is not None
        return f"@{found.handle}" if bare and fits(self.platform, found.handle or "") else None

    async def hashtag_posts(
        self, tag: str, cursor: str | None = None, *, spellings: Sequence[str] = ()
    ) -> Page[PostRecord]:
        """See Connector. A page costs one search and one unit: the search itself tells no counters and cuts texts.

        What does not carry the tag in title or description is left out. Where the search was made and the videos
        cannot be asked for, its own results come back uncounted: searches are too few to be lost.
        """
        self._check("hashtag_search")
        try:
            term = search_term(self.platform, tag)
        except ValueError as error:
            raise Unsupported(self.platform, SEARCH, str(error)) from error
        key, position = normalise(term).key, cursors.Position.decode(cursor)
        params = [
            ("part", "snippet"),
            ("type", "video"),
            ("q", term),
            ("order", "date"),
            ("maxResults", str(PAGE_SIZE)),
        ]
        body, origin = await self._client.call(SEARCH, _paged(params, position.platform_cursor))
        shown = [post for item in objects(body, "items") if (post := read_search_result(item, origin))]
        warnings: list[str] = []
        try:
            found = await self._videos([post.platform_id for post in shown])
        except ConnectorError as error:
            warnings.append(f"only as the search shows them, without counters: {error.reason}")
            kept = shown
        else:
            videos = [found[post.platform_id] for post in shown if post.platform_id in found]
            kept = [post for post in videos if any(hashtag.key == key for hashtag in post.hashtags)]
            if len(kept) < len(shown):
                warnings.append(f"{len(shown) - len(kept)} of {len(shown)} videos did not carry what was searched for")
        after, warning = position.after(filled(body, "nextPageToken"), items=len(shown))
        return Page(
            items=tuple(kept),
            next_cursor=after.encode() if after else None,
            exhausted=None if warning else after is None,
            coverage=Coverage.PARTIAL,
            truncated_reason=warning or MATCHES_TEXT,
            warnings=(*warnings, *((warning,) if warning else ())),
        )

    async def _videos(self, ids: Sequence[str], *, must_list: bool = False) -> dict[str, PostRecord]:
        """Videos by id; `must_list` where what is not among the answers is taken for deleted."""
        found: dict[str, PostRecord] = {}
        asked = list(dict.fromkeys(ids))
        for start in range(0, len(asked), BATCH_SIZE):
            batch = asked[start : start + BATCH_SIZE]
            body, origin = await self._client.call("videos", [("part", VIDEO_PARTS), ("id", ",".join(batch))])
            if must_list and "items" not in body:
                raise PlatformFault(self.platform, "videos", "the answer has no list", transient=True)
            videos = (read_video(item, origin) for item in objects(body, "items"))
            found |= {video.platform_id: video for video in videos if video}
        return found

    async def post_comments(self, post_id: str, cursor: str | None = None) -> Page[CommentRecord]:
        """See Connector. Comments newest first, each with a sample of its answers; where there are more of these, the
        pages that follow bring them before the next comments. Switched-off comments are NotPermitted, and not none."""
        self._check("comments_with_authors")
        position = CommentsPosition.decode(cursor)
        if position.answered:
            return await self._answers(post_id, position)
        params = [
            ("part", "snippet,replies"),
            ("videoId", post_id),
            ("order", "time"),
            ("textFormat", "plainText"),
            ("maxResults", str(COMMENTS_PAGE)),
        ]
        body, origin = await self._client.call("commentThreads", _paged(params, position.platform_cursor))
        threads = [read_thread(item, origin, post_id=post_id) for item in objects(body, "items")]
        comments = tuple(comment for thread, _ in threads for comment in thread)
        answered = tuple(comment_id for _, comment_id in threads if comment_id)
        after, warning = position.after(filled(body, "nextPageToken"), items=len(threads))
        if after is not None:
            after = replace(after, answered=answered)
        elif answered:
            after = CommentsPosition(answered=answered, finished=True)
        return _comments_page(comments, after, warning)

    async def _answers(self, post_id: str, position: CommentsPosition) -> Page[CommentRecord]:
        """A page of the answers to the first of the comments that have more."""
        parent_id, *others = position.answered
        params = [
            ("part", "snippet"),
            ("parentId", parent_id),
            ("textFormat", "plainText"),
            ("maxResults", str(COMMENTS_PAGE)),
        ]
        warning: str | None = None
        token: str | None = None
        answers: tuple[CommentRecord, ...] = ()
        try:
            body, origin = await self._client.call("comments", _paged(params, position.answers_cursor or None))
        except NotFound:
            warning = "a comment with answers is deleted"
        else:
            read = (read_comment(item, origin, post_id=post_id, parent_id=parent_id) for item in objects(body, "items"))
            answers = tuple(answer for answer in read if answer)
            token = filled(body, "nextPageToken", longest=500)
            if token is not None and token == position.answers_cursor:
                warning, token = "the platform repeated its cursor; reading of these answers stopped there", None
        if token is not None:
            return _comments_page(answers, replace(position, answers_cursor=token), warning)
        after = replace(position, answered=tuple(others), answers_cursor="")
        return _comments_page(answers, after if others or not position.finished else None, warning)

    async def profiles(self, ids: Sequence[str]) -> Page[CreatorRecord]:
        """See Connector. Ids of channels are asked in batches, an `@handle` costs a call of its own."""
        self._check("profile_followers_count")
        named = list(dict.fromkeys(ids))
        channels = [one for one in named if CHANNEL_ID.fullmatch(one)]
        found: dict[str, CreatorRecord] = {}
        for start in range(0, len(channels), BATCH_SIZE):
            batch = channels[start : start + BATCH_SIZE]
            found |= await self._channels(("id", ",".join(batch)))
        missing = [one for one in channels if one not in found]
        for one in named:
            if CHANNEL_ID.fullmatch(one):
                continue
            by_handle = await self._channels(("forHandle", _handle(one))) if fits(self.platform, one) else {}
            found |= by_handle
            missing += [] if by_handle else [one]
        return Page(items=tuple(found.values()), exhausted=True, missing=tuple(missing))

    async def _channels(self, which: tuple[str, str]) -> dict[str, CreatorRecord]:
        body, origin = await self._client.call("channels", [("part", CHANNEL_PARTS), which, ("maxResults", "50")])
        channels = (read_channel(item, origin) for item in objects(body, "items"))
        return {channel.platform_id: channel for channel in channels if channel}

    async def author_posts(self, author_id: str, cursor: str | None = None) -> Page[PostRecord]:
        """See Connector. The first page costs three units, each further one two."""
        self._check("author_feed_with_counts")
        position = UploadsPosition.decode(cursor)
        if not position.playlist:
            position = replace(position, playlist=await self._uploads(author_id))
        params = [("part", "contentDetails"), ("playlistId", position.playlist), ("maxResults", str(PAGE_SIZE))]
        try:
            body, _ = await self._client.call("playlistItems", _paged(params, position.platform_cursor))
        except NotFound:  # the channel is there, its list is not: it has no public video, or hides them
            reason = "the platform shows no list of the channel's uploads"
            return Page(exhausted=True, coverage=Coverage.PARTIAL, truncated_reason=reason, warnings=(reason,))
        ids = [video_id for item in objects(body, "items") if (video_id := _uploaded(item))]
        found = await self._videos(ids)
        after, warning = position.after(filled(body, "nextPageToken"), items=len(ids))
        return Page(
            items=tuple(found[one] for one in ids if one in found),
            next_cursor=after.encode() if after else None,
            exhausted=None if warning else after is None,
            coverage=Coverage.PARTIAL if warning else Coverage.FULL,
            truncated_reason=warning,
            warnings=(warning,) if warning else (),
        )

    async def _uploads(self, author_id: str) -> str:
        which = ("id", author_id) if CHANNEL_ID.fullmatch(author_id) else ("forHandle", _handle(author_id))
        body, _ = await self._client.call("channels", [("part", "contentDetails"), which])
        for channel in objects(body, "items"):
            if playlist := uploads_of(channel):
                return playlist
        raise NotFound(self.platform, "channels", "there is no such channel")

    async def posts(self, ids: Sequence[str]) -> Page[PostRecord]:
        """See Connector. Only the counters, from their own quota; the whole video where that one is spent."""
        self._check("posts")
        named = list(dict.fromkeys(ids))
        asked = [one for one in named if VIDEO_ID.fullmatch(one)]
        found: dict[str, PostRecord] = {}
        for start in range(0, len(asked), BATCH_SIZE):
            batch = asked[start : start + BATCH_SIZE]
            params = [("part", "id,snippet,statistics,contentDetails"), ("id", ",".join(batch))]
            try:
                body, origin = await self._client.call(STATS, params)
            except (RateLimited, NotFound, NotPermitted):
                found |= await self._videos(batch, must_list=True)
                continue
            if "items" not in body:
                # what is not among the answers is taken for deleted, so there must be answers
                raise PlatformFault(self.platform, STATS, "the answer has no list", transient=True)
            videos = (read_video(item, origin) for item in objects(body, "items"))
            found |= {video.platform_id: video for video in videos if video}
        missing = tuple(one for one in named if one not in found)
        return Page(items=tuple(found.values()), exhausted=True, missing=missing)

    def _check(self, capability: str) -> None:
        if not self._client.has_key:
            self._refuse(capability)


def _comments_page(
    comments: tuple[CommentRecord, ...], after: CommentsPosition | None, warning: str | None
) -> Page[CommentRecord]:
    return Page(
        items=comments,
        next_cursor=after.encode() if after else None,
        exhausted=False if after else None if warning else True,
        coverage=Coverage.PARTIAL if warning else Coverage.FULL,
        truncated_reason=warning,
        warnings=(warning,) if warning else (),
    )


def _paged(params: list[tuple[str, str]], token: str | None) -> list[tuple[str, str]]:
    return params if token is None else [*params, ("pageToken", token)]


def _uploaded(item: Json) -> str | None:
    video_id = filled(mapping(item, "contentDetails"), "videoId", longest=64)
    return video_id if video_id and VIDEO_ID.fullmatch(video_id) else None


def _handle(text: str) -> str:
    return f"@{canonical_handle('youtube', text)}"
