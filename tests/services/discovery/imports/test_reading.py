"""Reading lines into rows."""

import json
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from services.discovery.imports import reading
from services.discovery.imports.lines import Chunk
from services.discovery.imports.reading import Batch, Mentioned, read_chunk
from services.discovery.rows import CommentRow
from shared.schemas.imports import IMPORT_LINE, CommentLine

NOW = datetime(2026, 11, 22, 9, 30, tzinfo=UTC)
FIRST = {"kind": "comment", "platform": "instagram", "platform_id": "first", "post_id": "p0", "author_id": "a0"}


def read(*lines: Any) -> Batch:
    body = b"".join((line if isinstance(line, bytes) else json.dumps(line).encode()) + b"\n" for line in lines)
    return read_chunk(Chunk(1, len(lines), (), body), seen_at=NOW, mentioned=Mentioned())


VALUES = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-2, 2**53),
    st.floats(allow_nan=False),
    st.text(max_size=6),
    st.sampled_from(["", " ", "\x00", "\u3000", "p1", "x" * 600, "2026-10-03T06:12:00Z", "2026-10-03T06:12:00+02:00"]),
    st.sampled_from(
        ["2026-10-03", "2026-W01-1T00:00:00Z", "2026-10-03T06:12:00.5Z", "20261003T061200+0000", "instagram"]
    ),
)
COMMENTS = st.fixed_dictionaries(
    {"kind": st.just("comment"), "platform": st.sampled_from(["instagram", "Insta", 1, None])},
    optional=dict.fromkeys(
        (
            "platform_id", "post_id", "author_id", "author_handle", "parent_id", "text", "created_at", "likes",
            "observed_at", "unknown",
        ),
        VALUES,
    ),
)  # fmt: skip


@given(COMMENTS)
def test_the_short_way_takes_what_pydantic_takes_and_gives_the_same_row(line: dict[str, Any]) -> None:
    batch = read(FIRST, line)
    try:
        taken = IMPORT_LINE.validate_json(json.dumps(line))
    except ValidationError:
        assert [number for number, _ in batch.faults] == [2]
        return
    assert batch.faults == []
    assert isinstance(taken, CommentLine)
    expected = reading._comment_row(taken, NOW)
    assert batch.comments[expected.platform, expected.platform_id] == expected


@given(st.binary(max_size=40).filter(lambda raw: b"\n" not in raw))
def test_no_line_raises(raw: bytes) -> None:
    batch = read(FIRST, raw)
    assert batch.lines_good + len(batch.faults) == (2 if raw.strip(b" \t\r\x0b\x0c") else 1)


def test_a_bad_line_has_its_number_and_reason_and_the_rest_is_read() -> None:
    batch = read(
        FIRST, b"{", {"kind": "nonsense"}, {**FIRST, "platform_id": "last", "likes": -1}, {**FIRST, "likes": 3}
    )
    assert [number for number, _ in batch.faults] == [2, 3, 4]
    assert "JSON" in batch.faults[0][1]
    assert "kind" in batch.faults[1][1]
    assert "likes" in batch.faults[2][1]
    assert batch.comments["instagram", "first"].likes == 3


def test_accounts_and_posts_that_are_only_mentioned_become_stubs_of_unknown_counts() -> None:
    batch = read({**FIRST, "author_handle": "ana"})
    creator, post = batch.creators["instagram", "a0"], batch.posts["instagram", "p0"]
    assert (creator.stub, creator.handle, creator.counts) == (True, "ana", "{}")
    assert (post.stub, post.author_platform_id, post.counts) == (True, None, "{}")


def test_unknown_never_replaces_known_when_a_line_is_repeated() -> None:
    creator = {"kind": "creator", "platform": "instagram", "platform_id": "1", "handle": "ana"}
    batch = read({**creator, "followers": 4200, "bio_text": "runs"}, {**creator, "handle": "anna", "followers": None})
    row = batch.creators["instagram", "1"]
    assert (row.handle, row.bio_text) == ("anna", "runs")
    assert json.loads(row.counts)["followers"]["value"] == 4200


def test_a_comment_without_an_identifier_is_the_same_comment_each_time() -> None:
    line = {**FIRST, "platform_id": None, "text": "Which shoes?", "created_at": "2026-10-03T06:12:00Z"}
    batch = read(FIRST, line, {**line, "created_at": "2026-10-03T08:12:00+02:00"}, {**line, "text": "Which socks?"})
    assert len(batch.comments) == 3


def test_hashtags_are_normalised_once_and_read_from_the_text_where_none_are_given() -> None:
    post = {"kind": "post", "platform": "instagram", "author_id": "1"}
    batch = read(
        {**post, "platform_id": "a", "hashtags": ["#TrailRunning", "trailrunning", "123"]},
        {**post, "platform_id": "b", "text": "Up early #FellRunning"},
    )
    tags = {key[1]: [tag["key"] for tag in json.loads(row.hashtags or "[]")] for key, row in batch.posts.items()}
    assert tags == {"a": ["trailrunning"], "b": ["fellrunning"]}


@pytest.mark.parametrize("wish", [{"noindex": True}, {"is_private": True}, {"bio_text": "no bots please #nobot"}])
def test_of_an_account_that_opted_out_only_its_identity_is_kept(wish: dict[str, Any]) -> None:
    creator = {"kind": "creator", "platform": "instagram", "platform_id": "1", "handle": "ana", "followers": 5}
    row = read({**creator, **wish}).creators["instagram", "1"]
    assert (row.opted_out, row.handle, row.bio_text, row.counts) == (True, None, None, "{}")


def test_the_language_of_a_text_is_named_and_of_a_short_one_left_unknown() -> None:
    batch = read(
        {**FIRST, "platform_id": "de", "text": "Diese Strecke laufe ich jeden Sonntag mit meinen Freunden"},
        {**FIRST, "platform_id": "short", "text": "wow"},
    )
    found: dict[str, CommentRow] = {key[1]: row for key, row in batch.comments.items()}
    assert (found["de"].language, found["short"].language) == ("de", None)


def test_a_line_that_was_too_long_to_keep_is_a_fault() -> None:
    chunk = Chunk(5, 2, (5,), b"\n" + json.dumps(FIRST).encode() + b"\n")
    batch = read_chunk(chunk, seen_at=NOW, mentioned=Mentioned())
    assert ([number for number, _ in batch.faults], batch.lines_good) == ([5], 1)
    assert "longer than" in batch.faults[0][1]


def test_an_ordinary_comment_goes_the_short_way(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[bytes] = []
    monkeypatch.setattr(reading, "IMPORT_LINE", _Asked(asked))
    read(*({**FIRST, "platform_id": f"c{number}", "text": "Wow", "likes": 3} for number in range(10)))
    assert len(asked) == 1


class _Asked:
    """pydantic, with a list of what it was asked."""

    def __init__(self, asked: list[bytes]) -> None:
        self._asked = asked

    def validate_json(self, raw: bytes) -> Any:
        self._asked.append(raw)
        return IMPORT_LINE.validate_json(raw)
