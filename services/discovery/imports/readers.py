"""Processes that read chunks of a large import, so that the worker's own loop stays free and both cores work.

A child ends when its standard input does, so none outlives a worker that was killed.
"""

import asyncio
import os
import pickle
import struct
import sys
from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from datetime import datetime
from typing import Any, NamedTuple, Protocol

from services.discovery.imports.lines import Chunk
from services.discovery.imports.reading import Batch, Mentioned, read_chunk

SMALL_IMPORT = 3
"""Up to so many chunks a thread reads them: a process of its own would take longer to start."""
CHILDREN = min(2, os.cpu_count() or 1)
_LENGTH = struct.Struct(">Q")


class Read(NamedTuple):
    """What a chunk holds, as plain tuples in the order of the rows' fields."""

    creators: Sequence[tuple[Any, ...]]
    posts: Sequence[tuple[Any, ...]]
    comments: Sequence[tuple[Any, ...]]
    faults: Sequence[tuple[int, str]]
    lines_good: int
    creator_lines: int
    post_lines: int
    comment_lines: int


class Reader(Protocol):
    """Reads one chunk after the other."""

    async def read(self, chunk: Chunk) -> Read: ...


class ThreadReader:
    """Reads in a thread of this process."""

    def __init__(self, seen_at: datetime) -> None:
        self._seen_at = seen_at
        self._mentioned = Mentioned()

    async def read(self, chunk: Chunk) -> Read:
        """Rows of a chunk; chunks must come in their order."""
        batch = await asyncio.to_thread(read_chunk, chunk, seen_at=self._seen_at, mentioned=self._mentioned)
        return _plain(batch)


class ProcessReader:
    """Reads in a child process."""

    def __init__(self, process: asyncio.subprocess.Process, seen_at: datetime) -> None:
        self._process = process
        self._seen_at = seen_at
        self._turn = asyncio.Lock()

    async def read(self, chunk: Chunk) -> Read:
        """Rows of a chunk; chunks must come in their order. EOFError when the child is gone."""
        entry, answer = self._process.stdin, self._process.stdout
        assert entry is not None  # noqa: S101  # both are pipes, see `readers`
        assert answer is not None  # noqa: S101
        async with self._turn:
            sent = pickle.dumps((self._seen_at, tuple(chunk)), protocol=5)
            entry.write(_LENGTH.pack(len(sent)) + sent)
            await entry.drain()
            (length,) = _LENGTH.unpack(await answer.readexactly(_LENGTH.size))
            found = pickle.loads(await answer.readexactly(length))  # noqa: S301  # our own child's answer
        return Read(*found)


@asynccontextmanager
async def readers(*, chunks: int, seen_at: datetime) -> AsyncIterator[Sequence[Reader]]:
    """The readers for an import of so many chunks: chunk n is for reader n modulo their number."""
    if chunks <= SMALL_IMPORT:
        yield [ThreadReader(seen_at)]
        return
    async with AsyncExitStack() as stack:
        children = []
        for _ in range(CHILDREN):
            child = await asyncio.create_subprocess_exec(
                sys.executable, "-m", __name__, stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE,
                limit=1 << 20,
            )  # fmt: skip
            stack.push_async_callback(_end, child)
            children.append(ProcessReader(child, seen_at))
        yield children


async def _end(child: asyncio.subprocess.Process) -> None:
    if child.returncode is None:
        child.kill()
    await child.wait()


def _plain(batch: Batch) -> Read:
    return Read(
        creators=list(batch.creators.values()),
        posts=list(batch.posts.values()),
        comments=list(batch.comments.values()),
        faults=batch.faults,
        lines_good=batch.lines_good,
        creator_lines=batch.creator_lines,
        post_lines=batch.post_lines,
        comment_lines=batch.comment_lines,
    )


def _serve() -> None:
    """The child: chunks in, rows out, until the input ends."""
    import gc

    gc.disable()  # rows form no cycles, and there are very many of them
    source, target = sys.stdin.buffer, sys.stdout.buffer
    mentioned = Mentioned()
    while head := source.read(_LENGTH.size):
        seen_at, chunk = pickle.loads(source.read(*_LENGTH.unpack(head)))  # noqa: S301  # our own parent's question
        found = _plain(read_chunk(Chunk(*chunk), seen_at=seen_at, mentioned=mentioned))
        # built-in types only: this module has another name here than in the parent
        plain = (*(list(map(tuple, rows)) for rows in found[:3]), *found[3:])
        sent = pickle.dumps(plain, protocol=5)
        target.write(_LENGTH.pack(len(sent)) + sent)
        target.flush()
        del found, plain, sent


if __name__ == "__main__":
    _serve()
