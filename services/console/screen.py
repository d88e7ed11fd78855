"""What people see: where lines are printed, and the panel that says that everything is ready."""

import sys
from collections.abc import Sequence

from rich.console import Console
from rich.markup import escape
from rich.panel import Panel
from rich.table import Table

from services.console.credentials import Credentials
from services.console.processes import SERVICES

STEP_MARK = "· "

# a log or a pipe has no width of its own, and a key broken over two lines cannot be copied
_WIDTH_WITHOUT_TERMINAL = 120

screen = Console(highlight=False, width=None if sys.stdout.isatty() else _WIDTH_WITHOUT_TERMINAL)
error_screen = Console(highlight=False, stderr=True)


def show_step(text: str) -> None:
    """One line of progress. Long lines, such as paths, are left whole for copying."""
    screen.print(f"[green]{STEP_MARK}[/green]{escape(text)}", soft_wrap=True)


def show_error(text: str, details: Sequence[str] = ()) -> None:
    """One clear line, with the end of a log below it where there is one."""
    error_screen.print(f"[bold red]Error:[/bold red] {escape(text)}", soft_wrap=True)
    for line in details:
        error_screen.print(f"  [dim]|[/dim] {escape(line)}", soft_wrap=True)


def show_ready(credentials: Credentials, *, hint: str) -> None:
    """Addresses, their API docs and the key: in a panel, or as plain lines where that would break them."""
    rows = []
    for service in SERVICES:
        address = str(credentials[service])  # type: ignore[literal-required]  # SERVICES are its keys
        rows.append((service, address, f"API docs {address}/docs"))
    rows.append(("API key", credentials["api_key"], ""))
    table = Table.grid(padding=(0, 2))
    for name, value, docs in rows:
        table.add_row(f"[bold]{name}[/bold]", value, f"[dim]{docs}[/dim]")
    panel = Panel(table, title="Groundswell is ready", subtitle=hint, border_style="green", expand=False)
    if screen.measure(panel).maximum <= screen.width:
        screen.print(panel)
        return
    for name, value, docs in rows:
        screen.print(f"[bold]{name}[/bold] {value} [dim]{docs}[/dim]", soft_wrap=True)
    screen.print(hint)
