"""Lines of CSV that a spreadsheet may open: RFC 4180, and no cell of other people's words is run."""

import csv
import io
from collections.abc import Sequence

# A cell that begins so would be run by a spreadsheet as a formula.
_FORMULA = ("=", "+", "-", "@", "\t", "\r")


def safe_cell(text: str) -> str:
    """The text, with an apostrophe before it where a spreadsheet would take it for a formula."""
    return f"'{text}" if text.startswith(_FORMULA) else text


def csv_line(cells: Sequence[object]) -> bytes:
    """One line in UTF-8 with its end. None is an empty cell; numbers stay numbers, texts are made safe."""
    buffer = io.StringIO()
    safe = [safe_cell(cell) if isinstance(cell, str) else cell for cell in cells]
    csv.writer(buffer, lineterminator="\r\n").writerow(safe)
    return buffer.getvalue().encode()
