"""`groundswell approve`"""

from typing import Annotated, Any

import typer

from services.console.api import Api
from services.console.output import AsJson, api, print_json, print_table, run


def register(app: typer.Typer) -> None:
    app.command()(approve)


def approve(
    campaign_id: Annotated[str, typer.Argument(help="cmp_…")],
    creators: Annotated[list[str], typer.Argument(help="crt_… of candidates; each becomes a partner.")],
    *,
    note: Annotated[str | None, typer.Option(help="Kept with the approval.")] = None,
    as_json: AsJson = False,
) -> None:
    """Approve candidates for a campaign: a person's decision, recorded with the key. Contacts nobody."""

    async def work() -> list[dict[str, Any]]:
        async with api() as opened:
            partners = await _partners(opened)
            made = []
            for creator_id in creators:
                partnership = await _partnership(opened, campaign_id, creator_id, partners)
                path = f"/v1/partnerships/{partnership['id']}/approve"
                made.append(await opened.call("attribution", "POST", path, body={"note": note}))
            return made

    made = run(work())
    if as_json:
        print_json(made)
    else:
        rows = [[one["id"], one["partner_name"], one["state"]] for one in made]
        print_table(["partnership", "partner", "state"], rows)


async def _partners(opened: Api) -> dict[tuple[str, str], str]:
    """The partner behind each account that the workspace knows."""
    return {
        (account["platform"], account["platform_id"]): partner["id"]
        async for partner in opened.items("attribution", "/v1/partners", limit=200)
        for account in partner["accounts"]
    }


async def _partnership(
    opened: Api, campaign_id: str, creator_id: str, partners: dict[tuple[str, str], str]
) -> dict[str, Any]:
    """The creator's partnership in the campaign; it and the partner are made where they are missing."""
    creator = await opened.call("discovery", "GET", f"/v1/creators/{creator_id}")
    partner_id = partners.get((creator["platform"], creator["platform_id"]))
    if partner_id is None:
        account = {name: creator[name] for name in ("platform", "platform_id", "handle")}
        body = {"accounts": [{**account, "creator_id": creator["id"]}]}
        partner_id = (await opened.call("attribution", "POST", "/v1/partners", body=body))["id"]
    wanted = {"campaign_id": campaign_id, "partner_id": partner_id}
    async for known in opened.items("attribution", "/v1/partnerships", **wanted):
        return known
    made: dict[str, Any] = await opened.call("attribution", "POST", "/v1/partnerships", body=wanted)
    return made
