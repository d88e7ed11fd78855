"""`groundswell up`"""

from typing import Annotated

import typer

from services.console.credentials import read_credentials
from services.console.detach import UP, detach
from services.console.launch import home_of, read_settings, run_up
from services.console.screen import show_ready


def register(app: typer.Typer) -> None:
    app.command()(up)


def up(
    *,
    detached: Annotated[bool, typer.Option("--detach", help="Run in the background; return when ready.")] = False,
    example: Annotated[bool, typer.Option("--example", help="Run the example campaign, once per data folder.")] = False,
) -> None:
    """Start PostgreSQL (unless a database URL is set), migrate, and run the services until Ctrl-C."""
    settings = read_settings()
    if not detached:
        run_up(settings, example=example)
        return
    home = home_of(settings)
    detach(home, argv=(*UP, "--example") if example else UP)
    credentials = read_credentials(home)
    if credentials is not None:
        show_ready(credentials, hint="groundswell down stops it")
