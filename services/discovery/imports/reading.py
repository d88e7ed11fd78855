"""Reads a chunk of NDJSON into rows: a short way for ordinary comments, pydantic for everything else. Pure CPU work.

The short way takes a line only where pydantic would take it and give the same row; a test compares the two.
"""

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

import orjson
from orjson import loads
from pydantic import ValidationError

from services.discovery.imports.lines import Chunk
from services.discovery.languages import detect_all
from services.discovery.records import bio_opt_outs
from services.discovery.rows import CommentRow, CreatorRow, PostRow, count_pair, count_texts, json_or_none, merged
from shared.rules.hashtags import extract, normalise_all
from shared.schemas.base import MAX_COUNT, MAX_TEXT
from shared.schemas.imports import IMPORT_LINE, MAX_LINE_BYTES, CommentLine, CreatorLine, PostLine
from shared.schemas.posts import HashtagSource, MediaKind

MAX_REASON = 1_000
_MENTIONED = 50_000
_MEDIA_KINDS = frozenset(MediaKind)

Key = tuple[str, str]


@dataclass
class Batch:
    """What a chunk holds: each creator, post and comment once, and the lines at fault with their reasons."""

    creators: dict[Key, CreatorRow] = field(default_factory=dict)
    posts: dict[Key, PostRow] = field(default_factory=dict)
    comments: dict[Key, CommentRow] = field(default_factory=dict)
    faults: list[tuple[int, str]] = field(default_factory=list)
    lines_good: int = 0
    creator_lines: int = 0
    post_lines: int = 0
    comment_lines: int = 0


class Mentioned:
    """The accounts and posts that were mentioned lately, so that not every comment makes the same stubs anew."""

    def __init__(self, size: int = _MENTIONED) -> None:
        self._size = size
        self.creators: set[Key] = set()
        self.posts: set[Key] = set()

    def forget_many(self) -> None:
        """Between chunks: begin anew when there are too many."""
        for known in (self.creators, self.posts):
            if len(known) > self._size:
                known.clear()


def read_chunk(chunk: Chunk, *, seen_at: datetime, mentioned: Mentioned) -> Batch:
    """Read every line. `seen_at` is the observation time of lines that state none.

    `mentioned` must be fresh when the chunks before this one were not read with it.
    """
    mentioned.forget_many()
    reader = _Reader(seen_at, mentioned, has_nul=b"\\u0000" in chunk.body)
    faults = reader.batch.faults
    for number in chunk.overlong:
        faults.append((number, f"the line is longer than {MAX_LINE_BYTES} bytes"))
    for number, raw in enumerate(chunk.body.split(b"\n"), start=chunk.first_line):
        if not raw or raw.isspace():
            continue
        if len(raw) > MAX_LINE_BYTES:
            faults.append((number, f"the line is longer than {MAX_LINE_BYTES} bytes"))
            continue
        reason = reader.read(raw)
        if reason is not None:
            faults.append((number, reason))
    reader.add_languages()
    return reader.batch


