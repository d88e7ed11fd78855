"""Cursors: opaque, of one list and one workspace."""

from datetime import UTC, datetime
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.kit.errors import Invalid, NotFound
from shared.kit.ids import new_id
from shared.kit.pages import PageRequest, page_request
from shared.kit.secrets import SecretBox

BOX = SecretBox(["the secret of these tests, of no other"])
OURS, THEIRS = new_id(), new_id()


def request(cursor: str | None = None, *, workspace_id: UUID = OURS, list_name: str = "things") -> PageRequest:
    return page_request(BOX, workspace_id=workspace_id, list_name=list_name, limit=2, cursor=cursor)


values = st.lists(
    st.one_of(st.uuids(), st.integers(), st.text(), st.datetimes(timezones=st.just(UTC))), min_size=1, max_size=3
)


@given(values)
def test_a_cursor_carries_its_key(key: list[object]) -> None:
    assert request(request().seal(key)).after == tuple(key)


def test_the_last_page_has_no_cursor() -> None:
    assert request().cut([1, 2], lambda row: [row]) == ([1, 2], None)


def test_a_page_is_cut_at_its_limit_and_goes_on_behind_it() -> None:
    rows, cursor = request().cut([1, 2, 3], lambda row: [row])
    assert rows == [1, 2]
    assert request(cursor).after == (2,)


@pytest.mark.parametrize("elsewhere", [{"workspace_id": THEIRS}, {"list_name": "others"}])
def test_a_cursor_of_elsewhere_is_not_found(elsewhere: dict[str, object]) -> None:
    cursor = request().seal([datetime(2026, 1, 1, tzinfo=UTC)])
    with pytest.raises(NotFound):
        request(cursor, **elsewhere)  # type: ignore[arg-type]  # a table of keyword arguments


@given(st.text(max_size=60))
def test_no_text_breaks_a_list(cursor: str) -> None:
    with pytest.raises((Invalid, NotFound)):
        request(cursor)
