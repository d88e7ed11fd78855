"""`groundswell report`"""

from typing import Annotated

import typer

from services.console.output import AsJson, api, print_json, run
from services.console.report_table import show_report


def register(app: typer.Typer) -> None:
    app.command()(report)


def report(
    campaign_id: Annotated[str, typer.Argument(help="cmp_…")],
    *,
    as_csv: Annotated[bool, typer.Option("--csv", help="As CSV.")] = False,
    as_json: AsJson = False,
) -> None:
    """What each creator of a campaign brought, what is not attributed, and what is not known."""

    async def work() -> tuple[dict[str, object], str]:
        async with api() as opened:
            path = f"/v1/campaigns/{campaign_id}/report"
            if as_csv:
                answer = await opened.send("attribution", "GET", path, params={"format": "csv"})
                return {}, answer.text
            return await opened.call("attribution", "GET", path), ""

    found, text = run(work())
    if as_csv:
        typer.echo(text, nl=False)
    elif as_json:
        print_json(found)
    else:
        show_report(found)