class _Reader:
    def __init__(self, seen_at: datetime, mentioned: Mentioned, *, has_nul: bool) -> None:
        self.batch = Batch()
        self._seen_at = seen_at
        self._mentioned = mentioned
        self._has_nul = has_nul
        self._platforms: set[str] = set()

    def read(self, raw: bytes) -> str | None:
        """Take one line; the reason when it cannot be taken."""
        try:
            found = loads(raw)
            if type(found) is list or "fault" in found:
                return self._read_row(found)
            if found["kind"] == "comment" and self._take_short_comment(found):
                return None
        except (ValueError, KeyError, TypeError):
            pass  # the long way says what is wrong
        try:
            line = IMPORT_LINE.validate_json(raw)
        except ValidationError as error:
            return _reason(error)
        self._take(line)
        return None

    def _read_row(self, found: Any) -> str | None:  # noqa: ANN401  # JSON
        """Take all that a row of a table holds, or say why not."""
        if isinstance(found, dict):
            return str(found["fault"])[:MAX_REASON]
        try:
            lines = [IMPORT_LINE.validate_python(one) for one in found]
        except ValidationError as error:
            return _reason(error)
        for line in lines:
            self._take(line)
        return None

    def _take(self, line: CommentLine | PostLine | CreatorLine) -> None:
        if isinstance(line, CommentLine):
            self._add_comment(_comment_row(line, self._seen_at), line.author_handle)
            self._platforms.add(line.platform)
        elif isinstance(line, PostLine):
            self._add_post(_post_row(line, self._seen_at))
        else:
            self._add_creator(_creator_row(line, self._seen_at))

    def _take_short_comment(self, line: dict[str, Any]) -> bool:
        """Take an ordinary comment line; False when the line needs a closer look."""
        get = line.get
        platform = line["platform"]
        if platform not in self._platforms or self._has_nul or "observed_at" in line or "language" in line:
            return False
        post, author = _short_id(line["post_id"]), _short_id(line["author_id"])
        own, parent, handle = get("platform_id"), get("parent_id"), get("author_handle")
        text, likes, created = get("text"), get("likes"), get("created_at")
        if (
            post is None
            or author is None
            or (own is not None and (own := _short_id(own)) is None)
            or (parent is not None and (parent := _short_id(parent)) is None)
            or (handle is not None and ((handle := _short_id(handle)) is None or len(handle) > 320))
            or (text is not None and (type(text) is not str or len(text) > MAX_TEXT))
            or (likes is not None and (type(likes) is not int or not 0 <= likes <= MAX_COUNT))
            or (created is not None and (created := _short_time(created)) is None)
        ):
            return False
        if own is None:
            own = content_id(post, author, text, created)
        row = CommentRow(
            platform, own, post, author, parent, text, None, created, likes, None, None, None, self._seen_at
        )
        self._add_comment(row, handle)
        return True

    def _add_comment(self, row: CommentRow, handle: str | None) -> None:
        batch, mentioned = self.batch, self._mentioned
        batch.lines_good += 1
        batch.comment_lines += 1
        platform, own, post, author = row[:4]
        key, comments = (platform, own), batch.comments
        if key in comments:
            row = merged(comments[key], row)
        comments[key] = row
        post_key = (platform, post)
        if post_key not in mentioned.posts:
            mentioned.posts.add(post_key)
            batch.posts.setdefault(post_key, PostRow(platform, post, None, True, self._seen_at))
        if author is not None and ((platform, author) not in mentioned.creators or handle is not None):
            self._mention_creator((platform, author), handle)

    def _add_post(self, row: PostRow) -> None:
        self.batch.lines_good += 1
        self.batch.post_lines += 1
        key = (row.platform, row.platform_id)
        known = self.batch.posts.get(key)
        self.batch.posts[key] = row if known is None or known.stub else merged(known, row)
        author = row.author_platform_id
        if author is not None and (row.platform, author) not in self._mentioned.creators:
            self._mention_creator((row.platform, author), None)

    def _add_creator(self, row: CreatorRow) -> None:
        self.batch.lines_good += 1
        self.batch.creator_lines += 1
        key = (row.platform, row.platform_id)
        known = self.batch.creators.get(key)
        self.batch.creators[key] = row if known is None else merged(known, row)

    def _mention_creator(self, key: Key, handle: str | None) -> None:
        self._mentioned.creators.add(key)
        row = CreatorRow(*key, True, False, self._seen_at, handle=handle)
        known = self.batch.creators.get(key)
        self.batch.creators[key] = row if known is None else merged(known, row)

    def add_languages(self) -> None:
        """Name the language of every post and comment that states none."""
        for rows in (self.batch.comments, self.batch.posts):
            open_rows = [(key, row) for key, row in _items(rows) if row.language is None and row.text]
            for (key, row), language in zip(open_rows, detect_all([row.text for _, row in open_rows]), strict=True):
                if language is not None:
                    rows[key] = row._replace(language=language)


def _items(rows: Any) -> Iterator[tuple[Key, Any]]:  # noqa: ANN401  # one loop over two kinds of rows
    yield from rows.items()


def content_id(post: str, author: str, text: str | None, created: datetime | None) -> str:
    """The identifier of a comment that its platform gave none: a hash of post, author, time and text."""
    content = orjson.dumps([post, author, None if created is None else created.timestamp(), text])
    return f"content:{hashlib.blake2b(content, digest_size=16).hexdigest()}"


