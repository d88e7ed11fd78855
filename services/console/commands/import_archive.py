"""`groundswell import`"""

import asyncio
import sys
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Annotated, Any, BinaryIO

import typer

from services.console.output import AsJson, api, print_json, print_table, run, wait_for
from services.console.screen import show_step

_CHUNK = 1 << 20


def register(app: typer.Typer) -> None:
    app.command("import")(import_archive)


def import_archive(
    file: Annotated[Path, typer.Argument(help="NDJSON: one creator, post or comment a line; - reads standard input.")],
    *,
    as_json: AsJson = False,
) -> None:
    """Send an archive and wait until it is merged. Lines at fault are listed and do not stop the others."""

    async def work() -> dict[str, Any]:
        async with api() as opened:
            with sys.stdin.buffer if str(file) == "-" else file.open("rb") as source:
                made = await opened.call(
                    "discovery", "POST", "/v1/imports", content=_chunks(source),
                    headers={"Content-Type": "application/x-ndjson"},
                )  # fmt: skip
            return await wait_for(opened, "discovery", f"/v1/imports/{made['id']}", quiet=as_json)

    done = run(work())
    if as_json:
        print_json(done)
        return
    show_step(f"{done['id']}: {done['lines_merged']} lines merged, {done['lines_faulty']} at fault")
    if done["faults"]:
        print_table(["line", "reason"], [[fault["line"], fault["reason"]] for fault in done["faults"]])


async def _chunks(source: BinaryIO) -> AsyncIterator[bytes]:
    while chunk := await asyncio.to_thread(source.read, _CHUNK):
        yield chunk
