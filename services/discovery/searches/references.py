"""Accounts as a brief names them: a profile's address, a handle, or `platform:handle`."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import unquote, urlsplit

_PREFIXED = re.compile(r"([a-z][a-z0-9_]{0,31}):(?!//)(.+)", re.DOTALL)
_NOT_PLATFORMS = frozenset({"did", "http", "https", "at", "acct"})


@dataclass(frozen=True)
class Reference:
    """`platform` is None where the reference does not tell; `name` is a handle or the platform's identifier."""

    text: str
    platform: str | None
    name: str
    url: str | None = None


def parse(text: str) -> Reference:
    """What a reference names. Never fails: a text that is nothing known is a handle that nobody has."""
    given = text.strip()
    platform = None
    if (match := _PREFIXED.fullmatch(given)) and match.group(1) not in _NOT_PLATFORMS:
        platform, given = match.group(1), match.group(2).strip()
    if given.lower().startswith(("http://", "https://")):
        try:
            parts = [unquote(part) for part in urlsplit(given).path.split("/") if part]
        except ValueError:
            parts = []
        name = parts[1] if parts[:1] == ["profile"] and len(parts) > 1 else parts[0] if parts else given
        return Reference(text, platform, name.removeprefix("@"), given.rstrip("/"))
    return Reference(text, platform, given.removeprefix("@"))


def as_rows(references: Sequence[Reference]) -> list[dict[str, Any]]:
    """For the statement that looks them up."""
    return [
        {"number": number, "platform": one.platform, "name": one.name, "url": one.url}
        for number, one in enumerate(references)
    ]
