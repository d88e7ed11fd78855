"""Reads conversions from CSV, pure: a header of our field names, one conversion a line, faults by line."""

import csv
import io
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from pydantic import ValidationError

from shared.rules.money import from_text
from shared.schemas.conversions import ConversionCreate

# `amount` and `discount` are in major units, as shops export them; the minor ones are integers.
COLUMNS = (
    "kind", "occurred_at", "amount", "amount_minor", "currency", "discount", "discount_minor", "code", "click_id",
    "page_id", "hashtags", "external_id", "source", "campaign_id", "new_customer", "customer_ref", "livemode",
    "revised_at",
)  # fmt: skip
_MAJOR = {"amount": "amount_minor", "discount": "discount_minor"}
_FLAGS = {"true": True, "yes": True, "1": True, "false": False, "no": False, "0": False}


@dataclass(frozen=True)
class Line:
    """One line of the file, numbered as an editor does; either the conversion or what is wrong with it."""

    number: int
    body: ConversionCreate | None = None
    fault: str | None = None


def read(body: bytes, *, source: str, file_key: str) -> list[Line]:
    """Every line that is not empty. ValueError when the file as a whole cannot be read.

    `source` is for lines that name none. A line without an external id gets one of `file_key` and its number, so that
    the same file again counts nothing twice.
    """
    try:
        text = body.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise ValueError("the file is not UTF-8") from None
    reader = csv.reader(io.StringIO(text, newline=""), strict=True)
    try:
        header = [name.strip().lower() for name in next(reader, [])]
        unknown = sorted(set(header) - set(COLUMNS))
        if unknown or not {"kind", "occurred_at"} <= set(header) or len(set(header)) != len(header):
            raise ValueError(
                f"the first line names columns among {', '.join(COLUMNS)}; kind and occurred_at are needed"
            )
        return list(_lines(reader, header, source=source, file_key=file_key))
    except csv.Error as error:
        raise ValueError(f"line {reader.line_num} is no CSV: {error}") from None


def _lines(reader: Any, header: Sequence[str], *, source: str, file_key: str) -> Iterator[Line]:  # noqa: ANN401  # csv's own type
    for cells in reader:
        number = reader.line_num
        if not any(cell.strip() for cell in cells):
            continue
        try:
            if len(cells) != len(header):
                raise ValueError(f"{len(header)} cells are expected, not {len(cells)}")
            named = {name: cell.strip() for name, cell in zip(header, cells, strict=True) if cell.strip()}
            fields = _fields(named)
            fields.setdefault("source", source)
            fields.setdefault("external_id", f"{file_key}:{number}")
            yield Line(number, body=ConversionCreate.model_validate(fields))
        except ValueError as error:
            yield Line(number, fault=_why(error)[:1_000])


def _fields(named: dict[str, str]) -> dict[str, Any]:
    fields: dict[str, Any] = {}
    for name, cell in named.items():
        if name in _MAJOR:
            if "currency" not in named:
                raise ValueError("an amount needs its currency")
            fields[_MAJOR[name]] = from_text(cell, named["currency"])
        elif name in _MAJOR.values():
            if not cell.isascii() or not cell.isdigit() or len(cell) > 16:
                raise ValueError(f"{name} is a whole number")
            fields[name] = int(cell)
        elif name in ("new_customer", "livemode"):
            if cell.lower() not in _FLAGS:
                raise ValueError(f"{name} is true or false")
            fields[name] = _FLAGS[cell.lower()]
        elif name == "hashtags":
            fields[name] = cell.split()
        else:
            fields[name] = cell
    return fields


def _why(error: ValueError) -> str:
    if isinstance(error, ValidationError):
        return "; ".join(f"{'.'.join(str(part) for part in one['loc'])}: {one['msg']}" for one in error.errors())
    return str(error)
