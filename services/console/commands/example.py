"""`groundswell example`"""

from typing import Annotated, Any

import typer

from services.console.example.campaign import erase, run
from services.console.example.state import Example
from services.console.launch import home_of, read_settings
from services.console.output import AsJson, api, print_json
from services.console.output import run as run_work
from services.console.report_table import show_report
from services.console.screen import show_step


def register(app: typer.Typer) -> None:
    app.command()(example)


def example(
    *,
    remove: Annotated[bool, typer.Option("--erase", help="Delete the example's workspace with all its data.")] = False,
    as_json: AsJson = False,
) -> None:
    """Run the example campaign on a generated archive, in a workspace of its own, and print its report."""
    state = Example.load(home_of(read_settings()))

    async def work() -> dict[str, Any] | None:
        async with api() as opened:
            if remove:
                deleted = await erase(opened, state)
                show_step("the example's workspace is deleted" if deleted else "there is no example here")
                return None
            return await run(opened, state, say=_say_nothing if as_json else show_step)

    done = run_work(work())
    if done is None:
        return
    if as_json:
        print_json(done)
    else:
        show_example(done)


def _say_nothing(_: str) -> None:
    """Standard output is for the JSON alone."""


def show_example(done: dict[str, Any]) -> None:
    """The report, and how many of the planted good matches the ranking put first."""
    show_report(done["report"])
    show_step(f"{done['found']} of {done['planted']} planted good matches are among the first {done['listed']}")
