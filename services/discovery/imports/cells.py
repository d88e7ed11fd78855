"""Rows of a table as the lines of an archive: cells are read as the fields want them. Pure."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

import orjson

from shared.rules.counts import MULTIPLIERS, read_count
from shared.schemas.import_mappings import KINDS, ColumnMapping, TableRecord

COUNTS = frozenset({
    "followers", "following", "posts", "total_likes", "total_views", "likes", "comments", "shares", "reposts", "quotes",
    "saves", "views", "score",
})  # fmt: skip
TIMES = frozenset({"created_at", "observed_at"})
FLAGS = frozenset({"is_bot", "is_verified", "is_private", "noindex", "paid_partnership"})
LISTS = frozenset({"hashtags", "mentions", "links", "sponsorship_labels"})
NAMES = frozenset({"handle", "author_handle"})
LOWER = frozenset({"kind", "platform", "account_kind", "post_kind"})
_YES = frozenset({"true", "t", "yes", "y", "1", "x"})
_NO = frozenset({"false", "f", "no", "n", "0"})
_SEPARATORS = ("|", ";", ",")

Read = Callable[[Any], Any]


class NotMapped(ValueError):  # noqa: N818  # named by what is the matter
    """The file does not have what the mapping names."""


@dataclass(frozen=True)
class _Cell:
    field: str
    place: int
    column: str
    read: Read


def by_field_names(columns: Sequence[str]) -> ColumnMapping:
    """The mapping of a file whose columns are called like the fields of a line. Raises NotMapped without `kind`."""
    known = frozenset[str]().union(*KINDS.values())
    named = {_key(column): column for column in columns if _key(column) in known}
    if not {"kind", "platform"} <= named.keys():
        raise NotMapped("without a mapping the file needs columns `kind` and `platform`, and others named like fields")
    return ColumnMapping(records=(TableRecord(columns=named),))


class Rows:
    """Turns rows into lines, as one mapping says. Raises NotMapped when a column is missing."""

    def __init__(self, mapping: ColumnMapping, columns: Sequence[str]) -> None:
        places = {_key(column): place for place, column in reversed(list(enumerate(columns)))}
        missing = [
            column for record in mapping.records for column in record.columns.values() if _key(column) not in places
        ]
        if missing:
            named = ", ".join(repr(column) for column in dict.fromkeys(missing))
            raise NotMapped(f"no such column: {named}; there are {', '.join(columns)}"[:1_000])
        self._reads = _reads(mapping)
        self._records = [
            (
                {name: getattr(record, name) for name in ("kind", "platform") if getattr(record, name) is not None},
                [
                    _Cell(field, places[_key(column)], column, self._reads.get(field, _text))
                    for field, column in record.columns.items()
                ],
            )
            for record in mapping.records
        ]
        self._width = len(columns)

    def line(self, row: Sequence[Any]) -> bytes:
        """One line of JSON: an object, a list of several, or what is wrong with the row."""
        if len(row) > self._width and any(str(cell or "").strip() for cell in row[self._width :]):
            return fault(f"the row has {len(row)} cells, and the file {self._width} columns")
        found = []
        for constants, cells in self._records:
            values = dict(constants)
            for cell in cells:
                raw = row[cell.place] if cell.place < len(row) else None
                if raw is None:
                    continue
                try:
                    value = cell.read(raw)
                except (ValueError, OverflowError) as error:
                    return fault(f"{cell.field} (column {cell.column!r}): {error}")
                if value is not None:
                    values[cell.field] = value
            found.append(values if "kind" not in values else _fitting(values))
        return orjson.dumps(found[0] if len(found) == 1 else found)


def fault(reason: str) -> bytes:
    """The line that stands for a row that could not be read."""
    return orjson.dumps({"fault": reason[:1_000]})


def _fitting(values: dict[str, Any]) -> dict[str, Any]:
    """Without the fields that this kind of line does not have, where one table holds several kinds."""
    return {
        name: value for name, value in values.items() if name == "kind" or name in KINDS.get(values["kind"], values)
    }


def _key(column: str) -> str:
    return " ".join(column.split()).casefold()


def _reads(mapping: ColumnMapping) -> Mapping[str, Read]:
    units = {**MULTIPLIERS, **mapping.units}
    zone = UTC if mapping.timezone == "UTC" else ZoneInfo(mapping.timezone)

    def count(raw: Any) -> Any:  # noqa: ANN401  # a cell of any type
        if isinstance(raw, bool):
            raise ValueError("not a count")
        if isinstance(raw, int):
            return raw
        if isinstance(raw, float | Decimal):
            return int(raw) if raw == raw.__trunc__() else str(raw)
        value, state = read_count(str(raw), decimals=mapping.decimals, units=units)
        return value if state == "exact" else {"value": value, "state": state}

    def time(raw: Any) -> str | None:  # noqa: ANN401
        if isinstance(raw, datetime):
            return (raw if raw.tzinfo else raw.replace(tzinfo=zone)).isoformat()
        if isinstance(raw, date):
            return datetime(raw.year, raw.month, raw.day, tzinfo=zone).isoformat()
        text = str(raw).strip()
        if not text:
            return None
        if mapping.time_format:
            found = datetime.strptime(text, mapping.time_format)  # noqa: DTZ007  # its zone follows
        elif text.isascii() and text.isdigit() and len(text) in (10, 13):
            found = datetime.fromtimestamp(int(text) / (1 if len(text) == 10 else 1_000), UTC)
        else:
            found = datetime.fromisoformat(text.removesuffix(" UTC"))
        return (found if found.tzinfo else found.replace(tzinfo=zone)).isoformat()

    def several(raw: Any) -> list[str] | None:  # noqa: ANN401
        if isinstance(raw, list | tuple):
            return [str(one) for one in raw if one is not None] or None
        text = str(raw).strip()
        if text.startswith("["):
            try:
                listed = orjson.loads(text)
            except ValueError:
                listed = None
            if isinstance(listed, list):
                return [str(one) for one in listed if one is not None] or None
        separator = mapping.list_separator or next((one for one in _SEPARATORS if one in text), None)
        return [part for one in text.split(separator) if (part := one.strip().strip("'\"[]"))] or None

    return {
        **dict.fromkeys(COUNTS, count), **dict.fromkeys(TIMES, time), **dict.fromkeys(LISTS, several),
        **dict.fromkeys(FLAGS, _flag), **dict.fromkeys(NAMES, _name), **dict.fromkeys(LOWER, _lower),
        "country": _country,
    }  # fmt: skip


def _text(raw: Any) -> str | None:  # noqa: ANN401  # a cell of any type
    if isinstance(raw, bytes):
        raw = raw.decode("utf-8", "replace")
    if isinstance(raw, float) and raw.is_integer():
        raw = int(raw)
    text = str(raw)
    return text.strip() if text.strip() else None


def _flag(raw: Any) -> bool | None:  # noqa: ANN401
    if isinstance(raw, bool):
        return raw
    text = str(raw).strip().lower()
    if not text:
        return None
    if text not in _YES | _NO:
        raise ValueError("neither yes nor no")
    return text in _YES


def _name(raw: Any) -> str | None:  # noqa: ANN401
    text = _text(raw)
    return (text.removeprefix("@") or None) if text else None


def _lower(raw: Any) -> str | None:  # noqa: ANN401
    text = _text(raw)
    return text.lower() if text else None


def _country(raw: Any) -> str | None:  # noqa: ANN401
    text = _text(raw)
    return text.upper() if text else None
