"""The API key is made once and kept."""

import hashlib
import re
from pathlib import Path

import pytest

from services.console.credentials import (
    FILE,
    Credentials,
    key_digest,
    prepare_credentials,
    read_credentials,
    write_credentials,
)
from services.console.errors import SettingsWrong
from shared.kit.settings import Settings


def test_a_first_key_has_the_products_form_and_nothing_is_written_yet(tmp_path: Path) -> None:
    credentials = prepare_credentials(tmp_path, Settings())
    assert re.fullmatch(r"gsk_[A-Za-z0-9_-]{43}", credentials["api_key"])
    assert list(tmp_path.iterdir()) == []


def test_the_key_is_kept_and_the_addresses_are_todays(tmp_path: Path) -> None:
    first = prepare_credentials(tmp_path, Settings(discovery_port=9001))
    write_credentials(tmp_path, first)
    second = prepare_credentials(tmp_path, Settings(discovery_port=9002))
    assert second["api_key"] == first["api_key"]
    assert second["discovery"] == "http://127.0.0.1:9002"


def test_a_file_without_a_key_is_named_instead_of_replaced(tmp_path: Path) -> None:
    for content in ("{", "[]", '{"api_key": "short"}'):
        (tmp_path / FILE).write_text(content)
        with pytest.raises(SettingsWrong, match="holds no API key"):
            prepare_credentials(tmp_path, Settings())
        assert (tmp_path / FILE).read_text() == content


def test_what_is_written_is_read(tmp_path: Path) -> None:
    assert read_credentials(tmp_path) is None
    credentials = Credentials(api_key="gsk_" + "a" * 43, discovery="d", scoring="s", attribution="a")
    write_credentials(tmp_path, credentials)
    assert read_credentials(tmp_path) == credentials


def test_the_services_get_a_digest() -> None:
    assert key_digest("gsk_x") == hashlib.sha256(b"gsk_x").hexdigest()
