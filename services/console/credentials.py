"""`credentials.json`: the API key that `up` made and where the services answer."""

import hashlib
import re
from pathlib import Path
from typing import TypedDict

from services.console.errors import SettingsWrong
from services.console.files import read_json, write_json
from shared.kit.identity.keys import generate_key
from shared.kit.settings import Settings

FILE = "credentials.json"
_KEY = re.compile(r"gsk_[A-Za-z0-9_-]{43}")


class Credentials(TypedDict):
    """What a program needs for its first call."""

    api_key: str
    discovery: str
    scoring: str
    attribution: str


def prepare_credentials(home: Path, settings: Settings) -> Credentials:
    """The key of the last start, or a fresh one, with today's addresses. Writes nothing."""
    known = read_credentials(home)
    return Credentials(
        api_key=known["api_key"] if known else generate_key(),
        discovery=settings.url_of("discovery"),
        scoring=settings.url_of("scoring"),
        attribution=settings.url_of("attribution"),
    )


def read_credentials(home: Path) -> Credentials | None:
    """What the last start wrote. Raises SettingsWrong when the file does not hold it."""
    try:
        content = read_json(home / FILE)
    except ValueError:
        content = "not JSON"
    if content is None:
        return None
    if not isinstance(content, dict) or not _KEY.fullmatch(str(content.get("api_key"))):
        raise SettingsWrong(f"{home / FILE} holds no API key; remove it, and the next start makes a new one.")
    return Credentials(
        api_key=str(content["api_key"]),
        discovery=str(content.get("discovery", "")),
        scoring=str(content.get("scoring", "")),
        attribution=str(content.get("attribution", "")),
    )


def write_credentials(home: Path, credentials: Credentials) -> None:
    write_json(home / FILE, credentials)


def key_digest(api_key: str) -> str:
    """What the services are told of the bootstrap key: its SHA-256 in hexadecimal."""
    return hashlib.sha256(api_key.encode()).hexdigest()
