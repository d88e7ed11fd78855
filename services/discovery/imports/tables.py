"""CSV and Parquet bodies as lines of NDJSON, by a process of their own that streams them."""

import asyncio
import sys
import tempfile
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import suppress
from typing import IO

from services.discovery.imports.tabular import REFUSED
from shared.kit.errors import BadRequest, Invalid
from shared.schemas.base import Fault
from shared.schemas.import_mappings import ColumnMapping

PIECE = 1 << 16


async def csv_lines(pieces: AsyncIterator[bytes], mapping: ColumnMapping | None) -> AsyncGenerator[bytes, None]:
    """Lines while the body streams by. Raises Invalid when the file lacks a column of the mapping."""
    child = await _start("csv", mapping, asyncio.subprocess.PIPE)
    feeding = asyncio.create_task(_feed(child, pieces))
    try:
        async for piece in _output(child):
            yield piece
        await feeding  # a body that was cut shows here
        await _judge(child)
    finally:
        feeding.cancel()
        with suppress(asyncio.CancelledError, Exception):
            await feeding
        await _end(child)


async def parquet_lines(pieces: AsyncIterator[bytes], mapping: ColumnMapping | None) -> AsyncGenerator[bytes, None]:
    """Lines once the body is there as a whole, in a file without a name: its index stands at its end."""
    with tempfile.TemporaryFile(prefix="groundswell-") as file:
        async for piece in pieces:
            await asyncio.to_thread(file.write, piece)
        file.flush()
        child = await _start("parquet", mapping, file)
        try:
            async for piece in _output(child):
                yield piece
            await _judge(child)
        finally:
            await _end(child)


async def _start(kind: str, mapping: ColumnMapping | None, stdin: int | IO[bytes]) -> asyncio.subprocess.Process:
    return await asyncio.create_subprocess_exec(
        sys.executable, "-m", "services.discovery.imports.tabular", kind, mapping.model_dump_json() if mapping else "",
        stdin=stdin, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE,
    )  # fmt: skip


async def _feed(child: asyncio.subprocess.Process, pieces: AsyncIterator[bytes]) -> None:
    if child.stdin is None:
        raise RuntimeError("a child without pipes")
    try:
        async for piece in pieces:
            child.stdin.write(piece)
            await child.stdin.drain()
    except (BrokenPipeError, ConnectionResetError):
        return  # it gave up, and says why
    except BaseException:
        child.kill()  # what it has read is no whole body
        raise
    child.stdin.close()


async def _output(child: asyncio.subprocess.Process) -> AsyncIterator[bytes]:
    if child.stdout is None:
        raise RuntimeError("a child without pipes")
    while piece := await child.stdout.read(PIECE):
        yield piece


async def _judge(child: asyncio.subprocess.Process) -> None:
    if child.stderr is None:
        raise RuntimeError("a child without pipes")
    said = (await child.stderr.read()).decode("utf-8", "replace")
    code = await child.wait()
    if code == REFUSED:
        raise Invalid("the file cannot be read", errors=[Fault(pointer="", detail=said[:1_000])])
    if code:
        raise BadRequest("the file made its reader fail: it is damaged, or too large for one row group")


async def _end(child: asyncio.subprocess.Process) -> None:
    if child.returncode is None:
        with suppress(ProcessLookupError):
            child.kill()
    await child.wait()
