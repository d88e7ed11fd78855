"""Reads fields of untrusted JSON: the value where it has the right type, else None."""

from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from typing import Any

from shared.schemas.base import MAX_COUNT, NOT_PROVIDED, Count, CountState

Json = Mapping[str, Any]


def text(source: Json, name: str, *, longest: int = 100_000) -> str | None:
    """A text that PostgreSQL can keep: without U+0000 and lone surrogates, cut at `longest` characters."""
    value = source.get(name)
    if not isinstance(value, str):
        return None
    return value.replace("\x00", "").encode("utf-8", "replace").decode("utf-8")[:longest]


def filled(source: Json, name: str, *, longest: int = 100_000) -> str | None:
    """A text with at least one visible character."""
    value = text(source, name, longest=longest)
    return value if value and value.strip() else None


def mapping(source: Json, name: str) -> Json:
    """An object; an empty one where there is none."""
    value = source.get(name)
    return value if isinstance(value, dict) else {}


def objects(source: Json, name: str) -> Iterator[Json]:
    """The objects of a list; what else is in it is passed over."""
    value = source.get(name)
    if isinstance(value, list):
        yield from (item for item in value if isinstance(item, dict))


def texts(source: Json, name: str) -> Iterator[str]:
    """The texts of a list."""
    value = source.get(name)
    if isinstance(value, list):
        yield from (item for item in value if isinstance(item, str))


def natural(source: Json, name: str) -> int | None:
    """A whole number from 0 to 2^53 - 1."""
    value = source.get(name)
    return value if isinstance(value, int) and not isinstance(value, bool) and 0 <= value <= MAX_COUNT else None


def moment(source: Json, name: str) -> datetime | None:
    """An RFC 3339 time as aware UTC; one without an offset is refused."""
    value = source.get(name)
    if not isinstance(value, str):
        return None
    try:
        parsed = datetime.fromisoformat(value)
        return parsed.astimezone(UTC) if parsed.tzinfo is not None else None
    except (ValueError, OverflowError):
        return None


def count(source: Json, name: str, *, observed_at: datetime, state: CountState = CountState.EXACT) -> Count:
    """A platform's counter; not provided where it is missing or no number, and never zero instead."""
    value = natural(source, name)
    if value is None:
        return NOT_PROVIDED
    return Count(value=value, state=state, observed_at=observed_at)


def truth(source: Json, name: str) -> bool | None:
    """True or false as said; None where it is not."""
    value = source.get(name)
    return value if isinstance(value, bool) else None


def language_tag(value: str | None) -> str | None:
    """A BCP 47 tag in the form of the wire: primary language in lower case; None for what is none."""
    primary, *rest = (value or "").strip().replace("_", "-").split("-")
    if not (primary.isascii() and primary.isalpha() and 2 <= len(primary) <= 3):
        return None
    subtags = [part for part in rest if part.isascii() and part.isalnum() and 2 <= len(part) <= 8]
    return "-".join([primary.lower(), *subtags])[:35].rstrip("-")
