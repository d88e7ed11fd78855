"""`groundswell backup` and `groundswell restore`"""

from pathlib import Path
from typing import Annotated

import typer

from services.console.launch import home_of, read_settings
from services.console.screen import show_step


def register(app: typer.Typer) -> None:
    app.command()(backup)
    app.command()(restore)


def backup(file: Annotated[Path, typer.Argument(help="The archive to write, for example groundswell.tar.")]) -> None:
    """Save the databases, the spool and the secret in one file. Keep it safe: it holds the secret and a key."""
    from services.console.archive_copy import back_up

    settings = read_settings()
    back_up(settings, home_of(settings), file)
    show_step(f"saved to {file}, {file.stat().st_size:,} bytes")


def restore(file: Annotated[Path, typer.Argument(help="An archive that `backup` wrote.")]) -> None:
    """Put a backup into an empty data folder and empty databases."""
    from services.console import archive_copy

    settings = read_settings()
    archive_copy.restore(settings, home_of(settings), file)
    show_step("restored; start with `groundswell up`")
