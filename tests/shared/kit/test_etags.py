"""Claims about If-Match."""

import pytest

from shared.kit.errors import BadRequest, PreconditionFailed
from shared.kit.etags import etag, require_match


@pytest.mark.parametrize("sent", [None, "*", ' "3"', '"2", "3"'])
def test_a_matching_tag_lets_the_change_through(sent: str | None) -> None:
    require_match(sent, version=3)


@pytest.mark.parametrize("sent", ['"2"', 'W/"3"', '"33"'])
def test_another_or_a_weak_tag_refuses_the_change(sent: str) -> None:
    with pytest.raises(PreconditionFailed):
        require_match(sent, version=3)


@pytest.mark.parametrize("sent", ["3", '"3', "", '"3" "4"'])
def test_what_is_no_tag_is_a_bad_request(sent: str) -> None:
    with pytest.raises(BadRequest):
        require_match(sent, version=3)


def test_every_version_has_its_own_tag() -> None:
    assert etag(1) != etag(2)
