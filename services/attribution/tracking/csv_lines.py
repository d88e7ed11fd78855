"""Links and codes as CSV, pure: a file of wishes in, typed bodies out; codes out for a shop's import."""

import csv
import io
from collections.abc import Iterable, Sequence
from typing import Any, Protocol, TypeVar

from pydantic import BaseModel, ValidationError

from shared.kit.errors import Invalid
from shared.schemas.base import Fault
from shared.schemas.tracking import CodeCreate, LinkCreate

MAX_LINES = 1_000
_MAX_FAULTS = 100
_INTEGERS = frozenset({"click_cap", "percent_bp", "amount_minor", "max_uses", "stock_cap"})
_FLAGS = {"true": True, "yes": True, "1": True, "false": False, "no": False, "0": False}
_UTM = "utm_"

Wish = TypeVar("Wish", LinkCreate, CodeCreate)


class CodeLike(Protocol):
    """What a shop needs of a code."""

    code: str
    percent_bp: int | None
    amount_minor: int | None
    currency: str | None
    starts_at: Any
    ends_at: Any
    max_uses: int | None
    one_per_customer: bool


def read(body: bytes, kind: type[Wish]) -> list[tuple[int, Wish]]:
    """Line numbers and bodies. The header names the fields of `kind` (`utm_source` and the like for a link's UTM).

    Raises Invalid with every fault, by line; nothing is taken from a file with one.
    """
    try:
        lines = list(csv.reader(io.StringIO(body.decode("utf-8-sig"), newline=""), strict=True))
    except UnicodeDecodeError:
        raise Invalid(errors=[Fault(pointer="body", detail="the file is not UTF-8")]) from None
    except csv.Error as error:
        raise Invalid(errors=[Fault(pointer="body", detail=f"the file is no CSV: {error}")]) from None
    header = [name.strip().lower() for name in lines[0]] if lines else []
    _check_header(header, kind)
    if len(lines) - 1 > MAX_LINES:
        raise Invalid(errors=[Fault(pointer="body", detail=f"a file has at most {MAX_LINES} lines")])
    found: list[tuple[int, Wish]] = []
    faults: list[Fault] = []
    for number, line in enumerate(lines[1:], start=2):
        if not any(cell.strip() for cell in line):
            continue
        try:
            if len(line) != len(header):
                raise ValueError(f"{len(header)} cells are expected, not {len(line)}")
            found.append((number, kind.model_validate(_fields(header, line))))
        except ValidationError as error:
            faults.extend(
                Fault(pointer=f"line {number}: {'.'.join(map(str, fault['loc']))}", detail=fault["msg"])
                for fault in error.errors()
            )
        except ValueError as error:
            faults.append(Fault(pointer=f"line {number}", detail=str(error)))
    if faults:
        raise Invalid(errors=faults[:_MAX_FAULTS])
    return found


def write_codes(codes: Iterable[CodeLike]) -> str:
    """Codes with their discount, in the columns that shops' imports can be mapped from; percent with two decimals."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\r\n")
    writer.writerow(
        ["code", "percent", "amount_minor", "currency", "starts_at", "ends_at", "max_uses", "one_per_customer"]
    )
    for code in codes:
        percent = f"{code.percent_bp // 100}.{code.percent_bp % 100:02d}" if code.percent_bp is not None else ""
        times = [time.isoformat() if time is not None else "" for time in (code.starts_at, code.ends_at)]
        writer.writerow(
            [
                code.code, percent, _cell(code.amount_minor), code.currency or "", *times, _cell(code.max_uses),
                "yes" if code.one_per_customer else "no",
            ]
        )  # fmt: skip
    return out.getvalue()


def _cell(number: int | None) -> str:
    return "" if number is None else str(number)


def _check_header(header: Sequence[str], kind: type[BaseModel]) -> None:
    known = set(kind.model_fields) - {"utm"}
    if "utm" in kind.model_fields:
        known |= {_UTM + name for name in ("source", "medium", "campaign", "content", "term")}
    needed = {name for name, field in kind.model_fields.items() if field.is_required()}
    if len(set(header)) != len(header) or not needed <= set(header) <= known:
        detail = f"the columns are {', '.join(sorted(needed))} and perhaps {', '.join(sorted(known - needed))}"
        raise Invalid(errors=[Fault(pointer="line 1", detail=detail)])


def _fields(header: Sequence[str], line: Sequence[str]) -> dict[str, Any]:
    fields: dict[str, Any] = {}
    utm: dict[str, str] = {}
    for name, cell in zip(header, line, strict=True):
        text = cell.strip()
        if not text:
            continue
        if name.startswith(_UTM):
            utm[name.removeprefix(_UTM)] = text
        elif name in _INTEGERS and text.lstrip("-").isdigit():
            fields[name] = int(text)
        elif name == "one_per_customer":
            fields[name] = _FLAGS.get(text.lower(), text)
        else:
            fields[name] = text
    return {**fields, "utm": utm} if utm else fields
