"""`groundswell launch`"""

from typing import Annotated, Any

import typer

from services.console.api import Api
from services.console.output import AsJson, api, print_json, print_table, run
from services.console.screen import show_step


def register(app: typer.Typer) -> None:
    app.command()(launch)


def launch(
    campaign_id: Annotated[str, typer.Argument(help="cmp_…")],
    *,
    destination: Annotated[str, typer.Option(help="Where the tracking links lead, an http(s) URL.")],
    percent: Annotated[float, typer.Option(min=0, max=100, help="Discount of the promo codes, in percent.")] = 0,
    yes: Annotated[bool, typer.Option("--yes", help="Issue them; without it only the preview is shown.")] = False,
    as_json: AsJson = False,
) -> None:
    """Preview, then with --yes issue, a promo code and a tracking link for each approved partner. Contacts nobody."""

    async def work() -> list[dict[str, Any]]:
        async with api() as opened:
            return [
                await _issue(opened, one, destination, percent, yes) async for one in _approved(opened, campaign_id)
            ]

    made = run(work())
    if as_json:
        print_json({"issued": yes, "assets": made})
        return
    rows = [[one["partner"], one["disclosure"], one["code"], one["link"]] for one in made]
    print_table(["partner", "disclosure", "code", "link"], rows)
    if yes:
        show_step("send each partner the code, the link and the disclosure wording yourself; nobody was contacted")
    else:
        show_step(f"a preview: nothing was issued; add --yes to issue {len(made)} codes and links")


async def _approved(opened: Api, campaign_id: str) -> Any:
    async for partnership in opened.items("attribution", "/v1/partnerships", campaign_id=campaign_id):
        if partnership["approved_at"] and partnership["state"] not in {"rejected", "declined", "do_not_contact"}:
            yield partnership


async def _issue(
    opened: Api, partnership: dict[str, Any], destination: str, percent: float, yes: bool
) -> dict[str, Any]:
    line = {
        "partnership_id": partnership["id"], "partner": partnership["partner_name"],
        "disclosure": partnership["disclosure_text"], "code": "to be made", "link": f"to {destination}",
    }  # fmt: skip
    if not yes:
        return line
    code_body: dict[str, Any] = {"partnership_id": partnership["id"]}
    if percent:
        code_body["percent_bp"] = round(percent * 100)
    code = await opened.call(
        "attribution",
        "POST",
        "/v1/codes",
        body=code_body,
        key=f"launch-code-{partnership['id']}-{round(percent * 100)}",
    )
    link = await opened.call(
        "attribution", "POST", "/v1/links", body={"partnership_id": partnership["id"], "destination_url": destination}
    )
    return {**line, "code": code["code"], "link": link["short_url"]}
