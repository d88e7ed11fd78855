"""Cuts a body into chunks of whole lines while it streams, in bounded memory. Pure."""

from dataclasses import dataclass, field
from typing import NamedTuple

from shared.schemas.imports import MAX_LINE_BYTES

CHUNK_BYTES = 2_000_000
"""A chunk is stored when it has reached this size: some ten thousand comments."""
_BOM = b"\xef\xbb\xbf"


class Chunk(NamedTuple):
    """Whole lines: the number of the first one (from 1), how many, those that were too long to keep, the bytes."""

    first_line: int
    lines: int
    overlong: tuple[int, ...]
    body: bytes


@dataclass
class LineCutter:
    """Feed it the pieces of a body; it gives chunks that end with a line.

    Holds at most one chunk and one line. A line above `max_line` bytes is left empty and named in `overlong`.
    """

    chunk_bytes: int = CHUNK_BYTES
    max_line: int = MAX_LINE_BYTES
    lines: int = 0
    bytes_seen: int = 0
    _next_line: int = 1
    _held: bytearray = field(default_factory=bytearray)
    _overlong: list[int] = field(default_factory=list)
    _skipping: bool = False

    def feed(self, piece: bytes) -> Chunk | None:
        """Take the next piece; a chunk when enough whole lines are held."""
        self.bytes_seen += len(piece)
        if self._skipping:
            end = piece.find(b"\n")
            if end < 0:
                return None
            piece = piece[end:]
            self._skipping = False
        self._held += piece
        last = self._held.rfind(b"\n")
        if len(self._held) - last - 1 > self.max_line:
            # the unfinished line is too long already: what it holds is dropped, and the rest of it as it comes
            del self._held[last + 1 :]
            self._overlong.append(self._next_line + self._held.count(b"\n"))
            self._skipping = True
        return self._cut(last + 1) if last + 1 >= self.chunk_bytes else None

    def flush(self) -> Chunk | None:
        """The whole lines held so far, None when there are none."""
        end = self._held.rfind(b"\n") + 1
        return self._cut(end) if end else None

    def finish(self) -> Chunk | None:
        """The rest, with a last line that may lack its end; None when nothing is left."""
        if (self._held and not self._held.endswith(b"\n")) or self._skipping:
            self._held += b"\n"
        self._skipping = False
        return self.flush()

    def _cut(self, end: int) -> Chunk:
        body = bytes(memoryview(self._held)[:end])
        del self._held[:end]
        count = body.count(b"\n")
        first = self._next_line
        if first == 1 and body.startswith(_BOM):
            body = body[len(_BOM) :]
        overlong, self._overlong = (
            tuple(line for line in self._overlong if line < first + count),
            [line for line in self._overlong if line >= first + count],
        )
        self._next_line += count
        self.lines += count
        return Chunk(first, count, overlong, body)
