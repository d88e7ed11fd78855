"""What commands print: a table for people, JSON for programs, and progress of long work."""

import asyncio
import json
from collections.abc import Coroutine, Sequence
from typing import Annotated, Any, TypeVar

import typer
from rich.table import Table

from services.console.api import Api, open_api
from services.console.errors import ProcessFailed
from services.console.screen import screen, show_step

AsJson = Annotated[bool, typer.Option("--json", help="For programs.")]
Result = TypeVar("Result")
_POLL_SECONDS = 0.3


def run(work: Coroutine[Any, Any, Result]) -> Result:
    """Run a command's calls to their end."""
    return asyncio.run(work)


def print_json(value: Any) -> None:
    typer.echo(json.dumps(value, indent=2, ensure_ascii=False))


def print_table(columns: Sequence[str], rows: Sequence[Sequence[Any]], *, title: str | None = None) -> None:
    """Unknown values are shown as `unknown`, never as zero."""
    table = Table(*columns, title=title, title_justify="left", box=None, header_style="bold", pad_edge=False)
    for row in rows:
        table.add_row(*("unknown" if cell is None else str(cell) for cell in row))
    screen.print(table)


async def wait_for(api: Api, service: str, path: str, *, quiet: bool = False) -> dict[str, Any]:
    """Poll long work until it ends, with a line whenever its progress changes. Raises ProcessFailed when it failed."""
    shown = ""
    while True:
        found: dict[str, Any] = await api.call(service, "GET", path)
        line = progress_line(found)
        if line != shown and not quiet:
            show_step(line)
            shown = line
        if found["status"] == "completed":
            return found
        if found["status"] in {"failed", "cancelled", "paused"}:
            raise ProcessFailed(f"{path} is {found['status']}: {found.get('error') or 'no reason given'}")
        await asyncio.sleep(_POLL_SECONDS)


def progress_line(found: dict[str, Any]) -> str:
    """What is known of long work, in one line: its status and every number that it names."""
    numbers = {**found, **(found.get("progress") or {})}
    known = [
        f"{name.replace('_', ' ')} {value}"
        for name, value in numbers.items()
        if isinstance(value, int) and not isinstance(value, bool) and value and name not in {"brief_version"}
    ]
    return ", ".join([found["status"], *known])


def api() -> Api:
    return open_api()