def _short_id(value: object) -> str | None:
    if type(value) is int:
        value = str(value)
    if type(value) is str and 0 < len(value) <= 512 and "!" <= value[0] <= "~":
        return value
    return None


def _short_time(value: object) -> datetime | None:
    """A time in the usual spelling, `2026-10-03T06:12:00Z` with an optional fraction or offset."""
    if type(value) is not str or not 20 <= len(value) <= 32 or value[10] != "T" or value[4] != "-" or value[13] != ":":
        return None
    try:
        if value[-1] == "Z":
            return datetime.fromisoformat(value)
        return datetime.fromisoformat(value).astimezone(UTC) if value[-6] in "+-" else None
    except (ValueError, OverflowError):
        return None


def _reason(error: ValidationError) -> str:
    """What is wrong with a line, in a sentence per fault, without repeating its content."""
    parts = []
    for fault in error.errors(include_url=False, include_context=False, include_input=False):
        place = ".".join(str(part) for part in fault["loc"] if part not in ("creator", "post", "comment"))
        parts.append(f"{place}: {fault['msg']}" if place else fault["msg"])
    return "; ".join(parts)[:MAX_REASON]


def _creator_row(line: CreatorLine, seen_at: datetime) -> CreatorRow:
    observed = line.observed_at or seen_at
    if line.noindex or line.is_private or bio_opt_outs(line.bio_text):
        return CreatorRow(line.platform, line.platform_id, True, True, observed)
    counts, withheld = count_texts(line)
    return CreatorRow(
        platform=line.platform,
        platform_id=line.platform_id,
        stub=False,
        opted_out=False,
        observed_at=observed,
        handle=line.handle,
        display_name=line.display_name,
        bio_text=line.bio_text,
        url=line.url,
        avatar_url=line.avatar_url,
        website=line.website,
        links=json_or_none([{"url": url} for url in line.links]),
        language=line.language,
        country=line.country,
        place=line.place,
        account_created_at=line.created_at,
        is_bot=line.is_bot,
        is_verified=line.is_verified,
        account_kind=str(line.account_kind) if line.account_kind != "unknown" else None,
        counts=counts,
        withheld=withheld,
    )


def _post_row(line: PostLine, seen_at: datetime) -> PostRow:
    counts, withheld = count_texts(line)
    tags, source = normalise_all(line.hashtags), HashtagSource.FIELD
    if not tags and line.text and ("#" in line.text or "＃" in line.text):
        tags, source = extract(line.text, platform=line.platform), HashtagSource.TEXT
    return PostRow(
        platform=line.platform,
        platform_id=line.platform_id,
        author_platform_id=line.author_id,
        stub=False,
        observed_at=line.observed_at or seen_at,
        kind=str(line.post_kind),
        url=line.url,
        text=line.text,
        language=line.language,
        hashtags=json_or_none([{"display": tag.display, "key": tag.key, "source": source} for tag in tags]),
        mentions=json_or_none([{"handle": handle} for handle in line.mentions]),
        links=json_or_none(list(line.links)),
        media=json_or_none(
            [media.model_dump(mode="json", exclude_none=True) for media in line.media if media.kind in _MEDIA_KINDS]
        ),
        created_at=line.created_at,
        paid_partnership=line.paid_partnership,
        sponsorship_labels=json_or_none(list(line.sponsorship_labels)),
        counts=counts,
        withheld=withheld,
    )


def _comment_row(line: CommentLine, seen_at: datetime) -> CommentRow:
    likes, likes_state = count_pair(line.likes)
    return CommentRow(
        platform=line.platform,
        platform_id=line.platform_id or content_id(line.post_id, line.author_id, line.text, line.created_at),
        post_platform_id=line.post_id,
        author_platform_id=line.author_id,
        parent_id=line.parent_id,
        text=line.text,
        language=line.language,
        created_at=line.created_at,
        likes=likes,
        likes_state=likes_state,
        replies=None,
        replies_state=None,
        observed_at=line.observed_at or seen_at,
    )
