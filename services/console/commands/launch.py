"""`groundswell launch`"""

from hashlib import sha256
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
    """Preview, then with --yes issue, a promo code and a tracking link for each approved partner. Contacts nobody.

    Who has them already keeps them: only what is missing is issued.
    """

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
        show_step("a preview: nothing was issued; add --yes to issue what is to be made")


async def _approved(opened: Api, campaign_id: str) -> Any:
    async for partnership in opened.items("attribution", "/v1/partnerships", campaign_id=campaign_id):
        if partnership["approved_at"] and partnership["state"] not in {"rejected", "declined", "do_not_contact"}:
            yield partnership


async def _issue(
    opened: Api, partnership: dict[str, Any], destination: str, percent: float, yes: bool
) -> dict[str, Any]:
    """The partner's line, with the code and the link that there are already; with `yes` what is missing is issued."""
    of_partner = {"partnership_id": partnership["id"]}
    codes = [item async for item in opened.items("attribution", "/v1/codes", **of_partner)]
    links = [item async for item in opened.items("attribution", "/v1/links", **of_partner)]
    percent_bp = round(percent * 100) or None
    code = next((one for one in codes if _is_live(one) and one["percent_bp"] == percent_bp), None)
    link = next((one for one in links if _is_live(one) and one["destination_url"] == destination), None)
    if yes and code is None:
        # of two launches at once, which see the same number of codes, one issues
        key = f"launch-code-{partnership['id']}-{percent_bp}-{len(codes)}"
        body = of_partner | ({"percent_bp": percent_bp} if percent_bp else {})
        code = await opened.call("attribution", "POST", "/v1/codes", body=body, key=key)
    if yes and link is None:
        key = f"launch-link-{partnership['id']}-{sha256(destination.encode()).hexdigest()[:16]}-{len(links)}"
        body = of_partner | {"destination_url": destination}
        link = await opened.call("attribution", "POST", "/v1/links", body=body, key=key)
    return {
        "partnership_id": partnership["id"], "partner": partnership["partner_name"],
        "disclosure": partnership["disclosure_text"], "code": code["code"] if code else "to be made",
        "link": link["short_url"] if link else f"to {destination}",
    }  # fmt: skip


def _is_live(asset: dict[str, Any]) -> bool:
    return asset["state"] in {"active", "scheduled"}
