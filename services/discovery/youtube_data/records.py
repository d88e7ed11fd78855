"""Turns resources of the YouTube Data API v3 into discovery's records."""

import re
from collections.abc import Iterator
from datetime import datetime, timedelta

from services.discovery.fields import Json, count, filled, language_tag, mapping, moment, objects, text, truth
from services.discovery.html_text import web_address
from services.discovery.records import (
    CommentRecord,
    CreatorRecord,
    Origin,
    PostRecord,
    TimeSource,
    bio_opt_outs,
)
from shared.rules.hashtags import extract
from shared.rules.mentions import mentions
from shared.schemas.base import MAX_COUNT, NOT_PROVIDED, Count, CountState
from shared.schemas.creators import AccountStatus, CreatorCounts
from shared.schemas.posts import (
    Engagement,
    HashtagSource,
    Media,
    MediaKind,
    PostHashtag,
    PostKind,
    PostMention,
)

PLATFORM = "youtube"
KEPT = timedelta(days=30)
"""How long the platform's terms let data be kept that no account's owner authorised: then refresh or delete."""

CHANNEL_ID = re.compile(r"UC[A-Za-z0-9_-]{22}")
VIDEO_ID = re.compile(r"[A-Za-z0-9_-]{11}")
_HANDLE = re.compile(r"@[^\s/]{3,30}")
_LINK = re.compile(r"https?://[^\s<>\"']{1,900}")
_DURATION = re.compile(r"P(?:(\d{1,4})D)?(?:T(?:(\d{1,4})H)?(?:(\d{1,6})M)?(?:(\d{1,7})S)?)?")


def channel_url(channel_id: str) -> str:
    return f"https://www.youtube.com/channel/{channel_id}"


def video_url(video_id: str) -> str:
    return f"https://www.youtube.com/watch?v={video_id}"


def read_channel(source: Json, origin: Origin) -> CreatorRecord | None:
    """A channel; None without an id. The count of subscribers is rounded by the platform, or hidden by the channel."""
    channel_id = filled(source, "id", longest=64)
    if channel_id is None:
        return None
    snippet, statistics = mapping(source, "snippet"), mapping(source, "statistics")
    branding = mapping(mapping(source, "brandingSettings"), "channel")
    bio = text(snippet, "description")
    country = filled(snippet, "country") or filled(branding, "country") or ""
    return CreatorRecord(
        platform=PLATFORM,
        platform_id=channel_id,
        origin=origin,
        handle=_handle(filled(snippet, "customUrl")),
        display_name=filled(snippet, "title", longest=200),
        bio_text=bio,
        url=channel_url(channel_id),
        avatar_url=_thumbnail(snippet),
        language=language_tag(filled(snippet, "defaultLanguage")),
        country=country.upper() if re.fullmatch(r"[A-Za-z]{2}", country) else None,
        created_at=moment(snippet, "publishedAt"),
        is_private=mapping(source, "status").get("privacyStatus") == "private" or None,
        status=AccountStatus.ACTIVE,
        counts=CreatorCounts(
            followers=_subscribers(source, statistics, origin.fetched_at),
            posts=_counter(source, statistics, "videoCount", origin.fetched_at),
            total_views=_counter(source, statistics, "viewCount", origin.fetched_at),
        ),
        opt_outs=bio_opt_outs(bio),
    )


def uploads_of(source: Json) -> str | None:
    """The playlist of a channel's uploads."""
    playlists = mapping(mapping(source, "contentDetails"), "relatedPlaylists")
    return filled(playlists, "uploads", longest=100)


def _subscribers(source: Json, statistics: Json, observed_at: datetime) -> Count:
    if truth(statistics, "hiddenSubscriberCount"):
        return Count(state=CountState.HIDDEN, observed_at=observed_at)
    return _counter(source, statistics, "subscriberCount", observed_at, state=CountState.ROUNDED)


def _counter(
    source: Json, statistics: Json, name: str, observed_at: datetime, *, state: CountState = CountState.EXACT
) -> Count:
    """A counter, which the platform sends as text: hidden where it is missing among others, unknown without these."""
    if "statistics" not in source:
        return NOT_PROVIDED
    value = statistics.get(name)
    if isinstance(value, str) and value.isascii() and value.isdigit() and int(value[:20]) <= MAX_COUNT:
        return Count(value=int(value[:20]), state=state, observed_at=observed_at)
    return Count(state=CountState.HIDDEN, observed_at=observed_at)


def read_video(source: Json, origin: Origin) -> PostRecord | None:
    """A video from videos.list, or its counters from videos.batchGetStats; None without an id.

    Hashtags are those of title and description; the video's `tags` are keywords for the search and no hashtags.
    """
    video_id = filled(source, "id", longest=64)
    if video_id is None or not VIDEO_ID.fullmatch(video_id):
        return None
    snippet, details = mapping(source, "snippet"), mapping(source, "contentDetails")
    statistics, seen = mapping(source, "statistics"), origin.fetched_at
    told = _told(snippet)
    published = moment(snippet, "publishedAt") or moment(snippet, "publishTime")
    return PostRecord(
        platform=PLATFORM,
        platform_id=video_id,
        origin=origin,
        url=video_url(video_id),
        author_id=_channel_id(snippet),
        author=_author(snippet, origin),
        kind=PostKind.VIDEO,
        text=told,
        language=language_tag(filled(snippet, "defaultAudioLanguage") or filled(snippet, "defaultLanguage")),
        created_at=published,
        created_at_source=TimeSource.SERVER if published else None,
        hashtags=tuple(
            PostHashtag(display=tag.display, key=tag.key, source=HashtagSource.TEXT)
            for tag in extract(told or "", platform=PLATFORM)
        ),
        mentions=tuple(PostMention(handle=handle) for handle in mentions(told or "", platform=PLATFORM)),
        links=tuple(_links(told or "")),
        media=tuple(_media(snippet, details, video_id)),
        is_sensitive=_is_sensitive(details),
        paid_partnership=truth(mapping(source, "paidProductPlacementDetails"), "hasPaidProductPlacement"),
        counts=Engagement(
            likes=_counter(source, statistics, "likeCount", seen),
            comments=_counter(source, statistics, "commentCount", seen),
            views=_counter(source, statistics, "viewCount", seen),
        ),
    )


