"""The process that reads a CSV or Parquet file: `python -m services.discovery.imports.tabular csv|parquet`.

It gets the file on its standard input and the mapping as its second argument, and writes a line of NDJSON for every row
to its standard output. What it parses comes from anybody: it holds no database and no secret, and it may fall over.
Exit code 3 means that the file as a whole cannot be read; the reason is then on its standard error.
"""

import codecs
import csv
import re
import sys
from collections import deque
from collections.abc import Iterator
from typing import BinaryIO

from services.discovery.imports.cells import NotMapped, Rows, by_field_names, fault
from shared.schemas.base import MAX_TEXT
from shared.schemas.import_mappings import ColumnMapping

REFUSED = 3
LONGEST_LINE = 8 * MAX_TEXT
_DELIMITERS = ",;\t|"
_BOMS = ((codecs.BOM_UTF8, "utf-8"), (codecs.BOM_UTF16_LE, "utf-16-le"), (codecs.BOM_UTF16_BE, "utf-16-be"))
# Behind every end of a line: as Unix, Windows and the old Macintosh write it.
_LINE_END = re.compile(r"(?<=\n)|(?<=\r)(?=[^\n])")
_MEMORY = "512MB"
_AT_ONCE = 2_000


class _Lines:
    """The lines of a text, some of which can be given back; `taken` are those of the record that is being read."""

    def __init__(self, lines: Iterator[str]) -> None:
        self._lines = lines
        self._back: deque[str] = deque()
        self.taken: list[str] = []
        self.ended = False

    def __iter__(self) -> "_Lines":
        return self

    def __next__(self) -> str:
        try:
            line = self._back.popleft() if self._back else next(self._lines)
        except StopIteration:
            self.ended = True
            raise
        self.taken.append(line)
        return line

    def give_back(self) -> None:
        """All lines of this record but the first."""
        self._back.extendleft(reversed(self.taken[1:]))
        self.taken, self.ended = [], False

    def peek(self) -> str:
        if not self._back:
            self._back.extend(line for line in [next(self._lines, None)] if line is not None)
        return self._back[0] if self._back else ""


def _decoded(source: BinaryIO, encoding: str | None) -> Iterator[str]:
    """Lines of text; without a named encoding each is UTF-8 or else Windows-1252."""
    start = source.readline(LONGEST_LINE)
    for bom, named in _BOMS:
        if start.startswith(bom):
            start, encoding = start[len(bom) :], encoding if named == "utf-8" else named
            break
    if encoding in ("utf-16", "utf-16-le", "utf-16-be"):
        yield from _wide(start, source, encoding)
        return
    held = ""
    while line := start or source.readline(LONGEST_LINE):
        start = b""
        try:
            text = line.decode(encoding or "utf-8")
        except UnicodeDecodeError:
            text = line.decode("windows-1252" if encoding is None else encoding, "replace")
        *whole, held = _LINE_END.split(held + text.replace("\x00", ""))
        yield from whole
    if held:
        yield held


def _wide(start: bytes, source: BinaryIO, encoding: str) -> Iterator[str]:
    decoder = codecs.getincrementaldecoder(encoding)("replace")
    held = decoder.decode(start)
    while piece := source.read(1 << 16):
        *whole, held = _LINE_END.split(held + decoder.decode(piece))
        yield from whole
    if held := held + decoder.decode(b"", final=True):
        yield held


def records(source: BinaryIO, mapping: ColumnMapping | None) -> Iterator[list[str] | str]:
    """The rows of a CSV file, empty ones included; a text says why there is none.

    A quote that never ends costs its own line: reading goes on behind that.
    """
    csv.field_size_limit(2 * MAX_TEXT)
    lines = _Lines(_decoded(source, mapping.encoding if mapping else None))
    delimiter = (mapping.delimiter if mapping else None) or _delimiter(lines.peek())
    reader = csv.reader(lines, delimiter=delimiter)
    while True:
        lines.taken = []
        try:
            row = next(reader)
        except StopIteration:
            return
        except csv.Error as error:
            lines.give_back()
            yield f"not a row of CSV: {error}"
            continue
        if lines.ended and len(lines.taken) > 1:
            lines.give_back()
            reader = csv.reader(lines, delimiter=delimiter)
            yield "a quote is opened and never closed"
            continue
        yield row


def _delimiter(first: str) -> str:
    """The sign that separates most cells of the first line."""
    outside = "".join(first.split('"')[::2])
    return max(_DELIMITERS, key=outside.count)


def csv_lines(source: BinaryIO, mapping: ColumnMapping | None) -> Iterator[bytes]:
    """A line for every row; the header's is empty, so that line numbers are those of a spreadsheet."""
    rows = records(source, mapping)
    first = next(rows, None)
    if first is None:
        return
    if isinstance(first, str):
        raise NotMapped(first)
    has_header = mapping is None or mapping.header
    columns = first if has_header else [str(number) for number in range(1, len(first) + 1)]
    table = Rows(mapping or by_field_names(columns), columns)
    yield b"" if has_header else table.line(first)
    for row in rows:
        yield fault(row) if isinstance(row, str) else table.line(row) if any(map(str.strip, row)) else b""


def parquet_lines(path: str, mapping: ColumnMapping | None) -> Iterator[bytes]:
    """A line for every row of a Parquet file. DuckDB reads this file and nothing else: no network, no extension."""
    import duckdb  # its process alone pays for it

    connection = duckdb.connect(":memory:")
    for setting in (
        f"memory_limit = '{_MEMORY}'", "threads = 1", "temp_directory = ''", "autoinstall_known_extensions = false",
        "autoload_known_extensions = false", "allow_community_extensions = false", f"allowed_paths = ['{path}']",
        "enable_external_access = false", "lock_configuration = true",
    ):  # fmt: skip
        connection.execute(f"SET {setting}")
    try:
        columns = [row[0] for row in connection.execute("DESCRIBE SELECT * FROM read_parquet(?)", [path]).fetchall()]
        chosen = mapping or by_field_names(columns)
        wanted = {column.casefold().strip() for record in chosen.records for column in record.columns.values()}
        used = [column for column in columns if column.casefold().strip() in wanted] or columns[:1]
        table = Rows(chosen, used)
        names = ", ".join('"' + column.replace('"', '""') + '"' for column in used)
        found = connection.execute(f"SELECT {names} FROM read_parquet(?)", [path])  # noqa: S608  # quoted names
        while rows := found.fetchmany(_AT_ONCE):
            yield from map(table.line, rows)
    except duckdb.Error as error:
        raise NotMapped(f"not a Parquet file that can be read: {str(error).splitlines()[0]}"[:1_000]) from None


def main() -> None:
    kind, text = sys.argv[1:3]
    mapping = ColumnMapping.model_validate_json(text) if text else None
    write = sys.stdout.buffer.write
    try:
        lines = csv_lines(sys.stdin.buffer, mapping) if kind == "csv" else parquet_lines("/dev/fd/0", mapping)
        for line in lines:
            write(line + b"\n")
        sys.stdout.buffer.flush()
    except NotMapped as error:
        sys.stdout.buffer.flush()
        sys.stderr.write(str(error))
        sys.exit(REFUSED)


if __name__ == "__main__":
    main()
