"""Lines of CSV: quoted by the standard, and nothing that a spreadsheet would run."""

import csv
import io

import pytest

from shared.rules.tables import csv_line, safe_cell


@pytest.mark.parametrize("text", ["=1+1", "+44 20", "-2", "@SUM(A1)", "\tx", "\rx"])
def test_a_formula_becomes_a_text(text: str) -> None:
    assert safe_cell(text) == f"'{text}"


@pytest.mark.parametrize("text", ["", "ana", "1+1", " =1", "a@b.example"])
def test_other_texts_stay_as_they_are(text: str) -> None:
    assert safe_cell(text) == text


def test_a_line_is_read_back_as_it_was_written() -> None:
    line = csv_line(['says "hi", twice', "two\nlines", None, -3, "=x"])
    assert line.endswith(b"\r\n")
    [read] = csv.reader(io.StringIO(line.decode(), newline=""))
    assert read == ['says "hi", twice', "two\nlines", "", "-3", "'=x"]
