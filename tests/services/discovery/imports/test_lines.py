"""Cutting a body into chunks of whole lines."""

from hypothesis import given
from hypothesis import strategies as st

from services.discovery.imports.lines import Chunk, LineCutter

PIECES = st.lists(st.text(alphabet="ab\n\r", max_size=12).map(str.encode), max_size=30)


def cut(pieces: list[bytes], *, chunk_bytes: int = 8, max_line: int = 1_000) -> list[Chunk]:
    cutter = LineCutter(chunk_bytes=chunk_bytes, max_line=max_line)
    chunks = [chunk for piece in pieces if (chunk := cutter.feed(piece))]
    last = cutter.finish()
    return [*chunks, last] if last else chunks


@given(PIECES)
def test_the_chunks_are_the_body_wherever_it_is_cut(pieces: list[bytes]) -> None:
    body = b"".join(pieces)
    whole = body if not body or body.endswith(b"\n") else body + b"\n"
    assert b"".join(chunk.body for chunk in cut(pieces)) == whole


@given(PIECES)
def test_every_chunk_ends_with_a_line_and_numbers_go_on(pieces: list[bytes]) -> None:
    line = 1
    for chunk in cut(pieces):
        assert (chunk.first_line, chunk.body[-1:], chunk.lines) == (line, b"\n", chunk.body.count(b"\n"))
        line += chunk.lines


@given(PIECES, st.integers(1, 6))
def test_a_line_too_long_leaves_an_empty_line_with_its_number(pieces: list[bytes], max_line: int) -> None:
    chunks = cut([bytes([byte]) for byte in b"".join(pieces)], max_line=max_line)
    lines = b"".join(pieces).split(b"\n")
    expected = [number for number, line in enumerate(lines, start=1) if len(line) > max_line]
    assert [number for chunk in chunks for number in chunk.overlong] == expected
    kept = b"".join(chunk.body for chunk in chunks).split(b"\n")
    assert [line for line in kept if line] == [line for line in lines if line and len(line) <= max_line]


def test_memory_is_bounded_while_a_line_never_ends() -> None:
    cutter = LineCutter(chunk_bytes=100, max_line=1_000)
    for _ in range(1_000):
        cutter.feed(b"x" * 100)
        assert len(cutter._held) <= 1_100
    assert cutter.finish() == Chunk(1, 1, (1,), b"\n")


def test_a_byte_order_mark_is_no_part_of_the_first_line() -> None:
    assert [chunk.body for chunk in cut([b"\xef\xbb\xbf{}\n"])] == [b"{}\n"]