def read_search_result(source: Json, origin: Origin) -> PostRecord | None:
    """A video as the search shows it: a shortened text, no counters."""
    found = {"id": filled(mapping(source, "id"), "videoId"), "snippet": mapping(source, "snippet")}
    return read_video(found, origin)


def _told(snippet: Json) -> str | None:
    parts = [part for part in (filled(snippet, "title"), filled(snippet, "description")) if part]
    return "\n\n".join(parts) or None


def _channel_id(snippet: Json) -> str | None:
    return filled(snippet, "channelId", longest=64)


def _author(snippet: Json, origin: Origin) -> CreatorRecord | None:
    channel_id = _channel_id(snippet)
    if channel_id is None:
        return None
    return CreatorRecord(
        platform=PLATFORM,
        platform_id=channel_id,
        origin=origin,
        display_name=filled(snippet, "channelTitle", longest=200),
        url=channel_url(channel_id),
    )


def _links(told: str) -> Iterator[str]:
    for match in _LINK.finditer(told):
        address = web_address(match.group().rstrip(".,;:!?)]}"))
        if address:
            yield address


def _media(snippet: Json, details: Json, video_id: str) -> Iterator[Media]:
    yield Media(
        kind=MediaKind.VIDEO,
        url=video_url(video_id),
        preview_url=_thumbnail(snippet),
        duration_s=_seconds(filled(details, "duration")),
    )


def _thumbnail(snippet: Json) -> str | None:
    sizes = mapping(snippet, "thumbnails")
    for name in ("high", "medium", "default"):
        if address := web_address(filled(mapping(sizes, name), "url")):
            return address
    return None


def _seconds(duration: str | None) -> float | None:
    """An ISO 8601 duration of days, hours, minutes and seconds."""
    match = _DURATION.fullmatch(duration or "")
    if match is None:
        return None
    days, hours, minutes, seconds = (int(part or 0) for part in match.groups())
    return min(float(((days * 24 + hours) * 60 + minutes) * 60 + seconds), 1e7)


def _is_sensitive(details: Json) -> bool | None:
    if not details:
        return None
    return mapping(details, "contentRating").get("ytRating") == "ytAgeRestricted"


def read_comment(
    source: Json, origin: Origin, *, post_id: str, parent_id: str | None = None, replies: Count = NOT_PROVIDED
) -> CommentRecord | None:
    """A comment; None without an id. The author is unknown where the account is gone."""
    comment_id, snippet = filled(source, "id", longest=200), mapping(source, "snippet")
    if comment_id is None:
        return None
    author_id = filled(mapping(snippet, "authorChannelId"), "value", longest=64)
    name = filled(snippet, "authorDisplayName", longest=200)
    told = text(snippet, "textOriginal") or text(snippet, "textDisplay")
    author = None
    if author_id is not None:
        author = CreatorRecord(
            platform=PLATFORM,
            platform_id=author_id,
            origin=origin,
            handle=_handle(name),
            display_name=name,
            url=channel_url(author_id),
            avatar_url=web_address(filled(snippet, "authorProfileImageUrl")),
        )
    created_at = moment(snippet, "publishedAt")
    return CommentRecord(
        platform=PLATFORM,
        platform_id=comment_id,
        post_id=post_id,
        origin=origin,
        parent_id=parent_id,
        depth=1 if parent_id is None else 2,
        author_id=author_id,
        author=author,
        text=told,
        created_at=created_at,
        created_at_source=TimeSource.SERVER if created_at else None,
        mentions=tuple(PostMention(handle=handle) for handle in mentions(told or "", platform=PLATFORM)),
        likes=count(snippet, "likeCount", observed_at=origin.fetched_at),
        replies=replies,
    )


def read_thread(source: Json, origin: Origin, *, post_id: str) -> tuple[list[CommentRecord], str | None]:
    """A comment with the sample of its answers that came along, and its id if there are more of these."""
    snippet = mapping(source, "snippet")
    answered = count(snippet, "totalReplyCount", observed_at=origin.fetched_at)
    top = read_comment(mapping(snippet, "topLevelComment"), origin, post_id=post_id, replies=answered)
    if top is None:
        return [], None
    answers = [
        answer
        for one in objects(mapping(source, "replies"), "comments")
        if (answer := read_comment(one, origin, post_id=post_id, parent_id=top.platform_id))
    ]
    more = answered.value is not None and answered.value > len(answers)
    return [top, *answers], top.platform_id if more else None


def _handle(name: str | None) -> str | None:
    """A handle without its sign; what does not begin with one is a name or an old address."""
    return name[1:].lower() if name and _HANDLE.fullmatch(name) else None
