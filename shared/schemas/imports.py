"""Imports on the wire: the lines of an archive, and how far an import is."""

from enum import StrEnum
from typing import Annotated, Literal

from pydantic import ConfigDict, Field, StringConstraints, TypeAdapter

from shared.schemas.base import (
    MAX_TEXT,
    NOT_PROVIDED,
    CountInput,
    Country,
    JobStatus,
    Language,
    LineText,
    Natural,
    Platform,
    PostText,
    Schema,
    ShortText,
    UtcTime,
)
from shared.schemas.creators import AccountKind
from shared.schemas.ids import ImportId
from shared.schemas.posts import PostKind

# Archives of other tools write identifiers as numbers too.
LinePlatformId = Annotated[
    str,
    StringConstraints(min_length=1, max_length=512, pattern=r"^[^\u0000]*[^\s\u0000][^\u0000]*$"),
    Field(coerce_numbers_to_str=True),
]
LineHandle = Annotated[
    str,
    StringConstraints(min_length=1, max_length=320, pattern=r"^[^\u0000]*[^\s\u0000][^\u0000]*$"),
    Field(coerce_numbers_to_str=True),
]
LineHashtag = Annotated[str, StringConstraints(max_length=200, pattern=r"^[^\u0000]*$")]


class LineKind(StrEnum):
    """What one line of an archive holds."""

    CREATOR = "creator"
    POST = "post"
    COMMENT = "comment"


class _Line(Schema):
    """A line of an archive. Fields that are not known here are left out, since archives carry many."""

    platform: Platform
    observed_at: UtcTime | None = None


class CreatorLine(_Line):
    """An account. Counts are a number, null, or `{value, state, observed_at}`; a missing one is unknown."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {"kind": "creator", "platform": "instagram", "platform_id": "178", "handle": "ana", "followers": 4200}
            ]
        }
    )

    kind: Literal[LineKind.CREATOR]
    platform_id: LinePlatformId
    handle: LineHandle
    display_name: ShortText | None = None
    bio_text: PostText | None = None
    url: LineText | None = None
    avatar_url: LineText | None = None
    website: LineText | None = None
    links: Annotated[tuple[LineText, ...], Field(max_length=50)] = ()
    language: Language | None = None
    country: Country | None = None
    place: ShortText | None = None
    created_at: UtcTime | None = None
    is_bot: bool | None = None
    is_verified: bool | None = None
    is_private: bool | None = None
    noindex: bool | None = None
    account_kind: AccountKind = AccountKind.UNKNOWN
    followers: CountInput = NOT_PROVIDED
    following: CountInput = NOT_PROVIDED
    posts: CountInput = NOT_PROVIDED
    total_likes: CountInput = NOT_PROVIDED
    total_views: CountInput = NOT_PROVIDED


class MediaLine(Schema):
    """An attachment in an archive; sizes in pixels."""

    kind: Annotated[str, Field(max_length=32)] = "image"
    url: LineText | None = None
    width: Annotated[int, Field(ge=0, le=1_000_000)] | None = None
    height: Annotated[int, Field(ge=0, le=1_000_000)] | None = None
    alt_text: Annotated[str, StringConstraints(max_length=10_000, pattern=r"^[^\u0000]*$")] | None = None


class PostLine(_Line):
    """A post; its author may never appear as a line of its own and then becomes a stub."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "kind": "post",
                    "platform": "instagram",
                    "platform_id": "p1",
                    "author_id": "178",
                    "text": "Up before the sun #fellrunning",
                    "hashtags": ["fellrunning"],
                    "created_at": "2026-10-03T06:12:00Z",
                    "likes": 210,
                    "comments": 14,
                    "views": None,
                }
            ]
        }
    )

    kind: Literal[LineKind.POST]
    platform_id: LinePlatformId
    author_id: LinePlatformId
    post_kind: PostKind = PostKind.POST
    url: LineText | None = None
    text: PostText | None = None
    language: Language | None = None
    hashtags: Annotated[tuple[LineHashtag, ...], Field(max_length=2_000)] = ()
    mentions: Annotated[tuple[LineHandle, ...], Field(max_length=2_000)] = ()
    links: Annotated[tuple[LineText, ...], Field(max_length=200)] = ()
    media: Annotated[tuple[MediaLine, ...], Field(max_length=100)] = ()
    created_at: UtcTime | None = None
    paid_partnership: bool | None = None
    sponsorship_labels: Annotated[tuple[ShortText, ...], Field(max_length=20)] = ()
    likes: CountInput = NOT_PROVIDED
    comments: CountInput = NOT_PROVIDED
    shares: CountInput = NOT_PROVIDED
    reposts: CountInput = NOT_PROVIDED
    quotes: CountInput = NOT_PROVIDED
    saves: CountInput = NOT_PROVIDED
    views: CountInput = NOT_PROVIDED
    score: CountInput = NOT_PROVIDED


class CommentLine(_Line):
    """A comment under a post. Without `platform_id`, post, author, time and text together identify it."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "kind": "comment",
                    "platform": "instagram",
                    "post_id": "p1",
                    "author_id": "911",
                    "text": "Which shoes are these?",
                    "created_at": "2026-10-03T07:00:00Z",
                }
            ]
        }
    )

    kind: Literal[LineKind.COMMENT]
    platform_id: LinePlatformId | None = None
    post_id: LinePlatformId
    author_id: LinePlatformId
    author_handle: LineHandle | None = None
    parent_id: LinePlatformId | None = None
    text: PostText | None = None
    language: Language | None = None
    created_at: UtcTime | None = None
    likes: CountInput = NOT_PROVIDED


ImportLine = Annotated[CreatorLine | PostLine | CommentLine, Field(discriminator="kind")]
# Built once: reads one line of NDJSON with `.validate_json(line)`.
IMPORT_LINE: TypeAdapter[CreatorLine | PostLine | CommentLine] = TypeAdapter(ImportLine)
# A longer line cannot hold what its fields may hold; in bytes (four per character, and room for the other fields).
MAX_LINE_BYTES = 4 * MAX_TEXT + 1_000_000


class LineFault(Schema):
    """A line that was not taken: its number from 1, and why."""

    line: Natural
    reason: LineText


class Import(Schema):
    """An import: what was received, how far it is merged, which lines were at fault.

    `faults` holds the first hundred; `lines_faulty` counts all. Nothing of an import is visible before it completes.
    """

    id: ImportId
    status: JobStatus
    bytes_received: Natural = 0
    lines_received: Natural = 0
    lines_merged: Natural = 0
    lines_faulty: Natural = 0
    creators: Natural = 0
    posts: Natural = 0
    comments: Natural = 0
    faults: tuple[LineFault, ...] = ()
    error: LineText | None = None
    created_at: UtcTime
    received_at: UtcTime | None = None
    finished_at: UtcTime | None = None
