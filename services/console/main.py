"""The command line `groundswell`: every file in `commands/` registers its own commands.

A file there needs one function, `register(app: typer.Typer) -> None`. It imports heavy libraries inside its commands,
so that the others start fast.
"""

import errno
import importlib
import pkgutil
import sys
from collections.abc import Callable

import typer

from services.console import commands
from services.console.errors import ConsoleError
from services.console.screen import show_error
from shared.kit.embedded_postgres.errors import EmbeddedPostgresError

_DISK_FULL = (errno.ENOSPC, errno.EDQUOT)
_FILE_UNUSABLE = 16


def build() -> typer.Typer:
    """The whole command line."""
    app = typer.Typer(
        name="groundswell",
        help="Find small creators, score them against a brief, attribute what each brought.",
        no_args_is_help=True,
        add_completion=False,
        pretty_exceptions_enable=False,
    )
    app.callback()(_main)
    for module in sorted(found.name for found in pkgutil.iter_modules(commands.__path__)):
        importlib.import_module(f"{commands.__name__}.{module}").register(app)
    return app


def main() -> None:
    """The console script."""
    run_guarded(build())


def run_guarded(command: Callable[[], object]) -> None:
    """Run it; what is wrong is one clear line on standard error and an exit code."""
    try:
        command()
    except (ConsoleError, EmbeddedPostgresError) as error:
        show_error(str(error), list(getattr(error, "details", ())))
        sys.exit(error.exit_code)
    except OSError as error:
        if error.errno in _DISK_FULL:
            show_error(f"The disk is full: no room to write {error.filename or 'a file'}.", [])
            sys.exit(23)
        if error.filename is None:
            raise
        show_error(f"{error.filename}: {error.strerror}.", [])
        sys.exit(_FILE_UNUSABLE)


def _main() -> None:
    """Find small creators, score them against a brief, attribute what each brought."""


if __name__ == "__main__":
    main()
