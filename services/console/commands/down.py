"""`groundswell down`"""

from typing import Annotated

import typer

from services.console.databases import users_with_url
from services.console.launch import home_of, read_settings
from services.console.screen import screen, show_step
from services.console.shutdown import erase, stop_everything


def register(app: typer.Typer) -> None:
    app.command()(down)


def down(
    *,
    erased: Annotated[bool, typer.Option("--erase", help="Also delete the data folder: database, keys, logs.")] = False,
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Do not ask before deleting.")] = False,
) -> None:
    """Stop `up`, the services and the embedded PostgreSQL."""
    settings = read_settings()
    home = home_of(settings)
    if erased and not yes:
        typer.confirm(f"Delete the database, keys, secret and logs in {home} for good?", abort=True)
    stopped = stop_everything(home)
    for line in stopped:
        show_step(f"stopped {line}")
    if not stopped:
        screen.print(f"Nothing runs for {home}.", soft_wrap=True)
    if erased:
        erase(home)
        show_step(f"deleted the data in {home}")
        elsewhere = users_with_url(settings)
        if elsewhere:
            screen.print(f"Not touched: the databases that the environment names for {', '.join(elsewhere)}.")
