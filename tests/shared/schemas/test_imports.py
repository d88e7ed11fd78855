"""The lines of an archive."""

import json
from typing import Any

import pytest
from pydantic import ValidationError

from shared.schemas.base import Count, CountState
from shared.schemas.imports import IMPORT_LINE, CommentLine, CreatorLine, PostLine


def read(**line: Any) -> CreatorLine | PostLine | CommentLine:
    return IMPORT_LINE.validate_json(json.dumps(line))


def test_the_minimum_of_each_kind_is_enough() -> None:
    creator = read(kind="creator", platform="x", platform_id="1", handle="ana")
    assert isinstance(creator, CreatorLine)
    assert creator.followers == Count(state=CountState.NOT_PROVIDED)
    post = read(kind="post", platform="x", platform_id="p", author_id="1", hashtags=[])
    assert isinstance(post, PostLine)
    assert post.likes.value is None
    comment = read(kind="comment", platform="x", post_id="p", author_id="2")
    assert isinstance(comment, CommentLine)
    assert comment.platform_id is None


def test_counts_are_numbers_null_or_objects() -> None:
    line = read(kind="post", platform="x", platform_id="p", author_id="1", likes=0, views=None,
                comments={"value": None, "state": "hidden"}, shares={"value": 1200, "state": "rounded"})  # fmt: skip
    assert isinstance(line, PostLine)
    assert (line.likes.value, line.likes.state) == (0, CountState.EXACT)
    assert (line.views.value, line.views.state) == (None, CountState.NOT_PROVIDED)
    assert line.comments.state == CountState.HIDDEN
    assert line.shares.value == 1200


def test_numeric_identifiers_become_text_and_unknown_fields_are_left_out() -> None:
    line = read(kind="creator", platform="x", platform_id=17841400000000001, handle="ana", tool_rank=3)
    assert isinstance(line, CreatorLine)
    assert line.platform_id == "17841400000000001"


@pytest.mark.parametrize(
    "line",
    [
        {},
        {"kind": "like", "platform": "x"},
        {"kind": "creator", "platform": "x", "handle": "ana"},
        {"kind": "creator", "platform": "x", "platform_id": "", "handle": "ana"},
        {"kind": "creator", "platform": "x", "platform_id": "1", "handle": "a\x00"},
        {"kind": "creator", "platform": "x", "platform_id": "1", "handle": "ana", "followers": -1},
        {"kind": "creator", "platform": "x", "platform_id": "1", "handle": "ana", "followers": 10**30},
        {"kind": "creator", "platform": "x", "platform_id": "1", "handle": "ana", "followers": True},
        {"kind": "post", "platform": "x", "platform_id": "1", "author_id": "1", "created_at": "2026-01-01T00:00:00"},
        {"kind": "post", "platform": "x", "platform_id": "1", "author_id": "1", "text": "x" * 100_001},
        {"kind": "comment", "platform": "x", "author_id": "1"},
    ],
)
def test_bad_lines_are_refused(line: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        read(**line)


@pytest.mark.parametrize("line", [b"", b"null", b"[]", b"{", b'{"kind": "creator"', b"\xff\xfe", b'"\\ud800"'])
def test_what_is_no_object_is_refused(line: bytes) -> None:
    with pytest.raises(ValidationError):
        IMPORT_LINE.validate_json(line)
