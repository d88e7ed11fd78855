"""Hashtags, mentions and links of a Bluesky post, from facets by UTF-8 byte offsets (app.bsky.richtext.facet)."""

from collections.abc import Iterator
from dataclasses import dataclass

from services.discovery.fields import Json, mapping, natural, objects, text, texts
from shared.rules.hashtags import normalise_all
from shared.schemas.posts import HashtagSource, PostHashtag, PostMention

_TAG = "app.bsky.richtext.facet#tag"
_MENTION = "app.bsky.richtext.facet#mention"
_LINK = "app.bsky.richtext.facet#link"


@dataclass(frozen=True, slots=True)
class RichText:
    """What a post's record marks in its text, and the hashtags that it lists beside the text."""

    hashtags: tuple[PostHashtag, ...]
    mentions: tuple[PostMention, ...]
    links: tuple[str, ...]


def read_rich_text(record: Json) -> RichText:
    """The marks of a record of type app.bsky.feed.post.

    Hashtags are those of the facets and of the record's `tags`, each key once, never what merely looks like one in the
    text. Of overlapping facets the later one is void, and so is a facet that lies outside of the text.
    """
    hashtags: dict[str, PostHashtag] = {}
    mentions: dict[str, PostMention] = {}
    links: dict[str, None] = {}
    for marked, feature in _features(record):
        kind = feature.get("$type")
        if kind == _TAG and (tag := text(feature, "tag")):
            _add_hashtag(hashtags, tag, HashtagSource.ENTITY)
        elif kind == _MENTION and (did := text(feature, "did", longest=512)):
            handle = marked.strip().removeprefix("@").lower()[:320]
            mentions.setdefault(did, PostMention(handle=handle or did[:320], platform_id=did))
        elif kind == _LINK and (uri := text(feature, "uri", longest=1_000)):
            links[uri] = None
    for tag in texts(record, "tags"):
        _add_hashtag(hashtags, tag, HashtagSource.FIELD)
    return RichText(tuple(hashtags.values()), tuple(mentions.values()), tuple(links))


def _add_hashtag(hashtags: dict[str, PostHashtag], tag: str, source: HashtagSource) -> None:
    for found in normalise_all([tag]):  # none for a cashtag, which is stored as a tag with its sign
        hashtags.setdefault(found.key, PostHashtag(display=found.display, key=found.key, source=source))


def _features(record: Json) -> Iterator[tuple[str, Json]]:
    encoded = (text(record, "text") or "").encode()
    spans: list[tuple[int, int, Json]] = []
    for facet in objects(record, "facets"):
        index = mapping(facet, "index")
        start, end = natural(index, "byteStart"), natural(index, "byteEnd")
        if start is not None and end is not None and start < end <= len(encoded):
            spans.append((start, end, facet))
    reached = 0
    for start, end, facet in sorted(spans, key=lambda span: span[0]):
        if start < reached:
            continue
        reached = end
        marked = encoded[start:end].decode("utf-8", "replace")
        for feature in objects(facet, "features"):
            yield marked, feature
