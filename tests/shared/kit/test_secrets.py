"""The installation's secret, and what is sealed with it."""

import stat
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.kit.secrets import SecretBox, UnreadableSecret, load_secret, rotate_secret

OLD, NEW = "the old secret of these tests", "the new secret of these tests"


@given(st.text(), st.text())
def test_what_is_sealed_opens_in_its_place_only(plain: str, context: str) -> None:
    sealed = SecretBox([OLD]).seal(plain, context=context)
    assert SecretBox([NEW, OLD]).open(sealed, context=context) == plain
    with pytest.raises(UnreadableSecret):
        SecretBox([OLD]).open(sealed, context=context + "x")


def test_another_installation_cannot_open_it() -> None:
    with pytest.raises(UnreadableSecret, match="not known here"):
        SecretBox([NEW]).open(SecretBox([OLD]).seal("token", context="c"), context="c")


def test_a_generated_secret_is_kept_and_readable_by_its_owner_only(tmp_path: Path) -> None:
    made = load_secret(tmp_path)
    assert load_secret(tmp_path) == made
    assert stat.S_IMODE((tmp_path / "secret").stat().st_mode) == 0o600


def test_rotation_puts_a_new_secret_first_and_keeps_the_old(tmp_path: Path) -> None:
    before = load_secret(tmp_path)
    after = rotate_secret(tmp_path)
    assert (after[1:], load_secret(tmp_path)) == (before, after)


def test_a_stated_secret_wins(tmp_path: Path) -> None:
    assert load_secret(tmp_path, f"{NEW},{OLD}") == [NEW, OLD]
    assert not (tmp_path / "secret").exists()


def test_a_short_secret_is_refused() -> None:
    with pytest.raises(ValueError, match="16"):
        SecretBox(["short"])


def test_a_secret_is_not_shown_by_repr() -> None:
    assert OLD not in repr(SecretBox([OLD]))
