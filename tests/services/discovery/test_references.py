"""References: a platform id with a connector's hints beside it, in one text."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.discovery.references import pack, unpack


@given(st.text(min_size=1, max_size=200), st.lists(st.text(max_size=50), max_size=3))
def test_what_is_packed_is_unpacked(platform_id: str, hints: list[str]) -> None:
    assert unpack(pack(platform_id, *hints)) == (platform_id, tuple(hints))


def test_a_plain_id_has_no_hints() -> None:
    assert unpack("did:plc:abc") == ("did:plc:abc", ())


@pytest.mark.parametrize("text", ["ref:", "ref:W10", "ref:WzFd", "ref:e30", "ref:é", "ref:" + "A" * 10_000])
def test_a_broken_reference_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="not a reference"):
        unpack(text)
