"""`groundswell import`"""

import asyncio
import hashlib
import json
import sys
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Annotated, Any, BinaryIO

import typer

from services.console.api import Api
from services.console.errors import ApiRefused
from services.console.output import AsJson, api, print_json, print_table, run, wait_for
from services.console.screen import show_step

_CHUNK = 1 << 20
MEDIA_TYPES = {".csv": "text/csv", ".tsv": "text/csv", ".txt": "text/csv", ".parquet": "application/vnd.apache.parquet"}
NDJSON = "application/x-ndjson"


def register(app: typer.Typer) -> None:
    app.command("import")(import_archive)


def import_archive(
    file: Annotated[Path, typer.Argument(help="NDJSON, CSV or Parquet, as its name ends; - reads NDJSON.")],
    *,
    mapping: Annotated[
        str | None, typer.Option(help="For CSV and Parquet: the name of a column mapping, or a JSON file with one.")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Send an archive and wait until it is merged. Lines at fault are listed and do not stop the others."""

    async def work() -> dict[str, Any]:
        async with api() as opened:
            named = await mapping_name(opened, mapping) if mapping else None
            with sys.stdin.buffer if str(file) == "-" else file.open("rb") as source:
                made = await opened.call(
                    "discovery", "POST", "/v1/imports", content=_chunks(source),
                    headers={"Content-Type": media_type(file)}, params={"mapping": named} if named else None,
                )  # fmt: skip
            return await wait_for(opened, "discovery", f"/v1/imports/{made['id']}", quiet=as_json)

    done = run(work())
    if as_json:
        print_json(done)
        return
    show_step(f"{done['id']}: {done['lines_merged']} lines merged, {done['lines_faulty']} at fault")
    if done["faults"]:
        print_table(["line", "reason"], [[fault["line"], fault["reason"]] for fault in done["faults"]])


def media_type(file: Path) -> str:
    """What a file holds by the end of its name; NDJSON where that says nothing."""
    return MEDIA_TYPES.get(file.suffix.lower(), NDJSON)


async def mapping_name(opened: Api, mapping: str) -> str:
    """The name of a mapping that is kept. A file's is kept under a name that its content makes."""
    path = Path(mapping)
    if path.suffix != ".json":
        return mapping
    try:
        content = json.loads(await asyncio.to_thread(path.read_bytes))
    except (OSError, ValueError) as error:
        raise typer.BadParameter(f"{mapping} cannot be read: {error}", param_hint="--mapping") from None
    name = f"file_{hashlib.sha256(json.dumps(content, sort_keys=True).encode()).hexdigest()[:16]}"
    try:
        await opened.call("discovery", "POST", "/v1/import-mappings", body={"name": name, "mapping": content})
    except ApiRefused as error:
        if error.status != 409:
            raise
    return name


async def _chunks(source: BinaryIO) -> AsyncIterator[bytes]:
    while chunk := await asyncio.to_thread(source.read, _CHUNK):
        yield chunk
